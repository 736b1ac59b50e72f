/** shellcheck over every shell script of ours: what runs as root on other people's machines. */
import { ROOT, runShown } from "./run.ts";

/** Where they are; which of the files are scripts, their first line says. */
const FOLDERS = ["install", "share", "scripts", "debian"];

/** The exit status of shellcheck: 0 when it has nothing to say. */
export async function checkShellScripts(): Promise<number> {
  const scripts = [`${ROOT}/install.sh`, ...(await Promise.all(FOLDERS.map(scriptsIn))).flat()];
  // -x -a: what a script sources is read, and judged, as part of it.
  return await runShown(["shellcheck", "-x", "-a", "-P", "SCRIPTDIR", ...scripts]);
}

async function scriptsIn(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(`${ROOT}/${folder}`));
    const found = await Promise.all(entries.map(async ({ name, isDirectory, isFile }) => {
      const path = `${folder}/${name}`;
      if (isDirectory) return await scriptsIn(path);
      return isFile && await isShellScript(`${ROOT}/${path}`) ? [`${ROOT}/${path}`] : [];
    }));
    return found.flat().toSorted();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function isShellScript(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const start = new Uint8Array(64);
  const count = await file.read(start) ?? 0;
  return /^#! ?\/bin\/sh\b/.test(new TextDecoder().decode(start.subarray(0, count)));
}
