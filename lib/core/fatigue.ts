/**
 * Push fatigue (DESIGN.md 2.9): what is asked for again and again is at last approved by mistake. So
 * requests that were refused make the next ones harder, and a few more make the account quiet.
 */
import type { Login } from "./login.ts";

/** Refusals within TYPED_WITHIN_MS after which the number must be typed, and after which all is quiet. */
const TYPED_AFTER = 2;
export const QUIET_AFTER = 5;
export const REFUSED_WITHIN_MS = 600_000;
export const QUIET_MS = 900_000;
/** More of them than the ladder ever looks at. */
export const MAX_REFUSALS = 64;

/**
 * What a login that has ended says of its account: an approval by a person forgives all before it.
 * What a grant let in says nothing, nor what never reached anybody, nor a login that went on with a
 * code of the host. One that was hung up counts: else whoever asks would hang up before it expires.
 */
export function accountOutcome(
  { state, reason, via, by }: Login,
): "approved" | "refused" | undefined {
  if (via === BY_GRANT || state === "pending") return undefined;
  if (state === "approved" || (by !== null && (state === "expired" || state === "cancelled"))) {
    return "approved";
  }
  return reason === "not_delivered" || reason === "code_used" ? undefined : "refused";
}

/** `via` of a login that a grant approved. */
export const BY_GRANT = "grant";

interface Ladder {
  /** The number is to be typed, not picked: nobody finds it by tapping. */
  readonly typed: boolean;
  /** Until then nobody is asked. Also what tells one quiet time from the next. */
  readonly quietUntil: number | null;
}

/**
 * @param refusals when requests of the account were refused since the last approval, one for each
 *   request, in any order. What seems to come from the future counts from now.
 */
export function ladder(refusals: readonly number[], now: number): Ladder {
  const times = refusals.map((at) => Math.min(at, now)).sort((a, b) => a - b);
  let recent: number[] = [];
  let quietUntil = -Infinity;
  for (const at of times) {
    // What was pending when it became quiet ends meanwhile, and does not make it longer.
    if (at < quietUntil) continue;
    recent = [...recent.filter((other) => other > at - REFUSED_WITHIN_MS), at];
    if (recent.length < QUIET_AFTER) continue;
    quietUntil = at + QUIET_MS;
    recent = [];
  }
  const count = recent.filter((at) => at > now - REFUSED_WITHIN_MS).length;
  // After the quiet it does not begin at the bottom again.
  const typed = count >= TYPED_AFTER || now < quietUntil + REFUSED_WITHIN_MS;
  return { typed, quietUntil: now < quietUntil ? quietUntil : null };
}
