/**
 * One-time codes as people type them, and the judgement of one: TOTP (RFC 6238) with each time step
 * accepted once, and failures limited per source and per account.
 */
import { Secret, TOTP } from "otpauth";

export interface TotpSecret {
  readonly base32: string;
  /** Seconds, 1 to 60. */
  readonly step: number;
  /** How many steps are tried around now, 1 to 100; google-authenticator's WINDOW_SIZE. */
  readonly window: number;
}

/** What is remembered of an account's codes; see code_state.ts for its file. */
export interface CodeState {
  /** Time steps whose code was accepted, by their beginning in seconds since the epoch. */
  readonly spent: readonly number[];
  /** Wrong codes, oldest first. */
  readonly failures: readonly { readonly at: number; readonly source: string }[];
  /** Where right codes came from, newest last. */
  readonly known: readonly string[];
}

export type CodeAnswer =
  | { ok: true }
  | { ok: false; why: "malformed" | "wrong" | "spent" }
  /** `retryAt` in milliseconds since the epoch. */
  | { ok: false; why: "limited"; retryAt: number };

const LIMITS = [
  { scope: "source", failures: 3, within: 30_000 },
  { scope: "source", failures: 10, within: 900_000 },
  // Many addresses together. Not for those that a right code has come from: a stranger's guesses must
  // not lock the owner out.
  { scope: "account", failures: 30, within: 900_000 },
] as const;
const REMEMBERED_SOURCES = 8;
const REMEMBERED_FAILURES = 30;
/** Twice the widest window. */
const REMEMBERED_STEPS = 200;

/** Six digits from what was typed or pasted: "123 456", "123-456", full-width digits. */
export function normalizeCode(typed: string): string | undefined {
  if (typed.length > 64) return undefined;
  const digits = typed.normalize("NFKC").replace(/[\s-]/g, "");
  return /^[0-9]{6}$/.test(digits) ? digits : undefined;
}

/**
 * Judges one code. The new state must be durable before the answer is given (DESIGN.md 2.7).
 * @param source what wrong codes are counted by, see networkOf
 * @param now milliseconds since the epoch
 */
export function judgeCode(
  secret: TotpSecret,
  typed: string,
  before: CodeState,
  source: string,
  now: number,
): { answer: CodeAnswer; state: CodeState } {
  const state = withoutFuture(before, now);
  const retryAt = limitedUntil(state, source, now);
  // A refused try is not counted: whoever keeps trying is not kept out for ever.
  if (retryAt !== undefined) return { answer: { ok: false, why: "limited", retryAt }, state };

  const code = normalizeCode(typed);
  if (code === undefined) return { answer: { ok: false, why: "malformed" }, state };

  const step = matchingStep(secret, code, now);
  const newest = Math.max(step ?? 0, ...state.spent);
  const remembered = (old: number) => old > newest - REMEMBERED_STEPS * secret.step;
  // A step too old to be remembered is refused: a clock that is set back must not revive its code.
  if (step !== undefined && remembered(step) && !state.spent.includes(step)) {
    const spent = [...state.spent, step].filter(remembered);
    // Only this source's: nobody's success forgives what strangers guess meanwhile.
    const failures = state.failures.filter((failure) => failure.source !== source);
    const known = [...state.known.filter((other) => other !== source), source];
    return {
      answer: { ok: true },
      state: { spent, failures, known: known.slice(-REMEMBERED_SOURCES) },
    };
  }
  const failures = [...state.failures, { at: now, source }].slice(-REMEMBERED_FAILURES);
  const why = step === undefined ? "wrong" : "spent";
  return { answer: { ok: false, why }, state: { ...state, failures } };
}

/** A clock that was set back must not lock anybody out for longer than the limits say. */
function withoutFuture(state: CodeState, now: number): CodeState {
  if (state.failures.every((failure) => failure.at <= now)) return state;
  const failures = state.failures.map(({ at, source }) => ({ at: Math.min(at, now), source }));
  return { ...state, failures };
}

function limitedUntil(state: CodeState, source: string, now: number): number | undefined {
  const limits = LIMITS.filter(({ scope }) => scope === "source" || !state.known.includes(source));
  const until = limits.flatMap((limit) => {
    const times = state.failures
      .filter((failure) => limit.scope === "account" || failure.source === source)
      .map((failure) => failure.at)
      .filter((at) => at > now - limit.within);
    const oldestThatCounts = times.at(-limit.failures);
    return oldestThatCounts === undefined ? [] : [oldestThatCounts + limit.within];
  });
  return until.length === 0 ? undefined : Math.max(...until);
}

/**
 * The beginning of the step that the code is of, in seconds since the epoch. Looks at the whole
 * window whatever it finds, so that time tells nothing about which step it was.
 */
function matchingStep(secret: TotpSecret, code: string, now: number): number | undefined {
  const totp = new TOTP({ secret: Secret.fromBase32(secret.base32), period: secret.step });
  const current = Math.floor(now / 1000 / secret.step);
  const from = current - Math.floor((secret.window - 1) / 2);
  let found: number | undefined;
  for (let step = from; step < from + secret.window; step++) {
    const expected = totp.generate({ timestamp: step * secret.step * 1000 });
    if (equalInConstantTime(expected, code)) found = step * secret.step;
  }
  return found;
}

function equalInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
