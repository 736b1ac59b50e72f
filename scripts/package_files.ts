/** Which files go where in a package, and how they get there the same way each time. */
import { ROOT, runQuietly } from "./run.ts";

/** A file of a package, from the checkout or made. */
export type Part =
  & { readonly to: string; readonly executable?: boolean }
  & ({ readonly from: string } | { readonly text: string });

/** Files below a folder of the checkout, paths from there, sorted. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${ROOT}/${folder}`));
  const found = await Promise.all(
    entries.map(async ({ name, isDirectory }) =>
      isDirectory
        ? (await filesBelow(`${folder}/${name}`)).map((path) => `${name}/${path}`)
        : [name]
    ),
  );
  return found.flat().toSorted();
}

/** The same text files below another folder; those are programs that say what runs them. */
export async function copied(
  from: string,
  to: string,
  wanted: (path: string) => boolean = () => true,
): Promise<Part[]> {
  const paths = (await filesBelow(from)).filter(wanted);
  return await Promise.all(paths.map(async (path) => {
    const file = `${ROOT}/${from}/${path}`;
    const executable = (await Deno.readTextFile(file)).startsWith("#!");
    return { from: file, to: `${to}/${path}`, executable };
  }));
}

/** install.sh with all that it needs but the program. */
export async function installer(to: string): Promise<Part[]> {
  const own = (path: string) => !path.startsWith("deb/") && !path.startsWith("man/");
  return [
    { from: `${ROOT}/install.sh`, to: `${to}/install.sh`, executable: true },
    ...await copied("install", `${to}/install`),
    ...await copied("share", `${to}/share`, own),
  ];
}

/** The documents, with the pictures that they show and no others. */
export async function documents(to: string): Promise<Part[]> {
  const texts = [
    { from: `${ROOT}/README.md`, to: `${to}/README.md` },
    ...["README.md", "results.md"].map((name) => ({
      from: `${ROOT}/bench/${name}`,
      to: `${to}/bench/${name}`,
    })),
    ...await copied("docs", `${to}/docs`, (path) => path.endsWith(".md")),
  ];
  return [...texts, ...await picturesOf(texts, to)];
}

/** All are below docs/pictures. */
async function picturesOf(texts: readonly Part[], to: string): Promise<Part[]> {
  const shown = await Promise.all(texts.map(async (part) => {
    const text = "text" in part ? part.text : await Deno.readTextFile(part.from);
    return text.match(/\bpictures\/[\w./-]+\.png\b/g) ?? [];
  }));
  return [...new Set(shown.flat())].toSorted()
    .map((path) => ({ from: `${ROOT}/docs/${path}`, to: `${to}/docs/${path}` }));
}

/** Modes do not depend on who runs this, times are those of `epoch` (seconds). */
export async function layOut(
  folder: string,
  parts: readonly Part[],
  epoch: number,
): Promise<void> {
  for (const part of parts) {
    const path = `${folder}/${part.to}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    if ("text" in part) await Deno.writeTextFile(path, part.text);
    else await Deno.copyFile(part.from, path);
    await Deno.chmod(path, part.executable === true ? 0o755 : 0o644);
  }
  await runQuietly(
    ["find", folder, "-type", "d", "-exec", "chmod", "0755", "{}", "+"],
    "chmod failed",
  );
  await runQuietly(
    ["find", folder, "-exec", "touch", "--no-dereference", "-d", `@${epoch}`, "{}", "+"],
    "touch failed",
  );
}

/** As gzip writes it with no name and no time of its own. */
export async function gzipped(text: string, path: string): Promise<void> {
  await Deno.writeTextFile(path, text);
  await runQuietly(["gzip", "-9", "--no-name", path], "gzip failed");
}
