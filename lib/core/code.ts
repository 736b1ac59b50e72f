/**
 * One-time codes as people type them, and the judgement of one by what google-authenticator's state
 * file says, with the verdicts of its PAM module: scratch codes, HOTP (RFC 4226), TOTP (RFC 6238).
 */
import type { Weakness } from "./emergency_weakness.ts";
import { equalInConstantTime, matchingCounter, stepsOff, timeStep } from "./otp.ts";
import { NEXT_SECRET, type StateFile } from "./state_file.ts";
import { removeOption, removeScratchCode, replaceSecret, setOption } from "./state_file_change.ts";
import { countTry } from "./state_tries.ts";
import { forgetSkew, learnSkew } from "./time_skew.ts";

/** The PAM module's options of the same names. */
export interface CodeRules {
  readonly noskewadj: boolean;
  readonly noIncrementHotp: boolean;
}

export type CodeAnswer =
  | JudgedCode
  /** It is for a server to say, and that does not answer. */
  | { ok: false; why: "unchecked" };

/** What a host says by itself. */
export type JudgedCode =
  /** "emergency": the host's own code, see emergency_code.ts. */
  | { ok: true; kind: "totp" | "hotp" | "scratch" | "emergency" }
  | { ok: false; why: "spent" }
  /** `weak`: it might be the emergency code, were it not so easily guessed. For the log only. */
  | { ok: false; why: "malformed"; weak?: readonly Weakness[] }
  /** `clockOff`: it would be right at another time, so many seconds from now. For the log only. */
  | { ok: false; why: "wrong"; clockOff?: number }
  /** `retryAt` in milliseconds since the epoch. */
  | { ok: false; why: "limited"; retryAt: number };

interface Judgement {
  readonly answer: JudgedCode;
  /** Must be durable before the answer is given (DESIGN.md 2.7). */
  readonly file: StateFile;
  /** The beginning of the TOTP step that the code is of, in seconds since the epoch. */
  readonly usedStep?: number;
  /** The same of a code that is right at another time, and may have taught `file` how far off. */
  readonly otherStep?: number;
}

/** Six digits, or eight of a scratch code, from what was typed: "123 456", full-width digits. */
export function normalizeCode(typed: string): string | undefined {
  if (typed.length > 64) return undefined;
  const digits = typed.normalize("NFKC").replace(/[\s-]/g, "");
  return /^([0-9]{6}|[0-9]{8})$/.test(digits) ? digits : undefined;
}

/** @param code six or eight digits @param now milliseconds since the epoch */
export function judgeCode(
  before: StateFile,
  code: string,
  rules: CodeRules,
  now: number,
): Judgement {
  const { file, retryAt } = countTry(before, now);
  if (retryAt !== undefined) return { answer: { ok: false, why: "limited", retryAt }, file };
  if (isScratchCode(file, code)) {
    return { answer: { ok: true, kind: "scratch" }, file: removeScratchCode(file, code) };
  }
  if (code.length !== 6 || file.kind === "none") return wrong(file);
  // Both are tried where one waits: how long it takes does not say which of them was right.
  const next = judgeNext(file, code, now);
  const judged = file.kind === "hotp"
    ? judgeCounter(file, code, rules)
    : judgeTime(file, code, rules, now);
  return judged.answer.ok || next === undefined ? judged : next;
}

/** Looks at all of them, for time not to tell which one it was. */
function isScratchCode(file: StateFile, code: string): boolean {
  return file.scratchCodes.filter((each) => equalInConstantTime(each, code)).length > 0;
}

function wrong(file: StateFile): Judgement {
  return { answer: { ok: false, why: "wrong" }, file };
}

/**
 * The look-ahead is for codes that were shown and never used (RFC 4226, 7.4). That a wrong code moves the
 * counter too is google-authenticator's rule, not the RFC's.
 */
function judgeCounter(file: StateFile, code: string, rules: CodeRules): Judgement {
  const { secret, counter, window } = file;
  const used = matchingCounter(secret, code, counter, window);
  if (used !== undefined) {
    const after = setOption(file, "HOTP_COUNTER", String(used + 1));
    return { answer: { ok: true, kind: "hotp" }, file: after };
  }
  return wrong(
    rules.noIncrementHotp ? file : setOption(file, "HOTP_COUNTER", String(counter + 1)),
  );
}

function judgeTime(file: StateFile, code: string, rules: CodeRules, now: number): Judgement {
  const { secret, otherSecrets, step, window, skew, synced } = file;
  const current = timeStep(step, now);
  // All of them, for time not to tell which one it was.
  const [used] = [secret, ...otherSecrets]
    .map((each) => matchingCounter(each, code, firstOf(window, current + skew), window))
    .filter((each) => each !== undefined);
  if (used !== undefined) return useStep(file, used);

  const off = stepsOff(secret, code, step, now);
  if (off === undefined) return wrong(file);
  const other = current + off;
  const untaught: Judgement = {
    answer: { ok: false, why: "wrong", clockOff: off * step },
    file,
    otherStep: other * step,
  };
  // Three codes that somebody saw being used, again in their order, would set the clock back to them.
  // The server that a synced file comes from would not know of it.
  if (rules.noskewadj || synced !== undefined || file.usedSteps?.includes(other)) return untaught;
  const { learned, file: taught } = learnSkew(file, current, off);
  return learned ? useStep(taught, other) : { ...untaught, file: taught };
}

/** An even window has its odd step ahead of now. */
function firstOf(window: number, centre: number): number {
  return centre - Math.floor((window - 1) / 2);
}

function useStep(file: StateFile, used: number): Judgement {
  const usedStep = used * file.step;
  if (file.usedSteps === undefined) return { answer: { ok: true, kind: "totp" }, file, usedStep };
  if (file.usedSteps.includes(used)) {
    return { answer: { ok: false, why: "spent" }, file, usedStep };
  }
  const near = file.usedSteps.filter((step) => Math.abs(step - used) < file.window);
  const after = setOption(file, "DISALLOW_REUSE", [...near, used].join(" "));
  return { answer: { ok: true, kind: "totp" }, file: after, usedStep };
}

/** A code of the secret that waits for its first use puts it in the old one's place. */
function judgeNext(file: StateFile, code: string, now: number): Judgement | undefined {
  const { nextSecret, nextCounter, window, step } = file;
  if (nextSecret === undefined) return undefined;
  const first = file.kind === "hotp" ? nextCounter : firstOf(window, timeStep(step, now));
  const used = matchingCounter(nextSecret, code, first, window);
  if (used === undefined) return undefined;
  const promoted = forgetSkew(removeOption(replaceSecret(file, nextSecret), NEXT_SECRET));
  if (file.kind === "hotp") {
    const after = setOption(promoted, "HOTP_COUNTER", String(used + 1));
    return { answer: { ok: true, kind: "hotp" }, file: after };
  }
  const forgotten = file.usedSteps === undefined
    ? promoted
    : setOption(promoted, "DISALLOW_REUSE", "");
  return useStep(forgotten, used);
}
