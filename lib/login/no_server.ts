/** A login that no server decides: a code instead, or what the policy says. */
import type { Admission, Attempt } from "../core/attempt.ts";
import { Exit, Failure } from "../core/errors.ts";
import type { HostMessages } from "../core/messages/host.ts";
import { codeAlone, type CodePolicy, codesAreLeft, type Need } from "./by_code.ts";
import type { Asked, Doors } from "./doors.ts";

export interface FlowRules extends CodePolicy {
  readonly offline: "code" | "deny" | "allow";
}

/** No server answers, or none with anything usable. */
export async function withoutServer(
  attempt: Attempt,
  asked: Extract<Asked, { kind: "unreachable" | "unusable" }>,
  rules: FlowRules,
  doors: Doors,
): Promise<Admission> {
  if (asked.kind === "unreachable") return await offline(attempt, asked, rules, doors);
  const { messages } = doors;
  const failure = new Failure(Exit.unreachable, asked.detail, asked.hint);
  if (rules.offline === "deny") throw failure;
  return await codeAlone(
    attempt,
    rules,
    doors,
    instead(failure, messages.serverUnusable, messages),
  );
}

/** No server will do, as `failure` and `remark` say. */
export function instead(failure: Failure, remark: string, messages: HostMessages): Need {
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
