/**
 * The second factor of one login: ask a server, wait for the person, take a code instead.
 * `passFactor` is the only function here that lets anybody in.
 */
import type { Admission, Attempt } from "../core/attempt.ts";
import { Exit, Failure } from "../core/errors.ts";
import type { HostMessages } from "../core/messages/host.ts";
import {
  byCode,
  codeAlone,
  type CodePolicy,
  codesAreLeft,
  enrollNow,
  type Need,
  rightCode,
  sentCode,
  tellRefused,
  usable,
} from "./by_code.ts";
import type { Doors, Ending, OpenRequest } from "./doors.ts";
import { hangUp, timeUp } from "./races.ts";

export interface FlowRules extends CodePolicy {
  readonly offline: "code" | "deny" | "allow";
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
  const { messages } = doors;
  // Before any code, even one that came along: a frozen account gets in by nothing.
  const asked = await doors.approvals.ask(attempt);
  switch (asked.kind) {
    case "none":
      return await codesAreLeft(attempt, rules, doors, codesOnly(messages));
    case "approved":
      return await approved({ via: "approval", by: asked.by }, rules, doors);
    case "open": {
      const admission = await waitOrCode(attempt, asked.request, rules, doors);
      return admission.via === "approval" ? await approved(admission, rules, doors) : admission;
    }
    case "refused": {
      if (asked.why === "frozen") throw new Failure(Exit.denied, asked.detail);
      // An account that is flooded with requests still gets in by a code.
      const failure = new Failure(Exit.denied, asked.detail, "try again in a minute");
      return await codeAlone(attempt, rules, doors, instead(failure, messages.busy, messages));
    }
    case "unusable": {
      const failure = new Failure(Exit.unreachable, asked.detail, asked.hint);
      if (rules.offline === "deny") throw failure;
      const need = instead(failure, messages.serverUnusable, messages);
      return await codeAlone(attempt, rules, doors, need);
    }
    case "unreachable":
      return await offline(attempt, asked, rules, doors);
  }
}

/** No server will do, as `failure` and `remark` say. */
function instead(failure: Failure, remark: string, messages: HostMessages): Need {
  const { exit, message, hint, reason } = failure;
  return {
    remark,
    noTerminal: new Failure(exit, message, messages.codeNeedsTerminal, reason),
    notEnrolled: new Failure(
      exit,
      messages.nothingToFallBackTo(message),
      hint,
      `${reason}, and this account has no authenticator code to fall back to`,
    ),
  };
}

/** This host asks no server. */
function codesOnly(messages: HostMessages): Need {
  const { codeNeeded, codeNeedsTerminal, notEnrolled, enrolledByAdministrator } = messages;
  return {
    remark: undefined,
    noTerminal: new Failure(Exit.denied, codeNeeded, codeNeedsTerminal, "no terminal for a code"),
    notEnrolled: new Failure(Exit.denied, notEnrolled, enrolledByAdministrator, "not enrolled"),
  };
}

/**
 * The approval has let the person in, so now is the time to set up an authenticator: a stolen key
 * alone never enrols itself while a server answers.
 */
async function approved(admission: Admission, rules: FlowRules, doors: Doors): Promise<Admission> {
  const { talk, codes } = doors;
  if (rules.unenrolled === "enroll" && talk.interactive && usable(codes) === false) {
    await enrollNow(doors);
  }
  return admission;
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
  const need = instead(failure, doors.messages.serverUnreachable, doors.messages);
  return await codesAreLeft(attempt, rules, doors, need);
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
  let codeDid = false;
  const approval = async () => {
    const ending = await request.ended(signal);
    decided = ending.state === "approved" || ending.state === "denied";
    return passedBy(ending, messages);
  };
  try {
    const codes = usable(doors.codes);
    const sent = codes === true ? await sentCode(attempt, rules, doors) : undefined;
    if (sent?.ok) {
      codeDid = true;
      return byCode(attempt);
    }
    if (sent !== undefined) tellRefused(sent, doors);
    talk.offer(request, rules.timeoutMs, talk.interactive && codes === true);
    if (talk.interactive && codes instanceof Failure) talk.tell(codes.message);
    const admission = await Promise.race([
      timeUp(signal, nobodyApproved(messages)),
      approval(),
      hangUp(doors),
      ...(talk.interactive && codes === true ? [rightCode("offer", signal, attempt, doors)] : []),
    ]);
    codeDid = admission.via === "code";
    return admission;
  } finally {
    over.abort();
    if (!decided) await request.cancel(codeDid ? "code_used" : "hung_up");
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
