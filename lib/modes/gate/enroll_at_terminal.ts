/** Enrolment at a login through the gate: on a screen of its own. Loaded only for that. */
import type { HostConfig } from "../../config/host.ts";
import type { Language } from "../../core/messages/language.ts";
import { lookOf } from "../../core/terminal_look.ts";
import type { Account } from "../../io/accounts.ts";
import { IN_HOME, statePlace } from "../../io/code_config.ts";
import { openDialog } from "../../io/dialog.ts";
import { hostName, variable } from "../../io/surroundings.ts";
import { enrollHere } from "../../wiring/enroll_at_login.ts";

/**
 * @param time how long it may take; the signal ends it, and leaves the terminal as it was found
 * @returns true after the first right code @throws Failure when the account's file cannot be made
 */
export async function enrollAtTerminal(
  { codes, host }: HostConfig,
  account: Account,
  language: Language,
  time: { readonly withinMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const locale = variable("LC_ALL", "LC_CTYPE", "LANG");
  const enrolment = {
    account: account.name,
    host: host ?? hostName(),
    place: statePlace(codes, account, IN_HOME),
    // The gate has the account's rights, and no others.
    at: () => ({ [Symbol.dispose]() {} }),
    openDialog: () => openDialog({ output: "stderr", ownScreen: true }),
    look: lookOf({ terminal: true, locale, term: variable("TERM") }),
    language,
    lastWords: language,
  };
  return await enrollHere(enrolment, time);
}
