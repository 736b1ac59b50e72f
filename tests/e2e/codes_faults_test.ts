/**
 * Every step of remembering that a code was used, made to fail or killed by strace: the files stay
 * whole, a code that was accepted stays spent, and one that could not be remembered is not accepted.
 */
import assert from "node:assert/strict";
import { parseMemory } from "../../lib/core/code_memory.ts";
import { CodeFiles, type CodeFilesConfig } from "../../lib/io/code_files.ts";
import { readStateFile, writeNewStateFile } from "../../lib/io/state_files.ts";
import { checkerCommand } from "../support/code_checker.ts";
import { codeFilesConfig } from "../support/code_files.ts";
import { FixedClock } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { run } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

/** Not root's, with a group that can read: so that owner and mode must be given to the new file. */
const OWNER = 61_234;
const MODE = 0o640;

const CODES = {
  scratch: { code: "12345678", file: `${RFC_BASE32}\n" DISALLOW_REUSE\n" TOTP_AUTH\n12345678\n` },
  TOTP: { code: codeOf(T0 / 30_000), file: `${RFC_BASE32}\n" DISALLOW_REUSE\n" TOTP_AUTH\n` },
  // The file does not remember this one.
  "reusable TOTP": { code: codeOf(T0 / 30_000), file: `${RFC_BASE32}\n" TOTP_AUTH\n` },
};

interface Step {
  /** Of the write path, with a file or directory of the scratch folder that it is about. */
  readonly call: string;
  readonly path: string;
  readonly errors: readonly string[];
  /** The state file has been replaced by then, and the code is used. */
  readonly late?: true;
}

const NEW_STATE = "secret.gatehouse-new";
const NEW_MEMORY = "spent/.alice.json.new";
const DISK = ["ENOSPC", "EIO"];

const STATE_STEPS: readonly Step[] = [
  { call: "openat", path: NEW_STATE, errors: ["ENOSPC", "EROFS", "EACCES", "EEXIST", "EMFILE"] },
  { call: "write", path: NEW_STATE, errors: [...DISK, "EDQUOT", "EFBIG"] },
  { call: "fchown", path: NEW_STATE, errors: ["EPERM"] },
  { call: "fchmod", path: NEW_STATE, errors: ["EPERM"] },
  { call: "fsync", path: NEW_STATE, errors: DISK },
  { call: "rename", path: NEW_STATE, errors: [...DISK, "EACCES", "EROFS"] },
  { call: "fsync", path: ".", errors: DISK, late: true },
];

const MEMORY_STEPS: readonly Step[] = [
  { call: "openat", path: "spent", errors: ["EACCES", "EMFILE"], late: true },
  { call: "openat", path: NEW_MEMORY, errors: ["ENOSPC", "EROFS", "EACCES"], late: true },
  { call: "write", path: NEW_MEMORY, errors: DISK, late: true },
  { call: "fsync", path: NEW_MEMORY, errors: DISK, late: true },
  { call: "rename", path: NEW_MEMORY, errors: DISK, late: true },
  { call: "fsync", path: "spent", errors: DISK, late: true },
];

/** What comes before anything is written. */
const FIRST_STEPS: readonly Step[] = [
  { call: "mkdir", path: "spent", errors: ["ENOSPC", "EROFS"] },
  { call: "openat", path: "spent/alice.json.lock", errors: ["ENOSPC", "EACCES"] },
  { call: "flock", path: "spent/alice.json.lock", errors: ["ENOLCK"] },
  { call: "flock", path: "secret", errors: ["ENOLCK"] },
  { call: "read", path: "secret", errors: ["EIO"] },
  { call: "flock", path: NEW_STATE, errors: ["ENOLCK"] },
];

type Kind = keyof typeof CODES;

async function enrolled(folder: Scratch, kind: Kind): Promise<CodeFilesConfig> {
  const path = await folder.file("secret", CODES[kind].file, MODE);
  await Deno.chown(path, OWNER, OWNER);
  return codeFilesConfig(folder, { uid: OWNER, allowedPerm: MODE });
}

/**
 * What the command says when the step fails or is killed.
 * @param fault as strace takes it: "error=ENOSPC", "signal=KILL"
 */
async function under(
  fault: string,
  { call, path }: Step,
  folder: Scratch,
  command: readonly string[],
): Promise<string> {
  const about = path === "." ? folder.path : `${folder.path}/${path}`;
  const log = `${folder.path}/strace`;
  const strace = ["strace", "-f", "-qq", "-o", log];
  const inject = ["-P", about, "-e", `trace=${call}`, "-e", `inject=${call}:${fault}`];
  try {
    const { out } = await run([...strace, ...inject, ...command], { input: "go\n" });
    const happened = await Deno.readTextFile(log);
    assert.match(happened, /INJECTED|killed by SIGKILL/, `${call} ${path} was never called`);
    return out.replace("ready\n", "").trim();
  } finally {
    await Deno.remove(log);
  }
}

function checkedUnder(
  fault: string,
  step: Step,
  folder: Scratch,
  config: CodeFilesConfig,
  code: string,
): Promise<string> {
  return under(fault, step, folder, checkerCommand({ config, start: T0, codes: [code] }));
}

/** What is left after a fault: every file whole, and the code worth no more than it should be. */
async function assertSound(
  config: CodeFilesConfig,
  folder: Scratch,
  kind: Kind,
  answer: string,
): Promise<{ spent: boolean }> {
  const { code, file } = CODES[kind];
  const place = { path: config.secret, owners: [OWNER], allowedPerm: MODE };
  const text = readStateFile(place)?.text ?? assert.fail("the state file is gone");
  const used = {
    scratch: file.replace("12345678\n", ""),
    TOTP: file.replace("DISALLOW_REUSE", `DISALLOW_REUSE ${T0 / 30_000}`),
    "reusable TOTP": file,
  }[kind];
  assert.ok([file, used].includes(text), text);
  const memory = await Deno.readTextFile(`${folder.path}/spent/alice.json`).catch(() => undefined);
  assert.ok(memory === undefined || parseMemory(memory) !== undefined, memory);

  const again = async () => {
    const result = await new CodeFiles(config, new FixedClock(T0)).check(code);
    return result.ok ? "accepted" : result.why;
  };
  const second = await again();
  assert.match(second, /^(accepted|wrong|spent)$/);
  assert.notEqual(await again(), "accepted", "accepted twice");
  assert.ok(answer !== "accepted" || second !== "accepted", "accepted twice");
  // Nothing of the failed write is left, and the file is still its owner's.
  assert.deepEqual(await names(folder), ["secret", "spent"]);
  const { uid, gid, mode } = await Deno.stat(config.secret);
  assert.deepEqual([uid, gid, (mode ?? 0) & 0o7777], [OWNER, OWNER, MODE]);
  return { spent: second !== "accepted" };
}

async function names(folder: Scratch): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder.path));
  return entries.map(({ name }) => name).toSorted();
}

function testSteps(kind: Kind, steps: readonly Step[]): void {
  for (const step of steps) {
    const where = `${step.call} of ${step.path === "." ? "the directory" : step.path}`;
    const lost = step.late === undefined ? "and nothing is lost" : "and no file is damaged";
    for (const error of step.errors) {
      Deno.test(`${kind} code, ${where} fails with ${error}: refused, ${lost}`, async () => {
        await using folder = await scratch();
        const config = await enrolled(folder, kind);
        const { code } = CODES[kind];
        const answer = await checkedUnder(`error=${error}`, step, folder, config, code);
        assert.match(answer, /^refused (cannot |\/tmp\/\S+\/secret cannot be )/);
        const { spent } = await assertSound(config, folder, kind, answer);
        if (step.late === undefined) assert.equal(spent, false);
      });
    }
    Deno.test(`${kind} code, killed at ${where}: every file is whole, no code is worth two logins`, async () => {
      await using folder = await scratch();
      const config = await enrolled(folder, kind);
      const { code } = CODES[kind];
      const answer = await checkedUnder("signal=KILL", step, folder, config, code);
      assert.equal(answer, "");
      await assertSound(config, folder, kind, answer);
    });
  }
}

testSteps("scratch", [...FIRST_STEPS, ...STATE_STEPS, ...MEMORY_STEPS]);
testSteps("TOTP", STATE_STEPS);
testSteps("reusable TOTP", MEMORY_STEPS);

Deno.test("without locks for what is only read, as on NFS: codes are accepted, once", async () => {
  await using folder = await scratch();
  const config = await enrolled(folder, "scratch");
  const step = { call: "flock", path: "secret", errors: [] };
  const answer = await checkedUnder("error=EBADF", step, folder, config, "12345678");
  assert.equal(answer, "accepted");
  await assertSound(config, folder, "scratch", answer);
});

/** A file that is made, or put in the place of another. */
const MAKING: readonly Step[] = [
  { call: "openat", path: NEW_STATE, errors: ["EACCES", "EROFS"] },
  { call: "write", path: NEW_STATE, errors: ["ENOSPC"] },
  { call: "fsync", path: NEW_STATE, errors: ["EIO"] },
];
const MAKER = new URL("../support/state_file_maker.ts", import.meta.url).pathname;

function testMaking(how: "new" | "replace", steps: readonly Step[]): void {
  const old = how === "replace" ? CODES.TOTP.file : undefined;
  const made = CODES.scratch.file;
  for (const step of [...MAKING, ...steps]) {
    for (const fault of [...step.errors.map((error) => `error=${error}`), "signal=KILL"]) {
      const where = `${step.call} of ${step.path}`;
      Deno.test(`making a state file (${how}), ${fault} at ${where}: whole or not at all`, async () => {
        await using folder = await scratch();
        const path = `${folder.path}/secret`;
        if (old !== undefined) await folder.file("secret", old, 0o600);
        const make = [Deno.execPath(), "run", "-A", "--quiet", MAKER, path];
        const said = await under(fault, step, folder, [...make, made, how]);
        assert.match(said, fault === "signal=KILL" ? /^$/ : /^refused cannot write /);
        const text = await Deno.readTextFile(path).catch(() => undefined);
        assert.ok(text === made || text === old, text);
        if (fault !== "signal=KILL") assert.equal(text, old);
        // Whoever tries again gets it done, and nothing of the first try is left.
        const place = { path, owners: undefined, allowedPerm: 0o600 };
        await writeNewStateFile(place, made, { replace: true });
        assert.equal(await Deno.readTextFile(path), made);
        assert.deepEqual(await names(folder), ["secret"]);
      });
    }
  }
}

testMaking("new", [
  { call: "linkat", path: NEW_STATE, errors: ["ENOSPC", "EPERM"] },
  { call: "unlink", path: NEW_STATE, errors: [] },
]);
testMaking("replace", [{ call: "rename", path: NEW_STATE, errors: ["ENOSPC", "EACCES"] }]);
