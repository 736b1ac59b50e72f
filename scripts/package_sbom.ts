/** What the executable is made of: as a bill of materials (CycloneDX 1.6), and with everybody's licence. */
import * as v from "valibot";
import { DENO_VERSION } from "./toolchain.ts";

/** Of deno.lock, version 5. */
const Lock = v.object({
  version: v.literal("5"),
  npm: v.record(
    v.string(),
    v.object({
      integrity: v.pipe(v.string(), v.regex(/^sha512-[A-Za-z0-9+/]{86}==$/)),
      dependencies: v.optional(v.array(v.string()), []),
      optionalPeers: v.optional(v.array(v.string()), []),
    }),
  ),
});
export type Lock = v.InferOutput<typeof Lock>;

export function parseLock(text: string): Lock {
  return v.parse(Lock, JSON.parse(text));
}

/** A package that is bundled, by its key in deno.lock: NAME@VERSION, behind it which peers it got. */
export interface Bundled {
  readonly key: string;
  readonly name: string;
  readonly version: string;
  /** SHA-512, hex. */
  readonly sha512: string;
  /** Keys. */
  readonly dependencies: readonly string[];
}

/** What the packages in `roots` (keys) need, they among them. @throws when deno.lock lacks one */
export function bundled(lock: Lock, roots: readonly string[]): Bundled[] {
  const keys = Object.keys(lock.npm);
  const found = new Map<string, Bundled>();
  const add = (key: string) => {
    if (found.has(key)) return;
    const entry = lock.npm[key];
    const [, name = "", version = ""] = /^(@?[^@]+)@([^_]+)/.exec(key) ?? [];
    if (entry === undefined || version === "") throw new Error(`deno.lock has no ${key}`);
    // A name alone where deno.lock has one version of it.
    const dependencies = entry.dependencies.map((wanted) =>
      keys.find((one) => one === wanted || one.startsWith(`${wanted}@`)) ?? wanted
    );
    const sha512 = Uint8Array.fromBase64(entry.integrity.slice("sha512-".length)).toHex();
    found.set(key, { key, name, version, sha512, dependencies });
    dependencies.forEach(add);
  };
  roots.forEach(add);
  return [...found.values()].toSorted((a, b) => a.key < b.key ? -1 : 1);
}

export interface SbomFacts {
  readonly version: string;
  /** Seconds. */
  readonly epoch: number;
  readonly packages: readonly Bundled[];
  /** Key → SPDX expression, where the package says one. */
  readonly licences: ReadonlyMap<string, string>;
  /** Hex, of the executable and of the runtime in it. */
  readonly programSha256: string;
  readonly runtimeSha256: string;
}

/** The same facts give the same text. */
export async function sbom(facts: SbomFacts): Promise<string> {
  const product = {
    type: "application",
    "bom-ref": "gatehouse",
    name: "gatehouse",
    version: facts.version,
    purl: `pkg:generic/gatehouse@${facts.version}`,
    licenses: [{ license: { id: "MIT" } }],
    hashes: [{ alg: "SHA-256", content: facts.programSha256 }],
  };
  const runtime = {
    type: "platform",
    "bom-ref": "deno",
    name: "deno",
    version: DENO_VERSION,
    description: "the runtime for compiled programs (denort), with V8 and SQLite in it",
    purl: `pkg:generic/deno@${DENO_VERSION}`,
    licenses: [{ license: { id: "MIT" } }],
    hashes: [{ alg: "SHA-256", content: facts.runtimeSha256 }],
  };
  const libraries = facts.packages.map(({ key, name, version, sha512 }) => {
    const licence = facts.licences.get(key);
    return {
      type: "library",
      "bom-ref": key,
      ...grouped(name),
      version,
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
      ...(licence === undefined ? {} : { licenses: [licensed(licence)] }),
      hashes: [{ alg: "SHA-512", content: sha512 }],
    };
  });
  const needed = new Set(facts.packages.flatMap(({ dependencies }) => dependencies));
  const direct = facts.packages.map(({ key }) => key).filter((key) => !needed.has(key));
  const body = {
    metadata: {
      timestamp: new Date(facts.epoch * 1000).toISOString().replace(".000Z", "Z"),
      component: product,
    },
    components: [runtime, ...libraries],
    dependencies: [
      { ref: "gatehouse", dependsOn: ["deno", ...direct] },
      { ref: "deno", dependsOn: [] },
      ...facts.packages.map(({ key, dependencies }) => ({ ref: key, dependsOn: dependencies })),
    ],
  };
  const head = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${await uuidOf(JSON.stringify(body))}`,
    version: 1,
  };
  return `${JSON.stringify({ ...head, ...body }, undefined, 2)}\n`;
}

function grouped(name: string): { group?: string; name: string } {
  const [, group, own] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  return group === undefined || own === undefined ? { name } : { group, name: own };
}

/** One licence by its id, several as the expression that they are in. */
function licensed(licence: string) {
  return /^[A-Za-z0-9.+-]+$/.test(licence)
    ? { license: { id: licence } }
    : { expression: licence.replace(/^\((.*)\)$/, "$1") };
}

/** Version 8 of RFC 9562: made from what it stands for. */
async function uuidOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const bytes = new Uint8Array(digest).subarray(0, 16);
  bytes.set([(bytes[6] ?? 0) & 0x0f | 0x80], 6);
  bytes.set([(bytes[8] ?? 0) & 0x3f | 0x80], 8);
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export interface Licence {
  readonly key: string;
  /** What the package says of itself in a word. */
  readonly licence: string | undefined;
  /** Its own file, where it brings one. */
  readonly text: string | undefined;
}

/** Everybody's notice, as most of the licences ask. */
export function licenceNotices(licences: readonly Licence[]): string {
  const head =
    "The executable has these packages in it, beside the Deno runtime (MIT; V8 and others in it\n" +
    "have licences of their own, which Deno's sources list).\n";
  return head +
    licences.map(({ key, licence, text }) =>
      `\n${"-".repeat(78)}\n${key.replace(/_.*/, "")} (${licence ?? "no licence named"})\n\n` +
      `${text?.trim() ?? "It brings no file with its licence."}\n`
    ).join("");
}
