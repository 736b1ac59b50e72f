import assert from "node:assert/strict";
import { EMPTY_CODE_STATE, formatCodeState, parseCodeState } from "../../lib/core/code_state.ts";
import { Exit } from "../../lib/core/errors.ts";
import { CodeFiles, type CodeFilesConfig } from "../../lib/io/code_files.ts";
import { assertRefused, printed } from "../support/failure.ts";
import { FixedClock } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { somebodyElses } from "../support/ownership.ts";
import { mustRun, type Running, start } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const STEP = T0 / 30_000;
const SECRET = `${RFC_BASE32}\n" TOTP_AUTH\n`;
const CHECKER = new URL("../support/code_checker.ts", import.meta.url).pathname;

function config(folder: Scratch, changes: Partial<CodeFilesConfig> = {}): CodeFilesConfig {
  return {
    user: "alice",
    uid: Deno.uid() ?? 0,
    secret: `${folder.path}/secret`,
    totpSecrets: "",
    spent: `${folder.path}/spent`,
    source: "192.0.2.7",
    ...changes,
  };
}

const open = (folder: Scratch, changes: Partial<CodeFilesConfig> = {}, clock = new FixedClock()) =>
  new CodeFiles(config(folder, changes), clock);

async function check(codes: CodeFiles, code: string): Promise<string> {
  const answer = await codes.check(code);
  return answer.ok ? "accepted" : answer.why;
}

function checker(folder: Scratch, options: { count?: number; prefix?: string[] } = {}): Running {
  const job = { config: config(folder), start: T0, count: options.count ?? 1 };
  const command = [Deno.execPath(), "run", "-A", "--quiet", CHECKER, JSON.stringify(job)];
  return start([...options.prefix ?? [], ...command], { input: "open" });
}

Deno.test("CodeFiles accepts a code of google-authenticator's file, once", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  const codes = open(folder);
  assert.equal(codes.enrolled(), true);
  assert.equal(await check(codes, "000000"), "wrong");
  assert.equal(await check(codes, codeOf(STEP)), "accepted");
  assert.equal(await check(codes, codeOf(STEP)), "spent");
  // What was spent and tried is on the disk, for the next login.
  assert.equal(await check(open(folder), codeOf(STEP)), "spent");
  assert.equal(await check(open(folder), "000000"), "wrong");
  assert.equal(await check(open(folder), "000000"), "limited");
});

Deno.test("CodeFiles keeps what it remembers to the account alone", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  await check(open(folder, { user: "../al ice" }), codeOf(STEP));
  const directory = await Deno.stat(`${folder.path}/spent`);
  assert.equal((directory.mode ?? 0) & 0o7777, 0o700);
  for await (const entry of Deno.readDir(`${folder.path}/spent`)) {
    assert.match(entry.name, /^\.\.%2Fal%20ice\.json(\.lock)?$/);
    const { mode } = await Deno.stat(`${folder.path}/spent/${entry.name}`);
    assert.equal((mode ?? 0) & 0o7777, 0o600);
  }
  assert.equal(await check(open(folder, { user: "bob" }), codeOf(STEP)), "accepted");
});

Deno.test("CodeFiles reads SSH2FA's list only where there is no file of the account's own", async () => {
  await using folder = await scratch();
  const totpSecrets = await folder.file("list", `bob:AAAA\nalice:${RFC_BASE32}\n`, 0o640);
  assert.equal(await check(open(folder, { totpSecrets }), codeOf(STEP)), "accepted");
  assert.equal(open(folder, { totpSecrets, user: "carol" }).enrolled(), false);
  await folder.file("secret", "nonsense", 0o600);
  await assertRefused(
    () => open(folder, { totpSecrets }).enrolled(),
    Exit.config,
    /\/secret line 1: no base32 secret$/,
  );
});

Deno.test("CodeFiles is not enrolled without a file, and accepts nothing then", async () => {
  await using folder = await scratch();
  for (const totpSecrets of ["", `${folder.path}/none`]) {
    const codes = open(folder, { totpSecrets });
    assert.equal(codes.enrolled(), false);
    assert.equal(await check(codes, codeOf(STEP)), "wrong");
  }
});

Deno.test("CodeFiles refuses a secret that others could read or write", async () => {
  await using folder = await scratch();
  for (const mode of [0o644, 0o640, 0o604, 0o660, 0o610, 0o602]) {
    await folder.file("secret", SECRET, mode);
    const refused = await assertRefused(
      () => open(folder).enrolled(),
      Exit.config,
      /\/secret can be read or written by others$/,
    );
    assert.ok(!printed(refused).includes(RFC_BASE32));
    await assertRefused(() => open(folder).check(codeOf(STEP)), Exit.config, /by others$/);
  }
});

Deno.test("CodeFiles refuses SSH2FA's list when others could read it or its group write it", async () => {
  await using folder = await scratch();
  for (const mode of [0o644, 0o660, 0o604]) {
    const totpSecrets = await folder.file("list", `alice:${RFC_BASE32}\n`, mode);
    await assertRefused(
      () => open(folder, { totpSecrets }).enrolled(),
      Exit.config,
      /\/list can be read or written by others$/,
    );
  }
});

Deno.test("CodeFiles refuses a secret that is somebody else's", async () => {
  await using folder = await scratch();
  const { uid } = await somebodyElses(await folder.file("secret", SECRET, 0o600));
  await assertRefused(
    () => open(folder, { uid }).enrolled(),
    Exit.config,
    /belongs to uid [0-9]+$/,
  );
});

Deno.test("CodeFiles refuses a secret that is no regular file", async () => {
  await using folder = await scratch();
  const real = await folder.file("real", SECRET, 0o600);
  await Deno.symlink(real, `${folder.path}/link`);
  await Deno.symlink("nowhere", `${folder.path}/dangling`);
  await folder.dir("directory", 0o700);
  await mustRun(["mkfifo", "-m", "600", `${folder.path}/pipe`]);
  for (const name of ["link", "dangling", "directory", "pipe"]) {
    const secret = `${folder.path}/${name}`;
    await assertRefused(
      () => open(folder, { secret }).enrolled(),
      Exit.config,
      /is not a regular file$/,
    );
  }
  await assertRefused(
    () => open(folder, { secret: `${real}/x` }).enrolled(),
    Exit.config,
    /cannot be read$/,
  );
});

Deno.test("CodeFiles refuses a secret that is malformed, and says nothing of it", async () => {
  await using folder = await scratch();
  for (const text of ["", "hush hush", `${RFC_BASE32}\n" STEP_SIZE 99\n" TOTP_AUTH\n`]) {
    await folder.file("secret", text, 0o600);
    const refused = await assertRefused(
      () => open(folder).enrolled(),
      Exit.config,
      /\/secret line [12]: /,
    );
    assert.ok(!/hush|GEZD/.test(printed(refused)));
  }
  await folder.file("secret", SECRET + "x".repeat(65_536), 0o600);
  await assertRefused(() => open(folder).enrolled(), Exit.config, /larger than 64 KiB$/);
});

Deno.test("CodeFiles accepts nothing while it does not know what is spent", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  await check(open(folder), "000000");
  const path = `${folder.path}/spent/alice.json`;
  for (const text of ["", "{}", '{"version":1,"spent":[],"failures":[]', "\x00", "null"]) {
    await Deno.writeTextFile(path, text);
    await assertRefused(
      () => open(folder).check(codeOf(STEP)),
      Exit.denied,
      /alice\.json is damaged/,
    );
    assert.equal(await Deno.readTextFile(path), text);
  }
});

Deno.test("CodeFiles accepts nothing that it cannot remember", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  const spent = await folder.dir("spent", 0o700);
  const refused = () =>
    assertRefused(
      () => open(folder).check(codeOf(STEP)),
      Exit.denied,
      /^cannot remember spent codes in /,
    );
  // A directory in the place of each file that it needs.
  for (const name of ["alice.json.lock", ".alice.json.new", "alice.json"]) {
    await Deno.mkdir(`${spent}/${name}/x`, { recursive: true });
    await refused();
    await Deno.remove(`${spent}/${name}`, { recursive: true });
  }
  await Deno.remove(spent, { recursive: true });
  await folder.file("spent", "a file");
  await refused();
  await Deno.remove(spent);
  assert.equal(await check(open(folder), codeOf(STEP)), "accepted");
});

Deno.test("CodeFiles accepts nothing that others could make it forget", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  const refused = (changes: Partial<CodeFilesConfig> = {}) =>
    assertRefused(
      () => open(folder, changes).check(codeOf(STEP)),
      Exit.denied,
      /is not a directory that only this account can write$/,
    );
  const spent = await folder.dir("spent", 0o770);
  await refused();
  await Deno.chmod(spent, 0o702);
  await refused();
  await Deno.chmod(spent, 0o700);
  await Deno.symlink(spent, `${folder.path}/link`);
  await refused({ spent: `${folder.path}/link` });
});

Deno.test("a full disk: the code is not accepted, and nothing is damaged", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  await check(open(folder), "000000");
  const before = await Deno.readTextFile(`${folder.path}/spent/alice.json`);
  // The process may make files but not write a byte to them, and ignores the signal that says so.
  await using child = checker(folder, { prefix: ["sh", "-c", `trap '' XFSZ; exec "$@"`, "sh"] });
  await child.out("ready");
  await mustRun(["prlimit", "--pid", String(child.pid), "--fsize=0"]);
  await child.write("go\n");
  assert.match((await child.done).out, /^refused cannot remember spent codes in /m);
  assert.equal(await Deno.readTextFile(`${folder.path}/spent/alice.json`), before);
  assert.equal(await check(open(folder), codeOf(STEP)), "accepted");
});

Deno.test("one code, twenty processes at once: accepted exactly once", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  await using stack = new AsyncDisposableStack();
  const children = Array.from({ length: 20 }, () => stack.use(checker(folder)));
  await Promise.all(children.map((child) => child.out("ready")));
  await Promise.all(children.map((child) => child.write("go\n")));
  const said = await Promise.all(children.map(async (child) => (await child.done).out));
  const answers = said.map((out) => out.replace("ready\n", "").trim());
  assert.equal(answers.filter((answer) => answer === "accepted").length, 1, answers.join());
  // The others find it spent, until three of them have closed that source.
  for (const answer of answers) assert.match(answer, /^(accepted|spent|limited)$/);
});

Deno.test("what was accepted stays spent, and the file whole, when processes are killed", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  for (let round = 0; round < 5; round++) {
    await Deno.remove(`${folder.path}/spent`, { recursive: true }).catch(() => {});
    await using child = checker(folder, { count: 100_000 });
    await child.out("ready");
    await child.write("go\n");
    await child.out(new RegExp(`(accepted\n){${10 + 7 * round}}`));
    const { out } = await child.kill("SIGKILL");
    const accepted = out.split("\n").filter((line) => line === "accepted").length;
    const path = `${folder.path}/spent/alice.json`;
    const state = parseCodeState(await Deno.readTextFile(path)) ?? assert.fail("damaged");
    // The newest may be remembered without having been answered, never the other way round.
    assert.ok([accepted, accepted + 1].includes(state.spent.length), `${accepted}`);
    const clock = new FixedClock(T0 + (accepted - 1) * 30_000);
    assert.equal(await check(open(folder, {}, clock), codeOf(STEP + accepted - 1)), "spent");
    clock.at += 10 * 30_000;
    assert.equal(await check(open(folder, {}, clock), codeOf(STEP + accepted + 9)), "accepted");
  }
});

Deno.test("CodeFiles begins with nothing remembered", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  const spent = await folder.dir("spent", 0o700);
  await Deno.writeTextFile(`${spent}/alice.json`, formatCodeState(EMPTY_CODE_STATE));
  await Deno.writeTextFile(`${spent}/.alice.json.new`, "left by a crash");
  assert.equal(await check(open(folder), codeOf(STEP)), "accepted");
});
