/** What browsers get. */
import { deepEqual, ok } from "node:assert/strict";
import { makePasskeyScript } from "../../scripts/assets.ts";
import { PASSKEY_SCRIPT } from "../../server/assets/passkey_script.ts";

Deno.test("the script that is served is made of its sources", async () => {
  const made = await makePasskeyScript();
  deepEqual(PASSKEY_SCRIPT, made, "run: deno run -A scripts/assets.ts");
});

Deno.test("the script is small, and runs under a policy that lets nothing be evaluated", () => {
  ok(PASSKEY_SCRIPT.body.length < 12_000, `${PASSKEY_SCRIPT.body.length} bytes`);
  ok(!/\beval\(|new Function|innerHTML|document\.write/.test(PASSKEY_SCRIPT.body));
});
