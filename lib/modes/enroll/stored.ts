/** What the account has already: its state file, and whose that is. */
import { Exit, Failure } from "../../core/errors.ts";
import { toLatin1 } from "../../core/latin1.ts";
import { expandPath } from "../../core/path_template.ts";
import type { Read } from "../../core/result.ts";
import { parseStateFile, type StateFile } from "../../core/state_file.ts";
import { printable } from "../../core/text.ts";
import type { Account } from "../../io/accounts.ts";
import { ROOTS_OWN } from "../../io/code_config.ts";
import { readPrivateBytes, readStateFile } from "../../io/state_files.ts";
import type { StatePlace } from "../../core/state_place.ts";
import { isIrregular, isReadable, ownerOf, unwritableFolder } from "../../io/surroundings.ts";
import { atFiles, type EnrollContext, placeOf } from "./context.ts";

/** @throws Failure when there is none, or none to be trusted */
export async function requireStored(
  context: EnrollContext,
  place: StatePlace,
): Promise<StateFile> {
  const { account, words } = context;
  const file = await atFiles(account, place.path, () => readStateFile(place));
  if (file !== undefined) return file;
  throw new Failure(
    Exit.usage,
    words.notEnrolled(shownAccount(context), printable(place.path)),
    words.notEnrolledHint(commandFor(context)),
    "not enrolled",
  );
}

/** As requireStored(); it must have a secret that an app can hold. @throws Failure */
export async function requireApp(
  context: EnrollContext,
  place: StatePlace,
): Promise<StateFile & { readonly kind: "totp" | "hotp" }> {
  const file = await requireStored(context, place);
  const { kind } = file;
  if (kind !== "none") return { ...file, kind };
  const { words } = context;
  throw new Failure(
    Exit.usage,
    words.noAppSecret(shownAccount(context)),
    words.noAppSecretHint(commandFor(context)),
    "the account has no app",
  );
}

/**
 * Before anything is shown, or asked for, in vain: a new file can be put there.
 * @param hint what to do about one that is there
 * @throws Failure
 */
export async function requirePlace(
  context: EnrollContext,
  account: Account,
  place: StatePlace,
  hint: string,
): Promise<void> {
  await requireWritable(context, place, account);
  await atFiles(account, place.path, () => {
    if (context.options.force) return requireReplaceable(context, place);
    if (readStateFile(place) === undefined) return;
    const { alreadyEnrolled } = context.messages;
    throw new Failure(
      Exit.usage,
      alreadyEnrolled(printable(account.name, 64), printable(place.path)),
      hint,
      "enrolled already",
    );
  });
}

/**
 * Whatever is in the account's own place may go, if it is a file. What `-s` names may be any file,
 * and must be one of ours.
 * @throws Failure
 */
export function requireReplaceable({ options, words }: EnrollContext, place: StatePlace): void {
  if (isIrregular(place.path)) {
    const what = `${printable(place.path)} is not a regular file`;
    throw new Failure(Exit.config, what, "put the file itself there");
  }
  if (options.secret === undefined) return;
  const bytes = readPrivateBytes(place);
  if (bytes === undefined || hasCodes(parseStateFile(toLatin1(bytes)))) return;
  throw new Failure(Exit.config, words.notOurs(printable(place.path)), words.notOursHint);
}

/** A few words alone can look like a secret. */
function hasCodes(read: Read<StateFile>): boolean {
  return read.ok && (read.value.kind !== "none" || read.value.scratchCodes.length > 0);
}

/** Before a code is asked for, or shown, for nothing. @throws Failure */
export async function requireWritable(
  { messages, ...context }: EnrollContext,
  place: StatePlace,
  account = context.account,
): Promise<void> {
  const folder = await atFiles(account, place.path, () => unwritableFolder(place.path));
  if (folder === undefined) return;
  throw new Failure(
    Exit.denied,
    messages.cannotWrite(printable(account.name, 64), printable(folder)),
    Deno.uid() === 0 ? `ls -ld ${printable(folder)}` : messages.cannotWriteHint,
  );
}

/** Says so when the gate, which runs as the account, could not use the new file. */
export function remarkOnOwner(context: EnrollContext, place: StatePlace): void {
  const { account, words, doors } = context;
  if (isPamsAlone(context) || Deno.uid() !== 0 || account.uid === 0) return;
  if (ownerOf(place.path) !== 0) return;
  doors.dialog.print(words.rootsAlone(printable(account.name, 64)));
}

/** No gate would have to read it as the account. */
function isPamsAlone({ places }: EnrollContext): boolean {
  return places === ROOTS_OWN;
}

/** Whatever is to be done: it cannot be by an account whose codes root keeps. @throws Failure */
export function checkWhose(context: EnrollContext): void {
  const { options, account, words } = context;
  if (options.secret !== undefined || Deno.uid() === 0) return;
  const { path } = placeOf(context);
  const folder = unwritableFolder(path);
  if (!isPamsAlone(context)) {
    if (folder === undefined || ownerOf(folder) === account.uid || isReadable(path)) return;
  }
  throw new Failure(
    isPamsAlone(context) ? Exit.config : Exit.denied,
    words.keptByRoot(shownAccount(context), printable(path)),
    words.keptByRootHint(shownAccount(context)),
    "root keeps the codes",
  );
}

/** Says to root that PAM looks elsewhere than where the gate does, and what to type for that. */
export function warnOfPam(context: EnrollContext): void {
  const { options: { action, user }, account, words, out } = context;
  if (!context.pamElsewhere || Deno.uid() !== 0) return;
  if (action.kind === "import" && user === undefined) {
    return out.error(
      words.pamElsewhere(ROOTS_OWN.secret.replace("${USER}", "USER"), words.pamForAll),
    );
  }
  const path = printable(expandPath(ROOTS_OWN.secret, account));
  const made = printable(placeOf(context).path);
  const mend = action.kind === "create"
    ? words.pamCopy(`${commandFor(context)} --import ${made} -s ${path}`)
    : words.pamHere(path);
  out.error(words.pamElsewhere(path, mend));
}

/** Its kind and what is left of its scratch codes, on one line. */
export function summary(
  { messages, words }: EnrollContext,
  { kind, step, scratchCodes }: StateFile,
): string {
  const codes = words.codesLeft(scratchCodes.length);
  if (kind === "none") return codes;
  return words.summary(kind === "totp" ? messages.timeBased(step) : messages.counterBased, codes);
}

export function shownAccount({ account }: EnrollContext): string {
  return printable(account.name, 64);
}

/** What to type for the same account. */
export function commandFor(context: EnrollContext): string {
  return context.forOther ? `gatehouse enroll --user ${shownAccount(context)}` : "gatehouse enroll";
}

/**
 * Shows what is in place already, and nowhere else to be read.
 * @param command what makes another one; undefined where nothing is lost
 * @throws Failure that says so when it cannot be shown
 */
export function showDone(
  { words }: EnrollContext,
  command: string | undefined,
  show: () => void,
): void {
  try {
    show();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      error.exit,
      words.unseen(error.message),
      command === undefined ? undefined : words.unseenHint(command),
      "done, but not shown",
    );
  }
}
