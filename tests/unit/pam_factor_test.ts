/** What a login through PAM brings to its factor: time, files, codes that came along. */
import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import type { PamItems } from "../../lib/core/pam_items.ts";
import { ROOTS_OWN } from "../../lib/io/code_config.ts";
import { systemClock } from "../../lib/io/clock.ts";
import { EmergencyCode } from "../../lib/io/emergency_file.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { hostName } from "../../lib/io/surroundings.ts";
import { accountCodes } from "../../lib/modes/pam/codes.ts";
import { openDoors } from "../../lib/modes/pam/factor.ts";
import { firstPass } from "../../lib/modes/pam/first_pass.ts";
import { timeFor } from "../../lib/modes/pam/time.ts";
import { emergencyNames, emergencyOf, triesFolder } from "../../lib/wiring/emergency.ts";
import { assertRefused } from "../support/failure.ts";
import { anAttempt, FakeCodes } from "../support/fakes.ts";
import { STATE_FILE, totp } from "../support/gate_codes.ts";
import { FakeModule } from "../support/pam_channel.ts";
import { ALONE, pamLogin } from "../support/pam_login.ts";
import { mustRun } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { createUser } from "../support/users.ts";

const SSH = { sshConnection: "192.0.2.7 50000 198.51.100.1 22" };
const NOBODY = "nobody-has-this-name";
const EMERGENCY = "x7Kq!vPz2Lm9";

/** The C library stays open once it was opened. */
function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, fn, sanitizeResources: false });
}

function timed(secondsLeft: number | undefined, timeout: string, streams = false) {
  const login = pamLogin({ items: SSH, settings: { ...ALONE, timeout } });
  return timeFor(login, () => ({ secondsLeft, streams }));
}

test("the wait ends three seconds before sshd does, and not after host.toml's time", () => {
  const before = systemClock.now();
  const short = timed(40.9, "90s");
  assert.equal(short.timeoutMs, 37_000);
  assert.ok(short.endsAt >= before + 37_000 && short.endsAt <= systemClock.now() + 37_000);
  assert.equal(timed(120, "90s").timeoutMs, 90_000);
  assert.equal(timed(4, "90s").timeoutMs, 1_000);
});

test("where no second is left nobody is asked", async () => {
  for (const left of [3.99, 3, 1, 0.1]) {
    const refused = await assertRefused(() => timed(left, "90s"), Exit.denied, /no time is left/);
    assert.match(refused.reason, /LoginGraceTime/);
  }
});

test("the module ends us too, though sshd does not", () => {
  for (const secondsLeft of [undefined, 100_000]) {
    const before = systemClock.now();
    const { timeoutMs, endsAt } = timed(secondsLeft, "300s");
    assert.equal(timeoutMs, 300_000);
    assert.ok(endsAt >= before + 327_000 && endsAt <= systemClock.now() + 327_000);
  }
});

test("the module's line may say how long", () => {
  const settings = { ...ALONE, timeout: "90s" };
  const asked = timeFor(pamLogin({ settings, options: ["timeout=20"] }));
  assert.equal(asked.timeoutMs, 17_000);
  assert.throws(() => timeFor(pamLogin({ settings, options: ["timeout=3"] })), {
    reason: "0 s in the place of 90 s: the module's timeout=",
  });
});

test("only sshd is asked how long it waits, and what it shows", () => {
  const unasked = () => assert.fail("this is no login through sshd");
  assert.equal(timeFor(pamLogin(), unasked).streams, true);
  for (const streams of [true, false]) assert.equal(timed(120, "90s", streams).streams, streams);
});

test("setting up an authenticator ends when the login does", async () => {
  const module = new FakeModule();
  const login = pamLogin({ channel: await module.open() });
  const endsAt = systemClock.now() + 100_000;
  const doors = await openDoors(login, "code", { timeoutMs: 1_000, endsAt, streams: true });
  const left = doors.enrollingMs?.() ?? Infinity;
  assert.ok(left <= 100_000 && left > 1_000, String(left));
  module.leave();
});

async function withEmergency(folder: Scratch) {
  const emergency = `${await folder.dir("etc", 0o700)}/emergency`;
  await EmergencyCode.at(emergency).set(EMERGENCY, systemRandom);
  const spent = `${folder.path}/spent`;
  return { ...ALONE, host: "db7.example.com", codes: { emergency, spent } };
}

test("a name that nobody has can be asked for the host's code like any other", async () => {
  await using folder = await scratch();
  const settings = await withEmergency(folder);
  const wrong = { inVain: "no such account" };
  for (const login of [pamLogin({ settings }), pamLogin({ user: NOBODY, settings, ...wrong })]) {
    assert.ok(accountCodes(login).emergency !== undefined);
  }
  const without = { ...settings, codes: { emergency: `${folder.path}/none` } };
  const codes = accountCodes(pamLogin({ user: NOBODY, settings: without, ...wrong }));
  assert.equal(codes.emergency, undefined);
});

test("neither the account's name nor the host's, long or short, makes an emergency code", async () => {
  await using folder = await scratch();
  const { config } = pamLogin({ settings: await withEmergency(folder) });
  const emergency = emergencyOf(config, anAttempt({ user: "zhangwei" }));
  for (const typed of ["zhangwei-Q7!x", "Db7.example.com"]) {
    const answer = await emergency?.check(typed);
    assert.ok(answer?.ok === false && answer.why === "malformed", typed);
    assert.ok(answer.weak?.includes("name"), typed);
  }
  const names = emergencyNames({ host: "db7.example.com" });
  const here = hostName();
  for (const name of ["db7.example.com", "db7", here, here.split(".", 1)[0] ?? ""]) {
    assert.ok(names.includes(name), name);
  }
});

test("tries of the emergency code are the whole host's, though each account has a folder", () => {
  const folder = (spent: string) =>
    triesFolder(pamLogin({ settings: { ...ALONE, codes: { spent } } }).config.codes);
  for (const own of ["${HOME}/spent", "~/spent", "/var/spent/${USER}", "/var/spent/%u"]) {
    assert.equal(folder(own), ROOTS_OWN.spent, own);
  }
  assert.equal(folder("/var/spent"), "/var/spent");
  assert.equal(triesFolder(pamLogin().config.codes), ROOTS_OWN.spent);
});

test("at sudo and su there is no grace: their address is that of every account here", async () => {
  await using folder = await scratch();
  const source = "127.0.0.1";
  const now = Math.floor(systemClock.now() / 1_000);
  const text = STATE_FILE.replace("\n", `\n" LAST0 ${source} ${now}\n`);
  const secret = await folder.file("code", text, 0o600);
  const codes = { secret, spent: `${folder.path}/spent`, grace_period: "1h" };
  const inGrace = (items: Partial<PamItems>) => {
    const login = pamLogin({ settings: { ...ALONE, codes }, items });
    return accountCodes({ ...login, attempt: anAttempt({ user: "root", source }) }).inGrace();
  };
  const ssh = { sshConnection: `${source} 50000 ${source} 22` };
  assert.deepEqual([await inGrace(ssh), await inGrace({ rhost: source })], [true, true]);
  assert.equal(await inGrace({ tty: "/dev/pts/1", ruser: "mallory" }), false);
});

/** As pam_gatehouse.so hands on what sshd has put in the place of fourteen characters. */
const FAKE = "\b\n?\x7fINCORRECT\b";

test("of what sshd has replaced in one line with the password, zeros are judged", async () => {
  const module = new FakeModule();
  const login = pamLogin({
    user: NOBODY,
    inVain: "no such account",
    options: ["forward_pass"],
    channel: await module.open(),
  });
  const codes = new FakeCodes("enrolled");
  const passing = firstPass(login, codes);
  assert.equal((await module.hear()).text, "Password & verification code: ");
  module.answer(FAKE);
  const first = await passing;
  assert.equal(first.code, "0".repeat(FAKE.length));
  await first.codes.check(first.code ?? "");
  assert.deepEqual(codes.checked, ["000000"]);
  module.leave();
});

test("root works in an account's home as that account: a linked folder leads to nothing more", async () => {
  await using folder = await scratch();
  await using user = await createUser(folder);
  const roots = await folder.dir("roots", 0o700);
  const path = `${roots}/${user.name}`;
  await Deno.writeTextFile(path, STATE_FILE, { mode: 0o400 });
  const link = `${user.home}/link`;
  await Deno.symlink(roots, link);
  const own = `${user.home}/own`;
  await Deno.writeTextFile(own, STATE_FILE, { mode: 0o400 });
  await Deno.chown(own, user.uid, user.gid);
  const inRoots = async () => {
    const names = await Array.fromAsync(Deno.readDir(roots), ({ name }) => name);
    return names.toSorted();
  };
  const files = new URL("../support/pam_files.ts", import.meta.url).pathname;
  // In a process of its own: with the rights all threads of a process change, other tests' too.
  const done = async (secret: string, spent: string) => {
    const argv = [Deno.execPath(), "run", "-A", "--quiet", files, user.name, secret, spent, totp()];
    return JSON.parse((await mustRun(argv)).out);
  };
  const { enrolled, checked } = await done("${HOME}/link/${USER}", `${folder.path}/spent`);
  assert.notEqual(enrolled, true);
  assert.notEqual(checked.ok, true);
  // Where nothing is yet, a new authenticator would be written.
  const { enrolling } = await done("${HOME}/link/new", `${folder.path}/spent`);
  assert.equal(enrolling, "refused");
  const spentThere = await done("${HOME}/own", "${HOME}/link/spent");
  assert.equal(spentThere.enrolled, true);
  assert.notEqual(spentThere.checked.ok, true);
  assert.deepEqual(await inRoots(), [user.name]);
  const right = await done("${HOME}/own", "${HOME}/spent");
  assert.deepEqual([right.enrolled, right.checked.ok], [true, true]);
  assert.equal((await Deno.stat(`${user.home}/spent`)).uid, user.uid);
});
