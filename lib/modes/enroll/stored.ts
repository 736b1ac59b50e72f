/** What the account has already: its state file, and the proof that somebody holds its codes. */
import { Exit, Failure } from "../../core/errors.ts";
import type { EnrollMessages } from "../../core/messages/enroll.ts";
import { type ManageMessages, manageMessages } from "../../core/messages/enroll_manage.ts";
import { expandPath } from "../../core/path_template.ts";
import type { StateFile } from "../../core/state_file.ts";
import { printable } from "../../core/text.ts";
import type { Account } from "../../io/accounts.ts";
import { CodeFiles } from "../../io/code_files.ts";
import { readStateFile, type StatePlace } from "../../io/state_files.ts";
import { mayWriteBeside } from "../../io/surroundings.ts";
import { atFiles, type EnrollContext, isBelow } from "./context.ts";

/** What wrong codes are counted by, beside the addresses of clients. */
const SOURCE = "enroll";
const TRIES = 3;
const ROOTS_SPENT = "/var/lib/gatehouse/spent";

export function manageWords(context: EnrollContext): ManageMessages {
  return manageMessages(context.language);
}

/** @throws Failure when there is none, or none to be trusted */
export async function requireStored(
  context: EnrollContext,
  place: StatePlace,
): Promise<StateFile> {
  const file = await atFiles(context.account, place.path, () => readStateFile(place));
  if (file !== undefined) return file;
  const words = manageWords(context);
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
  const words = manageWords(context);
  throw new Failure(
    Exit.usage,
    words.noAppSecret(shownAccount(context)),
    words.noAppSecretHint(commandFor(context)),
    "the account has no app",
  );
}

/** @throws Failure when there is one already, and `-f` was not said */
export async function refuseToReplace(
  context: EnrollContext,
  account: Account,
  place: StatePlace,
): Promise<void> {
  if (context.options.force) return;
  const there = await atFiles(account, place.path, () => readStateFile(place) !== undefined);
  if (!there) return;
  throw new Failure(
    Exit.usage,
    context.messages.alreadyEnrolled(printable(account.name, 64), printable(place.path)),
    manageWords(context).importForce,
    "enrolled already",
  );
}

/** Before a code is asked for, or shown, for nothing. @throws Failure */
export async function requireWritable(context: EnrollContext, place: StatePlace): Promise<void> {
  const { account, messages } = context;
  if (await atFiles(account, place.path, () => mayWriteBeside(place.path))) return;
  const path = printable(place.path);
  throw new Failure(Exit.denied, messages.cannotWrite(path), messages.cannotWriteHint);
}

/**
 * Asks for a code, which is used up as by a login. What a wrong one looked like stays unsaid: who
 * types need not be the owner.
 * @throws Failure when none was right, or too many were wrong lately
 */
export async function proveCode(context: EnrollContext, place: StatePlace): Promise<void> {
  const { account, doors: { dialog, clock } } = context;
  const words = manageWords(context);
  const codes = new CodeFiles(codesConfig(context, place), clock);
  for (let tries = 0; tries < TRIES; tries++) {
    const typed = await dialog.ask(words.askProof);
    if (typed === undefined) break;
    const answer = await atFiles(account, place.path, () => codes.check(typed));
    if (answer.ok) return;
    if (answer.why === "limited") {
      const seconds = Math.max(1, Math.ceil((answer.retryAt - clock.now()) / 1000));
      throw new Failure(Exit.denied, words.limited(seconds), undefined, "too many wrong codes");
    }
    dialog.print(words[`${answer.why}Code`]);
  }
  const hint = words.notProvenHint(shownAccount(context));
  throw new Failure(Exit.denied, words.notProven, hint, "no right code");
}

function codesConfig({ account, config }: EnrollContext, place: StatePlace) {
  const { codes } = config;
  return {
    user: account.name,
    uid: account.uid,
    secret: place.path,
    totpSecrets: "",
    spent: spentPath(codes.spent, account, place),
    source: SOURCE,
    reuse: codes.reuse,
    noskewadj: codes.noskewadj,
    noIncrementHotp: codes.no_increment_hotp,
    noStrictOwner: codes.no_strict_owner,
    allowedPerm: codes.allowed_perm,
    // This is no login from anywhere.
    graceMs: 0,
  };
}

/** What root keeps outside the home it remembers there too: it follows no link of the user's. */
function spentPath(template: string, account: Account, place: StatePlace): string {
  const spent = expandPath(template, account);
  const outside = !isBelow(place.path, account.home) && isBelow(spent, account.home);
  return outside && Deno.uid() === 0 ? ROOTS_SPENT : spent;
}

/** Its kind and what is left of its scratch codes, on one line. */
export function summary(
  { kind, step, scratchCodes }: StateFile,
  messages: EnrollMessages,
  words: ManageMessages,
): string {
  const codes = words.codesLeft(scratchCodes.length);
  if (kind === "none") return codes;
  return words.summary(kind === "totp" ? messages.timeBased(step) : messages.counterBased, codes);
}

export function shownAccount({ account }: EnrollContext): string {
  return printable(account.name, 64);
}

/** What to type for the same account. */
function commandFor(context: EnrollContext): string {
  return context.forOther ? `gatehouse enroll --user ${shownAccount(context)}` : "gatehouse enroll";
}
