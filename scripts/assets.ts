/**
 * `deno run -A scripts/assets.ts`: makes what the server serves to browsers of its sources. The
 * result is kept with them, so that the server runs from its sources too; a test compares the two.
 */
import { sha256Hex } from "../lib/core/encoding.ts";
import { Exit } from "../lib/core/errors.ts";
import { bundleForBrowsers } from "./bundle.ts";
import { ROOT, runQuietly } from "./run.ts";
import { say, script } from "./say.ts";

const SOURCE = "server/assets/client/passkey.ts";
const RESULT = "server/assets/passkey_script.ts";

export interface Asset {
  /** Below the public address. It names what is in it, so it may be kept for ever. */
  readonly path: string;
  readonly body: string;
}

export async function makePasskeyScript(): Promise<Asset> {
  const body = await bundleForBrowsers(SOURCE);
  const hash = (await sha256Hex(body)).slice(0, 16);
  return { path: `/assets/passkey-${hash}.js`, body };
}

if (import.meta.main) {
  await script(async () => {
    const { path, body } = await makePasskeyScript();
    const text = [
      `/** Made by scripts/assets.ts of ${SOURCE.slice("server/assets/".length)}: change that. */`,
      "export const PASSKEY_SCRIPT = {",
      `path: ${JSON.stringify(path)},`,
      `body: ${JSON.stringify(body)},`,
      "} as const;",
    ].join("\n");
    await Deno.writeTextFile(`${ROOT}/${RESULT}`, text);
    await runQuietly([Deno.execPath(), "fmt", "--quiet", `${ROOT}/${RESULT}`], "deno fmt failed");
    say("assets", `${RESULT} (${body.length} bytes)`);
    return Exit.ok;
  });
}
