/** A code as the second factor in sshd's PAM, with a password or a key as the first. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { type HostToml, sharing } from "../support/gate.ts";
import { STATE_FILE, stateFile, totp, wrongCode } from "../support/gate_codes.ts";
import { CODE_ALONE, PamHost, stack } from "../support/pam_host.ts";
import {
  ASKED,
  CODE_PROMPT,
  expectIn,
  expectPermissionDenied,
  seen,
  times,
} from "../support/pam_host_screen.ts";
import { BY_PAM_ALONE, pamSsh, type SshLogin } from "../support/pam_host_ssh.ts";
import { mustRun, run } from "../support/process.ts";
import type { Terminal } from "../support/terminal.ts";

const test = sharing(() => PamHost.start());

const PASSWORD = "Password:";
const ALONE: HostToml = { servers: [], host: "web1" };
/** As in docs: both are asked for in any case. */
const BOTH = stack("required pam_unix.so nodelay", "required MODULE mode=code");
const SCRATCH = "12345678";

/** An enrolled account, of whose codes none is remembered, and that stack. */
async function set(host: PamHost, lines = BOTH, file = STATE_FILE): Promise<void> {
  await host.configure(ALONE);
  await host.enroll(file);
  await host.guardSshd(lines);
}

/** Nobody's key helps. */
const byPassword = (host: PamHost, login: SshLogin = {}): Terminal =>
  pamSsh(host, { methods: BY_PAM_ALONE, ...login });

async function answers(screen: Terminal, prompt: string, text: string): Promise<void> {
  await screen.waitFor(prompt);
  await screen.send(`${text}\r`);
}

test("password, then code: both let in, and neither is seen", async (host) => {
  await set(host);
  const since = host.log.since();
  await using screen = byPassword(host);
  await answers(screen, PASSWORD, host.password);
  await screen.waitFor(CODE_PROMPT);
  match(screen.screen(), new RegExp(`Log in to web1 as ${host.user.name} within [0-9]+ s`));
  const code = totp();
  await screen.send(`${code}\r`);
  await expectIn(screen);
  doesNotMatch(screen.rawOutput, new RegExp(`${code}|${host.password}`));
  await since.logged(
    new RegExp(
      `<86>.* gatehouse: accepted user=${host.user.name} source=127\\.0\\.0\\.1 ` +
        `service=${host.sshdService} .*via=code by="${host.user.name}"\n`,
    ),
  );
  doesNotMatch(since(), new RegExp(`${code}|${host.password}`));
});

test("a code is spent, and a wrong one says so; then the right one lets in", async (host) => {
  await set(host, CODE_ALONE);
  const code = totp();
  await using first = pamSsh(host);
  await answers(first, CODE_PROMPT, code);
  await expectIn(first);
  await using second = pamSsh(host);
  await answers(second, CODE_PROMPT, code);
  await second.waitFor("that code cannot be used any more");
  await second.send(`${wrongCode()}\r`);
  await second.waitFor("wrong code");
  await seen(second, CODE_PROMPT, 3);
  // The window holds the next one too.
  await second.send(`${totp(1)}\r`);
  await expectIn(second);
});

test("three wrong lines end the conversation, and sshd may begin another", async (host) => {
  await set(host, CODE_ALONE);
  const since = host.log.since();
  await using screen = pamSsh(host, { attempts: 2 });
  for (const [count, typed] of [wrongCode(), "12345", "password"].entries()) {
    await seen(screen, CODE_PROMPT, count + 1);
    await screen.send(`${typed}\r`);
  }
  await screen.waitFor("Too many failures");
  await seen(screen, CODE_PROMPT, 4);
  await screen.send(`${totp()}\r`);
  await expectIn(screen);
  await since.logged(/<84>.*code refused .* why=wrong/);
  await since.logged(/<84>.*refused user=.* why="too many failures"/);
});

test("a limit of su's caller ends nothing before a wrong code is counted", async (host) => {
  await set(host, CODE_ALONE);
  const service = await host.module.service([]);
  await host.guard(service, CODE_ALONE);
  const since = host.log.since();
  const su = ["prlimit", "--fsize=1:", "setpriv", "--ruid=61234", "--clear-groups"];
  const argv = [...su, "pamtester", service, host.user.name, "authenticate"];
  for (let time = 0; time < 2; time++) {
    const { code } = await run(host.log.around(argv), { input: `${wrongCode()}\n`.repeat(3) });
    equal(code, 1);
  }
  await since.logged(/(?:why=limited[^]*){3}/);
  deepEqual(Array.from(since().matchAll(/code refused .* why=(\w+)/g), ([, why]) => why), [
    ...["wrong", "wrong", "wrong"],
    ...["limited", "limited", "limited"],
  ]);
});

test("a scratch code lets in once", async (host) => {
  await set(host, CODE_ALONE, stateFile(["TOTP_AUTH"], [SCRATCH]));
  await using first = pamSsh(host);
  await answers(first, CODE_PROMPT, "1234 5678");
  await expectIn(first);
  await using second = pamSsh(host);
  await answers(second, CODE_PROMPT, SCRATCH);
  await second.waitFor("wrong code");
});

test("a wrong password, required: all looks the same, and no code is judged", async (host) => {
  await set(host, BOTH, stateFile(["TOTP_AUTH"], [SCRATCH]));
  const since = host.log.since();
  const screens = [];
  for (const [password, code] of [["wrong", SCRATCH], [host.password, wrongCode()]] as const) {
    await using screen = byPassword(host);
    await answers(screen, PASSWORD, password);
    for (let time = 1; time <= 3; time++) {
      await seen(screen, CODE_PROMPT, time);
      await screen.send(`${code}\r`);
    }
    await expectPermissionDenied(screen, "Too many failures");
    screens.push(screen.screen().replaceAll(/[0-9]+ s\b/g, "N s"));
  }
  equal(screens[0], screens[1]);
  match(await Deno.readTextFile(`${host.folder.path}/codes/${host.user.name}`), /^12345678$/m);
  await since.logged(/refused user=.*wrong password/);

  await host.configure(ALONE);
  await using right = byPassword(host);
  await answers(right, PASSWORD, host.password);
  await answers(right, CODE_PROMPT, SCRATCH);
  await expectIn(right);
});

test("a wrong password, requisite: nothing else is asked", async (host) => {
  await set(host, stack("requisite pam_unix.so nodelay", "required MODULE mode=code"));
  await using screen = byPassword(host);
  await answers(screen, PASSWORD, "wrong");
  await expectPermissionDenied(screen);
  equal(times(screen, CODE_PROMPT), 0);
});

test("a name that nobody has is asked the same, and refused the same", async (host) => {
  await set(host);
  const screens = [];
  for (const user of [host.user.name, `${host.user.name}x`]) {
    await using screen = byPassword(host, { user });
    await answers(screen, PASSWORD, "wrong");
    for (let time = 1; time <= 3; time++) {
      await seen(screen, CODE_PROMPT, time);
      await screen.send(`${wrongCode()}\r`);
    }
    await expectPermissionDenied(screen);
    screens.push(screen.screen().replaceAll(user, "NAME").replaceAll(/[0-9]+ s\b/g, "N s"));
  }
  equal(screens[0], screens[1]);
});

test("a name that is no UTF-8 is like any that nobody has, and logged", async (host) => {
  await set(host, CODE_ALONE);
  const service = await host.module.service([]);
  await host.guard(service, CODE_ALONE);
  const since = host.log.since();
  const name = String.raw`$(printf '${host.user.name}\377')`;
  const argv = ["sh", "-c", `exec pamtester -Irhost=192.0.2.7 ${service} "${name}" authenticate`];
  const { code, err } = await run(host.log.around(argv), { input: `${totp()}\n`.repeat(3) });
  equal(code, 1);
  equal(err.split(CODE_PROMPT).length - 1, 3);
  await since.logged(
    new RegExp(
      `<84>.* refused user=${host.user.name}\ufffd source=192\\.0\\.2\\.7 .*no such account`,
    ),
  );
});

test("any_password: another module may know the password that pam_unix does not", async (host) => {
  await set(host, stack("optional pam_unix.so nodelay", "required MODULE mode=code any_password"));
  await using screen = byPassword(host);
  await answers(screen, PASSWORD, "wrong");
  await answers(screen, CODE_PROMPT, totp());
  await expectIn(screen);
});

test("root's code works like anybody's", async (host) => {
  await set(host, CODE_ALONE);
  await host.enroll(STATE_FILE, "root");
  await using screen = pamSsh(host, { user: "root" });
  await answers(screen, CODE_PROMPT, totp());
  await expectIn(screen, "#");
});

test("sshd keeps what root types from PAM unless PermitRootLogin is yes, and the log says so", async (host) => {
  await set(host, CODE_ALONE);
  await host.enroll(STATE_FILE, "root");
  await using sshd = await host.startSshd(["PermitRootLogin prohibit-password"]);
  await using screen = pamSsh(host, { user: "root", sshd });
  const since = host.log.since();
  await answers(screen, CODE_PROMPT, totp());
  await seen(screen, CODE_PROMPT, 2);
  await since.logged(/replaced by sshd user=root .*PermitRootLogin/);
});

test("an account that has expired, or is locked, stays out with the right code", async (host) => {
  await set(host);
  const user = await host.addUser();
  await host.enroll(STATE_FILE, user.name);
  await mustRun(["chage", "--expiredate", "0", user.name]);
  await using expired = byPassword(host, { user: user.name });
  await answers(expired, PASSWORD, host.password);
  await answers(expired, CODE_PROMPT, totp());
  await expectPermissionDenied(expired, "Your account has expired");

  await mustRun(["chage", "--expiredate", "-1", user.name]);
  await mustRun(["usermod", "--lock", user.name]);
  await using locked = byPassword(host, { user: user.name });
  await answers(locked, PASSWORD, host.password);
  await answers(locked, CODE_PROMPT, totp());
  await locked.waitFor("wrong code");
});

test("echo_verification_code shows what is typed", async (host) => {
  await set(host, stack("required MODULE mode=code echo_verification_code"));
  await using screen = pamSsh(host);
  const code = wrongCode();
  await answers(screen, CODE_PROMPT, code);
  await screen.waitFor(`${CODE_PROMPT} ${code}`);
});

test("authtok_prompt asks in other words", async (host) => {
  await set(host, stack("required MODULE mode=code [authtok_prompt=The token says: ]"));
  await using screen = pamSsh(host);
  await answers(screen, "The token says:", totp());
  await expectIn(screen);
  equal(times(screen, CODE_PROMPT), 0);
});

for (const [kind, code] of [["code", totp], ["scratch code", () => SCRATCH]] as const) {
  test(`forward_pass: password and ${kind} in one line`, async (host) => {
    const lines = stack(
      "required MODULE mode=code forward_pass",
      "required pam_unix.so use_first_pass nodelay",
    );
    await set(host, lines, stateFile(["TOTP_AUTH"], [SCRATCH]));
    await using screen = byPassword(host);
    await answers(screen, "Password & verification code:", `${host.password}${code()}`);
    await expectIn(screen);
    await host.configure(ALONE);
    for (const line of [`${host.password}${wrongCode()}`, `wrong${totp()}`, host.password]) {
      await using wrong = byPassword(host);
      await answers(wrong, "Password & verification code:", line);
      await wrong.waitFor(new RegExp(`^\\S+: Permission denied|^${CODE_PROMPT}`, "m"));
    }
  });
}

test("use_first_pass takes what the module in front has asked for, and asks nothing", async (host) => {
  const lines = stack(
    "optional pam_unix.so nodelay",
    "required MODULE mode=code use_first_pass any_password",
  );
  await set(host, lines);
  await using right = byPassword(host);
  await answers(right, PASSWORD, totp());
  await expectIn(right);
  await using wrong = byPassword(host);
  await answers(wrong, PASSWORD, wrongCode());
  await expectPermissionDenied(wrong);
  equal(times(wrong, CODE_PROMPT), 0);
});

test("try_first_pass asks when that is no right code", async (host) => {
  await set(
    host,
    stack("required pam_unix.so nodelay", "required MODULE mode=code try_first_pass"),
  );
  await using screen = byPassword(host);
  await answers(screen, PASSWORD, host.password);
  await answers(screen, CODE_PROMPT, totp());
  await expectIn(screen);
});

test("noqr: an authenticator is set up without a picture too", async (host) => {
  await set(host, stack("required MODULE mode=code noqr"));
  await host.unenroll();
  await host.configure({ ...ALONE, policy: { unenrolled: "enroll" } });
  await using screen = pamSsh(host, { rows: 60 });
  await screen.waitFor("Code from the app:");
  match(screen.screen(), /secret=[A-Z2-7]{32}/);
  doesNotMatch(screen.rawOutput, /[█▀▄]/);
  doesNotMatch(screen.screen(), /picture|QR/);
});

test("an authenticator that cannot be set up is refused in ASCII, whatever the language", async (host) => {
  await set(host, CODE_ALONE);
  const folder = `${host.user.home}/roots`;
  await Deno.mkdir(folder, { mode: 0o755 });
  const codes = { secret: "${HOME}/roots/totp" };
  await host.configure({ ...ALONE, codes, policy: { unenrolled: "enroll" }, language: "zh-CN" });
  const since = host.log.since();
  await using screen = pamSsh(host, { cols: 200 });
  await expectPermissionDenied(screen, `gatehouse: ${host.user.name} may not write in ${folder}`);
  await since.logged(new RegExp(`refused .*why="${host.user.name} may not write in ${folder}"\n`));
});

test("nullok lets in who has no authenticator, where another module decides", async (host) => {
  await set(host, stack("required MODULE mode=code nullok", "required pam_permit.so"));
  await host.unenroll();
  await using screen = pamSsh(host);
  await expectIn(screen);
  await host.guardSshd(stack("required MODULE mode=code nullok"));
  await using alone = pamSsh(host);
  await expectPermissionDenied(alone);
  await host.enroll(STATE_FILE);
  await using enrolled = pamSsh(host);
  await answers(enrolled, CODE_PROMPT, totp());
  await expectIn(enrolled);
});

test("a line that makes no sense denies, and the log says why", async (host) => {
  for (
    const [options, why] of [
      ["mode=code no_such_option", /unknown option: no_such_option; known are any_password, /],
      ["mode=code nulok", /unknown option: nulok; did you mean nullok\?/],
      ["grace_period=300", /unknown option: grace_period; say codes\.grace_period in host\.toml/],
      ["mode=code forward_pass echo_verification_code", /contradict each other/],
      ["mode=code try_first_pass use_first_pass", /contradict each other/],
      ["mode=pin use_first_pass", /cannot come along with the password/],
      ["mode=ukey", /mode does not take that: mode=ukey; it takes auto, approve, pin, code/],
      ["mode=code nullok nullok", /nullok is given twice/],
    ] as const
  ) {
    await set(host, stack(`required MODULE ${options}`));
    const since = host.log.since();
    await using screen = pamSsh(host);
    await expectPermissionDenied(screen, "the second factor does not work here");
    await since.logged(new RegExp(`<84>.*refused user=${host.user.name} .*${why.source}`));
    doesNotMatch(screen.screen(), /option|contradict|mode/);
  }
});

test("a configuration that is missing, malformed or others' to write denies", async (host) => {
  await set(host, CODE_ALONE);
  const text = await Deno.readTextFile(host.config);
  for (
    const [spoil, why] of [
      [() => Deno.remove(host.config), /does not exist/],
      // Of several faults the log makes one line.
      [
        () => Deno.writeTextFile(host.config, "servers = []\ntimeot = 1\nhost = 2\n"),
        /why=".*host\.toml: host: .*; .*host\.toml: timeot: .*"\n/,
      ],
      [() => Deno.chmod(host.config, 0o666), /can be written by others/],
    ] as const
  ) {
    await Deno.writeTextFile(host.config, text);
    await Deno.chmod(host.config, 0o600);
    await spoil();
    const since = host.log.since();
    await using screen = pamSsh(host);
    await expectPermissionDenied(screen, "the second factor does not work here");
    await since.logged(why);
    doesNotMatch(screen.screen(), /host\.toml|servers/);
  }
  await Deno.chmod(host.config, 0o600);
});

test("a secret at home is read with the rights of its owner", async (host) => {
  const { home, uid, gid } = host.user;
  const path = `${home}/.google_authenticator`;
  await set(host, stack("required MODULE mode=code secret=${HOME}/.google_authenticator"));
  await host.unenroll();
  await Deno.writeTextFile(path, STATE_FILE);
  await Deno.chmod(path, 0o400);
  await Deno.chown(path, uid, gid);
  await using screen = pamSsh(host);
  await answers(screen, CODE_PROMPT, totp());
  await expectIn(screen);

  const roots = await host.folder.file("roots-secret", STATE_FILE, 0o400);
  await Deno.remove(path);
  await Deno.symlink(roots, path);
  const since = host.log.since();
  await using link = pamSsh(host);
  await expectPermissionDenied(link);
  await since.logged(/refused user=.*\.google_authenticator/);
});

test("without a word on where, secrets are root's alone, below /var/lib/gatehouse", async (host) => {
  await set(host, CODE_ALONE);
  await host.unenroll();
  await Deno.writeTextFile(host.config, "servers = []\n");
  await using secret = await defaultSecret(host.user.name);
  await using screen = pamSsh(host);
  await answers(screen, CODE_PROMPT, totp());
  await expectIn(screen);
  match(await Deno.readTextFile(secret.spent), /[0-9]/);
  equal(((await Deno.stat(secret.spent)).mode ?? 0) & 0o077, 0);
});

test("what ssh shows begins with the account, and holds no escape sequence", async (host) => {
  await set(host, CODE_ALONE);
  await using screen = pamSsh(host);
  await screen.waitFor(CODE_PROMPT);
  match(screen.screen(), ASKED);
  doesNotMatch(screen.screen(), /\\0|\\3/);
});

/** A secret where it is by default; all that was made there goes again. */
async function defaultSecret(user: string): Promise<AsyncDisposable & { readonly spent: string }> {
  const base = "/var/lib/gatehouse";
  for (const folder of [base, `${base}/codes`]) await Deno.mkdir(folder).catch(() => {});
  const path = `${base}/codes/${user}`;
  await Deno.writeTextFile(path, STATE_FILE);
  await Deno.chmod(path, 0o400);
  const spent = `${base}/spent/${user}.json`;
  return {
    spent,
    async [Symbol.asyncDispose]() {
      for await (const { name } of Deno.readDir(`${base}/spent`)) {
        if (name.startsWith(`${user}.`)) await Deno.remove(`${base}/spent/${name}`);
      }
      await Deno.remove(path);
      // Only what is empty goes.
      for (const folder of [`${base}/spent`, `${base}/codes`, base]) {
        await Deno.remove(folder).catch(() => {});
      }
    },
  };
}
