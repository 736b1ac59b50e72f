/** `gatehouse enroll --emergency N`: more scratch codes, for somebody without a phone. */
import { addScratchCodes } from "../../core/state_file.ts";
import { rfc3339 } from "../../core/time.ts";
import { printable } from "../../core/text.ts";
import { showScratchCodes } from "../../enrollment/enroll.ts";
import { makeScratchCodes } from "../../enrollment/secrets.ts";
import { updateStateFile } from "../../io/state_files.ts";
import { atFiles, type EnrollContext, placeOf, subjectOf } from "./context.ts";
import { manageWords, proveCode, requireStored, requireWritable, shownAccount } from "./stored.ts";

export async function emergency(context: EnrollContext, count: number): Promise<void> {
  const { options, account, host, messages, doors, out } = context;
  const { dialog } = doors;
  const words = manageWords(context);
  const place = placeOf(context);
  await requireWritable(context, place);
  const before = await requireStored(context, place);
  // Root could read those that are there.
  if (Deno.uid() !== 0) {
    dialog.print(words.willProve(shownAccount(context), printable(host, 64)));
    await proveCode(context, place);
  }
  const codes = makeScratchCodes(doors.random, count, before.scratchCodes);
  const kept = await atFiles(account, place.path, () =>
    updateStateFile(place, (file) => ({
      file: addScratchCodes(file, codes),
      result: file.scratchCodes.length,
    })));
  if (options.json) {
    return out.line(JSON.stringify({
      user: account.name,
      host,
      path: place.path,
      made_at: rfc3339(doors.clock.now()),
      scratch_codes: codes,
      scratch_codes_kept: kept,
    }));
  }
  dialog.print(words.addedCodes(codes.length, kept, shownAccount(context)));
  showScratchCodes(doors, messages, subjectOf(context), codes);
  dialog.print(words.shownOnce);
}
