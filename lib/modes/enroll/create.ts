/** `gatehouse enroll` by itself: a new authenticator. */
import { newStateFile, otpauthUri, SCRATCH_CODES } from "../../core/enrollment.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import { appKey, enrollInDialog } from "../../enrollment/enroll.ts";
import { makeScratchCodes, makeSecret } from "../../enrollment/secrets.ts";
import { safeSettings } from "../../enrollment/settings.ts";
import { readStateFile, type StatePlace, writeNewStateFile } from "../../io/state_files.ts";
import { mayWriteBeside } from "../../io/surroundings.ts";
import { atFiles, type EnrollContext, placeOf, subjectOf } from "./context.ts";

export async function create(context: EnrollContext): Promise<void> {
  const { options, account, doors, messages } = context;
  const place = placeOf(context);
  await refuseVainWork(context, place);
  const save = (text: string) =>
    atFiles(
      account,
      place.path,
      () => writeNewStateFile(place, text, { replace: options.force }),
    );
  const scratchCodes = options.emergencyCodes ?? SCRATCH_CODES;
  if (options.quiet || options.json) return await unseen(context, place.path, scratchCodes, save);
  const saved = await enrollInDialog(doors, messages, subjectOf(context), {
    ...options,
    confirm: options.confirm && !options.yes,
    ask: !options.yes,
    scratchCodes,
  }, { path: place.path, save });
  if (!saved) throw new Failure(Exit.denied, messages.nothingSaved, undefined, "given up");
}

/** Before a phone has scanned what could not be saved. @throws Failure */
async function refuseVainWork(
  { options, account, messages }: EnrollContext,
  place: StatePlace,
): Promise<void> {
  const path = printable(place.path);
  await atFiles(account, place.path, () => {
    if (!mayWriteBeside(place.path)) {
      throw new Failure(Exit.denied, messages.cannotWrite(path), messages.cannotWriteHint);
    }
    if (!options.force && readStateFile(place) !== undefined) {
      throw new Failure(
        Exit.usage,
        messages.alreadyEnrolled(printable(account.name, 64), path),
        messages.alreadyEnrolledHint,
        "enrolled already",
      );
    }
  });
}

/** For programs: `-q` tells nothing, `--json` all. */
async function unseen(
  context: EnrollContext,
  path: string,
  scratchCount: number,
  save: (text: string) => Promise<void>,
): Promise<void> {
  const { options, account, doors, out } = context;
  const settings = safeSettings(options);
  const secret = makeSecret(doors.random);
  const file = newStateFile(secret, settings, makeScratchCodes(doors.random, scratchCount));
  await save(file.text);
  if (!options.json) return;
  out.line(JSON.stringify({
    user: account.name,
    path,
    type: settings.kind,
    secret,
    uri: otpauthUri(appKey(subjectOf(context), secret, settings)),
    scratch_codes: file.scratchCodes,
    settings: {
      window: file.window,
      step: settings.kind === "totp" ? file.step : null,
      disallow_reuse: settings.disallowReuse,
      rate_limit: settings.rateLimit ?? null,
    },
  }));
}
