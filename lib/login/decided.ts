/** What a server's decision means for the login. */
import type { Admission } from "../core/attempt.ts";
import { Exit, Failure } from "../core/errors.ts";
import type { HostMessages } from "../core/messages/host.ts";
import { type CodePolicy, enrollNow } from "./by_code.ts";
import type { Doors, Ending } from "./doors.ts";
import { usable } from "./typed_codes.ts";

/**
 * @param via how it was to be decided @param late what the login ends with when its time is up
 * @throws Failure unless it was approved
 */
export function passedBy(
  ending: Ending,
  via: "approval" | "pin",
  late: Failure,
  messages: HostMessages,
): Admission {
  switch (ending.state) {
    case "approved":
      return { via, by: ending.by };
    case "failed":
      throw new Failure(Exit.denied, ending.fault, "this is logged; tell the administrator");
    case "expired":
      throw late;
    case "cancelled":
      throw new Failure(Exit.denied, messages.cancelled, undefined, "cancelled");
    case "denied":
      throw denied(ending.reason, messages);
  }
}

/** True when the server needs no word of what becomes of the login. */
export function isDecided({ state }: Ending): boolean {
  return state === "approved" || state === "denied";
}

/**
 * The server has let the person in, so now is the time to set up an authenticator: a stolen key alone
 * never enrols itself while a server answers.
 */
export async function enrollAfter(
  admission: Admission,
  rules: CodePolicy,
  doors: Doors,
): Promise<Admission> {
  const { talk, codes } = doors;
  if (rules.unenrolled === "enroll" && talk.interactive && usable(codes) === false) {
    await enrollNow(doors);
  }
  return admission;
}

/** @param detail what the server says, for the log */
export function frozen(detail: string, { frozen, askAdministrator }: HostMessages): Failure {
  return new Failure(Exit.denied, frozen, askAdministrator, detail);
}

function denied(reason: string | undefined, messages: HostMessages): Failure {
  const { deniedWrongNumber, deniedNotMe, tooManyFailures, pinNotDelivered } = messages;
  switch (reason) {
    case "wrong_number":
      return new Failure(Exit.denied, deniedWrongNumber, undefined, "wrong number");
    case "not_me":
      return new Failure(Exit.denied, deniedNotMe, undefined, "not me");
    case "too_many_codes":
      return new Failure(Exit.denied, tooManyFailures, undefined, "too many wrong codes");
    case "not_delivered":
      return new Failure(
        Exit.denied,
        pinNotDelivered,
        messages.askAdministrator,
        "the code could not be sent",
      );
    default:
      return new Failure(Exit.denied, messages.denied, undefined, "denied");
  }
}
