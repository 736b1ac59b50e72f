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
  codesAreLeft,
  type Need,
  rightCode,
  sentCode,
  tellRefused,
} from "./by_code.ts";
import { enrollAfter, frozen, isDecided, passedBy } from "./decided.ts";
import type { Doors, OpenRequest } from "./doors.ts";
import { type FlowRules, instead, pastServers, withoutServer } from "./no_server.ts";
import { hangUp, timeUp } from "./races.ts";
import { canType, usable } from "./typed_codes.ts";

export type { FlowRules };

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
    case "none":
      return await codesAreLeft(attempt, rules, doors, codesOnly(doors));
    case "approved":
      return await enrollAfter({ via: "approval", by: asked.by }, rules, doors);
    case "open": {
      const admission = await waitOrCode(attempt, asked.request, rules, doors);
      return admission.via === "approval" ? await enrollAfter(admission, rules, doors) : admission;
    }
    case "refused": {
      if (asked.why === "frozen") throw frozen(asked.detail, doors.lastWords);
      const { busy, tryAgain } = doors.lastWords;
      // An account that is flooded with requests still gets in by a code.
      const failure = new Failure(Exit.denied, busy, tryAgain(undefined), asked.detail);
      const need = instead(failure, doors.messages.busy, doors);
      return await pastServers(`busy: ${asked.detail}`, codeAlone(attempt, rules, doors, need));
    }
    case "unusable":
    case "unreachable":
      return await withoutServer(attempt, asked, rules, doors);
  }
}

/** This host asks no server. */
function codesOnly({ lastWords, lookedFor }: Doors): Need {
  const { codeNeeded, codeNeedsTerminal, notEnrolled, enrolledByAdministrator } = lastWords;
  const missing = `not enrolled: there is no ${lookedFor}`;
  return {
    remark: undefined,
    noTerminal: new Failure(Exit.denied, codeNeeded, codeNeedsTerminal, "no terminal for a code"),
    notEnrolled: new Failure(Exit.denied, notEnrolled, enrolledByAdministrator, missing),
  };
}

/** The approval and a typed code race; whatever ends the race ends the request at the server too. */
async function waitOrCode(
  attempt: Attempt,
  request: OpenRequest,
  rules: FlowRules,
  doors: Doors,
): Promise<Admission> {
  const { talk, lastWords } = doors;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(rules.timeoutMs)]);
  const late = nobodyApproved(lastWords);
  let decided = false;
  let codeDid = false;
  const approval = async () => {
    const ending = await request.ended(signal);
    decided = isDecided(ending);
    return passedBy(ending, "approval", late, lastWords);
  };
  try {
    const codes = usable(doors.codes);
    const typing = canType(doors.codes);
    const sent = codes === true ? await sentCode(attempt, rules, doors) : undefined;
    if (sent?.ok) {
      codeDid = true;
      return byCode(attempt, sent.kind);
    }
    if (sent !== undefined) tellRefused(sent, doors);
    talk.offer(request, rules.timeoutMs, talk.interactive && typing);
    if (talk.interactive && codes instanceof Failure) talk.tell(codes.message);
    const admission = await Promise.race([
      timeUp(signal, late),
      approval(),
      hangUp(doors),
      ...(talk.interactive && typing ? [rightCode("offer", signal, attempt, doors)] : []),
    ]);
    codeDid = admission.via === "code" || admission.via === "emergency";
    return admission;
  } finally {
    over.abort();
    if (!decided) await request.cancel(codeDid ? "code_used" : "hung_up");
  }
}

function nobodyApproved({ nobodyApproved, connectAgain }: HostMessages): Failure {
  return new Failure(Exit.denied, nobodyApproved, connectAgain, "nobody approved in time");
}
