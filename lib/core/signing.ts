/**
 * What the server signs: verdicts, offers, and what it answers a host that joins. Hosts only check, by
 * jws.ts, and do not load this.
 */
import { calculateJwkThumbprint, CompactSign, type CryptoKey } from "jose";
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
  return sign({ ...claims, verdict: "approved", iat, exp: iat + VERDICT_TTL_S }, {}, signer);
}

export function signOffer(claims: OfferClaims, signer: Signer): Promise<string> {
  return sign(claims, { typ: OFFER_TYPE }, signer);
}

export function signJoin(claims: JoinClaims, signer: Signer): Promise<string> {
  return sign(claims, { typ: JOIN_TYPE }, signer);
}

/** As SignJWT would, which clones all claims first. */
function sign(claims: object, header: { readonly typ?: string }, { key, kid }: Signer) {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: "EdDSA", ...header, kid })
    .sign(key);
}
