/**
 * Leaves a vendor alone that does not work, so that neither it nor whoever waits for a message pays for
 * each try; and one that asked for it. What others write into a message may be why it fails (a filter in
 * between, a fault of the vendor's), and who writes much may be why a vendor wants less: so neither one
 * account's messages nor one recipient's stop those of all. Times in milliseconds since the Unix epoch.
 */
import type { DeliveryFault, FailedDelivery } from "./delivery.ts";
import type { Notification } from "./notification.ts";

/** So many failures on end. */
const OPENS_AFTER = 3;
/** Those whose text may be why count for all when they are about so many accounts, to so many. */
const WIDE = { accounts: 3, recipients: 2 } as const;
/** Different recipients in a row who had too much: then it is the channel that has. */
const LIMITED_FOR_ALL = 3;
/** What is kept of accounts, and of recipients: the oldest goes first. */
const MOST_KEPT = 1_000;
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

/** What a message is, for the breaker. */
export interface Addressed {
  /** The account that it is about, or what else. */
  readonly about: string;
  /** The contact; null: the channel has one place for all. */
  readonly to: string | null;
}

/** Whose words are in a message: those of one account or person, or of none in particular. */
export function aboutOf(message: Notification): string {
  if ("user" in message) return message.user;
  return "person" in message ? message.person : message.kind;
}

export interface Breaker {
  /** Failures on end. */
  readonly failures: number;
  /** Of them, so many of which it is known that nothing arrived: they are not the message's fault. */
  readonly clear: number;
  /** What the others were, each once. */
  readonly blamed: readonly Addressed[];
  /** It is open, for all or for the blamed; when its time is over, one message at a time is tried. */
  readonly rest: Rest | null;
  readonly probing: boolean;
  /** The vendor asked to be left alone. */
  readonly hold: Rest | null;
  /** It asked for that of one recipient each. */
  readonly held: ReadonlyMap<string, Rest>;
  /** Different recipients in a row of whom it did. */
  readonly limited: readonly string[];
}

export const CLOSED: Breaker = {
  failures: 0,
  clear: 0,
  blamed: [],
  rest: null,
  probing: false,
  hold: null,
  held: new Map(),
  limited: [],
};

/** A message that is tried. */
export interface Attempt extends Addressed {
  readonly probe: boolean;
}

type Passed =
  /** @property attempt hand it on to `noted` */
  | { readonly ok: true; readonly breaker: Breaker; readonly attempt: Attempt }
  | {
    readonly ok: false;
    readonly why: DeliveryFault;
    /** "is left alone for 12 s after failures" */
    readonly what: string;
    readonly hint: string;
  };

/** Whether a message may be tried now. */
export function pass(breaker: Breaker, { about, to }: Addressed, now: number): Passed {
  const { rest, hold, held, probing } = breaker;
  if (hold !== null && isOn(hold, now)) return left(hold, "as it asks", now);
  const own = to === null ? undefined : held.get(to);
  if (own !== undefined && isOn(own, now)) {
    const { why, hint } = own;
    const what = `wants nothing for this recipient for ${secondsLeft(own, now)} s`;
    return { ok: false, why, what, hint };
  }
  if (rest === null || !rests(breaker, about)) {
    const attempt = { about, to, probe: false };
    return { ok: true, breaker: { ...breaker, hold: null }, attempt };
  }
  if (isOn(rest, now)) return left(rest, "after failures", now);
  if (probing) {
    const what = "is left alone after failures until one message has come through";
    return { ok: false, why: rest.why, what, hint: rest.hint };
  }
  const attempt = { about, to, probe: true };
  return { ok: true, breaker: { ...breaker, hold: null, probing: true }, attempt };
}

/** What came of a message; "unknown": it was not tried after all. */
export type Outcome =
  | { readonly ok: true }
  | (Pick<FailedDelivery, "ok" | "why" | "hint" | "mayArrive"> & {
    /** What the vendor wants waited; null: it does not say. */
    readonly waitMs: number | null;
  })
  | "unknown";

/** @param attempt as `pass` has said */
export function noted(
  breaker: Breaker,
  attempt: Attempt,
  outcome: Outcome,
  now: number,
): Breaker {
  const probing = breaker.probing && !attempt.probe;
  if (outcome === "unknown") return { ...breaker, probing };
  const { hold, held } = breaker;
  if (outcome.ok) return { ...CLOSED, hold, held };
  const limits = limitsAfter(breaker, attempt, outcome, now);
  const { why, hint } = outcome;
  // It says no, so it can be reached.
  if (!BAD_WAY.has(why)) return { ...CLOSED, ...limits };
  const failures = breaker.failures + 1;
  if (attempt.probe && breaker.rest !== null) {
    const ms = Math.min(breaker.rest.ms * 2, LONGEST_MS);
    const rest = { since: now, ms, why: "unavailable" as const, hint };
    // A probe whose text may be why rests alone, until others have failed as well.
    const blame = outcome.mayArrive
      ? { clear: 0, blamed: [blameOf(attempt)] }
      : { clear: OPENS_AFTER, blamed: [] };
    return { failures, ...blame, rest, probing, ...limits };
  }
  // What was begun before it opened does not make it longer.
  const opens = breaker.rest === null && failures >= OPENS_AFTER;
  const rest = opens
    ? { since: now, ms: FIRST_MS, why: "unavailable" as const, hint }
    : breaker.rest;
  const blame = outcome.mayArrive
    ? { clear: breaker.clear, blamed: withBlame(breaker.blamed, blameOf(attempt)) }
    : { clear: breaker.clear + 1, blamed: breaker.blamed };
  return { failures, ...blame, rest, probing, ...limits };
}

/** @param message undefined: any; until when nothing of that kind is tried; null: it is */
export function leftAloneUntil(breaker: Breaker, now: number, message?: Addressed): number | null {
  const { rest, hold, held } = breaker;
  const own = held.get(message?.to ?? "");
  const ends = [rests(breaker, message?.about) ? rest : null, hold, own].flatMap((span) =>
    span !== null && span !== undefined && isOn(span, now) ? [span.since + span.ms] : []
  );
  return ends.length === 0 ? null : Math.max(...ends);
}

/** Whether that is left alone as long as it is open. */
function rests(breaker: Breaker, about: string | undefined): boolean {
  return isWide(breaker) || breaker.blamed.some((one) => one.about === about);
}

/** It is the way to the vendor that fails, whatever is in a message. */
function isWide({ clear, blamed }: Breaker): boolean {
  if (clear >= OPENS_AFTER) return true;
  const accounts = new Set(blamed.map(({ about }) => about));
  const recipients = new Set(blamed.map(({ to }) => to));
  return accounts.size >= WIDE.accounts &&
    (recipients.size >= WIDE.recipients || recipients.has(null));
}

function blameOf({ about, to }: Attempt): Addressed {
  return { about, to };
}

function withBlame(blamed: readonly Addressed[], one: Addressed): readonly Addressed[] {
  const others = blamed.filter(({ about, to }) => about !== one.about || to !== one.to);
  return [...others, one].slice(-MOST_KEPT);
}

/** Who is not to be written to, after a refusal. */
function limitsAfter(
  { hold, held, limited }: Breaker,
  { to }: Attempt,
  { hint, waitMs, why }: Exclude<Outcome, "unknown" | { readonly ok: true }>,
  now: number,
): Pick<Breaker, "hold" | "held" | "limited"> {
  if (waitMs === null || waitMs <= 0) return { hold, held, limited: [] };
  const rest = { since: now, ms: Math.min(waitMs, LONGEST_HOLD_MS), why, hint };
  if (to === null || why !== "rate_limited") return { hold: rest, held, limited: [] };
  const others = [...held].filter(([one, span]) => one !== to && isOn(span, now));
  const kept = new Map([...others, [to, rest] as const].slice(-MOST_KEPT));
  const row = [...limited.filter((one) => one !== to), to];
  return row.length >= LIMITED_FOR_ALL
    ? { hold: rest, held: kept, limited: [] }
    : { hold, held: kept, limited: row };
}

function isOn({ since, ms }: Span, now: number): boolean {
  return now >= since && now < since + ms;
}

function left(rest: Rest, reason: string, now: number): Passed {
  const { why, hint } = rest;
  const what = `is left alone for ${secondsLeft(rest, now)} s ${reason}`;
  return { ok: false, why, what, hint };
}

function secondsLeft({ since, ms }: Rest, now: number): number {
  return Math.ceil((since + ms - now) / 1000);
}
