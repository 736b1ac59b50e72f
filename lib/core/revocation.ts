/**
 * The server's signed word that it knows a host's token no more (JWS, EdDSA, RFC 8037). It makes the host
 * give up the codes that it fetched, so a 401 alone, which anybody on the way can write, must not do.
 * Whoever asks may have it signed, but only for a token that is worth nothing.
 */
import { SignJWT } from "jose";
import { sha256Hex } from "./encoding.ts";
import { verifiedClaims } from "./jws.ts";
import type { Signer } from "./signing.ts";

/** In the header (RFC 7515 4.1.9). */
const TYPE = "gatehouse-revoked";

/** What it is about. */
interface Asked {
  readonly token: string;
  /** The request's own, so that an older answer never fits. */
  readonly nonce: string;
}

/** @param now milliseconds since the epoch */
export async function signRevocation(
  { token, nonce }: Asked,
  signer: Signer,
  now: number,
): Promise<string> {
  return await new SignJWT({ token: await hashed(token), nonce })
    .setProtectedHeader({ alg: "EdDSA", typ: TYPE, kid: signer.kid })
    .setIssuedAt(Math.floor(now / 1000))
    .sign(signer.key);
}

/** Whether a pinned key signed it for exactly this request. */
export async function isRevocation(
  jws: string,
  { token, nonce }: Asked,
  pinned: readonly Uint8Array[],
  now: number,
): Promise<boolean> {
  const form = { typ: TYPE, requiredClaims: ["token", "nonce"] };
  const claims = await verifiedClaims(jws, pinned, form, now);
  if (typeof claims === "string") return false;
  return claims.token === await hashed(token) && claims.nonce === nonce;
}

function hashed(token: string): Promise<string> {
  return sha256Hex(new TextEncoder().encode(token));
}
