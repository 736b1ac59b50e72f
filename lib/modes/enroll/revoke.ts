/** `gatehouse enroll --revoke`: an account's codes end. */
import { hasServers } from "../../config/host.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { expandPath } from "../../core/path_template.ts";
import { readSsh2fa } from "../../core/ssh2fa_list.ts";
import type { StateFile } from "../../core/state_file.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { askYesOrNo } from "../../enrollment/settings.ts";
import { readPrivateBytes, removeStateFile } from "../../io/state_files.ts";
import type { StatePlace } from "../../core/state_place.ts";
import { atFiles, type EnrollContext, placeOf } from "./context.ts";
import {
  requireReplaceable,
  requireStored,
  requireWritable,
  showDone,
  shownAccount,
  summary,
} from "./stored.ts";

export async function revoke(context: EnrollContext): Promise<void> {
  const { options, account, doors } = context;
  const place = placeOf(context);
  await requireWritable(context, place);
  await atFiles(account, place.path, () => requireReplaceable(context, place));
  const stored = await find(context, place);
  const list = listWithAccount(context);
  if (!options.yes) await confirm(context, place, stored, list);
  await atFiles(account, place.path, () => removeStateFile(place));
  doors.log("info", "done=revoke");
  showDone(context, undefined, () => tell(context, place, list));
}

function tell(context: EnrollContext, { path }: StatePlace, list: string | undefined): void {
  const { options, account, words, doors: { dialog }, out } = context;
  if (options.json) {
    const left = list === undefined ? {} : { still_listed: list };
    return out.result(jsonLine({ user: account.name, path, revoked: true, ...left }));
  }
  if (list === undefined) return dialog.print(words.removed(shownAccount(context)));
  dialog.print(words.removedHere);
  dialog.print(words.stillListed(printable(list)));
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
  list: string | undefined,
): Promise<void> {
  const { messages, words, doors: { dialog } } = context;
  const what = stored instanceof Failure
    ? words.unusable(stored.message)
    : summary(context, stored);
  dialog.print(words.willRemove(shownAccount(context), printable(place.path)));
  dialog.print(`  ${what}`);
  dialog.print(list === undefined ? meaning(context) : words.stillListed(printable(list)));
  if (await askYesOrNo(dialog, messages, [words.askRemove], false)) return;
  throw new Failure(
    Exit.denied,
    words.nothingRemoved,
    dialog.interactive ? undefined : words.nothingRemovedHint,
    "given up",
  );
}

/** What the next login meets. */
function meaning(context: EnrollContext): string {
  const { config, words } = context;
  const { unenrolled } = config.policy;
  return unenrolled === "deny" && !hasServers(config)
    ? words.nobodyGetsIn(shownAccount(context))
    : words.unenrolled[unenrolled];
}

/** SSH2FA's list, when it has codes of the account too, as far as this process may know. */
function listWithAccount({ config, account }: EnrollContext): string | undefined {
  const path = expandPath(config.codes.totp_secrets, account);
  if (path === "") return undefined;
  try {
    const bytes = readPrivateBytes({ path, owners: [account.uid, 0], allowedPerm: 0o640 });
    const secret = readSsh2fa(new TextDecoder().decode(bytes), account.name);
    return secret.ok && secret.value !== undefined ? path : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
