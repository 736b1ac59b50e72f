/** `gatehouse enroll --import`. */
import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { importFile } from "../../lib/modes/enroll/import.ts";
import type { GivenOptions } from "../../lib/modes/enroll/options.ts";
import {
  type EnrollScene,
  enrollScene,
  enrollTest,
  ME,
  readState,
  writeState,
} from "../support/enroll_context.ts";
import { assertRefused, printed } from "../support/failure.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { RFC_BASE32 } from "../support/totp.ts";

const OTHER = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
/** As root runs it for one account, and as anybody for their own. */
const MINE = { user: ME } as const;

async function imported(
  folder: Scratch,
  path: string,
  given: GivenOptions = {},
  language: "en" | "zh-CN" = "en",
): Promise<EnrollScene> {
  const scene = enrollScene(folder, { import: path, ...given }, [], { language });
  await importFile(scene.context, path);
  return scene;
}

enrollTest("a state file is taken over byte for byte, for its owner alone", async () => {
  await using folder = await scratch();
  const bytes = new Uint8Array([
    ...new TextEncoder().encode(`${OTHER}\n" UNKNOWN x\n" TOTP_AUTH\n12345678\n\nrest `),
    0xff,
    0x0d,
  ]);
  const path = await folder.file("old", "", 0o600);
  await Deno.writeFile(path, bytes);
  const { dialog, out } = await imported(folder, path);
  const target = `${folder.path}/.google_authenticator`;
  assert.deepEqual(await Deno.readFile(target), bytes);
  assert.equal(((await Deno.stat(target)).mode ?? 0) & 0o777, 0o400);
  assert.equal(
    dialog.printed,
    `The authenticator of ${ME} is now in ${target}:\n` +
      "  time-based, 30 s; 1 scratch code is left\n",
  );
  assert.deepEqual(out.errors, []);
});

enrollTest("an authenticator that is there is not replaced, but with -f", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH');
  const before = await readState(folder);
  const path = await folder.file("old", `${OTHER}\n" HOTP_COUNTER 3\n12345678\n`, 0o600);
  const failure = await assertRefused(
    () => imported(folder, path),
    Exit.usage,
    /is enrolled already \(\/tmp\//,
  );
  assert.equal(failure.hint, "-f replaces it");
  assert.equal(await readState(folder), before);

  const { out } = await imported(folder, path, { force: true, json: true, emergencyCodes: "2" });
  const { scratch_codes, ...rest } = JSON.parse(out.text);
  assert.equal(scratch_codes.length, 2);
  assert.deepEqual(rest, {
    user: ME,
    path: `${folder.path}/.google_authenticator`,
    type: "hotp",
    scratch_codes_left: 3,
  });
  const codes = ["12345678", ...scratch_codes].join("\n");
  assert.equal(await readState(folder), `${OTHER}\n" HOTP_COUNTER 3\n${codes}\n`);
});

enrollTest("of a list, the account's own line becomes a state file", async () => {
  await using folder = await scratch();
  const text = `# team\nsomebody:${RFC_BASE32}\n${ME}: ${OTHER.toLowerCase()}\n`;
  const path = await folder.file("list", text, 0o600);
  const { dialog } = await imported(folder, path, { ...MINE, emergencyCodes: "1" });
  const state = await readState(folder);
  const code = /^[1-9][0-9]{7}$/m.exec(state)?.[0] ?? "";
  assert.equal(
    state,
    `${OTHER}\n" RATE_LIMIT 3 30\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n${code}\n`,
  );
  assert.match(dialog.printed, /^LINE {2}ACCOUNT {2}RESULT\n3 {5}\S+ +imported to \/tmp\//);
  assert.ok(!dialog.printed.includes("somebody"));
  assert.ok(dialog.printed.includes(`1.  ${code}`));
});

enrollTest("of several lines of an account the first counts, as SSH2FA has it", async () => {
  await using folder = await scratch();
  const path = await folder.file("list", `${ME}:${OTHER}\n${ME}:${RFC_BASE32}\n`, 0o600);
  const scene = enrollScene(folder, { import: path, ...MINE, json: true });
  const failure = await assertRefused(
    () => importFile(scene.context, path),
    Exit.data,
    /^1 of 2 lines not imported$/,
  );
  assert.equal(failure.hint, "all others are in place");
  const target = `${folder.path}/.google_authenticator`;
  const later = "an earlier line of this account counts";
  assert.deepEqual(JSON.parse(scene.out.text), [
    { line: 1, user: ME, imported: true, path: target, scratch_codes: [] },
    { line: 2, user: ME, imported: false, error: later },
  ]);
  assert.match(await readState(folder), new RegExp(`^${OTHER}\n`));

  await Deno.writeTextFile(path, `${ME}:MARK7MARK\n${ME}:${RFC_BASE32}\n`);
  const broken = enrollScene(folder, { import: path, ...MINE, json: true, force: true });
  await assertRefused(
    () => importFile(broken.context, path),
    Exit.data,
    /^2 of 2 lines not imported$/,
  );
  assert.deepEqual(JSON.parse(broken.out.text), [
    { line: 1, user: ME, imported: false, error: "no base32 secret" },
    { line: 2, user: ME, imported: false, error: later },
  ]);
  assert.match(await readState(folder), new RegExp(`^${OTHER}\n`));
});

enrollTest(
  "an account that is not in the list, or has a file already, gets none of it",
  async () => {
    await using folder = await scratch();
    const others = await folder.file("others", `somebody:${OTHER}\n`, 0o600);
    await assertRefused(
      () => imported(folder, others, MINE),
      Exit.data,
      /\/others has no line of /,
    );
    await writeState(folder, '" TOTP_AUTH');
    const list = await folder.file("list", `${ME}:${OTHER}\n`, 0o600);
    const failure = await assertRefused(
      () => imported(folder, list, MINE),
      Exit.data,
      /^1 of 1 line not imported$/,
    );
    assert.equal(failure.hint, undefined);
    assert.equal(await readState(folder), `${RFC_BASE32}\n" TOTP_AUTH\n`);
  },
);

enrollTest("a file that others can read is imported with a warning", async () => {
  await using folder = await scratch();
  const path = await folder.file("old", `${OTHER}\n" TOTP_AUTH\n`, 0o644);
  const { out } = await imported(folder, path, { json: true });
  assert.deepEqual(out.errors, [
    `warning: ${path} is open to others (mode 644): remove it, or run: chmod go= ${path}`,
  ]);
  assert.equal(out.lines.length, 1);
});

enrollTest("the list that is in use may be as open as it is used", async () => {
  await using folder = await scratch();
  const path = await folder.file("list", `${ME}:${OTHER}\n`, 0o640);
  const config = `[codes]\ntotp_secrets = "${path}"\n`;
  const { context, out } = enrollScene(folder, { import: path, ...MINE }, [], { config });
  await importFile(context, path);
  assert.deepEqual(out.errors, []);
});

enrollTest("every account that is imported has a line in the log", async () => {
  await using folder = await scratch();
  const list = await folder.file("list", `nobody-at-all:${OTHER}\n${ME}:${OTHER}\n`, 0o600);
  const { logged } = await imported(folder, list, MINE);
  assert.deepEqual(logged, [`info: enroll done=import user=${ME} by=somebody`]);
  const state = await folder.file("old", `${OTHER}\n" TOTP_AUTH\n`, 0o600);
  const forced = await imported(folder, state, { force: true });
  assert.deepEqual(forced.logged, logged);
});

enrollTest("what is neither is refused by its line, never by what stands there", async () => {
  await using folder = await scratch();
  const path = await folder.file("bad", `${OTHER}\n" RATE_LIMIT MARK7MARK\n`, 0o600);
  const failure = await assertRefused(
    () => imported(folder, path),
    Exit.data,
    /bad line 2: RATE_LIMIT/,
  );
  assert.ok(!printed(failure).includes("MARK"));
  assert.match(failure.hint ?? "", /user:SECRET/);
  await Deno.writeTextFile(path, "");
  await assertRefused(() => imported(folder, path), Exit.data, /bad holds no secret$/);
  await assertRefused(() => imported(folder, `${path}x`), Exit.usage, /badx does not exist$/);
  await assert.rejects(readState(folder), Deno.errors.NotFound);
});

enrollTest("the table is drawn in Chinese too", async () => {
  await using folder = await scratch();
  const path = await folder.file("list", `${ME}:${OTHER}\n`, 0o600);
  const { dialog } = await imported(folder, path, MINE, "zh-CN");
  assert.match(dialog.printed, /^行 {2}账户 +结果\n1 {3}\S+ +已导入到 \/tmp\//);
});
