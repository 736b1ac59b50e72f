/**
 * The second factor of one login: ask a server, wait for the person, take a code instead.
 * `passFactor` is the only function here that lets anybody in.
 */
import type { Admission, Attempt } from "../core/attempt.ts";
import { Exit, Failure } from "../core/errors.ts";
import type { HostMessages } from "../core/messages/host.ts";
import { byCode, codesAreLeft, type Need, rightCode, sentCode, tellRefused } from "./by_code.ts";
import { enrollAfter, passedBy } from "./decided.ts";
import { CodesAtServer } from "./central_codes.ts";
import type { Doors, OpenRequest } from "./doors.ts";
import { withoutOwnCodes } from "./emergency_alone.ts";
import { type FlowRules, withoutServer } from "./no_server.ts";
import { hangUp, timeUp } from "./races.ts";
import { codeMeanwhile, frozenOut } from "./refused.ts";
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
      // By a grant: nobody has shown just now who is there, so nobody sets up an authenticator.
      return { via: "approval", by: asked.by };
    case "open": {
      const { request } = asked;
      const admission = await waitOrCode(attempt, request, rules, doors);
      // Who has an authenticator at the server needs no other here, and one is no use where it takes two.
      const needsNone = request.tryCode !== undefined || request.twoPersons;
      return admission.via === "approval" && !needsNone
        ? await enrollAfter(admission, rules, doors)
        : admission;
    }
    case "refused": {
      const { why, detail, retryAfterS, twoPersons } = asked;
      return why === "frozen"
        ? await frozenOut(attempt, detail, rules, doors)
        : await codeMeanwhile(attempt, { why, detail, retryAfterS, twoPersons }, rules, doors);
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
  const { talk, messages, lastWords } = doors;
  const own = request.twoPersons ? withoutOwnCodes(doors) : ofHosts(doors);
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(rules.timeoutMs)]);
  const late = nobodyApproved(lastWords);
  let codeDid = false;
  const atServer = new CodesAtServer(own.codes, request, signal);
  const coded = { ...own, codes: atServer };
  const approval = async () => {
    const admission = passedBy(await atServer.ended(), "approval", late, lastWords);
    return atServer.wasRight ? byCode(attempt, "totp") : admission;
  };
  try {
    const codes = usable(atServer);
    const typing = canType(atServer);
    const sent = codes === true ? await sentCode(attempt, rules, coded) : undefined;
    if (sent?.ok) {
      codeDid = true;
      return byCode(attempt, sent.kind);
    }
    if (sent !== undefined) tellRefused(sent, coded);
    talk.offer(request, rules.timeoutMs, talk.interactive && typing);
    if (talk.interactive && codes instanceof Failure) talk.tell(codes.message);
    if (request.twoPersons) talk.tell(messages.takesTwoPersons);
    const admission = await Promise.race([
      timeUp(signal, late),
      approval(),
      hangUp(doors),
      ...(talk.interactive && typing ? [rightCode("offer", signal, attempt, coded)] : []),
    ]);
    codeDid = admission.via === "code" || admission.via === "emergency";
    return admission;
  } finally {
    over.abort();
    if (!atServer.isDecided) await request.cancel(codeDid ? "code_used" : "hung_up");
  }
}

/**
 * Who has one app for the pages and another for hosts may take the wrong one. Said of every wrong code,
 * also at a decoy: it must not tell whether the password was right, or whose code it is.
 */
function ofHosts(doors: Doors): Doors {
  const { messages } = doors;
  return { ...doors, messages: { ...messages, wrongCode: messages.wrongHostCode } };
}

function nobodyApproved({ nobodyApproved, connectAgain }: HostMessages): Failure {
  return new Failure(Exit.denied, nobodyApproved, connectAgain, "nobody approved in time");
}
