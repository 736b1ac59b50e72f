/** `gatehouse enroll` for accounts that have an authenticator: show, rotate, emergency, revoke. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { paintQr } from "../../lib/io/qr.ts";
import { appCode, assertAbsent, EnrollMachine, NAMES, stateAt } from "../support/enroll_machine.ts";
import { keyOf } from "../support/enrollment.ts";
import { hostToml, sharing } from "../support/gate.ts";
import { Peer } from "../support/google_authenticator.ts";
import { mustRun, run } from "../support/process.ts";
import { terminal } from "../support/terminal.ts";
import { codeOf } from "../support/totp.ts";

const test = sharing(() => EnrollMachine.make());

interface Enrolled {
  readonly path: string;
  readonly secret: string;
  readonly scratch_codes: string[];
  readonly uri: string;
}

/** A new authenticator of the ordinary account, in its home. */
async function enrolled(machine: EnrollMachine, ...options: string[]): Promise<Enrolled> {
  const argv = machine.asUser(machine.enroll("--json", "-f", ...NAMES, ...options));
  // What was remembered of the one before it.
  await Deno.remove(`${machine.user.home}/.gatehouse`, { recursive: true }).catch(() => {});
  return JSON.parse((await mustRun(argv)).out);
}

const asUser = (machine: EnrollMachine, ...options: string[]) =>
  machine.asUser(machine.enroll(...options));

test("a scratch code shows the picture again in 80 columns and 24 rows", async (machine) => {
  const { path, secret, uri, scratch_codes: [code = ""] } = await enrolled(machine);
  const argv = asUser(machine, "--show", ...NAMES);
  await using screen = terminal(argv, { cols: 80, rows: 24 });
  await screen.waitFor(/^First a code of \S+'s authenticator on \S+, or a scratch code;[^]*Code:$/);
  await screen.send("000000\r");
  await screen.waitFor(/That is not right\.\nCode:$/);
  ok(!screen.rawOutput.includes(secret.slice(0, 4)));
  await screen.send(`${code.slice(0, 4)} ${code.slice(4)}\r`);
  equal((await screen.closed).code, 0);
  match(screen.screen(), /^4 scratch codes are left$/m);
  ok(screen.screen().includes(uri));
  const drawn = (text: string) => text.replaceAll(new RegExp("\x1b\\[[0-9;]*m", "g"), "").trim();
  const expected = paintQr(uri, "UTF8", 2).lines.map(drawn).filter((line) => line !== "");
  const seen = screen.screen().split("\n").filter((line) => /[█▀▄]/.test(line));
  deepEqual(seen.map((line) => line.slice(4, 37).trim()), expected);
  equal((await stateAt(path)).scratchCodes.includes(code), false);
});

test("whoever gives up, or types anything but a code, sees nothing", async (machine) => {
  const { path, secret, scratch_codes } = await enrolled(machine);
  const argv = asUser(machine, "--show");
  {
    await using screen = terminal(argv);
    await screen.waitFor(/Code:$/);
    await screen.send(`${scratch_codes[0]}\x03`);
    equal((await screen.closed).code, 77);
    match(screen.screen(), /gatehouse: error: no right code was given\n/);
    ok(!screen.rawOutput.includes(secret.slice(0, 4)));
  }
  const inputs = [
    "",
    "\n\n\n",
    "x".repeat(1_048_576),
    "\0\x1b[2J\r\n",
    Uint8Array.of(0xff, 0xfe, 10),
  ];
  for (const input of inputs) {
    const { code, out, err } = await run(argv, { input });
    equal(code, 77, err);
    match(err, /^gatehouse: error: no right code was given\ngatehouse: hint: /);
    ok(!`${out}${err}`.includes(secret.slice(0, 4)));
    ok(!out.includes("\x1b"));
  }
  const { scratchCodes, rateLimit } = await stateAt(path);
  deepEqual([scratchCodes, rateLimit?.times], [scratch_codes, []]);
});

test("a program gets the secret by a code too, and root for an account", async (machine) => {
  const { secret, path, scratch_codes: [first, second] } = await enrolled(machine);
  for (
    const [argv, code] of [
      [asUser(machine, "--show", "--json"), first],
      [machine.enroll("--show", "--json", "--user", machine.user.name), second],
    ] as const
  ) {
    const { out } = await mustRun(argv, { input: `${code}\r\n` });
    equal(JSON.parse(out).secret, secret);
    equal(JSON.parse(out).path, path);
  }
  const { uid } = await Deno.stat(`${machine.user.home}/.gatehouse/spent`);
  equal(uid, machine.user.uid);
});

test("too many wrong codes: root is told when to try again as well", async (machine) => {
  const { scratch_codes: [code] } = await enrolled(machine);
  const input = `000000\n11111111\n00000000\n${code}\n`;
  equal((await run(asUser(machine, "--show"), { input })).code, 77);
  const argv = machine.enroll("--show", "--user", machine.user.name);
  const limited = await run(argv, { input: `${code}\n` });
  equal(limited.code, 77);
  match(limited.err, /^gatehouse: error: too many tries, try again in [0-9]+ s\n$/);
});

test("a rotated secret waits where google-authenticator passes over it", async (machine) => {
  await using peer = await Peer.install(machine.folder);
  const place = peer.path("rotated");
  const enroll = await machine.forRoot();
  const at = 1_700_000_000;
  const made = enroll("-s", place, "--json", "-t", "-D", "-u", ...NAMES);
  const old: Enrolled = JSON.parse((await mustRun(made)).out);
  const codeAt = ({ secret }: Enrolled, time: number) =>
    codeOf(Math.floor(time / 30), keyOf(secret));
  const login = async (code: string, time: number) =>
    (await peer.login({ name: "rotated", code, at: time })).verdict;

  const next: Enrolled = JSON.parse(
    (await mustRun(enroll("-s", place, "--rotate", "--json"))).out,
  );
  equal(await login(codeAt(old, at), at), "accepted");
  equal(await login(codeAt(next, at + 300), at + 300), "refused");
  equal(await login(old.scratch_codes[0] ?? "", at + 600), "accepted");
  equal((await stateAt(place)).nextSecret, next.secret);

  await mustRun(enroll("-s", place, "--show"), { input: `${appCode(next.secret)}\n` });
  const { secret, nextSecret } = await stateAt(place);
  deepEqual([secret, nextSecret], [next.secret, undefined]);
  equal(await login(codeAt(next, at + 900), at + 900), "accepted");
  equal(await login(codeAt(old, at + 1200), at + 1200), "refused");
});

test("the new secret is saved when its code was right, at a terminal", async (machine) => {
  const { path, secret: old } = await enrolled(machine);
  const before = await Deno.readTextFile(path);
  const argv = asUser(machine, "--rotate", ...NAMES);
  {
    await using screen = terminal(argv, { cols: 80, rows: 24 });
    await screen.waitFor(/Code from the app:$/);
    await screen.send(`${appCode(old)}\r`);
    // By chance it may be the new secret's at another time of this day.
    await screen.waitFor(/That is (no code of this secret|the code )[^]*Code from the app:$/);
    await screen.send("\x03");
    equal((await screen.closed).code, 77);
    equal(await Deno.readTextFile(path), before);
  }
  await using screen = terminal(argv, { cols: 80, rows: 24 });
  await screen.waitFor(/Code from the app:$/);
  const secret = /secret=([A-Z2-7]{32})/.exec(screen.rawOutput)?.[1] ?? "";
  await screen.send(`${appCode(secret)}\r`);
  equal((await screen.closed).code, 0);
  match(screen.screen(), /The old secret works until you log in with a code of the new one/);
  const lines = before.split("\n");
  lines.splice(1, 0, `" GATEHOUSE_NEXT_SECRET ${secret}`);
  equal(await Deno.readTextFile(path), lines.join("\n"));
});

test("root makes scratch codes for whoever has neither phone nor codes", async (machine) => {
  await using peer = await Peer.install(machine.folder);
  const place = peer.path("emergency");
  await mustRun(machine.enroll("-s", place, "-q", "-e", "1"));
  const [kept = ""] = (await stateAt(place)).scratchCodes;
  const { out } = await mustRun(machine.enroll("-s", place, "--emergency", "10"));
  match(out, /^10 new scratch codes for root; 1 older one stays\.\n/);
  const added = Array.from(out.matchAll(/[0-9]+\. {2}([0-9]{8})/g), ([, code = ""]) => code);
  equal(new Set([kept, ...added]).size, 11);
  deepEqual((await stateAt(place)).scratchCodes.toSorted(), [kept, ...added].toSorted());
  const [code = ""] = added;
  const verdicts = [1, 2].map((nth) => 1_700_000_000 + nth * 900)
    .map((at) => () => peer.login({ name: "emergency", code, at }));
  for (const [nth, ask] of verdicts.entries()) {
    equal((await ask()).verdict, nth === 0 ? "accepted" : "refused");
  }
});

test("an account gives a code for more scratch codes, and root gives none", async (machine) => {
  const { path, scratch_codes: [code = "", ...others] } = await enrolled(machine);
  const refused = await run(asUser(machine, "--emergency", "2"), { input: "12\n" });
  equal(refused.code, 77);
  doesNotMatch(refused.out, /\b[0-9]{8}\b/);
  equal((await stateAt(path)).scratchCodes.length, 5);

  const own = await mustRun(asUser(machine, "--emergency", "2", "--json"), { input: `${code}\n` });
  const { scratch_codes, scratch_codes_kept, user } = JSON.parse(own.out);
  deepEqual([user, scratch_codes_kept], [machine.user.name, 4]);
  deepEqual((await stateAt(path)).scratchCodes, [...others, ...scratch_codes]);

  const argv = machine.enroll("--user", machine.user.name, "--emergency", "1");
  const byRoot = await mustRun(argv, { env: { PATH: "/usr/bin:/bin", LANG: "zh_CN.UTF-8" } });
  match(byRoot.out, new RegExp(`^${machine.user.name} 的 1 个新备用验证码；之前的 6 个仍然有效。`));
  const { uid, mode } = await Deno.stat(path);
  deepEqual([uid, (mode ?? 0) & 0o777], [machine.user.uid, 0o400]);
});

test("what is revoked is gone, with nothing left beside it", async (machine) => {
  const { path } = await enrolled(machine);
  await Deno.writeTextFile(`${path}.gatehouse-new`, "left by a crash");
  const no = await run(asUser(machine, "--revoke"));
  equal(no.code, 77);
  equal(no.err, "gatehouse: error: nothing was removed\ngatehouse: hint: answer y, or say --yes\n");
  const yes = await mustRun(asUser(machine, "--revoke"), { input: "Y\n" });
  match(yes.out, /time-based, 30 s; 5 scratch codes are left\n/);
  await assertAbsent(path);
  const again = await run(machine.enroll("--revoke", "--yes", "--user", machine.user.name));
  equal(again.code, 2);
  match(
    again.err,
    /has no authenticator here: there is no \S+\ngatehouse: hint: to make one, run:/,
  );
  ok(again.err.includes(`gatehouse enroll --user ${machine.user.name}\n`));
});

test("where codes are root's alone, an account is told who can help", async (machine) => {
  const { user, folder } = machine;
  const place = await folder.dir(`codes-${crypto.randomUUID()}`, 0o700);
  const settings = { servers: [], codes: { secret: `${place}/\${USER}` } };
  const config = await folder.file(`host-${crypto.randomUUID()}.toml`, hostToml(settings));
  const argv = [machine.binary, "enroll", "--config", config];
  await mustRun([...argv, "--user", user.name, "-q"]);
  const before = await Deno.readTextFile(`${place}/${user.name}`);
  for (
    const options of [["--show"], ["--rotate", "-C"], ["--revoke", "--yes"], ["--emergency=1"]]
  ) {
    const { code, out, err } = await run(machine.asUser([...argv, ...options]));
    deepEqual([code, out], [77, ""], err);
    match(
      err,
      /error: root keeps the codes of .*\n.*hint: root has to run: gatehouse enroll --user /,
    );
  }
  equal(await Deno.readTextFile(`${place}/${user.name}`), before);
});

test("root uses no file by a link that an account laid", async (machine) => {
  const { user, folder } = machine;
  await enrolled(machine);
  const path = `${user.home}/.google_authenticator`;
  const target = `${folder.path}/roots-own`;
  await Deno.rename(path, target);
  await Deno.chown(target, 0, 0);
  const before = await Deno.readTextFile(target);
  await Deno.symlink(target, path);
  for (const options of [["--rotate", "-q"], ["--revoke", "--yes"], ["--emergency", "1"]]) {
    const { code, err } = await run(machine.enroll("--user", user.name, ...options));
    equal(code, 78, err);
    match(err, /is not a regular file\n/);
  }
  equal(await Deno.readTextFile(target), before);
  await Deno.remove(path);
});
