/** The options of Debian's PAM module, and ours that go by the same names. */
import { deepEqual, equal, fail, ok } from "node:assert/strict";
import fc from "fast-check";
import { judgeCode } from "../../lib/core/code.ts";
import { Exit } from "../../lib/core/errors.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import { parseStateFile, type StateFile } from "../../lib/core/state_file.ts";
import { rememberLogin, withinGrace } from "../../lib/core/state_tries.ts";
import { CodeFiles, type CodeFilesConfig } from "../../lib/io/code_files.ts";
import { passFactor } from "../../lib/login/flow.ts";
import { codeFilesConfig } from "../support/code_files.ts";
import { assertRefused } from "../support/failure.ts";
import { anAttempt, answering, FakeTalk, FixedClock } from "../support/fakes.ts";
import { Peer } from "../support/google_authenticator.ts";
import { scratch } from "../support/scratch.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const AT = 1_700_000_000;
const CODE = codeOf(Math.floor(AT / 30));
const STATE = `${RFC_BASE32}\n" TOTP_AUTH\n`;
const SOMEBODY = 61_234;

/** Whether ours takes the right code from that file. */
async function accepts(config: CodeFilesConfig): Promise<boolean> {
  try {
    return (await new CodeFiles(config, new FixedClock(AT * 1_000)).check(CODE)).ok;
  } catch (error) {
    await assertRefused(() => Promise.reject(error), Exit.config, /\/state-/);
    return false;
  }
}

Deno.test("allowed_perm: the same modes are too much", async () => {
  await using folder = await scratch();
  const verdicts: string[] = [];
  for (const allowed of ["0600", "0640", "0400", "0777", "0660"]) {
    await using peer = await Peer.install(folder, `allowed_perm=${allowed}`);
    for (const mode of [0o400, 0o600, 0o440, 0o640, 0o660, 0o604, 0o500, 0o1600, 0o2600, 0o4600]) {
      const name = `state-${allowed}-${mode.toString(8)}`;
      const secret = await folder.file(name, STATE, mode);
      await Deno.chmod(await peer.write(name, STATE), mode);
      const { verdict } = await peer.login({ name, code: CODE, at: AT });
      const config = { user: name, secret, allowedPerm: parseInt(allowed, 8) };
      equal(await accepts(codeFilesConfig(folder, config)), verdict === "accepted", name);
      verdicts.push(verdict);
    }
  }
  // Set-user-ID is the one bit that is never too much.
  equal(verdicts.filter((verdict) => verdict === "accepted").length, 23);
});

Deno.test("no_strict_owner: whose the file is does not matter then", async () => {
  await using folder = await scratch();
  const secret = await folder.file("state-a", STATE, 0o600);
  await Deno.chown(secret, SOMEBODY, null);
  for (const noStrictOwner of [false, true]) {
    await using peer = await Peer.install(folder, ...noStrictOwner ? ["no_strict_owner"] : []);
    await Deno.chown(await peer.write("state-a", STATE), SOMEBODY, null);
    const { verdict } = await peer.login({ name: "state-a", code: CODE, at: AT });
    equal(verdict, noStrictOwner ? "accepted" : "refused");
    equal(await accepts(codeFilesConfig(folder, { secret, noStrictOwner })), noStrictOwner);
  }
});

Deno.test("a file of root's serves every account of ours; theirs asks for no_strict_owner", async () => {
  await using folder = await scratch();
  const secret = await folder.file("state-a", STATE, 0o644);
  const ours = codeFilesConfig(folder, { secret, uid: SOMEBODY, allowedPerm: 0o644 });
  await Deno.mkdir(ours.spent, { mode: 0o700 });
  equal(await accepts(ours), true);
  for (const [options, verdict] of [[[], "refused"], [["no_strict_owner"], "accepted"]] as const) {
    await using peer = await Peer.install(folder, "user=nobody", "allowed_perm=0644", ...options);
    await Deno.chmod(await peer.write("state-a", STATE), 0o644);
    equal((await peer.login({ name: "state-a", code: CODE, at: AT })).verdict, verdict);
  }
});

Deno.test("a link to the file is followed by theirs and refused by ours", async () => {
  await using folder = await scratch();
  await using peer = await Peer.install(folder);
  const target = await folder.file("target", STATE, 0o600);
  await Deno.symlink(target, peer.path("state-a"));
  equal((await peer.login({ name: "state-a", code: CODE, at: AT })).verdict, "accepted");
  equal(await accepts(codeFilesConfig(folder, { secret: peer.path("state-a") })), false);
});

Deno.test('nullok is `unenrolled = "allow"` on a host without servers: for no file at all', async () => {
  await using folder = await scratch();
  /** Nobody can type there: whoever needs a code is refused. */
  const login = async (secret: string, unenrolled: "deny" | "allow") => {
    const clock = new FixedClock(AT * 1_000);
    const rules = { timeoutMs: 60_000, offline: "deny", unenrolled } as const;
    const messages = hostMessages("en", undefined);
    return await passFactor(anAttempt(), rules, {
      approvals: answering({ kind: "none" }),
      codes: new CodeFiles(codeFilesConfig(folder, { secret }), clock),
      talk: new FakeTalk(false),
      clock,
      messages,
      lastWords: messages,
      lookedFor: secret,
      enroll: () => fail("nobody is to be enrolled"),
    });
  };
  const files = [
    ["state-whole", STATE, Exit.denied],
    ["state-empty", "", Exit.config],
    ["state-broken", "not base32!\n", Exit.config],
  ] as const;
  for (const [name, text] of files) await folder.file(name, text, 0o600);
  for (const nullok of [false, true]) {
    await using peer = await Peer.install(folder, ...nullok ? ["nullok"] : []);
    const unenrolled = nullok ? "allow" : "deny";
    for (const [name, text, exit] of files) {
      await peer.write(name, text);
      const theirs = await peer.login({ name, code: "000000", at: AT });
      deepEqual(theirs, { verdict: "refused", asked: true }, name);
      await assertRefused(() => login(`${folder.path}/${name}`, unenrolled), exit, /./);
    }
    const name = "state-none";
    const theirs = await peer.login({ name, code: "000000", at: AT });
    const ours = () => login(`${folder.path}/${name}`, unenrolled);
    if (nullok) {
      deepEqual(theirs, { verdict: "ignored", asked: false });
      equal((await ours()).via, "unenrolled-allow");
    } else {
      deepEqual(theirs, { verdict: "refused", asked: true });
      await assertRefused(ours, Exit.denied, /./);
    }
  }
});

/** Addresses only: of a name, PAM asks the DNS now and then. */
const HOSTS = ["192.0.2.7", "198.51.100.20", "203.0.113.5", "2001:db8::1", "fe80::2"];
const GRACE = 60;

Deno.test("grace_period: 100 states with LAST lines, the same logins need no code", async () => {
  const host = fc.constantFrom(...HOSTS);
  const age = fc.oneof(
    fc.integer({ min: 1, max: 90 }),
    fc.constantFrom(GRACE - 1, GRACE, GRACE + 1),
  );
  const states = fc.record({
    logins: fc.array(fc.record({ host, age }), { maxLength: 10 }),
    slots: fc.shuffledSubarray([...Array(10).keys()], { minLength: 10 }),
    kind: fc.constantFrom('" DISALLOW_REUSE\n" TOTP_AUTH', '" HOTP_COUNTER 1'),
    tries: fc.array(
      fc.record({ host, wait: fc.nat(40), right: fc.boolean() }),
      { minLength: 1, maxLength: 8 },
    ),
  });
  await using folder = await scratch();
  await using peer = await Peer.install(folder, `grace_period=${GRACE}`);
  let number = 0;
  let graced = 0;
  await fc.assert(
    fc.asyncProperty(states, async ({ logins, slots, kind, tries }) => {
      const name = `state-${number++}`;
      const lines = logins.map(({ host, age }, index) =>
        `" LAST${slots[index]} ${host} ${AT - age}`
      );
      let file = parsed([RFC_BASE32, ...lines, kind, '" WINDOW_SIZE 61', ""].join("\n"));
      await peer.write(name, file.text);
      let at = AT;
      for (const [index, { host, wait, right }] of tries.entries()) {
        at += wait;
        // A later step each time, so that none is used twice.
        const step = file.kind === "hotp" ? file.counter : Math.floor(at / 30) - 10 + index;
        const code = right ? codeOf(step) : "12345";
        const theirs = await peer.login({ name, code, at, host });
        const inGrace = withinGrace(file, host, GRACE, at * 1_000);
        if (inGrace) graced++;
        else if (right) {
          const judged = judgeCode(file, code, RULES, at * 1_000);
          ok(judged.answer.ok);
          file = rememberLogin(judged.file, host, at * 1_000);
        }
        const verdict = inGrace || right ? "accepted" : "refused";
        deepEqual(theirs, { verdict, asked: !inGrace }, file.text);
        equal(file.text, await peer.read(name));
      }
    }),
    { numRuns: 100, seed: 1 },
  );
  ok(graced > 50, `only ${graced} logins were within the grace period`);
});

const RULES = { noskewadj: false, noIncrementHotp: false };

function parsed(text: string): StateFile {
  const read = parseStateFile(text);
  ok(read.ok);
  return read.value;
}
