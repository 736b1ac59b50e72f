/**
 * The server's signed answer to one login (DESIGN.md 2.5 and 5): a compact JWS (RFC 7515) with
 * EdDSA over Ed25519 (RFC 8037). The host believes nothing else.
 */
import { base64url } from "./encoding.ts";
import { type Form, verifiedClaims } from "./jws.ts";

/** A verdict is good for this long, in seconds; the host refuses longer ones. */
export const VERDICT_TTL_S = 30;

export interface VerdictClaims {
  /** The server that signed, by its public address. */
  iss: string;
  /** host */
  aud: string;
  /** account */
  sub: string;
  /** login id */
  jti: string;
  svc: string;
  /** source address */
  src: string;
  /** SHA-256 (hex) of the command, "" for a login shell */
  cmd: string;
  nonce: string;
  by: string;
  via: string;
}

/**
 * What the person was shown, so that nobody in between can have shown them something else. Our server
 * always signs it, and what is signed cannot be taken out; version 1 of the protocol does not ask for it.
 */
export interface ShownClaims {
  /** SHA-256 (hex) of the command's text, "" for a login shell */
  cmd_shown: string;
  /** fingerprint of the SSH key, "" for none */
  key: string;
  /** the account that asks, "" for none */
  requester: string;
  tty: boolean;
}
const SHOWN: ReadonlySet<string> = new Set<keyof ShownClaims>([
  "cmd_shown",
  "key",
  "requester",
  "tty",
]);

/** What the host asked, and so what a verdict must say to the letter. */
export type Expected =
  & Pick<VerdictClaims, "aud" | "sub" | "jti" | "svc" | "src" | "cmd" | "nonce">
  & Partial<ShownClaims>;

const VERDICT_FORM: Form = { requiredClaims: ["iat", "exp"] };

type Checked =
  | { ok: true; claims: VerdictClaims }
  /** `fault` is our own wording: a library's message may quote what the network sent. */
  | { ok: false; fault: string };

/**
 * Accepts a verdict only if a pinned key signed it, it is in force now, and every claim is what was
 * asked. The nonce is this login's own, so an older verdict can never fit.
 * @param now milliseconds since the epoch
 */
export async function checkVerdict(
  jws: string,
  pinned: readonly Uint8Array[],
  expected: Expected,
  now: number,
): Promise<Checked> {
  const claims = await verifiedClaims(jws, pinned, VERDICT_FORM, now);
  if (claims === "unsigned") return refuse("is not signed by a pinned server key");
  if (claims === "expired") return refuse("has expired; compare the clocks of host and server");

  const { iat, exp, verdict } = claims;
  if (typeof iat !== "number" || typeof exp !== "number" || exp - iat > VERDICT_TTL_S) {
    return refuse(`is valid for longer than ${VERDICT_TTL_S} s`);
  }
  if (iat * 1000 > now + VERDICT_TTL_S * 1000) {
    return refuse("is from the future; compare the clocks of host and server");
  }
  if (verdict !== "approved") return refuse("does not say approved");
  for (const [claim, want] of Object.entries(expected)) {
    if (claims[claim] === undefined && SHOWN.has(claim)) continue;
    if (claims[claim] !== want) return refuse(`is for another login (${claim} differs)`);
  }
  const { iss, by, via } = claims;
  if (typeof iss !== "string" || typeof by !== "string" || typeof via !== "string") {
    return refuse("does not say who approved");
  }
  return { ok: true, claims: { ...expected, iss, by, via } };
}

/** A verdict of nobody's: well formed, so that checking it goes all the way. */
const NOBODYS = `${base64url(new TextEncoder().encode('{"alg":"EdDSA"}'))}.e30.${"A".repeat(86)}`;

/** Loads what checking needs (keys, code), so that the first real verdict is checked at once. */
export async function prepareToCheck(pinned: readonly Uint8Array[]): Promise<void> {
  await verifiedClaims(NOBODYS, pinned, VERDICT_FORM, 0);
}

const refuse = (why: string): Checked => ({ ok: false, fault: `the server's verdict ${why}` });
