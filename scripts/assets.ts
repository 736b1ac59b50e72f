/**
 * `deno run -A scripts/assets.ts`: makes what the server serves to browsers of its sources. The
 * result is kept with them, so that the server runs from its sources too; a test compares the two.
 */
import { sha256Hex } from "../lib/core/encoding.ts";
import { Exit } from "../lib/core/errors.ts";
import { bundleForBrowsers } from "./bundle.ts";
import { ROOT, runQuietly } from "./run.ts";
import { say, script } from "./say.ts";

const FOLDER = "server/assets";

/** `client/NAME.ts` becomes `NAME_script.ts`, in it NAME_SCRIPT. */
const NAMES = ["passkey", "live"] as const;
type Name = typeof NAMES[number];

export interface Asset {
  /** Below the public address. It names what is in it, so it may be kept for ever. */
  readonly path: string;
  readonly body: string;
}

export async function makeScript(name: Name): Promise<Asset> {
  const body = await bundleForBrowsers(`${FOLDER}/client/${name}.ts`);
  const hash = (await sha256Hex(body)).slice(0, 16);
  return { path: `/assets/${name}-${hash}.js`, body };
}

async function write(name: Name): Promise<void> {
  const { path, body } = await makeScript(name);
  const result = `${FOLDER}/${name}_script.ts`;
  const text = [
    `/** Made by scripts/assets.ts of client/${name}.ts: change that. */`,
    `export const ${name.toUpperCase()}_SCRIPT = {`,
    `path: ${JSON.stringify(path)},`,
    `body: ${JSON.stringify(body)},`,
    "} as const;",
  ].join("\n");
  await Deno.writeTextFile(`${ROOT}/${result}`, text);
  await runQuietly([Deno.execPath(), "fmt", "--quiet", `${ROOT}/${result}`], "deno fmt failed");
  say("assets", `${result} (${body.length} bytes)`);
}

if (import.meta.main) {
  await script(async () => {
    for (const name of NAMES) await write(name);
    return Exit.ok;
  });
}
