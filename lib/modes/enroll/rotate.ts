/** `gatehouse enroll --rotate`: a new secret, beside the old one until it is used. */
import { otpauthUri } from "../../core/enrollment.ts";
import { Exit, Failure } from "../../core/errors.ts";
import {
  addScratchCodes,
  NEXT_SECRET,
  removeScratchCode,
  setOption,
  type StateFile,
} from "../../core/state_file.ts";
import { printable } from "../../core/text.ts";
import { appKey, showScratchCodes } from "../../enrollment/enroll.ts";
import { askFirstCode } from "../../enrollment/first_code.ts";
import { showSecret } from "../../enrollment/secret_page.ts";
import { makeScratchCodes, makeSecret } from "../../enrollment/secrets.ts";
import { updateStateFile } from "../../io/state_files.ts";
import { atFiles, type EnrollContext, placeOf, subjectOf } from "./context.ts";
import { manageWords, requireApp, requireWritable, shownAccount } from "./stored.ts";

export async function rotate(context: EnrollContext): Promise<void> {
  const { options, account, messages, doors, out } = context;
  const { dialog, random } = doors;
  const words = manageWords(context);
  const place = placeOf(context);
  await requireWritable(context, place);
  const before = await requireApp(context, place);
  const { kind, step, window } = before;
  const settings = { kind, step, window, disallowReuse: false, rateLimit: undefined };
  const secret = makeSecret(random);
  const key = appKey(subjectOf(context), secret, settings);
  const seen = !options.json && !options.quiet;
  if (seen) {
    introduce(context, before);
    showSecret(doors, messages, key);
  }
  if (options.confirm && !options.yes) {
    const right = await askFirstCode(doors, messages, secret, settings);
    if (right === undefined) {
      throw new Failure(Exit.denied, messages.nothingSaved, undefined, "given up");
    }
    dialog.print(messages.codeRight);
  }

  const codes = options.emergencyCodes === undefined
    ? undefined
    : makeScratchCodes(random, options.emergencyCodes, before.scratchCodes);
  const left = await atFiles(account, place.path, () =>
    updateStateFile(place, (file) => {
      const waiting = setOption(file, NEXT_SECRET, secret);
      const after = codes === undefined ? waiting : withScratchCodes(waiting, codes);
      return { file: after, result: after.scratchCodes.length };
    }));
  if (options.json) {
    return out.line(JSON.stringify({
      user: account.name,
      path: place.path,
      type: kind,
      secret,
      uri: otpauthUri(key),
      scratch_codes: codes ?? [],
      scratch_codes_left: left,
    }));
  }
  if (!seen) return;
  dialog.print(words.oldStillWorks(printable(place.path)));
  if (codes === undefined) return dialog.print(words.codesLeft(left));
  dialog.print(words.codesReplaced(codes.length));
  showScratchCodes(doors, messages, subjectOf(context), codes);
}

function introduce(context: EnrollContext, { nextSecret }: StateFile): void {
  const { host, doors: { dialog, look } } = context;
  const words = manageWords(context);
  const title = words.rotateTitle(shownAccount(context), printable(host, 64));
  dialog.print(look.styled ? `\x1b[1m${title}\x1b[0m` : title);
  dialog.print(words.willRotate);
  if (nextSecret !== undefined) dialog.print(words.replacesWaiting);
}

/** The new ones instead of the old ones. */
function withScratchCodes(file: StateFile, codes: readonly string[]): StateFile {
  const without = file.scratchCodes.reduce(removeScratchCode, file);
  return addScratchCodes(without, codes);
}
