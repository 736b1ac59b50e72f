/**
 * The second factor of one login: ask a server, wait for the person, take a code instead.
 * `passFactor` is the only function here that lets anybody in.
 */
import type { Admission, Attempt } from "../core/attempt.ts";
import type { CodeAnswer } from "../core/code.ts";
import { Exit, Failure } from "../core/errors.ts";
import type { HostMessages } from "../core/messages/host.ts";
import type { Codes, Doors, Ending, OpenRequest } from "./doors.ts";

export interface FlowRules {
  readonly timeoutMs: number;
  readonly offline: "code" | "deny" | "allow";
  readonly unenrolled: "deny" | "allow";
}

/** @throws Failure (75, 77, 78) when the login does not pass */
export async function passFactor(
  attempt: Attempt,
  rules: FlowRules,
  doors: Doors,
): Promise<Admission> {
  try {
    return await ask(attempt, rules, doors);
  } finally {
    doors.talk.close();
  }
}

async function ask(attempt: Attempt, rules: FlowRules, doors: Doors): Promise<Admission> {
  // Before any code, even one that came along: a frozen account gets in by nothing.
  const asked = await doors.approvals.ask(attempt);
  switch (asked.kind) {
    case "approved":
      return { via: "approval", by: asked.by };
    case "open":
      return await waitOrCode(attempt, asked.request, rules, doors);
    case "refused": {
      if (asked.why === "frozen") throw new Failure(Exit.denied, asked.detail);
      // An account that is flooded with requests still gets in by a code.
      const failure = new Failure(Exit.denied, asked.detail, "try again in a minute");
      return await codeAlone(attempt, rules, doors, failure, doors.messages.busy);
    }
    case "unusable": {
      const failure = new Failure(Exit.unreachable, asked.detail, asked.hint);
      if (rules.offline === "deny") throw failure;
      return await codeAlone(attempt, rules, doors, failure, doors.messages.serverUnusable);
    }
    case "unreachable":
      return await offline(attempt, asked, rules, doors);
  }
}

async function offline(
  attempt: Attempt,
  { detail, hint }: { detail: string; hint: string },
  rules: FlowRules,
  doors: Doors,
): Promise<Admission> {
  if (rules.offline === "allow") return { via: "offline-allow", by: "offline" };
  const failure = new Failure(
    Exit.unreachable,
    detail,
    rules.offline === "deny" ? "this host lets nobody in while no server answers" : hint,
  );
  if (rules.offline === "deny") throw failure;
  // Only here: a server that is flooded or answers nonsense must not open what is not enrolled.
  if (rules.unenrolled === "allow" && !doors.codes.enrolled()) {
    return { via: "unenrolled-allow", by: "unenrolled" };
  }
  return await codeAlone(attempt, rules, doors, failure, doors.messages.serverUnreachable);
}

/** The approval and a typed code race; whatever ends the race ends the request at the server too. */
async function waitOrCode(
  attempt: Attempt,
  request: OpenRequest,
  rules: FlowRules,
  doors: Doors,
): Promise<Admission> {
  const { talk, messages } = doors;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(rules.timeoutMs)]);
  let decided = false;
  let byCode = false;
  const approval = async () => {
    const ending = await request.ended(signal);
    decided = ending.state === "approved" || ending.state === "denied";
    return passedBy(ending, messages);
  };
  try {
    const codes = usable(doors.codes);
    const sent = codes === true ? await sentCode(attempt, rules, doors) : undefined;
    byCode = sent !== undefined;
    if (sent !== undefined) return sent;
    talk.offer(request, rules.timeoutMs, talk.interactive && codes === true);
    if (talk.interactive && codes instanceof Failure) talk.tell(codes.message);
    const admission = await Promise.race([
      timeUp(signal, nobodyApproved(messages)),
      approval(),
      hangUp(doors),
      ...(talk.interactive && codes === true ? [rightCode("offer", signal, attempt, doors)] : []),
    ]);
    byCode = admission.via === "code";
    return admission;
  } finally {
    over.abort();
    if (!decided) await request.cancel(byCode ? "code_used" : "hung_up");
  }
}

/**
 * An authenticator file that cannot be used takes only the codes away: the approval is a factor of
 * its own, and a wrong file mode must not lock anybody out.
 */
function usable(codes: Codes): boolean | Failure {
  try {
    return codes.enrolled();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function passedBy(ending: Ending, messages: HostMessages): Admission {
  switch (ending.state) {
    case "approved":
      return { via: "approval", by: ending.by };
    case "failed":
      throw new Failure(Exit.denied, ending.fault, "this is logged; tell the administrator");
    case "expired":
      throw nobodyApproved(messages);
    case "cancelled":
      throw new Failure(Exit.denied, messages.cancelled, undefined, "cancelled");
    case "denied":
      throw denied(ending.reason, messages);
  }
}

function nobodyApproved({ nobodyApproved, connectAgain }: HostMessages): Failure {
  return new Failure(Exit.denied, nobodyApproved, connectAgain, "nobody approved in time");
}

function denied(reason: string | undefined, messages: HostMessages): Failure {
  switch (reason) {
    case "wrong_number":
      return new Failure(Exit.denied, messages.deniedWrongNumber, undefined, "wrong number");
    case "not_me":
      return new Failure(Exit.denied, messages.deniedNotMe, undefined, "not me");
    default:
      return new Failure(Exit.denied, messages.denied, undefined, "denied");
  }
}

function noCodeInTime(messages: HostMessages): Failure {
  return new Failure(Exit.denied, messages.noCodeInTime, undefined, "no code in time");
}

function interrupted(messages: HostMessages): Failure {
  return new Failure(Exit.denied, messages.interrupted, undefined, "interrupted");
}

/** No server will do: a code from the authenticator app, or `otherwise`. `remark` says why. */
async function codeAlone(
  attempt: Attempt,
  rules: FlowRules,
  doors: Doors,
  otherwise: Failure,
  remark?: string,
): Promise<Admission> {
  const { talk, codes, messages } = doors;
  const enrolled = codes.enrolled();
  const sent = enrolled ? await sentCode(attempt, rules, doors) : undefined;
  if (sent !== undefined) return sent;
  if (remark !== undefined) talk.tell(remark);
  if (!enrolled) {
    throw new Failure(
      otherwise.exit,
      `${otherwise.message}, and this account has no authenticator code to fall back to`,
      otherwise.hint,
    );
  }
  if (!talk.interactive) {
    throw new Failure(
      otherwise.exit,
      otherwise.message,
      "a code can be typed where there is a terminal: ssh -t",
    );
  }
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(rules.timeoutMs)]);
  try {
    return await Promise.race([
      timeUp(signal, noCodeInTime(messages)),
      rightCode("code", signal, attempt, doors),
      hangUp(doors),
    ]);
  } finally {
    over.abort();
  }
}

/** A code that came along with the connection counts like one that is typed at once. */
async function sentCode(
  attempt: Attempt,
  rules: FlowRules,
  doors: Doors,
): Promise<Admission | undefined> {
  if (attempt.code === undefined) return undefined;
  const { ok } = await Promise.race([
    doors.codes.check(attempt.code),
    // Another process of the account may hold the lock for as long as it likes.
    timeUp(AbortSignal.timeout(rules.timeoutMs), noCodeInTime(doors.messages)),
    hangUp(doors),
  ]);
  return ok ? { via: "code", by: attempt.user } : undefined;
}

/** Resolves when a right code was typed. */
async function rightCode(
  prompt: "offer" | "code",
  signal: AbortSignal,
  attempt: Attempt,
  doors: Doors,
): Promise<Admission> {
  for (;;) {
    const typed = await doors.talk.readCode(prompt, signal);
    if (typed === undefined) return await noMoreTyping(prompt, doors);
    if (typed === "") continue;
    const answer = await doors.codes.check(typed);
    if (answer.ok) return { via: "code", by: attempt.user };
    doors.talk.tell(explain(answer, doors));
  }
}

/** End of input (Ctrl-D) gives up where a code is all there is; an approval may still come. */
function noMoreTyping(prompt: "offer" | "code", { messages }: Doors): Promise<never> {
  return prompt === "offer" ? new Promise(() => {}) : Promise.reject(interrupted(messages));
}

function explain(answer: Exclude<CodeAnswer, { ok: true }>, doors: Doors): string {
  const { messages, clock } = doors;
  switch (answer.why) {
    case "wrong":
      return messages.wrongCode;
    case "spent":
      return messages.spentCode;
    case "malformed":
      return messages.malformedCode;
    case "limited":
      return messages.limited(Math.max(1, Math.ceil((answer.retryAt - clock.now()) / 1000)));
  }
}

/**
 * Stands first in a race, before whoever else hears the signal: reading a terminal cannot be cut
 * short, so the login must not wait for it.
 */
function timeUp(signal: AbortSignal, late: Failure): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(late), { once: true });
  });
}

async function hangUp({ talk, messages }: Doors): Promise<never> {
  await talk.hungUp;
  throw interrupted(messages);
}
