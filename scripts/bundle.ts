/**
 * The sources as few files: it halves the time that loading our modules takes. And what runs in a
 * browser, each script in one text.
 */
import { relative } from "node:path";
import { LOCKED, ROOT, runQuietly } from "./run.ts";
import { denoFolder } from "./toolchain.ts";

export interface Environment {
  readonly env: Record<string, string>;
  readonly clearEnv: boolean;
}

/**
 * Bundles main.ts; what it imports lazily stays in files of its own beside it. Not minified: the
 * esbuild of this Deno drops the disposal of `using` when it does (evanw/esbuild#4482), which would
 * leave locks held and files open, and it starts no faster.
 *
 * The condition "module" has it take tslib, which the passkeys' library comes with, in its form for
 * bundlers: in the one for Node this Deno finds no default export.
 * @param folder emptied first
 * @returns the path of the bundled main.js
 */
export async function bundleSources(folder: string, environment: Environment): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.remove(folder, { recursive: true });
  await runQuietly(
    [
      ...[Deno.execPath(), "bundle", "--quiet", "--code-splitting", ...LOCKED],
      ...["--platform", "deno", "--conditions=module", "--outdir", folder, `${ROOT}/main.ts`],
    ],
    "deno bundle failed",
    undefined,
    environment,
  );
  await makeReproducible(folder);
  return `${folder}/main.js`;
}

/** A script for browsers with all that it imports, as small as it gets. @param source from ROOT */
export async function bundleForBrowsers(source: string): Promise<string> {
  const text = await runQuietly(
    [
      ...[Deno.execPath(), "bundle", "--quiet", "--minify", ...LOCKED],
      ...["--platform", "browser", `${ROOT}/${source}`],
    ],
    "deno bundle failed",
  );
  return text.trim();
}

/**
 * The same sources shall give the same executable on every machine. But the bundler's names hold a
 * hash that depends on where checkout and package cache are, what it wrote names the files of that
 * cache, and the times of the files would go into the executable.
 */
async function makeReproducible(folder: string): Promise<void> {
  const cache = `${relative(ROOT, await denoFolder())}/npm/`;
  const files = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(`${folder}/${name}`);
    // Below it come the registry's name, the package's, its version.
    files.set(name, text.replaceAll(new RegExp(`${RegExp.escape(cache)}[^/]+/`, "g"), "npm/"));
  }
  const names = numbered(files);
  for (const [name, text] of files) {
    const path = `${folder}/${names.get(name)}`;
    const renamed = [...names].reduce((text, [from, to]) => text.replaceAll(from, to), text);
    await Deno.remove(`${folder}/${name}`);
    await Deno.writeTextFile(path, renamed);
    await Deno.utime(path, 0, 0);
  }
}

/** `gate-QX3ZUB2A.js` → `gate-1.js`, in the order of what is in them, other files' names aside. */
function numbered(files: ReadonlyMap<string, string>): Map<string, string> {
  const hashed = /^(.+)-[A-Z0-9]{8}\.js$/;
  const plain = (text: string) => text.replaceAll(/-[A-Z0-9]{8}\.js/g, ".js");
  const order = [...files].map(([name, text]) => ({ name, key: plain(`${name}\n${text}`) }))
    .toSorted((a, b) => a.key < b.key ? -1 : 1);
  return new Map(order.map(({ name }, index) => {
    const stem = hashed.exec(name)?.[1];
    return [name, stem === undefined ? name : `${stem}-${index}.js`];
  }));
}
