/** A login that no server decides: a code instead, or what the policy says. */
import type { Admission, Attempt } from "../core/attempt.ts";
import { Exit, Failure } from "../core/errors.ts";
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
  const { kind, detail, hint } = asked;
  return await pastServers(
    `${detail}: ${hint}`,
    kind === "unreachable"
      ? offline(attempt, asked, rules, doors)
      : unusable(attempt, asked, rules, doors),
  );
}

/** Whoever gets in by it gets in past the servers: the log says why. */
export async function pastServers(noServer: string, login: Promise<Admission>): Promise<Admission> {
  return { ...await login, noServer };
}

/** No server will do, as `failure` and `remark` say. */
export function instead(
  failure: Failure,
  remark: string,
  { lastWords, lookedFor }: Pick<Doors, "lastWords" | "lookedFor">,
): Need {
  const { exit, message, hint, reason } = failure;
  return {
    remark,
    noTerminal: new Failure(exit, message, lastWords.codeNeedsTerminal, reason),
    notEnrolled: new Failure(
      exit,
      lastWords.nothingToFallBackTo(remark, message),
      hint,
      `${reason}, and this account has no authenticator code to fall back to: ` +
        `there is no ${lookedFor}`,
    ),
  };
}

interface NoUse {
  readonly detail: string;
  readonly hint: string;
}

async function unusable(
  attempt: Attempt,
  { detail, hint }: NoUse,
  rules: FlowRules,
  doors: Doors,
): Promise<Admission> {
  const failure = new Failure(Exit.unreachable, detail, hint);
  if (rules.offline === "deny") throw failure;
  const need = instead(failure, doors.messages.serverUnusable, doors);
  return await codeAlone(attempt, rules, doors, need);
}

async function offline(
  attempt: Attempt,
  { detail, hint }: NoUse,
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
  // Only here: a server that says no or answers nonsense must not open what is not enrolled.
  const need = instead(failure, doors.messages.serverUnreachable, doors);
  return await codesAreLeft(attempt, rules, doors, need);
}
