/**
 * A backup of the server: one tar file of what the data directory holds, and at its end the manifest,
 * which says what must be in it. So a backup that was cut short has none.
 */
import * as v from "valibot";
import { AUDIT_FILE } from "./audit.ts";

export const DATABASE_FILE = "gatehouse.db";
export const KEYS_FOLDER = "keys";
/** The key that hosts have pinned. */
const VERDICT_KEY = `${KEYS_FOLDER}/verdict.jwk`;
/** The keys of what is sealed; there need not be any. */
export const SECRETS_KEY = `${KEYS_FOLDER}/secrets.key`;
export const MANIFEST = "manifest.json";
/** Longer ones are none of ours. */
export const LONGEST_MANIFEST = 65_536;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const Manifest = v.strictObject({
  format: v.literal(1),
  /** The version that wrote it. */
  gatehouse: v.pipe(v.string(), v.maxLength(100)),
  /** RFC 3339 */
  made_at: v.pipe(v.string(), v.isoTimestamp()),
  /** In the order in which they come. */
  files: v.array(v.strictObject({ name: v.string(), size: count, sha256: hash })),
  audit: v.strictObject({
    entries: count,
    /** Hash of the last entry, see audit.ts. */
    last: hash,
    /** False when the chain was broken already. */
    whole: v.boolean(),
  }),
});
export type Manifest = v.InferOutput<typeof Manifest>;

/** Undefined when it is none that we can read. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    return v.parse(Manifest, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether a backup may hold a file of that name: nothing else is ever written by a restore. */
export function isBackupName(name: string): boolean {
  return name === DATABASE_FILE || name === AUDIT_FILE || isKeyName(name);
}

/** `keys/` and a plain name. */
export function isKeyName(name: string): boolean {
  return /^keys\/[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name);
}

/** What is wrong with what a backup holds; undefined: nothing. @param found in the order they came */
export function backupFault(
  { files }: Manifest,
  found: readonly { readonly name: string; readonly size: number; readonly sha256: string }[],
): string | undefined {
  if (JSON.stringify(files.map(inOrder)) !== JSON.stringify(found.map(inOrder))) {
    return "does not hold what its manifest says";
  }
  const names = files.map(({ name }) => name);
  if (new Set(names).size < names.length) return "holds a file twice";
  const missing = [DATABASE_FILE, AUDIT_FILE, VERDICT_KEY].find((name) => !names.includes(name));
  return missing === undefined ? undefined : `holds no ${missing}`;
}

function inOrder({ name, size, sha256 }: Manifest["files"][number]) {
  return [name, size, sha256];
}
