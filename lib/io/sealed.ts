/** Secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key that is not in the database. */
import { concat } from "../core/bytes.ts";
import { base64url, fromBase64url } from "../core/encoding.ts";
import { Exit, Failure } from "../core/errors.ts";
import { sealingKeyOf } from "../core/sealed_secrets.ts";
import { printable } from "../core/text.ts";
import type { Sealer } from "../ports.ts";
import {
  CREDENTIAL,
  credentialKeys,
  credentialsDirectory,
  damagedKeys,
  type SecretKey,
  SecretKeyFile,
} from "./secret_keys.ts";

/** What GCM is made for; random, so a key is good for some 2^32 secrets (SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface SealingKey {
  readonly id: string;
  readonly key: CryptoKey;
}

/**
 * Makes `keys/secrets.key` where there is no key at all. A key that is put in front later is found when
 * something is sealed, or was sealed with it.
 * @param credentials systemd's directory of credentials (systemd.exec(5)), if any
 * @throws Failure (78) when a key file is damaged, or others can read it
 */
export async function openSealer(
  dataDir: string,
  credentials: string | undefined = credentialsDirectory(),
): Promise<Sealer> {
  const file = new SecretKeyFile(dataDir);
  const fixed = credentialKeys(credentials);
  const sealer = new KeySealer(file, await Promise.all(fixed.map(importKey)));
  await sealer.load("make");
  return sealer;
}

class KeySealer implements Sealer {
  #current: SealingKey | undefined;
  /** Also those that were taken away while we run: a page may still hold what they sealed. */
  readonly #known: Map<string, SealingKey>;
  #stamp = "";

  constructor(
    private readonly file: SecretKeyFile,
    private readonly fixed: readonly SealingKey[],
  ) {
    this.#known = new Map(fixed.map((key) => [key.id, key]));
  }

  /**
   * @param missing what to do where there is no key: while it runs, one that was removed must not become
   *   another
   * @throws Failure (78)
   */
  async load(missing: "make" | "refuse"): Promise<SealingKey> {
    // Before it is read: a change meanwhile is found the next time.
    const stamp = this.file.stamp();
    let found = this.file.read();
    if (found.length + this.fixed.length === 0 && missing === "make") {
      found = await this.file.make();
    }
    const keys = [...this.fixed, ...await Promise.all(found.map(importKey))];
    const [current] = keys;
    if (current === undefined) throw damagedKeys(this.file.path);
    for (const key of keys) this.#known.set(key.id, key);
    this.#stamp = stamp;
    return this.#current = current;
  }

  async seal(secret: string, row: string): Promise<string> {
    const { id, key } = await this.#sealing();
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const plain = new TextEncoder().encode(secret);
    const sealed = await crypto.subtle.encrypt(algorithm(iv, id, row), key, plain);
    return `1.${id}.${base64url(concat([iv, new Uint8Array(sealed)]))}`;
  }

  async open(sealed: string, row: string): Promise<string> {
    const id = sealingKeyOf(sealed);
    const known = id === undefined ? undefined : await this.#keyOf(id);
    if (id !== undefined && known === undefined) {
      throw new Failure(
        Exit.config,
        `the secret of ${printable(row)} is sealed with key ${id}, which is not here`,
        `put that key back, behind the others, in the credential ${CREDENTIAL} or in keys/secrets.key`,
      );
    }
    const text = sealed.slice(sealed.lastIndexOf(".") + 1);
    const bytes = fromBase64url(text);
    // One form for each: the decoder drops what does not make up a byte.
    const isWhole = bytes.length >= NONCE_BYTES + TAG_BYTES && base64url(bytes) === text;
    if (known !== undefined && isWhole) {
      const iv = bytes.slice(0, NONCE_BYTES);
      try {
        const how = algorithm(iv, known.id, row);
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
    return sealingKeyOf(sealed) === this.#current?.id;
  }

  async #sealing(): Promise<SealingKey> {
    const isChanged = this.file.stamp() !== this.#stamp;
    return isChanged || this.#current === undefined ? await this.load("refuse") : this.#current;
  }

  async #keyOf(id: string): Promise<SealingKey | undefined> {
    if (!this.#known.has(id) && this.file.stamp() !== this.#stamp) await this.load("refuse");
    return this.#known.get(id);
  }
}

/** Bound to form, key and row: changed or moved, nothing of it opens. */
function algorithm(iv: Uint8Array<ArrayBuffer>, id: string, row: string) {
  const additionalData = new TextEncoder().encode(`gatehouse sealed 1 ${id} ${row}`);
  return { name: "AES-GCM", iv, additionalData, tagLength: TAG_BYTES * 8 };
}

/** Sealing has a key of its own, derived from the file's (RFC 5869). */
async function importKey({ id, bytes }: SecretKey): Promise<SealingKey> {
  const secret = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode("gatehouse seal 1");
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info },
    secret,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
  return { id, key };
}
