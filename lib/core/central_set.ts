/**
 * The codes that a host gets: signed by the server (JWS, EdDSA, RFC 8037), then sealed to the host's own
 * key (JWE, ECDH-ES over X25519 with A256GCM, RFC 7516 and 8037), so that root of that host alone reads
 * it. The signature is what counts: sealing takes no secret, so without it anybody on the way could
 * hand out authenticators of their own. The ephemeral key is made by the library.
 */
import type { Signer } from "./signing.ts";
import { compactDecrypt, CompactEncrypt, importJWK, SignJWT } from "jose";
import * as v from "valibot";
import { canonicalSecret } from "./base32.ts";
import { base64url } from "./encoding.ts";
import { isPrintable } from "./text.ts";
import { verifiedClaims } from "./jws.ts";

/** In the header (RFC 7515 4.1.9). */
const TYPE = "gatehouse-codes";
const ALG = "ECDH-ES";
const ENC = "A256GCM";

const seed = v.pipe(
  v.string(),
  v.check((text) => canonicalSecret(text) === text, "must be base32"),
);
const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

/** One account's. */
const CentralAccount = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(256), v.check(isPrintable)),
  /** TOTP secrets in base32, of 30 s, six digits and SHA-1; at least one. */
  seeds: v.pipe(v.array(seed), v.minLength(1), v.maxLength(16)),
  /** Time steps of which a code was used lately, anywhere. */
  used: v.pipe(v.array(wholeNumber), v.maxLength(4_096)),
});
export type CentralAccount = v.InferOutput<typeof CentralAccount>;

const CentralSet = v.object({
  /** Seconds for which a host may use them without having asked again. */
  valid_for: v.pipe(wholeNumber, v.minValue(1)),
  accounts: v.array(CentralAccount),
});
export type CentralSet = v.InferOutput<typeof CentralSet>;

interface SetRequest {
  readonly host: string;
  /** The request's own, so an older answer never fits. */
  readonly nonce: string;
}

export interface SetAsked extends SetRequest {
  /** Names of those that were asked for. */
  readonly accounts: readonly string[];
}

/** @param hostKey 32 raw bytes @param now milliseconds since the epoch */
export async function sealSet(
  set: CentralSet,
  { host, nonce }: SetRequest,
  hostKey: Uint8Array,
  signer: Signer,
  now: number,
): Promise<string> {
  const signed = await new SignJWT({ ...set, aud: host, nonce })
    .setProtectedHeader({ alg: "EdDSA", typ: TYPE, kid: signer.kid })
    .setIssuedAt(Math.floor(now / 1000))
    .sign(signer.key);
  const key = await importJWK({ kty: "OKP", crv: "X25519", x: base64url(hostKey) }, ALG);
  return await new CompactEncrypt(new TextEncoder().encode(signed))
    .setProtectedHeader({ alg: ALG, enc: ENC, typ: TYPE, cty: "JWT" })
    .encrypt(key);
}

/** The private half of a host's key, with the public one (RFC 8037, 2). */
export interface HostKeyPair {
  readonly x: string;
  readonly d: string;
}

type Opened =
  | { readonly ok: true; readonly set: CentralSet }
  /** In our own wording. */
  | { readonly ok: false; readonly fault: string };

/** Opens it, and takes only what a pinned key signed for exactly this request. */
export async function openSet(
  sealed: string,
  { host, nonce, accounts }: SetAsked,
  pair: HostKeyPair,
  pinned: readonly Uint8Array[],
  now: number,
): Promise<Opened> {
  let signed: string;
  try {
    const key = await importJWK({ kty: "OKP", crv: "X25519", ...pair }, ALG);
    const { plaintext } = await compactDecrypt(sealed, key, {
      keyManagementAlgorithms: [ALG],
      contentEncryptionAlgorithms: [ENC],
    });
    signed = new TextDecoder().decode(plaintext);
  } catch {
    return refuse("are not sealed to this host's key");
  }
  const form = { typ: TYPE, requiredClaims: ["nonce", "aud"] };
  const claims = await verifiedClaims(signed, pinned, form, now);
  if (typeof claims === "string") return refuse("are not signed by a pinned server key");
  if (claims.aud !== host || claims.nonce !== nonce) return refuse("are for another request");
  const set = v.safeParse(CentralSet, claims);
  if (!set.success) return refuse("are of a form that this version does not know");
  const names = set.output.accounts.map(({ name }) => name);
  if (new Set(names).size !== names.length) return refuse("name an account twice");
  if (!names.every((name) => accounts.includes(name))) {
    return refuse("are of accounts that nobody asked for");
  }
  return { ok: true, set: set.output };
}

const refuse = (why: string): Opened => ({ ok: false, fault: `the codes that came ${why}` });
