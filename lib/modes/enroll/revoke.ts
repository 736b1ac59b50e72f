/** `gatehouse enroll --revoke`: an account's codes end. */
import { Exit, Failure } from "../../core/errors.ts";
import { expandPath } from "../../core/path_template.ts";
import { readSsh2fa } from "../../core/ssh2fa_list.ts";
import type { StateFile } from "../../core/state_file.ts";
import { printable } from "../../core/text.ts";
import { askYesOrNo } from "../../enrollment/settings.ts";
import { readPrivateBytes, removeStateFile, type StatePlace } from "../../io/state_files.ts";
import { atFiles, type EnrollContext, placeOf } from "./context.ts";
import { manageWords, requireStored, requireWritable, shownAccount, summary } from "./stored.ts";

export async function revoke(context: EnrollContext): Promise<void> {
  const { options, account, out } = context;
  const place = placeOf(context);
  await requireWritable(context, place);
  const stored = await find(context, place);
  if (!options.yes) await confirm(context, place, stored);
  await atFiles(account, place.path, () => removeStateFile(place));
  const listed = stillListed(context);
  if (options.json) {
    const left = listed ? { still_listed: expandedList(context) } : {};
    return out.line(
      JSON.stringify({ user: account.name, path: place.path, revoked: true, ...left }),
    );
  }
  const { dialog } = context.doors;
  const words = manageWords(context);
  dialog.print(words.removed(shownAccount(context)));
  if (listed) dialog.print(words.stillListed(printable(expandedList(context))));
}

/** A file that cannot be used can be removed all the same. @throws Failure when there is none */
async function find(context: EnrollContext, place: StatePlace): Promise<StateFile | Failure> {
  try {
    return await requireStored(context, place);
  } catch (error) {
    if (error instanceof Failure && error.exit === Exit.config) return error;
    throw error;
  }
}

/** @throws Failure when the person does not want to */
async function confirm(
  context: EnrollContext,
  place: StatePlace,
  stored: StateFile | Failure,
): Promise<void> {
  const { config, messages, doors: { dialog } } = context;
  const words = manageWords(context);
  const what = stored instanceof Failure
    ? words.unusable(stored.message)
    : summary(stored, messages, words);
  dialog.print(words.willRemove(shownAccount(context), printable(place.path)));
  dialog.print(`  ${what}`);
  dialog.print(words.unenrolled[config.policy.unenrolled]);
  if (await askYesOrNo(dialog, messages, [words.askRemove], false)) return;
  throw new Failure(
    Exit.denied,
    words.nothingRemoved,
    dialog.interactive ? undefined : words.nothingRemovedHint,
    "given up",
  );
}

/** Whether SSH2FA's list has codes of the account too, as far as this process may know. */
function stillListed(context: EnrollContext): boolean {
  const path = expandedList(context);
  if (path === "") return false;
  try {
    const place = { path, owners: [context.account.uid, 0], allowedPerm: 0o640 };
    const bytes = readPrivateBytes(place) ?? new Uint8Array();
    const secret = readSsh2fa(new TextDecoder().decode(bytes), context.account.name);
    return secret.ok && secret.value !== undefined;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function expandedList({ config, account }: EnrollContext): string {
  return expandPath(config.codes.totp_secrets, account);
}
