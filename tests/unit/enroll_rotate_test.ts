/** `gatehouse enroll --rotate`: a new secret, and no moment without one that works. */
import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { CodeFiles, type CodeFilesConfig } from "../../lib/io/code_files.ts";
import { rotate } from "../../lib/modes/enroll/rotate.ts";
import type { GivenOptions } from "../../lib/modes/enroll/options.ts";
import { codeFilesConfig } from "../support/code_files.ts";
import {
  type EnrollScene,
  enrollScene,
  enrollTest,
  ME,
  readState,
  writeState,
} from "../support/enroll_context.ts";
import { type Answer, keyOf } from "../support/enrollment.ts";
import { assertRefused } from "../support/failure.ts";
import { FixedClock, seededRandom } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const STEP = T0 / 30_000;

/** What the app shows of the secret on the screen. */
const app = (counter = STEP): Answer => (dialog) => codeOf(counter, keyOf(dialog.secret));

async function rotated(
  folder: Scratch,
  given: GivenOptions,
  ...answers: Answer[]
): Promise<EnrollScene> {
  const scene = enrollScene(folder, { rotate: true, ...given }, answers);
  await rotate(scene.context);
  return scene;
}

/** A login with that code, `minutes` later. */
async function login(
  folder: Scratch,
  code: string,
  minutes = 0,
  changes: Partial<CodeFilesConfig> = {},
): Promise<string> {
  const secret = `${folder.path}/.google_authenticator`;
  const config = codeFilesConfig(folder, { secret, ...changes });
  const codes = new CodeFiles(config, new FixedClock(T0 + minutes * 60_000));
  const answer = await codes.check(code);
  return answer.ok ? answer.kind : answer.why;
}

enrollTest("the old secret works until the new one was used, and not after", async () => {
  await using folder = await scratch();
  const rest = ['" RATE_LIMIT 3 30', '" DISALLOW_REUSE', '" TOTP_AUTH', "12345678"];
  await writeState(folder, ...rest);
  const { dialog } = await rotated(folder, {}, app());
  const { secret } = dialog;
  assert.notEqual(secret, RFC_BASE32);
  assert.match(dialog.printed, /The old secret works until you log in with a code of the new one/);
  assert.match(dialog.printed, /1 scratch code is left\n$/);
  assert.equal(
    await readState(folder),
    [RFC_BASE32, `" GATEHOUSE_NEXT_SECRET ${secret}`, ...rest, ""].join("\n"),
  );

  assert.equal(await login(folder, codeOf(STEP + 2), 1), "totp");
  assert.match(await readState(folder), new RegExp(`^${RFC_BASE32}\n`));
  assert.equal(await login(folder, codeOf(STEP + 4, keyOf(secret)), 2), "totp");
  assert.equal(await login(folder, codeOf(STEP + 6), 3), "wrong");
  assert.equal(await login(folder, codeOf(STEP + 6, keyOf(secret)), 3), "totp");
  const text = await readState(folder);
  assert.match(text, new RegExp(`^${secret}\n`));
  assert.doesNotMatch(text, /NEXT_SECRET/);
  assert.match(text, /^12345678$/m);
});

enrollTest("nothing is saved before a code of the new secret was right", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH', "12345678");
  const before = await readState(folder);
  const answers = ["000000", codeOf(STEP), app(STEP - 4), "12345678"];
  const scene = enrollScene(folder, { rotate: true, emergencyCodes: "3" }, answers);
  const failure = await assertRefused(
    () => rotate(scene.context),
    Exit.denied,
    /^nothing was saved$/,
  );
  assert.equal(failure.hint, undefined);
  assert.match(scene.dialog.printed, /That is no code of this secret/);
  assert.match(scene.dialog.printed, /That is the code of 120 s ago|That is the code of 2 min ago/);
  assert.equal(await readState(folder), before);
});

enrollTest("-C, --yes and --quiet ask for no code", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH');
  for (const given of [{ noConfirm: true }, { yes: true }, { quiet: true }] as const) {
    await writeState(folder, '" TOTP_AUTH');
    const { dialog, out } = await rotated(folder, given);
    assert.deepEqual(dialog.asked, []);
    assert.deepEqual(out.lines, []);
    assert.equal(dialog.printed === "", "quiet" in given);
    assert.match(await readState(folder), /^" GATEHOUSE_NEXT_SECRET [A-Z2-7]{32}$/m);
  }
});

enrollTest(
  "the code that was typed is worth nothing, the next one of the app everything",
  async () => {
    await using folder = await scratch();
    await writeState(folder, '" DISALLOW_REUSE', '" TOTP_AUTH');
    const { dialog, logged } = await rotated(folder, {}, app());
    const spent = { user: ME, spent: `${folder.path}/.gatehouse/spent` };
    assert.equal(await login(folder, codeOf(STEP, keyOf(dialog.secret)), 0, spent), "spent");
    assert.equal(await login(folder, codeOf(STEP + 1, keyOf(dialog.secret)), 0, spent), "totp");
    assert.deepEqual(logged, [`info: enroll done=rotate user=${ME} by=somebody`]);
  },
);

enrollTest("of a counter's codes the typed one is used, and those before it", async () => {
  for (const typed of [1, 3]) {
    await using folder = await scratch();
    await writeState(folder, '" HOTP_COUNTER 70');
    const { dialog } = await rotated(folder, {}, app(typed));
    const key = keyOf(dialog.secret);
    assert.equal(await login(folder, codeOf(typed, key)), "wrong");
    assert.equal(await login(folder, codeOf(typed + 1, key)), "hotp");
  }
});

enrollTest("a code of another time is named in the administrator's log", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH');
  const { logged } = await rotated(folder, {}, app(STEP + 10), "1", app());
  assert.deepEqual(logged, [
    `warning: enroll refused why=wrong clock_off=+300s user=${ME} by=somebody`,
    `info: enroll done=rotate user=${ME} by=somebody`,
  ]);
});

enrollTest("rotating again replaces the secret that waits", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH');
  const first = await rotated(folder, {}, app());
  assert.doesNotMatch(first.dialog.printed, /never used/);
  const doors = { random: seededRandom(2) };
  const scene = enrollScene(folder, { rotate: true }, [app()], { doors });
  await rotate(scene.context);
  assert.match(scene.dialog.printed, /takes the place of another new secret, which was never used/);
  assert.notEqual(scene.dialog.secret, first.dialog.secret);
  assert.equal(
    await readState(folder),
    `${RFC_BASE32}\n" GATEHOUSE_NEXT_SECRET ${scene.dialog.secret}\n" TOTP_AUTH\n`,
  );
  assert.equal(await login(folder, codeOf(STEP + 2, keyOf(first.dialog.secret)), 1), "wrong");
});

enrollTest("-e replaces the scratch codes, with none where that is asked for", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH', "12345678", "87654321", "# kept");
  const { dialog } = await rotated(folder, { emergencyCodes: "2", yes: true });
  const codes = (await readState(folder)).match(/^[0-9]{8}$/gm) ?? [];
  assert.equal(codes.length, 2);
  for (const code of codes) assert.ok(dialog.printed.includes(code));
  assert.match(dialog.printed, /The old scratch codes are worthless\./);
  assert.equal(await login(folder, "12345678"), "wrong");
  assert.equal(await login(folder, codes[0] ?? ""), "scratch");

  const none = await rotated(folder, { emergencyCodes: "0", yes: true });
  assert.match(none.dialog.printed, /there are no others\.\n$/);
  assert.doesNotMatch(await readState(folder), /^[0-9]{8}$/m);
  assert.match(await readState(folder), /^# kept$/m);
});

enrollTest("a login during the questions is not undone by what is saved after them", async () => {
  await using folder = await scratch();
  await writeState(folder, '" DISALLOW_REUSE', '" TOTP_AUTH', "12345678");
  const scene = enrollScene(folder, { rotate: true }, [app()]);
  const { dialog } = scene;
  const ask = dialog.ask.bind(dialog);
  dialog.ask = async (prompt) => {
    assert.equal(await login(folder, "12345678"), "scratch");
    assert.equal(await login(folder, codeOf(STEP)), "totp");
    return await ask(prompt);
  };
  await rotate(scene.context);
  assert.equal(
    await readState(folder),
    `${RFC_BASE32}\n" GATEHOUSE_NEXT_SECRET ${dialog.secret}\n" DISALLOW_REUSE ${STEP}\n" TOTP_AUTH\n`,
  );
});

for (const window of [1, 3]) {
  enrollTest(`a counter begins anew, and its app was at code ${window} already`, async () => {
    await using folder = await scratch();
    await writeState(folder, `" WINDOW_SIZE ${window}`, '" HOTP_COUNTER 70');
    const { dialog } = await rotated(folder, {}, app(window));
    assert.match(dialog.printed, /otpauth:\/\/hotp\/\S+&counter=1\n/);
    assert.equal(await login(folder, codeOf(70)), "hotp");
    assert.equal(await login(folder, codeOf(window + 1, keyOf(dialog.secret))), "hotp");
    assert.match(await readState(folder), new RegExp(`^" HOTP_COUNTER ${window + 2}$`, "m"));
  });
}

enrollTest("--json prints the new secret for programs", async () => {
  await using folder = await scratch();
  const path = await writeState(folder, '" TOTP_AUTH', "12345678");
  const { out, dialog } = await rotated(folder, { json: true });
  assert.equal(dialog.printed, "");
  assert.equal(out.lines.length, 1);
  const secret = /NEXT_SECRET (\S+)/.exec(await readState(folder))?.[1];
  assert.deepEqual(JSON.parse(out.text), {
    user: ME,
    path,
    type: "totp",
    secret,
    uri: `otpauth://totp/${ME}@web1?secret=${secret}&issuer=web1`,
    scratch_codes: [],
    scratch_codes_left: 1,
    replaces_waiting: false,
  });
  const again = await rotated(folder, { json: true });
  assert.equal(JSON.parse(again.out.text).replaces_waiting, true);
});

enrollTest("where there is no secret, none is replaced", async () => {
  await using folder = await scratch();
  const { context } = enrollScene(folder, { rotate: true, yes: true });
  await assertRefused(() => rotate(context), Exit.usage, /has no authenticator here/);
  await writeState(folder, "12345678");
  await assertRefused(() => rotate(context), Exit.usage, /has scratch codes only/);
  assert.equal(await readState(folder), `${RFC_BASE32}\n12345678\n`);
});
