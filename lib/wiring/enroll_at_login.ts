/** Sets up an authenticator in the middle of a login. Loaded only for that. */
import { describeEnrollment } from "../core/enrollment.ts";
import { Exit, Failure } from "../core/errors.ts";
import { enrollMessages } from "../core/messages/enroll.ts";
import type { Language } from "../core/messages/language.ts";
import type { Look } from "../core/terminal_look.ts";
import { printable } from "../core/text.ts";
import type { Dialog, EnrollDoors } from "../enrollment/doors.ts";
import { enrollAtLogin } from "../enrollment/enroll.ts";
import { systemClock } from "../io/clock.ts";
import { clockSynchronised } from "../io/clock_sync.ts";
import { paintQr } from "../io/qr.ts";
import { systemRandom } from "../io/random.ts";
import { writeNewStateFile } from "../io/state_files.ts";
import type { StatePlace } from "../core/state_place.ts";
import { unwritableFolder } from "../io/surroundings.ts";
import { syslog } from "../io/syslog.ts";

interface Enrolment {
  /** Name of the account. */
  readonly account: string;
  /** As the prompts call this machine, and so the app. */
  readonly host: string;
  readonly place: StatePlace;
  /** With whose rights the file at that path is made. */
  readonly at: (path: string) => Disposable;
  /** Called when all is well so far: it may take the screen. */
  readonly openDialog: () => Dialog;
  readonly look: Look;
  readonly language: Language;
  /** Of what is said when the file cannot be made: see Doors.lastWords. */
  readonly lastWords: Language;
}

/**
 * @param time how long it may take; the signal ends it, and leaves the terminal as it was found
 * @returns true after the first right code @throws Failure when the account's file cannot be made
 */
export async function enrollHere(
  { account, host, place, at, openDialog, look, language, lastWords }: Enrolment,
  time: { readonly withinMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  // Before a phone has scanned what could not be saved.
  const folder = unwritable(place.path, at);
  if (folder !== undefined) throw cannotWrite(account, folder, lastWords);
  const subject = { account, host, label: `${account}@${host}`, issuer: host };
  const log: EnrollDoors["log"] = (level, event) =>
    syslog(level, describeEnrollment(event, account, account));
  // The new file says itself that the first code is used.
  const save = async (text: string) => {
    using _ = at(place.path);
    await writeNewStateFile(place, text, { replace: false });
    log("info", "done=create");
  };
  const doors = {
    dialog: openDialog(),
    drawQr: paintQr,
    look,
    clock: systemClock,
    random: systemRandom,
    clockSynchronised,
    log,
  };
  return await enrollAtLogin(doors, enrollMessages(language), subject, save, time);
}

function cannotWrite(account: string, folder: string, language: Language): Failure {
  const said = (language: Language) =>
    enrollMessages(language).cannotWrite(printable(account, 64), printable(folder));
  const { cannotWriteHint } = enrollMessages(language);
  return new Failure(Exit.denied, said(language), cannotWriteHint, said("en"));
}

function unwritable(path: string, at: (path: string) => Disposable): string | undefined {
  using _ = at(path);
  return unwritableFolder(path);
}
