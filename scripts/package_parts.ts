/** What the program was made of, looked up: its packages in Deno's cache, and the runtime in front of it. */
import * as v from "valibot";
import { type Bundled, bundled, type Licence, parseLock } from "./package_sbom.ts";
import { LOCKED, ROOT, runQuietly } from "./run.ts";
import { cutProgram, denoFolder } from "./toolchain.ts";

/** The program, and what it carries for browsers. */
const ENTRIES = ["main.ts", "server/assets/client/live.ts", "server/assets/client/passkey.ts"];

const Graph = v.object({
  modules: v.array(v.object({ npmPackage: v.optional(v.string()) })),
});

export async function bundledPackages(): Promise<Bundled[]> {
  const lock = parseLock(await Deno.readTextFile(`${ROOT}/deno.lock`));
  const graphs = await Promise.all(ENTRIES.map(async (entry) => {
    const text = await runQuietly(
      [Deno.execPath(), "info", ...LOCKED, "--json", entry],
      `deno info failed on ${entry}`,
    );
    return v.parse(Graph, JSON.parse(text)).modules;
  }));
  const roots = new Set(graphs.flat().flatMap(({ npmPackage }) => npmPackage ?? []));
  return bundled(lock, [...roots]);
}

const Manifest = v.object({
  license: v.optional(v.union([v.string(), v.object({ type: v.string() })])),
});

/** From Deno's cache, which has every package that the program was built from. */
export async function licencesOf(packages: readonly Bundled[]): Promise<Licence[]> {
  const cache = `${await denoFolder()}/npm`;
  const origins = await Array.fromAsync(Deno.readDir(cache), ({ name }) => name);
  return await Promise.all(packages.map(async ({ key, name, version }) => {
    for (const origin of origins) {
      const folder = `${cache}/${origin}/${name}/${version}`;
      const text = await Deno.readTextFile(`${folder}/package.json`).catch(() => undefined);
      if (text === undefined) continue;
      const { license } = v.parse(Manifest, JSON.parse(text));
      const licence = typeof license === "object" ? license.type : license;
      return { key, licence, text: await licenceFile(folder) };
    }
    return { key, licence: undefined, text: undefined };
  }));
}

async function licenceFile(folder: string): Promise<string | undefined> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const name = names.toSorted().find((name) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(name));
  return name === undefined ? undefined : await Deno.readTextFile(`${folder}/${name}`);
}

/** Hex. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Of the program, and of the runtime that it begins with. */
export async function programHashes(
  path: string,
): Promise<{ programSha256: string; runtimeSha256: string }> {
  const bytes = await Deno.readFile(path);
  return {
    programSha256: await sha256(bytes),
    runtimeSha256: await sha256(cutProgram(bytes)),
  };
}
