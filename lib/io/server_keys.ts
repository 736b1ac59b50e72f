/** The key that signs verdicts: `keys/verdict.jwk` in the data directory, made on first use. */
import { keyId, type Signer } from "../core/signing.ts";
import { importJWK } from "jose";
import { join } from "node:path";
import * as v from "valibot";
import { base64url, fromBase64url } from "../core/encoding.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { writeAll } from "./files.ts";
import { assertPrivate, cannotOpen, openPrivateDir } from "./private_files.ts";

const raw32 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
/** RFC 8037, section 2. */
const PrivateJwk = v.object({
  kty: v.literal("OKP"),
  crv: v.literal("Ed25519"),
  x: raw32,
  d: raw32,
});
type PrivateJwk = v.InferOutput<typeof PrivateJwk>;

interface ServerKeys {
  readonly signer: Signer;
  /** 32 raw bytes, what hosts pin */
  readonly publicKey: Uint8Array;
  /** 32 bytes, for the hashes of PINs */
  readonly pinKey: Uint8Array;
}

/**
 * A key that cannot be used is never replaced by a new one: every host has pinned the old one.
 * @throws Failure (78) when the file is damaged, or others can read it
 */
export async function openServerKeys(dataDir: string): Promise<ServerKeys> {
  const dir = join(dataDir, "keys");
  openPrivateDir(dataDir);
  openPrivateDir(dir);
  const path = join(dir, "verdict.jwk");
  const jwk = readKey(path) ?? await makeKey(dir, path);
  try {
    const key = await importJWK({ ...jwk, alg: "EdDSA" }, "EdDSA");
    if (key instanceof Uint8Array) throw new TypeError("not a key pair");
    const publicKey = fromBase64url(jwk.x);
    await assertPair(key, publicKey);
    const signer = { kid: await keyId(publicKey), key };
    return { signer, publicKey, pinKey: await derive(fromBase64url(jwk.d), "gatehouse pin") };
  } catch {
    throw damaged(path);
  }
}

/** Undefined when there is no such file. */
function readKey(path: string): PrivateJwk | undefined {
  let text: string;
  try {
    using file = Deno.openSync(path);
    assertPrivate(file.statSync(), path);
    const bytes = new Uint8Array(4_096);
    text = new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error instanceof Failure ? error : cannotOpen(path, error);
  }
  try {
    return v.parse(PrivateJwk, JSON.parse(text));
  } catch {
    throw damaged(path);
  }
}

/**
 * The file appears whole or not at all, and whoever comes first wins: link(2), unlike rename(2),
 * does not replace a key that another process has just made.
 */
async function makeKey(dir: string, path: string): Promise<PrivateJwk> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("not a key pair");
  const { x, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const jwk = v.parse(PrivateJwk, { kty: "OKP", crv: "Ed25519", x, d });
  const draft = join(dir, `.draft-${base64url(crypto.getRandomValues(new Uint8Array(9)))}`);
  try {
    using file = await Deno.open(draft, { write: true, createNew: true, mode: 0o600 });
    await writeAll(file, new TextEncoder().encode(`${JSON.stringify(jwk)}\n`));
    await file.sync();
    await Deno.link(draft, path);
    using directory = await Deno.open(dir);
    await directory.sync();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw cannotOpen(path, error);
  } finally {
    removeIfThere(draft);
  }
  const made = readKey(path);
  if (made === undefined) throw damaged(path);
  return made;
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The file's two halves belong together: what we sign, hosts can verify. */
async function assertPair(key: CryptoKey, publicKey: Uint8Array): Promise<void> {
  const text = new TextEncoder().encode("gatehouse");
  const pub = await crypto.subtle.importKey("raw", publicKey.slice(), "Ed25519", false, ["verify"]);
  const signature = await crypto.subtle.sign("Ed25519", key, text);
  if (!await crypto.subtle.verify("Ed25519", pub, signature, text)) {
    throw new TypeError("private and public key differ");
  }
}

/** Another secret of the same strength, from which the first one cannot be found (RFC 5869). */
async function derive(secret: Uint8Array, info: string): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", secret.slice(), "HKDF", false, ["deriveBits"]);
  const salt = new Uint8Array();
  const how = { name: "HKDF", hash: "SHA-256", salt, info: new TextEncoder().encode(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
}

function damaged(path: string): Failure {
  return new Failure(
    Exit.config,
    `${printable(path)} is damaged`,
    "restore it from a backup; without one remove it and let every host join anew",
  );
}
