/** The part of a login that codes play: one that came along, one that is typed, or the first of all. */
import type { Admission, Attempt } from "../core/attempt.ts";
import type { CodeAnswer } from "../core/code.ts";
import { Exit, Failure } from "../core/errors.ts";
import type { HostMessages } from "../core/messages/host.ts";
import { secondsUntil } from "../core/time.ts";
import type { Clock } from "../ports.ts";
import type { Codes, Doors } from "./doors.ts";
import { bounded, hangUp, interrupted, noCodeInTime, timeUp } from "./races.ts";
import { canType, judgeTyped, usable } from "./typed_codes.ts";

export interface CodePolicy {
  readonly timeoutMs: number;
  /** Who has no authenticator yet, where a code is all that is left. */
  readonly unenrolled: "deny" | "enroll" | "allow";
}

/** Why a code has to do, and what the login ends with when there is none to be had. */
export interface Need {
  /** For the person; undefined where codes are the rule. */
  readonly remark: string | undefined;
  readonly noTerminal: Failure;
  readonly notEnrolled: Failure;
}

type RefusedCode = Exclude<CodeAnswer, { ok: true }>;

/**
 * To find the phone, install an app and scan: more than a login takes, and still not for ever. The
 * dialogue says how long (messages/enroll.ts).
 */
const ENROLLING_MS = 600_000;

/** Codes are the only factor: nobody was to be asked, or nobody answered. */
export async function codesAreLeft(
  attempt: Attempt,
  rules: CodePolicy,
  doors: Doors,
  need: Need,
): Promise<Admission> {
  const { codes, talk, lastWords } = doors;
  const enrolled = requireCodes(codes);
  if (enrolled === true) {
    const inGrace = await bounded(codes.inGrace(), rules.timeoutMs, doors);
    if (inGrace) return { via: "grace", by: "grace_period" };
  } else if (enrolled === false && rules.unenrolled === "allow") {
    return { via: "unenrolled-allow", by: "unenrolled" };
  } else if (enrolled === false && rules.unenrolled === "enroll") {
    if (!talk.interactive) {
      const { exit, message, reason } = need.notEnrolled;
      throw new Failure(exit, message, lastWords.enrollNeedsTerminal, reason);
    }
    await enrollNow(doors);
    return { via: "enrolled", by: attempt.user };
  }
  return await codeAlone(attempt, rules, doors, need);
}

export async function codeAlone(
  attempt: Attempt,
  rules: CodePolicy,
  doors: Doors,
  need: Need,
): Promise<Admission> {
  const { talk, codes, messages } = doors;
  const enrolled = requireCodes(codes);
  const sent = enrolled === true ? await sentCode(attempt, rules, doors) : undefined;
  if (sent?.ok) return byCode(attempt, sent.kind);
  if (need.remark !== undefined) talk.tell(need.remark);
  if (!canType(codes)) throw need.notEnrolled;
  if (!talk.interactive) {
    if (sent !== undefined) throw sentInVain(need, sent, doors);
    if (enrolled instanceof Failure) throw enrolled;
    throw enrolled ? need.noTerminal : need.notEnrolled;
  }
  if (enrolled !== true) talk.tell(enrolled ? enrolled.message : messages.notEnrolled);
  if (sent !== undefined) tellRefused(sent, doors);
  return await askCode(attempt, rules, doors, noCodeInTime(doors.lastWords));
}

/** @param late what the login ends with when none is typed in time */
export async function askCode(
  attempt: Attempt,
  rules: CodePolicy,
  doors: Doors,
  late: Failure,
): Promise<Admission> {
  doors.talk.askCode(rules.timeoutMs);
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(rules.timeoutMs)]);
  try {
    return await Promise.race([
      timeUp(signal, late),
      rightCode("no offer", signal, attempt, doors),
      hangUp(doors),
    ]);
  } finally {
    over.abort();
  }
}

/** @throws Failure unless the person at the terminal has set up an authenticator and proved it */
export async function enrollNow(doors: Doors): Promise<void> {
  const { notSetUp, setUpAgain } = doors.lastWords;
  const failure = new Failure(Exit.denied, notSetUp, setUpAgain, "not set up");
  doors.talk.close(); // screen and keyboard are the dialogue's now
  const over = new AbortController();
  const withinMs = Math.min(ENROLLING_MS, doors.enrollingMs?.() ?? ENROLLING_MS);
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(withinMs)]);
  const dialogue = doors.enroll(signal, withinMs);
  const gone = doors.talk.hungUp.then(() => false);
  try {
    if (!await Promise.race([timeUp(signal, failure), dialogue, gone])) throw failure;
  } finally {
    over.abort();
    // What is printed after it must not be on a screen that it still has.
    await Promise.allSettled([dialogue]);
  }
}

/** As usable(). @throws Failure when the account's file cannot be used and no other code can be typed */
function requireCodes(codes: Codes): boolean | Failure {
  const enrolled = usable(codes);
  if (enrolled instanceof Failure && !canType(codes)) throw enrolled;
  return enrolled;
}

/**
 * What became of a code that came along with the connection, if one did. It counts like one that is
 * typed at once.
 */
export async function sentCode(
  attempt: Attempt,
  rules: CodePolicy,
  doors: Doors,
): Promise<CodeAnswer | undefined> {
  if (attempt.code === undefined) return undefined;
  return await bounded(doors.codes.check(attempt.code), rules.timeoutMs, doors);
}

/** Nobody typed it here just now, so it says which code it is about. */
export function tellRefused(answer: RefusedCode, doors: Doors): void {
  const { talk, messages, clock } = doors;
  talk.tell(messages.codeRefused(explain(answer, messages, clock)));
}

/** A code came along, and another one cannot be asked for: that is why the login is refused. */
function sentInVain(need: Need, answer: RefusedCode, { lastWords, clock }: Doors): Failure {
  const { exit, reason } = need.noTerminal;
  const { codeRefused, sendAnother } = lastWords;
  const logged = `the code was refused (${answer.why})`;
  return new Failure(
    exit,
    codeRefused(explain(answer, lastWords, clock)),
    sendAnother,
    need.remark === undefined ? logged : `${reason}; ${logged}`,
  );
}

/** Resolves when a right code was typed. */
export async function rightCode(
  beside: "offer" | "no offer",
  signal: AbortSignal,
  attempt: Attempt,
  doors: Doors,
): Promise<Admission> {
  for (;;) {
    const typed = await doors.talk.readCode(signal);
    if (typed === undefined) return await noMoreTyping(beside, doors);
    if (typed === "") continue;
    const answer = await judgeTyped(typed, doors.codes);
    if (answer.ok) return byCode(attempt, answer.kind);
    doors.talk.tell(explain(answer, doors.messages, doors.clock));
  }
}

type RightCode = Extract<CodeAnswer, { ok: true }>;

/** @param kind what the code was, see CodeAnswer */
export function byCode({ user }: Attempt, kind: RightCode["kind"]): Admission {
  return kind === "emergency"
    ? { via: "emergency", by: "emergency_code" }
    : { via: "code", by: user };
}

/** End of input (Ctrl-D) gives up where a code is all there is; an approval may still come. */
function noMoreTyping(beside: "offer" | "no offer", { lastWords }: Doors): Promise<never> {
  return beside === "offer" ? new Promise(() => {}) : Promise.reject(interrupted(lastWords));
}

export function explain(answer: RefusedCode, messages: HostMessages, clock: Clock): string {
  switch (answer.why) {
    case "wrong":
      return messages.wrongCode;
    case "spent":
      return messages.spentCode;
    case "unchecked":
      return messages.pinNotChecked;
    case "malformed":
      return messages.malformedCode;
    case "limited":
      return messages.limited(secondsUntil(answer.retryAt, clock.now()));
  }
}
