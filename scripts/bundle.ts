/** The sources as few files: it halves the time that loading our modules takes. */
import { ROOT, runQuietly } from "./run.ts";

export interface Environment {
  readonly env: Record<string, string>;
  readonly clearEnv: boolean;
}

/**
 * Bundles main.ts; what it imports lazily stays in files of its own beside it. Not minified: the
 * esbuild of this Deno drops the disposal of `using` when it does (evanw/esbuild#4482), which would
 * leave locks held and files open, and it starts no faster.
 * @param folder emptied first
 * @returns the path of the bundled main.js
 */
export async function bundleSources(folder: string, environment: Environment): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.remove(folder, { recursive: true });
  await runQuietly(
    [
      ...[Deno.execPath(), "bundle", "--quiet", "--code-splitting"],
      ...["--platform", "deno", "--outdir", folder, `${ROOT}/main.ts`],
    ],
    "deno bundle failed",
    undefined,
    environment,
  );
  await makeReproducible(folder);
  return `${folder}/main.js`;
}

/**
 * The bundler puts a hash into the names that depends on where checkout and package cache are, and
 * the files' times would go into the executable: numbers and a fixed time instead.
 */
async function makeReproducible(folder: string): Promise<void> {
  const files = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    files.set(name, await Deno.readTextFile(`${folder}/${name}`));
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
