/**
 * The keys that secrets are sealed with: from the systemd credential `gatehouse-key` and from
 * `keys/secrets.key` in the data directory, one a line, 32 bytes in base64. The first one seals, all of
 * them open: so a new key is put in front of the old ones, which stay until everything is sealed anew.
 */
import { join } from "node:path";
import { concat } from "../core/bytes.ts";
import { base64url, fromBase64url } from "../core/encoding.ts";
import { Exit, Failure } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import { printable } from "../core/text.ts";
import { LOCK_MS, removeDurably, writeDurably } from "./durable_file.ts";
import { within } from "./files.ts";
import { assertPrivate, cannotOpen, openPrivateDir } from "./private_files.ts";

const KEY_BYTES = 32;
export const CREDENTIAL = "gatehouse-key";
const LONGEST_FILE = 4_096;

export interface SecretKey {
  /** Tells it from others; says nothing about it. */
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** `keys/secrets.key` of a data directory. */
export class SecretKeyFile {
  readonly path: string;
  readonly #folder: string;

  /** Makes the folder when there is none. @throws Failure (78) where others could put a key */
  constructor(dataDir: string) {
    this.#folder = join(dataDir, "keys");
    openPrivateDir(dataDir);
    openPrivateDir(this.#folder);
    this.path = join(this.#folder, "secrets.key");
  }

  /** Empty when there is no such file. @throws Failure (78) */
  read(): SecretKey[] {
    return readKeys(this.path, assertPrivate);
  }

  /** Another text for each version of the file; "" when there is none. */
  stamp(): string {
    try {
      const { dev, ino, size, mtime } = Deno.statSync(this.path);
      return [dev, ino, size, mtime?.getTime()].join(" ");
    } catch {
      return "";
    }
  }

  /** Whoever comes first wins, as with the key of verdicts. @throws Failure (78) */
  async make(): Promise<SecretKey[]> {
    try {
      await this.#write([newSecretKey()], "new");
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw cannotOpen(this.path, error);
    }
    return this.read();
  }

  /** In the place of what it holds; none: removes it. @throws Failure (78) */
  async replace(keys: readonly SecretKey[]): Promise<void> {
    try {
      if (keys.length > 0) await this.#write(keys, "replace");
      else if (this.stamp() !== "") await removeDurably(this.path, this.#draft());
    } catch (error) {
      throw cannotOpen(this.path, error);
    }
  }

  async #write(keys: readonly SecretKey[], place: "new" | "replace"): Promise<void> {
    const text = keys.map(({ bytes }) => `${base64url(bytes)}\n`).join("");
    const draft = { temporary: this.#draft(), mode: 0o600, place } as const;
    await writeDurably(this.path, new TextEncoder().encode(text), draft);
  }

  #draft(): string {
    return join(this.#folder, `.draft-${base64url(crypto.getRandomValues(new Uint8Array(9)))}`);
  }
}

/**
 * Until disposed no other process changes the keys ("change"), or nobody who wants to ("read"). Making
 * the first one is no change.
 * @throws Failure (78) when another is at it for too long
 */
export async function holdSecretKeys(
  dataDir: string,
  how: "read" | "change",
): Promise<Disposable> {
  const path = join(dataDir, "keys");
  let folder: Deno.FsFile | undefined;
  try {
    folder = await Deno.open(path);
    await within(LOCK_MS, folder.lock(how === "change"));
  } catch (error) {
    folder?.close();
    if (!(error instanceof Deno.errors.TimedOut)) throw cannotOpen(path, error);
    throw new Failure(
      Exit.config,
      `${printable(path)} is in use by another command`,
      "wait until the other backup or rotation has ended",
    );
  }
  return folder;
}

/** Empty without one. @param directory systemd's, of credentials (systemd.exec(5)), if any @throws as above */
export function credentialKeys(directory: string | undefined): SecretKey[] {
  return directory === undefined ? [] : readKeys(join(directory, CREDENTIAL), assertCredential);
}

export function credentialsDirectory(): string | undefined {
  return Deno.env.get("CREDENTIALS_DIRECTORY");
}

export function newSecretKey(): SecretKey {
  return secretKey(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

function readKeys(
  path: string,
  assertSafe: (info: Deno.FileInfo, path: string) => void,
): SecretKey[] {
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
  const keys = parseKeys(text);
  if (keys === undefined) throw damagedKeys(path);
  return keys;
}

/** Undefined when it is no file of keys, or holds none. */
export function parseKeys(text: string): SecretKey[] | undefined {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const keys = lines.map(parseKey).filter((key) => key !== undefined);
  return lines.length > 0 && keys.length === lines.length ? keys.map(secretKey) : undefined;
}

/** As `openssl rand -base64 32` writes it too. Undefined when it is none. */
function parseKey(line: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(line)) return undefined;
  const text = line.replace(/=$/, "").replaceAll("+", "-").replaceAll("/", "_");
  const key = fromBase64url(text).slice();
  return key.length === KEY_BYTES && base64url(key) === text ? key : undefined;
}

function secretKey(bytes: Uint8Array<ArrayBuffer>): SecretKey {
  const id = sha256(concat([new TextEncoder().encode("gatehouse key id"), bytes])).slice(0, 12);
  return { id, bytes };
}

/**
 * systemd lets the service's user read it by an ACL, whose mask `stat` shows as the group's right to
 * read; nobody in the group can (acl(5); write_credential() in systemd's exec-credential.c).
 */
function assertCredential(info: Deno.FileInfo, path: string): void {
  assertPrivate({ ...info, mode: (info.mode ?? 0) & ~0o040 }, path);
}

export function damagedKeys(path: string): Failure {
  return new Failure(
    Exit.config,
    `${printable(path)} is damaged`,
    "it holds one key a line, 32 bytes in base64; restore it from a backup",
  );
}
