/** `gatehouse enroll --rotate`: a new secret, beside the old one until it is used. */
import { type AppKey, type CodeSettings, otpauthUri } from "../../core/enrollment.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { NEXT_SECRET, type StateFile } from "../../core/state_file.ts";
import { addScratchCodes, removeScratchCode, setOption } from "../../core/state_file_change.ts";
import { bold } from "../../core/terminal_look.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { appKey, showScratchCodes } from "../../enrollment/enroll.ts";
import { askFirstCode, type RightCode } from "../../enrollment/first_code.ts";
import { showSecret } from "../../enrollment/secret_page.ts";
import { makeScratchCodes, makeSecret } from "../../enrollment/secrets.ts";
import { spendStep } from "../../io/code_files.ts";
import { updateStateFile } from "../../io/state_files.ts";
import type { StatePlace } from "../../core/state_place.ts";
import { atFiles, type EnrollContext, placeOf, subjectOf } from "./context.ts";
import { codesConfig } from "./proof.ts";
import { commandFor, requireApp, requireWritable, showDone, shownAccount } from "./stored.ts";

/** What the new secret is, for the person or the program that is to get it. */
interface Rotated {
  readonly key: AppKey;
  readonly replacesWaiting: boolean;
  /** Those instead of the old ones; undefined: the old ones stay. */
  readonly codes: readonly string[] | undefined;
}

export async function rotate(context: EnrollContext): Promise<void> {
  const { options, doors, messages } = context;
  const place = placeOf(context);
  await requireWritable(context, place);
  const before = await requireApp(context, place);
  const { kind, step, window } = before;
  const settings = { kind, step, window, disallowReuse: false, rateLimit: undefined };
  const secret = makeSecret(doors.random);
  const key = appKey(subjectOf(context), secret, settings);
  if (!options.json && !options.quiet) {
    introduce(context, before);
    showSecret(doors, messages, key);
  }
  const first = options.confirm && !options.yes
    ? await confirm(context, secret, settings)
    : undefined;
  const codes = options.emergencyCodes === undefined
    ? undefined
    : makeScratchCodes(doors.random, options.emergencyCodes, before.scratchCodes);
  const left = await save(context, place, secret, first, codes);
  const rotated = { key, codes, replacesWaiting: before.nextSecret !== undefined };
  const command = `${commandFor(context)} --rotate`;
  showDone(context, command, () => tell(context, place, rotated, left));
}

/** @throws Failure when the person gives up */
async function confirm(
  { messages, doors }: EnrollContext,
  secret: string,
  settings: CodeSettings,
): Promise<RightCode> {
  const { dialog } = doors;
  const first = await askFirstCode(doors, messages, secret, settings);
  if (first === undefined) {
    const hint = dialog.interactive ? undefined : messages.nothingSavedHint;
    throw new Failure(Exit.denied, messages.nothingSaved, hint, "given up");
  }
  dialog.print(messages.codeRight);
  return first;
}

/** @returns how many scratch codes there are then */
async function save(
  context: EnrollContext,
  place: StatePlace,
  secret: string,
  first: RightCode | undefined,
  codes: readonly string[] | undefined,
): Promise<number> {
  const { used, counter } = first ?? {};
  const value = counter === undefined ? secret : `${secret} ${counter + 1}`;
  // First, so that a memory that cannot be written leaves nothing half done.
  if (used !== undefined) await spendStep(codesConfig(context, place), used);
  const left = await atFiles(context.account, place.path, () =>
    updateStateFile(place, (file) => {
      const waiting = setOption(file, NEXT_SECRET, value);
      const after = codes === undefined ? waiting : withScratchCodes(waiting, codes);
      return { file: after, result: after.scratchCodes.length };
    }));
  context.doors.log("info", "done=rotate");
  return left;
}

function tell(
  context: EnrollContext,
  { path }: StatePlace,
  { key, replacesWaiting, codes }: Rotated,
  left: number,
): void {
  const { options, account, messages, words, doors, out } = context;
  const { dialog } = doors;
  if (options.quiet) return;
  if (options.json) {
    return out.result(jsonLine({
      user: account.name,
      path,
      type: key.kind,
      secret: key.secret,
      uri: otpauthUri(key),
      scratch_codes: codes ?? [],
      scratch_codes_left: left,
      replaces_waiting: replacesWaiting,
    }));
  }
  dialog.print(words.oldStillWorks(printable(path)));
  if (codes === undefined) return dialog.print(words.codesLeft(left));
  dialog.print(words.codesReplaced(codes.length));
  showScratchCodes(doors, messages, subjectOf(context), codes);
}

function introduce(context: EnrollContext, { nextSecret }: StateFile): void {
  const { host, words, doors: { dialog, look } } = context;
  dialog.print(bold(look, words.rotateTitle(shownAccount(context), printable(host, 64))));
  dialog.print(words.willRotate);
  if (nextSecret !== undefined) dialog.print(words.replacesWaiting);
}

/** The new ones instead of the old ones. */
function withScratchCodes(file: StateFile, codes: readonly string[]): StateFile {
  const without = file.scratchCodes.reduce(removeScratchCode, file);
  return addScratchCodes(without, codes);
}
