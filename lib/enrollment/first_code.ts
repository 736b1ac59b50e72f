/** Asks for a code from the app until one is right, and says how wrong one was. */
import { describeRefusal } from "../core/attempt.ts";
import { type CodeSettings, type FirstCode, judgeFirstCode } from "../core/enrollment.ts";
import type { EnrollMessages } from "../core/messages/enroll.ts";
import { clockTime } from "../core/time.ts";
import type { EnrollDoors } from "./doors.ts";

export type RightCode = Extract<FirstCode, { ok: true }>;

/**
 * Nobody can guess here: who types has just been shown the secret.
 * @param again called after a wrong code, before the remark on it
 * @returns undefined when the person gives up
 */
export async function askFirstCode(
  doors: EnrollDoors,
  messages: EnrollMessages,
  secret: string,
  settings: CodeSettings,
  again: () => void = () => {},
): Promise<RightCode | undefined> {
  const { dialog, clock, log } = doors;
  for (;;) {
    const typed = await dialog.ask(messages.askCode);
    if (typed === undefined) return undefined;
    if (typed.trim() === "") continue;
    const first = judgeFirstCode(secret, settings, typed, clock.now());
    if (first.ok) return first;
    if (first.why === "off") {
      const refusal = { ok: false, why: "wrong", clockOff: first.seconds } as const;
      log("warning", `refused ${describeRefusal(refusal)}`);
    }
    again();
    dialog.print(explain(first, doors, messages, settings.kind));
  }
}

function explain(
  code: Extract<FirstCode, { ok: false }>,
  { clock, clockSynchronised }: EnrollDoors,
  messages: EnrollMessages,
  kind: CodeSettings["kind"],
): string {
  switch (code.why) {
    case "malformed":
      return messages.codeMalformed;
    case "foreign":
      return kind === "totp" ? messages.codeForeign : messages.codeForeignCounter;
    case "off":
      return messages.codeOff(code.seconds, clockTime(clock.now()), clockSynchronised());
  }
}
