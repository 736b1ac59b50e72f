import assert from "node:assert/strict";
import { EMPTY_MEMORY, formatMemory, parseMemory } from "../../lib/core/code_memory.ts";
import { Exit } from "../../lib/core/errors.ts";
import { CodeFiles, type CodeFilesConfig, spendStep } from "../../lib/io/code_files.ts";
import { checkerCommand } from "../support/code_checker.ts";
import { codeFilesConfig as config } from "../support/code_files.ts";
import { assertRefused, printed } from "../support/failure.ts";
import { FixedClock } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { somebodyElses } from "../support/ownership.ts";
import { mustRun, type Running, start } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const STEP = T0 / 30_000;
const SECRET = `${RFC_BASE32}\n" TOTP_AUTH\n`;
const open = (folder: Scratch, changes: Partial<CodeFilesConfig> = {}, clock = new FixedClock()) =>
  new CodeFiles(config(folder, changes), clock);

async function check(codes: CodeFiles, code: string): Promise<string> {
  const answer = await codes.check(code);
  return answer.ok ? "accepted" : answer.why;
}

function checker(folder: Scratch, options: { count?: number; prefix?: string[] } = {}): Running {
  const command = checkerCommand({
    config: config(folder),
    start: T0,
    count: options.count ?? 1,
  });
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

Deno.test("a step that was spent elsewhere lets nobody in, its neighbours do", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  await spendStep(config(folder), { usedStep: STEP * 30, step: 30 });
  assert.equal(await check(open(folder), codeOf(STEP)), "spent");
  assert.equal(await check(open(folder), codeOf(STEP + 1)), "accepted");
});

Deno.test("CodeFiles takes codes of a synced file until its time is up, and no longer", async () => {
  await using folder = await scratch();
  const synced = (until: number) =>
    folder.file("secret", `${RFC_BASE32}\n" GATEHOUSE_SYNCED 0 ${until}\n" TOTP_AUTH\n`, 0o600);
  await synced(T0 / 1000 + 1);
  const codes = open(folder);
  assert.deepEqual([codes.enrolled(), codes.fromServer()], [true, true]);
  assert.equal(await check(codes, codeOf(STEP)), "accepted");
  await synced(T0 / 1000);
  for (const use of [(late: CodeFiles) => late.enrolled(), (late: CodeFiles) => late.check("0")]) {
    const failure = await assertRefused(
      () => use(open(folder)),
      Exit.config,
      /for too long$/,
    );
    assert.equal(failure.hint, "run as root: gatehouse sync");
  }
  await folder.file("secret", SECRET, 0o600);
  assert.equal(open(folder).fromServer(), false);
});

Deno.test("CodeFiles keeps what it remembers to the account alone", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  await check(open(folder, { user: "../al ice" }), codeOf(STEP));
  const directory = await Deno.stat(`${folder.path}/spent`);
  assert.equal((directory.mode ?? 0) & 0o7777, 0o700);
  const kept = await Array.fromAsync(Deno.readDir(`${folder.path}/spent`));
  const names = kept.map(({ name }) => name).toSorted();
  assert.deepEqual(names, ["..%2Fal%20ice.json", "..%2Fal%20ice.json.lock"]);
  for (const name of names) {
    const { mode } = await Deno.stat(`${folder.path}/spent/${name}`);
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
    /cannot be read \(ENOTDIR\)$/,
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
      /^cannot remember spent codes in |\/alice\.json(\.lock)? is not a regular file$/,
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

/** The state file as it is now. */
const stateOf = (folder: Scratch) => Deno.readTextFile(`${folder.path}/secret`);

Deno.test("CodeFiles accepts a scratch code of the file, once, and takes it out", async () => {
  await using folder = await scratch();
  await folder.file("secret", `${SECRET}12345678\n87654321\n`, 0o400);
  assert.equal(await check(open(folder), "1234 5678"), "accepted");
  assert.equal(await stateOf(folder), `${SECRET}87654321\n`);
  assert.equal(await check(open(folder), "12345678"), "wrong");
  assert.equal(((await Deno.stat(`${folder.path}/secret`)).mode ?? 0) & 0o7777, 0o400);
});

Deno.test("CodeFiles accepts a counter's code once, and moves the counter past it", async () => {
  await using folder = await scratch();
  await folder.file("secret", `${RFC_BASE32}\n" HOTP_COUNTER 5\n`, 0o600);
  assert.equal(await check(open(folder), codeOf(7)), "accepted");
  assert.equal(await check(open(folder), codeOf(7)), "wrong");
  assert.equal(await stateOf(folder), `${RFC_BASE32}\n" HOTP_COUNTER 9\n`);
  const noIncrementHotp = true;
  assert.equal(await check(open(folder, { noIncrementHotp }), codeOf(7)), "wrong");
  assert.equal(await stateOf(folder), `${RFC_BASE32}\n" HOTP_COUNTER 9\n`);
});

Deno.test("CodeFiles answers what cannot be a code without counting it", async () => {
  await using folder = await scratch();
  await folder.file("secret", `${SECRET}" RATE_LIMIT 1 30\n`, 0o600);
  for (const typed of ["", "12345", "1234567", "x".repeat(1_000_000), "１２３４５６７８９"]) {
    assert.equal(await check(open(folder), typed), "malformed");
  }
  assert.equal(await check(open(folder), codeOf(STEP)), "accepted");
});

Deno.test("CodeFiles keeps to the file's RATE_LIMIT, whatever the source", async () => {
  await using folder = await scratch();
  await folder.file("secret", `${SECRET}" RATE_LIMIT 2 30\n`, 0o600);
  const from = (source: string) => open(folder, { source });
  assert.equal(await check(from("192.0.2.1"), "000000"), "wrong");
  assert.equal(await check(from("192.0.2.2"), "000000"), "wrong");
  const answer = await from("192.0.2.3").check(codeOf(STEP));
  assert.deepEqual(answer, { ok: false, why: "limited", retryAt: T0 + 31_000 });
  assert.match(await stateOf(folder), new RegExp(`RATE_LIMIT 2 30 ${T0 / 1000} ${T0 / 1000}\n`));
});

Deno.test("CodeFiles leaves the state file alone for a source that is kept out", async () => {
  await using folder = await scratch();
  await folder.file("secret", `${SECRET}" RATE_LIMIT 100 30\n12345678\n`, 0o600);
  for (let i = 0; i < 3; i++) assert.equal(await check(open(folder), "000000"), "wrong");
  const before = await stateOf(folder);
  assert.equal(await check(open(folder), "12345678"), "limited");
  assert.equal(await stateOf(folder), before);
});

Deno.test("a code counts as a wrong one from before it is judged until it is found right", async () => {
  await using folder = await scratch();
  const secret = await folder.file("secret", SECRET, 0o600);
  const ended = new Error("ended by who typed it");
  /** Ends where the code would be judged. */
  const hungUp = async (code: string) => {
    let judging = false;
    const at = (path: string) => {
      if (judging && path === secret) throw ended;
      return { [Symbol.dispose]() {} };
    };
    const codes = open(folder, { at });
    codes.enrolled();
    judging = true;
    await assert.rejects(codes.check(code), ended);
  };
  for (const code of ["000000", codeOf(STEP), "000000"]) await hungUp(code);
  assert.equal(await check(open(folder), codeOf(STEP)), "limited");
  const later = new FixedClock(T0 + 60_000);
  assert.equal(await check(open(folder, {}, later), codeOf(STEP + 2)), "accepted");
  const memory = await Deno.readTextFile(`${folder.path}/spent/alice.json`);
  assert.deepEqual(parseMemory(memory)?.failures, []);
});

Deno.test("CodeFiles accepts no step twice, whether or not the file allows it", async () => {
  for (const options of [[], ['" DISALLOW_REUSE']]) {
    await using folder = await scratch();
    const rateLimit = '" RATE_LIMIT 9 30';
    await folder.file("secret", [SECRET + rateLimit, ...options, ""].join("\n"), 0o600);
    assert.equal(await check(open(folder), codeOf(STEP)), "accepted");
    assert.equal(await check(open(folder), codeOf(STEP)), "spent");
    // Both tries are on record.
    assert.match(await stateOf(folder), /RATE_LIMIT 9 30( [0-9]+){2}\n/);
    // Another program may have put an old copy back.
    await folder.file("secret", SECRET, 0o600);
    assert.equal(await check(open(folder), codeOf(STEP)), "spent");
  }
});

Deno.test('CodeFiles with reuse = "file" leaves it to the file', async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  const reuse = "file";
  for (let i = 0; i < 3; i++) {
    assert.equal(await check(open(folder, { reuse }), codeOf(STEP)), "accepted");
  }
  assert.equal(await check(open(folder), codeOf(STEP)), "spent");
  // What was used before the file forbade it counts then too.
  await folder.file("secret", `${SECRET}" DISALLOW_REUSE\n`, 0o600);
  assert.equal(await check(open(folder, { reuse }), codeOf(STEP)), "spent");
  assert.equal(await check(open(folder, { reuse }), codeOf(STEP + 1)), "accepted");
  assert.equal(await check(open(folder, { reuse }), codeOf(STEP + 1)), "spent");
});

Deno.test("CodeFiles never changes SSH2FA's list, which knows no reuse and no grace", async () => {
  await using folder = await scratch();
  const text = `alice:${RFC_BASE32}\n`;
  const totpSecrets = await folder.file("list", text, 0o400);
  const changes = { totpSecrets, reuse: "file", graceMs: 60_000 } as const;
  assert.equal(await open(folder, changes).inGrace(), false);
  assert.equal(await check(open(folder, changes), codeOf(STEP)), "accepted");
  assert.equal(await check(open(folder, changes), codeOf(STEP)), "spent");
  assert.equal(await open(folder, changes).inGrace(), false);
  assert.equal(await Deno.readTextFile(totpSecrets), text);
});

Deno.test("CodeFiles finds an account's name in SSH2FA's list whatever it is written with", async () => {
  await using folder = await scratch();
  const totpSecrets = await folder.file("list", `jürgen:${RFC_BASE32}\n`, 0o600);
  assert.equal(open(folder, { totpSecrets, user: "jürgen" }).enrolled(), true);
});

Deno.test("CodeFiles tells how far off a code is", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  const answer = await open(folder, { noskewadj: true }).check(codeOf(STEP - 9));
  assert.deepEqual(answer, { ok: false, why: "wrong", clockOff: -270 });
});

Deno.test("CodeFiles takes a file of anybody's, or of another mode, where that was chosen", async () => {
  await using folder = await scratch();
  const { uid } = await somebodyElses(await folder.file("secret", SECRET, 0o440));
  const chosen = { uid, noStrictOwner: true, allowedPerm: 0o440 };
  assert.equal(open(folder, chosen).enrolled(), true);
  await assertRefused(
    () => open(folder, { ...chosen, noStrictOwner: false }).enrolled(),
    Exit.config,
    /belongs to uid/,
  );
  await assertRefused(
    () => open(folder, { ...chosen, allowedPerm: 0o400 }).enrolled(),
    Exit.config,
    /by others$/,
  );
});

Deno.test("the grace period begins with a right code and is for its source", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  const clock = new FixedClock();
  const graceMs = 60_000;
  const from = (source: string) => open(folder, { source, graceMs }, clock);
  assert.equal(await from("192.0.2.7").inGrace(), false);
  assert.equal(await check(from("192.0.2.7"), "000000"), "wrong");
  assert.equal(await from("192.0.2.7").inGrace(), false);
  assert.equal(await check(from("192.0.2.7"), codeOf(STEP)), "accepted");
  assert.match(await stateOf(folder), new RegExp(`^" LAST0 192.0.2.7 ${T0 / 1000}$`, "m"));
  clock.at += 59_999;
  assert.equal(await from("192.0.2.7").inGrace(), true);
  assert.equal(await from("192.0.2.8").inGrace(), false);
  assert.equal(await open(folder, {}, clock).inGrace(), false);
  clock.at += 1;
  assert.equal(await from("192.0.2.7").inGrace(), false);
});

Deno.test("no grace period is chosen: right codes leave no trace of where they came from", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  assert.equal(await check(open(folder), codeOf(STEP)), "accepted");
  assert.equal(await stateOf(folder), SECRET);
});

Deno.test("a login in the grace period counts as a try, and is refused after too many", async () => {
  await using folder = await scratch();
  const last = `" LAST0 192.0.2.7 ${T0 / 1000}\n`;
  await folder.file("secret", `${SECRET}" RATE_LIMIT 2 30\n${last}`, 0o600);
  const inGrace = () => open(folder, { graceMs: 60_000 }).inGrace();
  assert.deepEqual([await inGrace(), await inGrace(), await inGrace()], [true, true, false]);
  const answer = await open(folder).check(codeOf(STEP));
  assert.ok(!answer.ok && answer.why === "limited");
});

Deno.test("CodeFiles accepts nothing when the state file cannot be written", async () => {
  await using folder = await scratch();
  await folder.file("secret", `${SECRET}12345678\n`, 0o600);
  await Deno.mkdir(`${folder.path}/secret.gatehouse-new/x`, { recursive: true });
  await assertRefused(
    () => open(folder).check("12345678"),
    Exit.denied,
    /^cannot write .*\/secret \(EEXIST\)$/,
  );
  await Deno.remove(`${folder.path}/secret.gatehouse-new`, { recursive: true });
  assert.equal(await check(open(folder), "12345678"), "accepted");
});

Deno.test("CodeFiles judges by the file as it is when the code comes", async () => {
  await using folder = await scratch();
  await folder.file("secret", SECRET, 0o600);
  const codes = open(folder);
  assert.equal(codes.enrolled(), true);
  await folder.file("secret", `${SECRET}12345678\n`, 0o600);
  assert.equal(await check(codes, "12345678"), "accepted");
  await Deno.remove(`${folder.path}/secret`);
  await assertRefused(() => codes.check("12345678"), Exit.config, /does not exist any more$/);
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
    const state = parseMemory(await Deno.readTextFile(path)) ?? assert.fail("damaged");
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
  await Deno.writeTextFile(`${spent}/alice.json`, formatMemory(EMPTY_MEMORY));
  await Deno.writeTextFile(`${spent}/.alice.json.new`, "left by a crash");
  assert.equal(await check(open(folder), codeOf(STEP)), "accepted");
});
