/** `gatehouse enroll --show`: the secret once more, for a new phone. */
import { otpauthUri } from "../../core/enrollment.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { appKey } from "../../enrollment/enroll.ts";
import { showSecret } from "../../enrollment/secret_page.ts";
import { type EnrollContext, placeOf, subjectOf } from "./context.ts";
import { proveCode } from "./proof.ts";
import { requireApp, requireWritable, shownAccount } from "./stored.ts";

export async function show(context: EnrollContext): Promise<void> {
  const { options, account, host, messages, words, doors, out } = context;
  const { dialog } = doors;
  const place = placeOf(context);
  await requireWritable(context, place);
  const before = await requireApp(context, place);
  dialog.print(words.willProve(shownAccount(context), printable(host, 64)));
  await proveCode(context, place);

  // The code may have put a waiting secret in the old one's place, and has moved a counter on.
  const { secret, kind, step, counter, nextSecret, scratchCodes } = await requireApp(
    context,
    place,
  );
  const key = { ...appKey(subjectOf(context), secret, { kind, step }), counter };
  if (options.json) {
    return out.result(jsonLine({
      user: account.name,
      path: place.path,
      type: kind,
      secret,
      uri: otpauthUri(key),
      scratch_codes_left: scratchCodes.length,
      next_secret_waits: nextSecret !== undefined,
    }));
  }
  // The picture last: with anything below it, a small terminal would not show all of it.
  if (secret !== before.secret) dialog.print(words.nowNew);
  dialog.print(words.codesLeft(scratchCodes.length));
  if (kind === "hotp") dialog.print(words.oneCounter);
  if (nextSecret !== undefined) dialog.print(words.showsOld);
  showSecret(doors, messages, key);
}
