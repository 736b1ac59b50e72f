/** `gatehouse enroll --import FILE`: authenticators that people have already. */
import { Exit, Failure } from "../../core/errors.ts";
import { readImportable } from "../../core/importable.ts";
import { expandPath } from "../../core/path_template.ts";
import type { StateFile } from "../../core/state_file.ts";
import { addScratchCodes } from "../../core/state_file_change.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { showScratchCodes } from "../../enrollment/enroll.ts";
import { makeScratchCodes } from "../../enrollment/secrets.ts";
import { actingAt } from "../../io/acting_as.ts";
import { readImportFile } from "../../io/import_file.ts";
import { writeNewStateFile } from "../../io/state_files.ts";
import type { StatePlace } from "../../core/state_place.ts";
import { absolutePath } from "../../io/surroundings.ts";
import { atFiles, type EnrollContext, placeOf, subjectOf } from "./context.ts";
import { importList } from "./import_list.ts";
import {
  commandFor,
  remarkOnOwner,
  requirePlace,
  showDone,
  shownAccount,
  summary,
} from "./stored.ts";

export async function importFile(context: EnrollContext, given: string): Promise<void> {
  const { account, config, words, out } = context;
  const path = absolutePath(given);
  const { bytes, openToOthers } = await readImportFile(path, {
    owners: [0, account.uid],
    at: (path) => actingAt(path, account),
  });
  const read = readImportable(bytes);
  if (!read.ok) {
    throw new Failure(Exit.data, `${printable(path)} ${read.fault}`, words.importHint);
  }
  const inUse = path === expandPath(config.codes.totp_secrets, account);
  if (openToOthers !== undefined && !inUse) {
    out.error(words.openToOthers(printable(path), openToOthers.toString(8)));
  }
  if (read.value.kind === "list") return await importList(context, path, read.value.entries);
  await importState(context, read.value.file);
}

async function importState(context: EnrollContext, found: StateFile): Promise<void> {
  const { options, account, words, doors } = context;
  const place = placeOf(context);
  await requirePlace(context, account, place, words.importForce);
  const codes = makeScratchCodes(doors.random, options.emergencyCodes ?? 0, found.scratchCodes);
  const file = codes.length === 0 ? found : addScratchCodes(found, codes);
  await atFiles(
    account,
    place.path,
    () => writeNewStateFile(place, file.text, { replace: options.force }),
  );
  doors.log("info", "done=import");
  const command = codes.length === 0
    ? undefined
    : `${commandFor(context)} --emergency ${codes.length}`;
  showDone(context, command, () => tell(context, place, file, codes));
}

function tell(
  context: EnrollContext,
  place: StatePlace,
  file: StateFile,
  codes: readonly string[],
): void {
  const { options, account, messages, words, doors, out } = context;
  const { dialog } = doors;
  remarkOnOwner(context, place);
  if (options.json) {
    return out.result(jsonLine({
      user: account.name,
      path: place.path,
      type: file.kind,
      scratch_codes: codes,
      scratch_codes_left: file.scratchCodes.length,
    }));
  }
  dialog.print(words.importedState(shownAccount(context), printable(place.path)));
  dialog.print(`  ${summary(context, file)}`);
  showScratchCodes(doors, messages, subjectOf(context), codes);
}
