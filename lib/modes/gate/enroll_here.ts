/** Sets up an authenticator in the middle of a login. Loaded only for that. */
import type { HostConfig } from "../../config/host.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { enrollMessages } from "../../core/messages/enroll.ts";
import type { Language } from "../../core/messages/language.ts";
import { expandPath } from "../../core/path_template.ts";
import { lookOf } from "../../core/terminal_look.ts";
import { printable } from "../../core/text.ts";
import { enrollAtLogin } from "../../enrollment/enroll.ts";
import type { Account } from "../../io/accounts.ts";
import { systemClock } from "../../io/clock.ts";
import { clockSynchronised } from "../../io/clock_sync.ts";
import { openDialog } from "../../io/dialog.ts";
import { paintQr } from "../../io/qr.ts";
import { systemRandom } from "../../io/random.ts";
import { writeNewStateFile } from "../../io/state_files.ts";
import { hostName, mayWriteBeside, variable } from "../../io/surroundings.ts";

/**
 * @param signal ends it; the terminal is then left as it was found
 * @returns true after the first right code @throws Failure when the account's file cannot be made
 */
export async function enrollHere(
  { codes }: HostConfig,
  account: Account,
  language: Language,
  signal: AbortSignal,
): Promise<boolean> {
  const place = {
    path: expandPath(codes.secret, account),
    owners: codes.no_strict_owner ? undefined : [account.uid, 0],
    allowedPerm: codes.allowed_perm,
  };
  const messages = enrollMessages(language);
  // Before a phone has scanned what could not be saved.
  if (!mayWriteBeside(place.path)) {
    const path = printable(place.path);
    throw new Failure(Exit.denied, messages.cannotWrite(path), messages.cannotWriteHint);
  }
  const locale = variable("LC_ALL", "LC_CTYPE", "LANG");
  const look = lookOf({ terminal: true, locale, term: variable("TERM") });
  const host = hostName();
  const subject = { account: account.name, host, label: `${account.name}@${host}`, issuer: host };
  const save = (text: string) => writeNewStateFile(place, text, { replace: false });
  const dialog = openDialog({ output: "stderr", ownScreen: true });
  return await enrollAtLogin(
    { dialog, drawQr: paintQr, look, clock: systemClock, random: systemRandom, clockSynchronised },
    messages,
    subject,
    save,
    signal,
  );
}
