/** Refused codes are for the log too: whoever guesses them has passed the first factor already. */
import { type Attempt, describeAttempt, describeRefusal } from "../core/attempt.ts";
import type { CodeAnswer } from "../core/code.ts";
import { syslog } from "../io/syslog.ts";
import type { Codes } from "../login/doors.ts";
import type { PinRequest, Pins, PinTried } from "../login/pin_request.ts";

export function loggedCodes(codes: Codes, attempt: Attempt): Codes {
  const { emergency } = codes;
  const logged = async (answer: Promise<CodeAnswer>, judgedAs = ""): Promise<CodeAnswer> => {
    const judged = await answer;
    if (!judged.ok) logRefused(attempt, `${describeRefusal(judged)}${judgedAs}`);
    return judged;
  };
  return {
    enrolled: () => codes.enrolled(),
    inGrace: () => codes.inGrace(),
    check: (code) => logged(codes.check(code)),
    emergency: emergency && { check: (line) => logged(emergency.check(line), " as=emergency") },
  };
}

/** Codes that a server has sent, and judges. */
export function loggedPins(pins: Pins, attempt: Attempt): Pins {
  const logged = (request: PinRequest): PinRequest => ({
    offer: request.offer,
    async try(pin) {
      const tried = await request.try(pin);
      if (isWrong(tried)) logRefused(attempt, "why=wrong as=pin");
      return tried;
    },
    resend: () => request.resend(),
    cancel: (why) => request.cancel(why),
  });
  return {
    async ask(...question) {
      const asked = await pins.ask(...question);
      return asked.kind === "open" ? { ...asked, request: logged(asked.request) } : asked;
    },
  };
}

/** With the last try the server ends the login. */
function isWrong(tried: PinTried): boolean {
  if (tried.kind !== "ended") return tried.kind === "wrong";
  return tried.ending.state === "denied" && tried.ending.reason === "too_many_codes";
}

function logRefused(attempt: Attempt, why: string): void {
  syslog("warning", `code refused ${describeAttempt(attempt)} ${why}`);
}
