/** How codes are to be accepted: as the command line says, else as the person answers. */
import { type CodeSettings, SAFE_RATE_LIMIT, WIDE_WINDOW } from "../core/enrollment.ts";
import type { EnrollMessages } from "../core/messages/enroll.ts";
import type { Dialog } from "./doors.ts";

/** What was asked for; undefined where nothing was said. */
export interface Wishes {
  readonly kind?: "totp" | "hotp" | undefined;
  readonly reuse?: "allow" | "disallow" | undefined;
  readonly rateLimit?:
    | { readonly attempts: number; readonly interval: number }
    | "none"
    | undefined;
  readonly window?: number | "minimal" | undefined;
  readonly step?: number | undefined;
}

/** The safe choice wherever nothing was asked for. */
export function safeSettings(wishes: Wishes): CodeSettings {
  const kind = wishes.kind ?? "totp";
  return {
    kind,
    disallowReuse: kind === "totp" && wishes.reuse !== "allow",
    rateLimit: wishes.rateLimit === "none" ? undefined : wishes.rateLimit ?? SAFE_RATE_LIMIT,
    // What google-authenticator makes of its -W.
    window: wishes.window === "minimal" ? (kind === "totp" ? 3 : 1) : wishes.window,
    step: wishes.step,
  };
}

/** Asks for what was not said. @returns undefined when the person gives up */
export async function askSettings(
  dialog: Dialog,
  messages: EnrollMessages,
  wishes: Wishes,
): Promise<CodeSettings | undefined> {
  const safe = safeSettings(wishes);
  const { kind } = safe;
  const ask = (lines: readonly string[], otherwise: boolean) =>
    askYesOrNo(dialog, messages, lines, otherwise);

  const once = kind === "hotp" || wishes.reuse !== undefined
    ? safe.disallowReuse
    : await ask(messages.askReuse, true);
  if (once === undefined) return undefined;
  const wide = wishes.window !== undefined ? false : await ask(messages.askWindow[kind], false);
  if (wide === undefined) return undefined;
  const limited = wishes.rateLimit !== undefined ? true : await ask(messages.askRateLimit, true);
  if (limited === undefined) return undefined;
  return {
    ...safe,
    disallowReuse: once,
    window: wide ? WIDE_WINDOW : safe.window,
    rateLimit: limited ? safe.rateLimit : undefined,
  };
}

/** @param otherwise what an empty line means */
export async function askYesOrNo(
  dialog: Dialog,
  { yesOrNo }: EnrollMessages,
  lines: readonly string[],
  otherwise: boolean,
): Promise<boolean | undefined> {
  for (;;) {
    const answer = await dialog.ask(`\n${lines.join("\n")} [${otherwise ? "Y/n" : "y/N"}] `);
    if (answer === undefined) return undefined;
    const word = answer.trim().normalize("NFKC").toLowerCase();
    if (word === "") return otherwise;
    if (/^(y|yes|是)$/.test(word)) return true;
    if (/^(n|no|否)$/.test(word)) return false;
    dialog.print(yesOrNo);
  }
}
