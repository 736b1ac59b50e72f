/**
 * What the server signs: verdicts, offers, and what it answers a host that joins. Hosts only check, by
 * jws.ts, and do not load this.
 */
import { calculateJwkThumbprint, type CryptoKey, SignJWT } from "jose";
import { base64url } from "./encoding.ts";
import { JOIN_TYPE, type JoinClaims } from "./join_answer.ts";
import { OFFER_TYPE, type OfferClaims } from "./offer.ts";
import { type ShownClaims, VERDICT_TTL_S, type VerdictClaims } from "./verdict.ts";

export interface Signer {
  readonly kid: string;
  readonly key: CryptoKey;
}

/** RFC 7638 thumbprint of a raw 32-byte Ed25519 public key: the `kid`. */
export function keyId(publicKey: Uint8Array): Promise<string> {
  return calculateJwkThumbprint({ kty: "OKP", crv: "Ed25519", x: base64url(publicKey) });
}

/** @param now milliseconds since the epoch */
export function signVerdict(
  claims: VerdictClaims & Partial<ShownClaims>,
  signer: Signer,
  now: number,
): Promise<string> {
  const iat = Math.floor(now / 1000);
  return new SignJWT({ ...claims, verdict: "approved" })
    .setProtectedHeader({ alg: "EdDSA", kid: signer.kid })
    .setIssuedAt(iat)
    .setExpirationTime(iat + VERDICT_TTL_S)
    .sign(signer.key);
}

export function signOffer(claims: OfferClaims, signer: Signer): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "EdDSA", typ: OFFER_TYPE, kid: signer.kid })
    .sign(signer.key);
}

export function signJoin(claims: JoinClaims, signer: Signer): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "EdDSA", typ: JOIN_TYPE, kid: signer.kid })
    .sign(signer.key);
}
