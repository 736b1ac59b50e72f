/** `gatehouse enroll --show`: the secret once more, for a new phone. */
import { otpauthUri } from "../../core/enrollment.ts";
import { printable } from "../../core/text.ts";
import { appKey } from "../../enrollment/enroll.ts";
import { showSecret } from "../../enrollment/secret_page.ts";
import { type EnrollContext, placeOf, subjectOf } from "./context.ts";
import { manageWords, proveCode, requireApp, requireWritable, shownAccount } from "./stored.ts";

export async function show(context: EnrollContext): Promise<void> {
  const { options, account, host, messages, doors, out } = context;
  const { dialog } = doors;
  const words = manageWords(context);
  const place = placeOf(context);
  await requireWritable(context, place);
  await requireApp(context, place);
  dialog.print(words.willProve(shownAccount(context), printable(host, 64)));
  await proveCode(context, place);

  // The code may have put a waiting secret in the old one's place, and has moved a counter on.
  const { secret, kind, step, counter, nextSecret, scratchCodes } = await requireApp(
    context,
    place,
  );
  const key = { ...appKey(subjectOf(context), secret, { kind, step }), counter };
  if (options.json) {
    return out.line(JSON.stringify({
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
  dialog.print(words.codesLeft(scratchCodes.length));
  if (kind === "hotp") dialog.print(words.oneCounter);
  if (nextSecret !== undefined) dialog.print(words.showsOld);
  showSecret(doors, messages, key);
}
