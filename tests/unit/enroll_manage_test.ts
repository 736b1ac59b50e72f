/** `gatehouse enroll --revoke` and `--emergency`. */
import assert from "node:assert/strict";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { printMoreScratchCodes } from "../../lib/modes/enroll/scratch_codes.ts";
import { revoke } from "../../lib/modes/enroll/revoke.ts";
import { enrollScene, enrollTest, ME, readState, writeState } from "../support/enroll_context.ts";
import { assertRefused } from "../support/failure.ts";
import { scratch } from "../support/scratch.ts";
import { RFC_BASE32 } from "../support/totp.ts";

const isThere = (path: string) => Deno.lstat(path).then(() => true, () => false);

enrollTest(
  "--revoke says what it removes and what that means, and removes it when told to",
  async () => {
    await using folder = await scratch();
    const path = await writeState(folder, '" TOTP_AUTH', "12345678");
    const { context, dialog } = enrollScene(folder, { revoke: true }, ["perhaps", "y"]);
    await revoke(context);
    assert.equal(await isThere(path), false);
    assert.ok(dialog.printed.includes(`The authenticator of ${ME}, ${path}:\n`));
    assert.match(dialog.printed, /\n {2}time-based, 30 s; 1 scratch code is left\n/);
    assert.match(dialog.printed, new RegExp(`nobody can log in as ${ME}: here, only codes let in`));
    assert.match(dialog.printed, /Please answer y or n\.\n/);
    assert.match(dialog.printed, /worthless from now on\.\n$/);
    assert.ok(!dialog.printed.includes("GEZD"));
  },
);

enrollTest("--revoke names what host.toml has for the account then", async () => {
  await using folder = await scratch();
  const meaning = {
    deny: /nobody can log in as/,
    enroll: /through enrolment first\./,
    allow: /WITHOUT one\./,
  };
  for (const [unenrolled, words] of Object.entries(meaning)) {
    await writeState(folder, '" HOTP_COUNTER 1');
    const config = `[policy]\nunenrolled = "${unenrolled}"\n`;
    const { context, dialog } = enrollScene(folder, { revoke: true }, ["yes"], { config });
    await revoke(context);
    assert.match(dialog.printed, words);
  }
});

enrollTest(
  "--revoke removes from a place that was named only what is an authenticator",
  async () => {
    await using folder = await scratch();
    const notes = await folder.file("notes", "what nobody wrote down elsewhere\n", 0o600);
    const other = enrollScene(folder, { revoke: true, yes: true, secret: notes });
    const failure = await assertRefused(
      () => revoke(other.context),
      Exit.config,
      /\/notes is no authenticator's file$/,
    );
    assert.match(failure.hint ?? "", /remove it by hand/);
    assert.equal(await isThere(notes), true);
    const codes = await folder.file("codes", `${RFC_BASE32}\n" TOTP_AUTH\n`, 0o600);
    const own = enrollScene(folder, { revoke: true, yes: true, secret: codes });
    await revoke(own.context);
    assert.equal(await isThere(codes), false);
    assert.deepEqual(own.logged, [`info: enroll done=revoke user=${ME} by=somebody`]);
  },
);

enrollTest("--revoke removes nothing without a yes", async () => {
  await using folder = await scratch();
  const path = await writeState(folder, '" TOTP_AUTH');
  for (const answer of ["", "n", "No", undefined]) {
    const { context } = enrollScene(folder, { revoke: true }, [answer]);
    await assertRefused(() => revoke(context), Exit.denied, /^nothing was removed$/);
    assert.equal(await isThere(path), true);
  }
});

enrollTest(
  "--revoke --yes asks nothing, and a file that cannot be used is removed too",
  async () => {
    await using folder = await scratch();
    const path = await writeState(folder, '" STEP_SIZE 90');
    const asking = enrollScene(folder, { revoke: true }, ["n"]);
    await assertRefused(() => revoke(asking.context), Exit.denied, /^nothing was removed$/);
    assert.match(asking.dialog.printed, /cannot be used: .* line 2: STEP_SIZE is not 1 to 60\n/);

    const { context, dialog } = enrollScene(folder, { revoke: true, yes: true });
    await revoke(context);
    assert.deepEqual(dialog.asked, []);
    assert.equal(await isThere(path), false);
    await assertRefused(() => revoke(context), Exit.usage, /has no authenticator here/);
  },
);

enrollTest("--revoke says when SSH2FA's list goes on letting the account in", async () => {
  await using folder = await scratch();
  const list = await folder.file("list", `${ME}:${RFC_BASE32}\n`, 0o600);
  const config = `[codes]\ntotp_secrets = "${list}"\n`;
  const path = await writeState(folder, '" TOTP_AUTH');
  const spoken = enrollScene(folder, { revoke: true, yes: true }, [], { config });
  await revoke(spoken.context);
  assert.ok(spoken.dialog.printed.includes(`\n${list} has a secret of this account too`));
  assert.doesNotMatch(spoken.dialog.printed, /worthless|nobody can log in/);

  await writeState(folder, '" TOTP_AUTH');
  const { context, out } = enrollScene(folder, { revoke: true, json: true }, [], { config });
  await revoke(context);
  assert.deepEqual(JSON.parse(out.text), { user: ME, path, revoked: true, still_listed: list });

  await Deno.writeTextFile(list, `somebody:${RFC_BASE32}\n`);
  await writeState(folder, '" TOTP_AUTH');
  const gone = enrollScene(folder, { revoke: true, json: true }, [], { config });
  await revoke(gone.context);
  assert.deepEqual(JSON.parse(gone.out.text), { user: ME, path, revoked: true });
});

enrollTest("--emergency adds scratch codes that are none of those that are there", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH', "12345678", "87654321");
  // Anybody but root gives a code first.
  const proof = Deno.uid() === 0 ? [] : ["87654321"];
  if (Deno.uid() === 0) await writeState(folder, '" TOTP_AUTH', "12345678");
  const { context, dialog } = enrollScene(folder, { emergency: "3" }, proof);
  await printMoreScratchCodes(context, 3);
  const lines = (await readState(folder)).trimEnd().split("\n");
  assert.deepEqual(lines.slice(0, 3), [RFC_BASE32, '" TOTP_AUTH', "12345678"]);
  const codes = lines.slice(3);
  assert.equal(new Set([...codes, "12345678"]).size, 4);
  for (const code of codes) {
    assert.match(code, /^[1-9][0-9]{7}$/);
    assert.ok(dialog.printed.includes(code));
  }
  assert.match(dialog.printed, new RegExp(`3 new scratch codes for ${ME}; 1 older one stays\\.`));
  for (const fact of [`account  ${ME}`, "host     web1", "date     2026-01-01", " 3.  "]) {
    assert.ok(dialog.printed.includes(fact), fact);
  }
  assert.ok(!dialog.printed.includes("12345678"), "old ones are not shown again");
});

enrollTest("--emergency says so when codes are in place that could not be shown", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH', "12345678");
  const proof = Deno.uid() === 0 ? [] : ["12345678"];
  const { context, logged } = enrollScene(folder, { emergency: "2", json: true }, proof);
  const broken = () => {
    throw new Failure(Exit.denied, "cannot write the output (ENOSPC)");
  };
  const failure = await assertRefused(
    () => printMoreScratchCodes({ ...context, out: { ...context.out, result: broken } }, 2),
    Exit.denied,
    /^it was done, but could not be shown: cannot write the output \(ENOSPC\)$/,
  );
  assert.match(failure.hint ?? "", /run: gatehouse enroll --emergency 2$/);
  assert.equal((await readState(folder)).match(/^[0-9]{8}$/gm)?.length, 2 + 1 - proof.length);
  assert.deepEqual(logged, [`info: enroll done=emergency user=${ME} by=somebody`]);
});

enrollTest("--emergency needs a file to add to", async () => {
  await using folder = await scratch();
  const { context } = enrollScene(folder, { emergency: "1" });
  await assertRefused(
    () => printMoreScratchCodes(context, 1),
    Exit.usage,
    /has no authenticator here/,
  );
  await writeState(folder, '" WINDOW_SIZE x');
  await assertRefused(() => printMoreScratchCodes(context, 1), Exit.config, /line 2: WINDOW_SIZE/);
  assert.equal(await readState(folder), `${RFC_BASE32}\n" WINDOW_SIZE x\n`);
});
