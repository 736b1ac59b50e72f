/** `gatehouse enroll --import FILE`: authenticators that people have already. */
import { Exit, Failure } from "../../core/errors.ts";
import { readImportable } from "../../core/importable.ts";
import { addScratchCodes, type StateFile } from "../../core/state_file.ts";
import { printable } from "../../core/text.ts";
import { showScratchCodes } from "../../enrollment/enroll.ts";
import { makeScratchCodes } from "../../enrollment/secrets.ts";
import { readImportFile } from "../../io/import_file.ts";
import { writeNewStateFile } from "../../io/state_files.ts";
import { atFiles, type EnrollContext, placeOf, subjectOf } from "./context.ts";
import { importList } from "./import_list.ts";
import { manageWords, refuseToReplace, shownAccount, summary } from "./stored.ts";

export async function importFile(context: EnrollContext, path: string): Promise<void> {
  const words = manageWords(context);
  const { bytes, openToOthers } = await readImportFile(path);
  const read = readImportable(bytes);
  if (!read.ok) {
    throw new Failure(Exit.data, `${printable(path)} ${read.fault}`, words.importHint);
  }
  if (openToOthers !== undefined) {
    context.out.error(words.openToOthers(printable(path), openToOthers.toString(8)));
  }
  if (read.value.kind === "list") return await importList(context, path, read.value.entries);
  await importState(context, read.value.file);
}

async function importState(context: EnrollContext, found: StateFile): Promise<void> {
  const { options, account, messages, doors, out } = context;
  const place = placeOf(context);
  await refuseToReplace(context, account, place);
  const codes = makeScratchCodes(doors.random, options.emergencyCodes ?? 0, found.scratchCodes);
  const file = codes.length === 0 ? found : addScratchCodes(found, codes);
  await atFiles(
    account,
    place.path,
    () => writeNewStateFile(place, file.text, { replace: options.force }),
  );
  if (options.json) {
    return out.line(JSON.stringify({
      user: account.name,
      path: place.path,
      type: file.kind,
      scratch_codes: codes,
      scratch_codes_left: file.scratchCodes.length,
    }));
  }
  const { dialog } = doors;
  const words = manageWords(context);
  dialog.print(words.importedState(shownAccount(context), printable(place.path)));
  dialog.print(`  ${summary(file, messages, words)}`);
  showScratchCodes(doors, messages, subjectOf(context), codes);
}
