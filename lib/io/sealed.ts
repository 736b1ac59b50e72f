/**
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key that is not in the database. Keys come from
 * the systemd credential `gatehouse-key` and from `keys/secrets.key` in the data directory, one a line,
 * 32 bytes in base64. The first one seals, all of them open: so a new key is put in front of the old
 * ones, which stay until everything is sealed anew.
 */
import { join } from "node:path";
import { concat } from "../core/bytes.ts";
import { base64url, fromBase64url } from "../core/encoding.ts";
import { Exit, Failure } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import { printable } from "../core/text.ts";
import type { Sealer } from "../ports.ts";
import { writeDurably } from "./durable_file.ts";
import { assertPrivate, cannotOpen, openPrivateDir } from "./private_files.ts";

const KEY_BYTES = 32;
/** What GCM is made for; random, so a key is good for some 2^32 secrets (SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CREDENTIAL = "gatehouse-key";
const LONGEST_FILE = 4_096;

/** `1.KEY.NONCE+CIPHERTEXT`, the first figure the version of this form. */
const FORM = /^1\.([0-9a-f]{12})\.([A-Za-z0-9_-]+)$/;

interface SealingKey {
  /** Tells it from others; says nothing about it. */
  readonly id: string;
  readonly key: CryptoKey;
}

/**
 * Makes `keys/secrets.key` where there is no key at all.
 * @param credentials systemd's directory of credentials (systemd.exec(5)), if any
 * @throws Failure (78) when a key file is damaged, or others can read it
 */
export async function openSealer(
  dataDir: string,
  credentials: string | undefined = Deno.env.get("CREDENTIALS_DIRECTORY"),
): Promise<Sealer> {
  const dir = join(dataDir, "keys");
  openPrivateDir(dataDir);
  openPrivateDir(dir);
  const path = join(dir, "secrets.key");
  const lines = [
    ...credentials === undefined ? [] : readKeys(join(credentials, CREDENTIAL), assertCredential),
    ...readKeys(path, assertPrivate),
  ];
  if (lines.length === 0) lines.push(...await makeKey(dir, path));
  const keys = await Promise.all(lines.map(importKey));
  const [current] = keys;
  if (current === undefined) throw damaged(path);
  return new KeySealer(current, new Map(keys.map((key) => [key.id, key])));
}

class KeySealer implements Sealer {
  constructor(
    private readonly current: SealingKey,
    private readonly keys: ReadonlyMap<string, SealingKey>,
  ) {}

  async seal(secret: string, row: string): Promise<string> {
    const { id, key } = this.current;
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const plain = new TextEncoder().encode(secret);
    const sealed = await crypto.subtle.encrypt(algorithm(iv, id, row), key, plain);
    return `1.${id}.${base64url(concat([iv, new Uint8Array(sealed)]))}`;
  }

  async open(sealed: string, row: string): Promise<string> {
    const [, id = "", text = ""] = FORM.exec(sealed) ?? [];
    const known = this.keys.get(id);
    if (id !== "" && known === undefined) {
      throw new Failure(
        Exit.config,
        `the secret of ${printable(row)} is sealed with key ${id}, which is not here`,
        `put that key back, behind the others, in the credential ${CREDENTIAL} or in keys/secrets.key`,
      );
    }
    const bytes = fromBase64url(text);
    // One form for each: the decoder drops what does not make up a byte.
    const isWhole = bytes.length >= NONCE_BYTES + TAG_BYTES && base64url(bytes) === text;
    if (known !== undefined && isWhole) {
      const iv = bytes.slice(0, NONCE_BYTES);
      try {
        const how = algorithm(iv, id, row);
        const plain = await crypto.subtle.decrypt(how, known.key, bytes.slice(NONCE_BYTES));
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plain);
      } catch {
        // What is wrong with it is nobody's business: it is not what was sealed for this row.
      }
    }
    throw new Failure(
      Exit.config,
      `the sealed secret of ${printable(row)} is damaged, or belongs to another row`,
      "restore the database from a backup, or let the person register anew",
    );
  }

  isCurrent(sealed: string): boolean {
    return FORM.exec(sealed)?.[1] === this.current.id;
  }
}

/** Bound to form, key and row: changed or moved, nothing of it opens. */
function algorithm(iv: Uint8Array<ArrayBuffer>, id: string, row: string) {
  const additionalData = new TextEncoder().encode(`gatehouse sealed 1 ${id} ${row}`);
  return { name: "AES-GCM", iv, additionalData, tagLength: TAG_BYTES * 8 };
}

/** Empty when there is no such file. */
function readKeys(
  path: string,
  assertSafe: (info: Deno.FileInfo, path: string) => void,
): Uint8Array<ArrayBuffer>[] {
  let text: string;
  try {
    using file = Deno.openSync(path);
    assertSafe(file.statSync(), path);
    const bytes = new Uint8Array(LONGEST_FILE);
    text = new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error instanceof Failure ? error : cannotOpen(path, error);
  }
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const keys = lines.map(parseKey);
  if (keys.length === 0 || keys.includes(undefined)) throw damaged(path);
  return keys.filter((key) => key !== undefined);
}

/** As `openssl rand -base64 32` writes it too. Undefined when it is none. */
function parseKey(line: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(line)) return undefined;
  const text = line.replace(/=$/, "").replaceAll("+", "-").replaceAll("/", "_");
  const key = fromBase64url(text).slice();
  return key.length === KEY_BYTES && base64url(key) === text ? key : undefined;
}

/**
 * systemd lets the service's user read it by an ACL, whose mask `stat` shows as the group's right to
 * read; nobody in the group can (acl(5); write_credential() in systemd's exec-credential.c).
 */
function assertCredential(info: Deno.FileInfo, path: string): void {
  assertPrivate({ ...info, mode: (info.mode ?? 0) & ~0o040 }, path);
}

/** Whoever comes first wins, as with the key of verdicts. */
async function makeKey(dir: string, path: string): Promise<Uint8Array<ArrayBuffer>[]> {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const draft = `.draft-${base64url(crypto.getRandomValues(new Uint8Array(9)))}`;
  try {
    const bytes = new TextEncoder().encode(`${base64url(key)}\n`);
    const temporary = join(dir, draft);
    await writeDurably(path, bytes, { temporary, mode: 0o600, place: "new" });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw cannotOpen(path, error);
  }
  return readKeys(path, assertPrivate);
}

/** Sealing has a key of its own, derived from the file's (RFC 5869). */
async function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<SealingKey> {
  const text = (text: string) => new TextEncoder().encode(text);
  const secret = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: text("gatehouse seal 1") },
    secret,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
  return { id: sha256(concat([text("gatehouse key id"), bytes])).slice(0, 12), key };
}

function damaged(path: string): Failure {
  return new Failure(
    Exit.config,
    `${printable(path)} is damaged`,
    "it holds one key a line, 32 bytes in base64; restore it from a backup",
  );
}
