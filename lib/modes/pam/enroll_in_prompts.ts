/** Enrolment at a login through PAM: in prompts. Loaded only for that. */
import { chooseLanguage, type Language } from "../../core/messages/language.ts";
import { pamMessages } from "../../core/messages/pam.ts";
import { actingAt } from "../../io/acting_as.ts";
import { ROOTS_OWN, statePlace } from "../../io/code_config.ts";
import { PAM_LOOK, PamDialog } from "../../io/pam_dialog.ts";
import { hostName } from "../../io/surroundings.ts";
import { enrollHere } from "../../wiring/enroll_at_login.ts";
import { codeSettings } from "./codes.ts";
import type { PamLogin } from "./login.ts";

/**
 * @param lastWords language of what comes with the verdict
 * @returns true after the first right code @throws Failure when the account's file cannot be made
 */
export async function enrollInPrompts(
  login: PamLogin,
  time: { readonly withinMs: number; readonly signal: AbortSignal },
  lastWords: Language,
): Promise<boolean> {
  const { config, options, items, account, front: { channel } } = login;
  if (account === undefined || channel === undefined) return false;
  const dialog = new PamDialog(channel);
  const done = await enrollHere({
    account: account.name,
    host: config.host ?? hostName(),
    place: statePlace(codeSettings(login), account, ROOTS_OWN),
    at: (path) => actingAt(path, account),
    openDialog: () => dialog,
    look: options.qr ? PAM_LOOK : { ...PAM_LOOK, qr: "NONE" },
    language: chooseLanguage(config.language, items.locale),
    lastWords,
  }, time);
  await dialog.settle(pamMessages(config.language, items.locale));
  return done;
}
