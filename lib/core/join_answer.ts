/**
 * What the server answers a host that joins, signed. The token names the key that signs, so nobody in
 * between can put a key of their own in the place of the one that codes are sealed to for this host, nor
 * hide from it what the server signs later. A compact JWS (RFC 7515), like a verdict, and never taken
 * for one.
 */
import { verifiedClaims } from "./jws.ts";

/** In the header (RFC 7515 4.1.9). */
export const JOIN_TYPE = "gatehouse-join";

export interface JoinClaims {
  /** host */
  readonly aud: string;
  /** The request's own, so an older answer never fits. */
  readonly nonce: string;
  /** What codes are sealed to for the host from now on (central_api.ts); null: it gets none. */
  readonly codes_key: string | null;
  /** The server signs its offers, so the host can insist on it. */
  readonly offers: true;
}

/** What the host sent, and what it was answered. */
export type ExpectedJoin = Omit<JoinClaims, "offers">;

/** @param now milliseconds since the Unix epoch */
export async function checkJoin(
  jws: string,
  { aud, nonce, codes_key }: ExpectedJoin,
  key: Uint8Array,
  now: number,
): Promise<"right" | "unsigned" | "other_key"> {
  const form = { typ: JOIN_TYPE, requiredClaims: ["codes_key"] };
  const claims = await verifiedClaims(jws, [key], form, now);
  if (typeof claims === "string") return "unsigned";
  if (claims.aud !== aud || claims.nonce !== nonce || claims.offers !== true) return "unsigned";
  return claims.codes_key === codes_key ? "right" : "other_key";
}
