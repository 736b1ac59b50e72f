/** What browsers get. */
import { deepEqual, ok } from "node:assert/strict";
import { makeScript } from "../../scripts/assets.ts";
import { LIVE_SCRIPT } from "../../server/assets/live_script.ts";
import { PASSKEY_SCRIPT } from "../../server/assets/passkey_script.ts";

const SCRIPTS = [
  { name: "passkey", script: PASSKEY_SCRIPT, most: 12_000 },
  { name: "live", script: LIVE_SCRIPT, most: 4_000 },
] as const;

for (const { name, script, most } of SCRIPTS) {
  Deno.test(`${name}: the script that is served is made of its sources`, async () => {
    deepEqual(script, await makeScript(name), "run: deno run -A scripts/assets.ts");
  });

  Deno.test(`${name}: small, and runs under a policy that lets nothing be evaluated`, () => {
    ok(script.body.length < most, `${script.body.length} bytes`);
    ok(!/\beval\(|new Function|innerHTML|document\.write/.test(script.body));
  });
}
