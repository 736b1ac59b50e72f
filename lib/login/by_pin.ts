/**
 * A login that a PIN decides: a server sends it to the person, who types it here. `passByPin` is the
 * only function here that lets anybody in.
 */
import type { Admission, Attempt } from "../core/attempt.ts";
import { Exit, Failure } from "../core/errors.ts";
import { codeAlone } from "./by_code.ts";
import { enrollAfter, isDecided, passedBy } from "./decided.ts";
import type { Doors, PinConversation } from "./doors.ts";
import { emergencyAlone } from "./emergency_alone.ts";
import { type FlowRules, instead, pastServers, withoutServer } from "./no_server.ts";
import { PinLines } from "./pin_lines.ts";
import type { PinAsked, PinOffer, PinRequest, Pins } from "./pin_request.ts";
import { hangUp, timeUp } from "./races.ts";
import { codeMeanwhile, frozenOut } from "./refused.ts";

export interface PinDoors extends Doors {
  readonly talk: PinConversation;
  /** Undefined: this host has no server that could send one. */
  readonly pins: Pins | undefined;
  /**
   * Where the account's person can be reached; none where the server knows.
   * @throws Failure when nobody can be
   */
  contacts(): readonly string[];
}

/** @throws Failure (75, 77, 78) when the login does not pass */
export async function passByPin(
  attempt: Attempt,
  rules: FlowRules,
  doors: PinDoors,
): Promise<Admission> {
  try {
    return await ask(attempt, rules, doors);
  } finally {
    doors.talk.close();
  }
}

async function ask(attempt: Attempt, rules: FlowRules, doors: PinDoors): Promise<Admission> {
  const { pins, talk, lastWords } = doors;
  if (pins === undefined) {
    const hint = "name one in host.toml, or take another mode";
    throw new Failure(Exit.config, "mode=pin needs an approval server", hint);
  }
  if (!talk.interactive) {
    throw new Failure(Exit.denied, lastWords.pinNeedsTyping, undefined, "nobody can type a PIN");
  }
  const contacts = reachable(doors);
  if (contacts instanceof Failure) {
    return await noCodeToSend(attempt, contacts, "noCodeCanBeSent", rules, doors);
  }
  const asked = await pins.ask(attempt, contacts);
  switch (asked.kind) {
    case "open": {
      const admission = await typePin(attempt, asked.request, rules, doors);
      return admission.via === "pin" ? await enrollAfter(admission, rules, doors) : admission;
    }
    case "refused":
      return await refused(attempt, asked, rules, doors);
    case "unusable":
    case "unreachable":
      return await withoutServer(attempt, asked, rules, doors);
  }
}

/** Whom the PIN goes to; a Failure when that is nobody. */
function reachable(doors: PinDoors): readonly string[] | Failure {
  try {
    return doors.contacts();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

async function refused(
  attempt: Attempt,
  { why, detail, retryAfterS }: Extract<PinAsked, { kind: "refused" }>,
  rules: FlowRules,
  doors: PinDoors,
): Promise<Admission> {
  const { messages, lastWords } = doors;
  const { pinNotDelivered, askAdministrator } = lastWords;
  const reason = `${why}: ${detail}`;
  switch (why) {
    case "frozen":
      return await frozenOut(attempt, detail, rules, doors);
    case "no_contact":
    case "no_channel":
    case "two_persons": {
      const what = why === "two_persons" ? "takesTwoPersons" : "noCodeCanBeSent";
      const failure = new Failure(Exit.denied, lastWords[what], askAdministrator, reason);
      return await noCodeToSend(attempt, failure, what, rules, doors);
    }
    // An account that cannot be sent to just now still gets in by a code of its authenticator.
    case "not_delivered": {
      const failure = new Failure(Exit.denied, pinNotDelivered, askAdministrator, detail);
      const need = instead(failure, messages.pinNotDelivered, doors);
      return await pastServers(reason, codeAlone(attempt, rules, doors, need));
    }
    case "busy":
    case "quiet":
    case "too_many_pins":
    case "pins_unsent":
      // Of an account that takes two persons nothing but that is said.
      return await codeMeanwhile(
        attempt,
        { why, detail, retryAfterS, twoPersons: false },
        rules,
        doors,
      );
  }
}

async function noCodeToSend(
  attempt: Attempt,
  failure: Failure,
  what: "noCodeCanBeSent" | "takesTwoPersons",
  rules: FlowRules,
  doors: PinDoors,
): Promise<Admission> {
  const { [what]: remark, askAdministrator } = doors.messages;
  const said = { remarks: [remark, askAdministrator], reason: failure.reason };
  return await emergencyAlone(attempt, failure, said, rules, doors);
}

async function typePin(
  attempt: Attempt,
  request: PinRequest,
  rules: FlowRules,
  doors: PinDoors,
): Promise<Admission> {
  const { talk, clock, lastWords } = doors;
  const late = new Failure(
    Exit.denied,
    lastWords.timeLimitExceeded,
    undefined,
    "no right PIN in time",
  );
  const over = new AbortController();
  const whole = AbortSignal.any([over.signal, AbortSignal.timeout(rules.timeoutMs)]);
  const until = clock.now() + rules.timeoutMs;
  const lines = new PinLines(attempt, request, doors);
  let decided = false;
  let codeDid = false;
  try {
    for (let sent = request.offer;;) {
      const offer = within(sent, until - clock.now());
      const leftMs = offer.validForS * 1000;
      const signal = AbortSignal.any([whole, AbortSignal.timeout(leftMs)]);
      talk.offerPin(offer, leftMs);
      const step = await Promise.race([
        timeUp(signal, late),
        lines.next(offer, signal),
        hangUp(doors),
      ]);
      if ("ending" in step) {
        decided = isDecided(step.ending);
        return passedBy(step.ending, "pin", late, lastWords);
      }
      if ("admission" in step) {
        codeDid = true;
        return step.admission;
      }
      sent = step.offer;
    }
  } finally {
    over.abort();
    if (!decided) await request.cancel(codeDid ? "code_used" : "hung_up");
  }
}

/** As far as the login's own time allows: here it ends with the PIN's. */
function within(offer: PinOffer, leftMs: number): PinOffer {
  const validForS = Math.min(offer.validForS, Math.max(0, Math.ceil(leftMs / 1000)));
  const { resendAfterS } = offer;
  const never = resendAfterS === null || resendAfterS >= validForS;
  return { ...offer, validForS, resendAfterS: never ? null : resendAfterS };
}
