/** Refused codes are for the log too: whoever guesses them has passed the first factor already. */
import { type Attempt, describeAttempt, describeRefusal } from "../core/attempt.ts";
import type { CodeAnswer } from "../core/code.ts";
import { syslog } from "../io/syslog.ts";
import type { Codes } from "../login/doors.ts";

export function loggedCodes(codes: Codes, attempt: Attempt): Codes {
  const { emergency } = codes;
  const logged = async (answer: Promise<CodeAnswer>, judgedAs = ""): Promise<CodeAnswer> => {
    const judged = await answer;
    if (!judged.ok) {
      const why = `${describeRefusal(judged)}${judgedAs}`;
      syslog("warning", `code refused ${describeAttempt(attempt)} ${why}`);
    }
    return judged;
  };
  return {
    enrolled: () => codes.enrolled(),
    inGrace: () => codes.inGrace(),
    check: (code) => logged(codes.check(code)),
    emergency: emergency && { check: (line) => logged(emergency.check(line), " as=emergency") },
  };
}
