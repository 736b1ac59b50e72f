/** `gatehouse enroll --emergency N`: more scratch codes, for somebody without a phone. */
import { addScratchCodes } from "../../core/state_file_change.ts";
import { rfc3339 } from "../../core/time.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { showScratchCodes } from "../../enrollment/enroll.ts";
import { makeScratchCodes } from "../../enrollment/secrets.ts";
import { updateStateFile } from "../../io/state_files.ts";
import type { StatePlace } from "../../core/state_place.ts";
import { atFiles, type EnrollContext, placeOf, subjectOf } from "./context.ts";
import { proveCode } from "./proof.ts";
import { commandFor, requireStored, requireWritable, showDone, shownAccount } from "./stored.ts";

export async function printMoreScratchCodes(context: EnrollContext, count: number): Promise<void> {
  const { account, host, words, doors } = context;
  const { dialog } = doors;
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
  doors.log("info", "done=emergency");
  const command = `${commandFor(context)} --emergency ${count}`;
  showDone(context, command, () => tell(context, place, codes, kept));
}

function tell(
  context: EnrollContext,
  { path }: StatePlace,
  codes: readonly string[],
  kept: number,
): void {
  const { options, account, host, messages, words, doors, out } = context;
  if (options.json) {
    return out.result(jsonLine({
      user: account.name,
      host,
      path,
      made_at: rfc3339(doors.clock.now()),
      scratch_codes: codes,
      scratch_codes_kept: kept,
    }));
  }
  doors.dialog.print(words.addedCodes(codes.length, kept, shownAccount(context)));
  showScratchCodes(doors, messages, subjectOf(context), codes);
  doors.dialog.print(words.shownOnce);
}
