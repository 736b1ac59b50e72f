/** Sets up an authenticator in the middle of a login. Loaded only for that. */
import type { HostConfig } from "../../config/host.ts";
import { describeEnrollment } from "../../core/enrollment.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { enrollMessages } from "../../core/messages/enroll.ts";
import type { Language } from "../../core/messages/language.ts";
import { lookOf } from "../../core/terminal_look.ts";
import { printable } from "../../core/text.ts";
import type { EnrollDoors } from "../../enrollment/doors.ts";
import { enrollAtLogin } from "../../enrollment/enroll.ts";
import type { Account } from "../../io/accounts.ts";
import { systemClock } from "../../io/clock.ts";
import { statePlace } from "../../io/code_config.ts";
import { clockSynchronised } from "../../io/clock_sync.ts";
import { openDialog } from "../../io/dialog.ts";
import { paintQr } from "../../io/qr.ts";
import { systemRandom } from "../../io/random.ts";
import { writeNewStateFile } from "../../io/state_files.ts";
import { hostName, unwritableFolder, variable } from "../../io/surroundings.ts";
import { syslog } from "../../io/syslog.ts";

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
  const place = statePlace(codes, account);
  const messages = enrollMessages(language);
  // Before a phone has scanned what could not be saved.
  const folder = unwritableFolder(place.path);
  if (folder !== undefined) {
    const what = messages.cannotWrite(printable(account.name, 64), printable(folder));
    throw new Failure(Exit.denied, what, messages.cannotWriteHint);
  }
  const locale = variable("LC_ALL", "LC_CTYPE", "LANG");
  const look = lookOf({ terminal: true, locale, term: variable("TERM") });
  const host = hostName();
  const subject = { account: account.name, host, label: `${account.name}@${host}`, issuer: host };
  const log: EnrollDoors["log"] = (level, event) =>
    syslog(level, describeEnrollment(event, account.name, account.name));
  // The new file says itself that the first code is used.
  const save = async (text: string) => {
    await writeNewStateFile(place, text, { replace: false });
    log("info", "done=create");
  };
  const doors = {
    dialog: openDialog({ output: "stderr", ownScreen: true }),
    drawQr: paintQr,
    look,
    clock: systemClock,
    random: systemRandom,
    clockSynchronised,
    log,
  };
  return await enrollAtLogin(doors, messages, subject, save, signal);
}
