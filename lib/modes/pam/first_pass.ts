/**
 * Codes that come before anything is shown: in the same line as the password (forward_pass), or as
 * what a module in front of us has asked for (try_first_pass, use_first_pass).
 */
import type { CodeAnswer } from "../../core/code.ts";
import { type Split, splitForwarded } from "../../core/forwarded_code.ts";
import type { Codes } from "../../login/doors.ts";
import type { PamLogin } from "./login.ts";
import { typedAnswer } from "./talk.ts";

interface FirstPass {
  /** A line that holds a code, for `codes` to judge; undefined when there is none. */
  readonly code: string | undefined;
  readonly codes: Codes;
  /** Leaves the password to the modules that follow. */
  forward(): void;
}

/** As google-authenticator asks: some clients know it by its words. */
const BOTH = "Password & verification code: ";

export async function firstPass(
  login: PamLogin,
  codes: Codes,
): Promise<FirstPass> {
  const { options, front } = login;
  const line = await firstLine(login);
  const ways = line === undefined
    ? []
    : options.forwardPass
    ? splitForwarded(line)
    : await whole(line);
  let right: Split | undefined;
  return {
    code: ways.length === 0 ? undefined : line,
    codes: {
      enrolled: () => codes.enrolled(),
      inGrace: () => codes.inGrace(),
      check: async (typed) => {
        if (typed !== line) return await codes.check(typed);
        let answer: CodeAnswer = { ok: false, why: "malformed" };
        for (const way of ways) {
          answer = await codes.check(way.code);
          if (!answer.ok) continue;
          right = way;
          break;
        }
        return answer;
      },
      emergency: codes.emergency,
    },
    // Without a right code in it all of it was the password, and an approval did the rest.
    forward() {
      if (line === undefined || !options.forwardPass) return;
      front.channel?.setAuthtok(right?.password ?? line);
    },
  };
}

async function firstLine(login: PamLogin): Promise<string | undefined> {
  const { front } = login;
  const { firstPass, forwardPass, prompt = BOTH } = login.options;
  // pam_exec has nothing but what is already there.
  if (firstPass !== "no" || front.channel === undefined) return await front.authtok();
  if (!forwardPass) return undefined;
  const line = await front.channel.ask(prompt, { echo: false });
  return line === undefined ? undefined : typedAnswer(login, line);
}

/** The login's password is no code, and is not to be counted as a wrong one. */
async function whole(line: string): Promise<Split[]> {
  const { normalizeCode } = await import("../../core/code.ts");
  return normalizeCode(line) === undefined ? [] : [{ password: "", code: line }];
}
