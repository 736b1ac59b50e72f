/** `gatehouse enroll` by itself, where no command line and no terminal are needed to see it. */
import assert from "node:assert/strict";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { create } from "../../lib/modes/enroll/create.ts";
import { show } from "../../lib/modes/enroll/show.ts";
import { enrollScene, enrollTest, ME, readState, writeState } from "../support/enroll_context.ts";
import { type Answer, keyOf } from "../support/enrollment.ts";
import { assertRefused } from "../support/failure.ts";
import { T0 } from "../support/logins.ts";
import { scratch } from "../support/scratch.ts";
import { codeOf } from "../support/totp.ts";

const STEP = T0 / 30_000;
const app = (step = STEP): Answer => (dialog) => codeOf(step, keyOf(dialog.secret));

enrollTest("the first code is used up, also where codes may be used again", async () => {
  for (const answers of [["n", "", ""], ["", "", ""]]) {
    await using folder = await scratch();
    const { context, dialog, logged } = enrollScene(folder, {}, [app(), ...answers]);
    await create(context);
    const { secret } = dialog;
    assert.deepEqual(logged, [`info: enroll done=create user=${ME} by=somebody`]);
    const again = enrollScene(folder, { show: true }, [codeOf(STEP, keyOf(secret))]);
    await assertRefused(() => show(again.context), Exit.denied, /^no right code/);
    const next = enrollScene(folder, { show: true }, [codeOf(STEP + 1, keyOf(secret))]);
    await show(next.context);
    assert.equal(next.dialog.secret, secret);
  }
});

enrollTest("what is in the way is named before a phone has scanned anything", async () => {
  await using folder = await scratch();
  const place = `${folder.path}/.google_authenticator`;
  await folder.file("real", "JBSWY3DPEHPK3PXP\n", 0o600);
  const refused = async (exit: Exit, message: RegExp, secret?: string) => {
    const { context, dialog } = enrollScene(folder, {
      force: true,
      ...(secret === undefined ? {} : { secret }),
    });
    await assertRefused(() => create(context), exit, message);
    assert.equal(dialog.printed, "");
  };
  await Deno.symlink(`${folder.path}/real`, place);
  await refused(Exit.config, /is not a regular file$/);
  await Deno.remove(place);
  await Deno.mkdir(place);
  await refused(Exit.config, /is not a regular file$/);
  const notes = await folder.file("notes", "not to be lost\n", 0o600);
  await refused(Exit.config, /\/notes is no authenticator's file$/, notes);
  assert.equal(await Deno.readTextFile(notes), "not to be lost\n");
});

enrollTest("-f replaces what is malformed in the account's own place", async () => {
  await using folder = await scratch();
  await writeState(folder, '" STEP_SIZE 90');
  await create(enrollScene(folder, { force: true, quiet: true }).context);
  assert.match(await readState(folder), /^[A-Z2-7]{32}\n" RATE_LIMIT 3 30\n/);
});

enrollTest("--json that nobody could read says that there is a file now", async () => {
  await using folder = await scratch();
  const { context } = enrollScene(folder, { json: true });
  const result = () => {
    throw new Failure(Exit.denied, "cannot write the output (EPIPE)");
  };
  const failure = await assertRefused(
    () => create({ ...context, out: { ...context.out, result } }),
    Exit.denied,
    /^it was done, but could not be shown: cannot write the output \(EPIPE\)$/,
  );
  assert.equal(failure.hint, "nobody knows it now; to make another one, run: gatehouse enroll -f");
  assert.match(await readState(folder), /^[A-Z2-7]{32}\n/);
});
