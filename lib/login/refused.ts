/** A server has answered, and asks nobody. */
import type { Admission, Attempt } from "../core/attempt.ts";
import { Exit, Failure } from "../core/errors.ts";
import type { HostMessages } from "../core/messages/host.ts";
import { codeAlone, type CodePolicy } from "./by_code.ts";
import { frozen } from "./decided.ts";
import type { Doors } from "./doors.ts";
import { emergencyAlone } from "./emergency_alone.ts";
import { instead, pastServers } from "./no_server.ts";

/** Too much of something: it passes by itself. */
interface Flooded {
  readonly why: "busy" | "quiet" | "too_many_pins" | "pins_unsent";
  /** In the server's words, for the log. */
  readonly detail: string;
  readonly retryAfterS: number | undefined;
  /** As in OpenRequest. */
  readonly twoPersons: boolean;
}

const WORDS = {
  busy: "busy",
  too_many_pins: "tooManyPins",
  pins_unsent: "lastPinsNotDelivered",
} as const;

export function floodedWords(
  { why, retryAfterS }: Pick<Flooded, "why" | "retryAfterS">,
  messages: HostMessages,
): { message: string; hint: string } {
  return why === "quiet"
    ? { message: messages.quiet(retryAfterS), hint: messages.askAdministrator }
    : { message: messages[WORDS[why]], hint: messages.tryAgain(retryAfterS) };
}

/**
 * Whoever floods an account with requests must not lock out its owner, who has an authenticator; nor
 * get round the second person by it.
 */
export async function codeMeanwhile(
  attempt: Attempt,
  flooded: Flooded,
  rules: CodePolicy,
  doors: Doors,
): Promise<Admission> {
  const { why, detail, twoPersons } = flooded;
  const { message, hint } = floodedWords(flooded, doors.lastWords);
  const failure = new Failure(Exit.denied, message, hint, detail);
  const remark = floodedWords(flooded, doors.messages).message;
  const reason = `${why}: ${detail}`;
  if (twoPersons) {
    const said = { remarks: [remark, doors.messages.takesTwoPersons], reason };
    return await emergencyAlone(attempt, failure, said, rules, doors);
  }
  const need = instead(failure, remark, doors);
  return await pastServers(reason, codeAlone(attempt, rules, doors, need));
}

/**
 * A person or an administrator has frozen the account, so no code of its own goes round that. The
 * host's emergency code does, for it is the administrators', and for when all else fails: also when
 * all their accounts were frozen, and with them the way to the server.
 */
export async function frozenOut(
  attempt: Attempt,
  detail: string,
  rules: CodePolicy,
  doors: Doors,
): Promise<Admission> {
  const { messages, lastWords } = doors;
  const said = {
    remarks: [messages.frozen, messages.askAdministrator],
    reason: `frozen: ${detail}`,
  };
  return await emergencyAlone(attempt, frozen(detail, lastWords), said, rules, doors);
}
