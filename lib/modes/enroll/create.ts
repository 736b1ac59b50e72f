/** `gatehouse enroll` by itself: a new authenticator. */
import { newStateFile, otpauthUri, SCRATCH_CODES, type UsedStep } from "../../core/enrollment.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { jsonLine } from "../../core/text.ts";
import { appKey, enrollInDialog } from "../../enrollment/enroll.ts";
import { makeScratchCodes, makeSecret } from "../../enrollment/secrets.ts";
import { safeSettings } from "../../enrollment/settings.ts";
import { spendStep } from "../../io/code_files.ts";
import { writeNewStateFile } from "../../io/state_files.ts";
import type { StatePlace } from "../../core/state_place.ts";
import { atFiles, type EnrollContext, placeOf, subjectOf } from "./context.ts";
import { codesConfig } from "./proof.ts";
import { commandFor, remarkOnOwner, requirePlace, showDone } from "./stored.ts";

export async function create(context: EnrollContext): Promise<void> {
  const { options, account, doors, messages } = context;
  const place = placeOf(context);
  await requirePlace(context, account, place, messages.alreadyEnrolledHint);
  const scratchCodes = options.emergencyCodes ?? SCRATCH_CODES;
  if (options.quiet || options.json) return await unseen(context, place, scratchCodes);
  const saved = await enrollInDialog(doors, messages, subjectOf(context), {
    ...options,
    confirm: options.confirm && !options.yes,
    ask: !options.yes,
    scratchCodes,
  }, { path: place.path, save: (text, used) => save(context, place, text, used) });
  if (saved) return remarkOnOwner(context, place);
  const hint = doors.dialog.interactive ? undefined : messages.nothingSavedHint;
  throw new Failure(Exit.denied, messages.nothingSaved, hint, "given up");
}

async function save(
  context: EnrollContext,
  place: StatePlace,
  text: string,
  used?: UsedStep,
): Promise<void> {
  const { options, account, doors } = context;
  // First, so that a memory that cannot be written leaves nothing half done.
  if (used !== undefined) await spendStep(codesConfig(context, place), used);
  await atFiles(
    account,
    place.path,
    () => writeNewStateFile(place, text, { replace: options.force }),
  );
  doors.log("info", "done=create");
}

/** For programs: `-q` tells nothing, `--json` all. */
async function unseen(
  context: EnrollContext,
  place: StatePlace,
  scratchCount: number,
): Promise<void> {
  const { options, account, host, doors, out } = context;
  const settings = safeSettings(options);
  const secret = makeSecret(doors.random);
  const file = newStateFile(secret, settings, makeScratchCodes(doors.random, scratchCount));
  await save(context, place, file.text);
  if (!options.json) return;
  remarkOnOwner(context, place);
  const result = jsonLine({
    user: account.name,
    host,
    path: place.path,
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
  });
  showDone(context, `${commandFor(context)} -f`, () => out.result(result));
}
