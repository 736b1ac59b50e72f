/**
 * What a passkey signs (WebAuthn 13.4.3): 32 bytes that are the SHA-256 of a text which says what
 * the signature is for, and of a random nonce. So one that was given for a login, a number and a
 * decision is worth nothing for any other, and can be shown to be that afterwards.
 */
import { base64url } from "./encoding.ts";
import { sha256 } from "./hash.ts";
import type { Scope } from "./host_group.ts";

export type ChallengeUse =
  | { readonly purpose: "register"; readonly person: string }
  | { readonly purpose: "sign_in" }
  /** `freeze`: id of the one that this person lifts, of an account of their own. */
  | { readonly purpose: "unfreeze"; readonly person: string; readonly freeze: string }
  | ApprovalUse;

/** Whoever is signed in needs no passkey for it, so it is the passkey that says who it is. */
export interface ApprovalUse {
  readonly purpose: "approve";
  /** Ids of the logins that are shown together. */
  readonly logins: readonly string[];
  readonly decision: "approve" | "deny" | "not_me";
  /** The number that was picked or typed, right or wrong; null where there is none to pick. */
  readonly match: string | null;
  readonly remember: Remember | null;
}

export interface Remember {
  readonly forMs: number;
  readonly commands: "any" | "transfer";
  readonly scope: Scope;
}

/** As the server keeps it until it is answered; each is taken once. */
export interface Challenge {
  /** What is signed, base64url; its name in the store. */
  readonly challenge: string;
  /** base64url */
  readonly nonce: string;
  readonly use: ChallengeUse;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** Random bytes for `makeChallenge`. */
export const NONCE_BYTES = 32;
/** Long enough to find the device and to unlock it. */
export const CHALLENGE_TTL_MS = 120_000;

/** @param nonce NONCE_BYTES random bytes */
export function makeChallenge(use: ChallengeUse, nonce: Uint8Array, now: number): Challenge {
  const text = base64url(nonce);
  return {
    challenge: digest(use, text),
    nonce: text,
    use,
    expiresAt: now + CHALLENGE_TTL_MS,
  };
}

/**
 * Whether that challenge was made for exactly this, and is in force.
 * @param taken as the store gave it away, undefined when there is none (any more)
 */
export function challengeIsFor(
  taken: Challenge | undefined,
  use: ChallengeUse,
  now: number,
): "yes" | "unknown" | "expired" | "other" {
  if (taken === undefined) return "unknown";
  if (digest(use, taken.nonce) !== taken.challenge) return "other";
  return now < taken.expiresAt ? "yes" : "expired";
}

/** A JSON list: as values cannot run into each other there, no two uses have the same text. */
function digest(use: ChallengeUse, nonce: string): string {
  const text = JSON.stringify(["gatehouse passkey 1", nonce, use.purpose, ...details(use)]);
  return base64url(Uint8Array.fromHex(sha256(text)));
}

function details(use: ChallengeUse): unknown[] {
  switch (use.purpose) {
    case "register":
      return [use.person];
    case "sign_in":
      return [];
    case "unfreeze":
      return [use.person, use.freeze];
    case "approve": {
      const { logins, decision, match, remember } = use;
      const grant = remember === null ? null : [remember.forMs, remember.commands, remember.scope];
      return [[...new Set(logins)].sort(), decision, match, grant];
    }
  }
}
