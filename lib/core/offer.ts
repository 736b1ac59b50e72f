/**
 * What the server answers a request with, signed: the link and the number that the host then shows, and
 * whether a code does instead. So nobody in between can show the person's own link and number for a
 * login of somebody else's, nor have one code do where two persons are to be asked. A compact
 * JWS (RFC 7515), like a verdict, and never taken for one.
 */
import { verifiedClaims } from "./jws.ts";

/** In the header (RFC 7515 4.1.9). */
export const OFFER_TYPE = "gatehouse-offer";

export interface OfferClaims {
  /** The server that signed, by its public address. */
  readonly iss: string;
  /** host */
  readonly aud: string;
  /** login id */
  readonly jti: string;
  readonly nonce: string;
  /** The page; null for a login that has none, as one that a PIN decides. */
  readonly url: string | null;
  /** The number; null where none is to be matched. */
  readonly match: string | null;
  /** No code of the account's own does (api.ts). */
  readonly two_persons: boolean;
  /** When the login ends, in seconds since the Unix epoch. */
  readonly exp: number;
}

/** What the host asked, and what it was answered. */
export interface ExpectedOffer {
  readonly host: string;
  readonly nonce: string;
  readonly id: string;
  readonly url: string | null;
  readonly match: string | null;
  readonly twoPersons: boolean;
}

type CheckedOffer =
  | { readonly ok: true }
  /** In our own wording. */
  | { readonly ok: false; readonly fault: string };

/**
 * Whether a pinned key signed exactly this answer. The nonce is the request's own, so an older offer
 * never fits.
 * @param now milliseconds since the Unix epoch
 */
export async function checkOffer(
  jws: string,
  expected: ExpectedOffer,
  pinned: readonly Uint8Array[],
  now: number,
): Promise<CheckedOffer> {
  const form = { typ: OFFER_TYPE, requiredClaims: ["exp", "url", "match", "two_persons"] };
  const claims = await verifiedClaims(jws, pinned, form, now);
  if (claims === "unsigned") return refuse("is not signed by a pinned server key");
  if (claims === "expired") return refuse("has expired; compare the clocks of host and server");
  const { host: aud, id: jti, nonce, url, match, twoPersons } = expected;
  const wanted = { aud, jti, nonce, url, match, two_persons: twoPersons };
  for (const [claim, want] of Object.entries(wanted)) {
    if (claims[claim] !== want) return refuse(`is for another login (${claim} differs)`);
  }
  return { ok: true };
}

const refuse = (why: string): CheckedOffer => ({ ok: false, fault: `the server's offer ${why}` });
