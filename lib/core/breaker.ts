/**
 * Leaves a vendor alone that does not work, so that neither it nor whoever waits for a message pays for
 * each try; and one that asked for it. Times in milliseconds since the Unix epoch.
 */
import type { DeliveryFault, FailedDelivery } from "./notification.ts";

/** So many failures on end. */
const OPENS_AFTER = 3;
const FIRST_MS = 30_000;
const LONGEST_MS = 300_000;
/** However long a vendor asks for. */
const LONGEST_HOLD_MS = 3_600_000;

/** What says nothing about the message, but about the way to the vendor. */
const BAD_WAY: ReadonlySet<DeliveryFault> = new Set(["unavailable", "unusable", "address"]);

/** A span that is over also when the clock goes back before it. */
interface Span {
  readonly since: number;
  readonly ms: number;
}

interface Rest extends Span {
  readonly why: DeliveryFault;
  readonly hint: string;
}

export interface Breaker {
  /** Failures on end. */
  readonly failures: number;
  /** It is open; when its time is over, one message at a time is tried. */
  readonly rest: Rest | null;
  readonly probing: boolean;
  /** The vendor asked to be left alone. */
  readonly hold: Rest | null;
}

export const CLOSED: Breaker = { failures: 0, rest: null, probing: false, hold: null };

export type Passed =
  /** @property probe hand it on to `noted` */
  | { readonly ok: true; readonly breaker: Breaker; readonly probe: boolean }
  | {
    readonly ok: false;
    readonly why: DeliveryFault;
    /** "is left alone for 12 s after failures" */
    readonly what: string;
    readonly hint: string;
  };

/** Whether a message may be tried now. */
export function pass(breaker: Breaker, now: number): Passed {
  const { rest, hold, probing } = breaker;
  if (hold !== null && isOn(hold, now)) return left(hold, "as it asks", now);
  if (rest === null) return { ok: true, breaker: { ...breaker, hold: null }, probe: false };
  if (isOn(rest, now)) return left(rest, "after failures", now);
  if (probing) {
    const what = "is left alone after failures until one message has come through";
    return { ok: false, why: rest.why, what, hint: rest.hint };
  }
  return { ok: true, breaker: { ...breaker, hold: null, probing: true }, probe: true };
}

/** What came of a message; "unknown": it was not tried after all. */
export type Outcome =
  | { readonly ok: true }
  | (Pick<FailedDelivery, "ok" | "why" | "hint"> & {
    /** What the vendor wants waited; null: it does not say. */
    readonly waitMs: number | null;
  })
  | "unknown";

/** @param probe as `pass` has said */
export function noted(breaker: Breaker, outcome: Outcome, probe: boolean, now: number): Breaker {
  const probing = breaker.probing && !probe;
  if (outcome === "unknown") return { ...breaker, probing };
  if (outcome.ok) return { ...CLOSED, hold: breaker.hold };
  const { why, hint, waitMs } = outcome;
  const hold = waitMs !== null && waitMs > 0
    ? { since: now, ms: Math.min(waitMs, LONGEST_HOLD_MS), why, hint }
    : breaker.hold;
  // It says no, so it can be reached.
  if (!BAD_WAY.has(why)) return { ...CLOSED, hold };
  const failures = breaker.failures + 1;
  if (probe && breaker.rest !== null) {
    const ms = Math.min(breaker.rest.ms * 2, LONGEST_MS);
    return { failures, rest: { since: now, ms, why: "unavailable", hint }, probing, hold };
  }
  // What was begun before it opened does not make it longer.
  const opens = breaker.rest === null && failures >= OPENS_AFTER;
  const rest = opens
    ? { since: now, ms: FIRST_MS, why: "unavailable" as const, hint }
    : breaker.rest;
  return { failures, rest, probing, hold };
}

/** Until when nothing is tried; null: it is. */
export function leftAloneUntil({ rest, hold }: Breaker, now: number): number | null {
  const ends = [rest, hold].flatMap((span) =>
    span !== null && isOn(span, now) ? [span.since + span.ms] : []
  );
  return ends.length === 0 ? null : Math.max(...ends);
}

function isOn({ since, ms }: Span, now: number): boolean {
  return now >= since && now < since + ms;
}

function left(rest: Rest, reason: string, now: number): Passed {
  const seconds = Math.ceil((rest.since + rest.ms - now) / 1000);
  const { why, hint } = rest;
  return { ok: false, why, what: `is left alone for ${seconds} s ${reason}`, hint };
}
