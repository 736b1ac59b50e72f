/** No server answers: a code from the authenticator app, or what host.toml says instead. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import {
  type GuardedHost,
  guardedHost,
  type HostToml,
  sharing,
  STATE_FILE,
  totp,
  wrongCode,
} from "../support/gate.ts";
import { RFC_BASE32 } from "../support/totp.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { type Terminal, terminal } from "../support/terminal.ts";

const test = sharing(guardedHost);

const PROMPT = "Code from your authenticator app:";
let states = 0;

/** A host where the account has a code file and nothing is remembered yet; its settings. */
async function enrolled(host: GuardedHost, settings: HostToml = {}): Promise<void> {
  await host.homeFile(".google_authenticator", STATE_FILE, 0o400);
  await configure(host, settings);
}

/** With nothing remembered of earlier codes. */
async function configure(host: GuardedHost, settings: HostToml = {}): Promise<void> {
  const spent = `\${HOME}/spent-${states++}`;
  await host.configure({ ...settings, codes: { spent, ...settings.codes } });
}

/** A terminal whose shell answers to `echo hel""lo`; not to the gate. */
async function expectShell(screen: Terminal): Promise<void> {
  await screen.send('echo he""re $0\r');
  await screen.waitFor("here -bash");
  await screen.send("exit\r");
  deepEqual(await screen.closed, { code: 0 });
}

async function expectRefused(screen: Terminal, words: RegExp | string, code = 77): Promise<void> {
  await screen.waitFor(words);
  deepEqual(await screen.closed, { code });
}

test("the right code lets in, leaves no trace on the screen, and never shows itself", async (host) => {
  await enrolled(host);
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(PROMPT);
  await screen.waitFor("no approval server answers");
  const code = totp();
  await screen.send(`${code}\r`);
  await screen.waitFor(/\$$/m);
  doesNotMatch(screen.screen(), /gatehouse|authenticator/);
  doesNotMatch(screen.rawOutput, new RegExp(code));
  await expectShell(screen);
});

test("a code is taken with blanks, and after corrections", async (host) => {
  await enrolled(host);
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(PROMPT);
  const code = totp();
  await screen.send(`999\x15${code.slice(0, 3)} ${code.slice(3)}7\x7f\r`);
  await expectShell(screen);
});

test("what is typed after the code's newline reaches the shell", async (host) => {
  await enrolled(host);
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(PROMPT);
  await screen.send(`${totp()}\recho hel""lo; exit 3\r`);
  await screen.waitFor(/^hello$/m);
  deepEqual(await screen.closed, { code: 3 });
});

test("a terminal with a command is asked like one with a shell", async (host) => {
  await enrolled(host);
  await using screen = terminal(sshArgv(host.target(), "echo done; exit 5", ["-t"]));
  await screen.waitFor(PROMPT);
  await screen.send(`${totp()}\r`);
  await screen.waitFor(/^done$/m);
  deepEqual(await screen.closed, { code: 5 });
});

test("the terminal's settings are what they were", async (host) => {
  await enrolled(host);
  const settings = async (typed: string | undefined) => {
    await using screen = terminal(sshArgv(host.target(), "stty -a; echo end", ["-t"]));
    if (typed !== undefined) {
      await screen.waitFor(PROMPT);
      await screen.send(`${typed}\r`);
    }
    await screen.waitFor(/^end$/m);
    return screen.screen().split(/^end$/m)[0]?.split("\n");
  };
  const after = await settings(totp());
  await configure(host, { policy: { exempt_users: [host.user.name] } });
  deepEqual(after, await settings(undefined));
});

test("the same code is refused the second time", async (host) => {
  await enrolled(host);
  const code = totp();
  for (const time of ["first", "second"]) {
    await using screen = terminal(sshArgv(host.target()));
    await screen.waitFor(PROMPT);
    await screen.send(`${code}\r`);
    if (time === "first") {
      await expectShell(screen);
    } else {
      await screen.waitFor("that code was used already, wait for the next one");
      await screen.send("\x03");
      await expectRefused(screen, "gatehouse: error: interrupted");
    }
  }
});

test("of two logins that send the same code at once exactly one gets in", async (host) => {
  await enrolled(host);
  await using first = terminal(sshArgv(host.target()));
  await using second = terminal(sshArgv(host.target()));
  const screens = [first, second];
  await Promise.all(screens.map((screen) => screen.waitFor(PROMPT)));
  const code = totp();
  await Promise.all(screens.map((screen) => screen.send(`${code}\r`)));
  const outcomes = await Promise.all(screens.map((screen) => screen.waitFor(/\$$|used already/m)));
  deepEqual(outcomes.sort(), ["$", "used already"]);
});

test("wrong codes are limited, and that outlives the connection", async (host) => {
  await enrolled(host);
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(PROMPT);
  await screen.send("12345\r");
  await screen.waitFor("a code has six digits, try again");
  // Each remark goes away with the next key, so the next one is a new one.
  for (const _ of [1, 2, 3]) {
    await screen.send(wrongCode());
    await screen.waitFor(/: •{6}$/m);
    await screen.send("\r");
    await screen.waitFor("wrong code, try again");
  }
  await screen.send(`${totp()}\r`);
  await screen.waitFor(/too many wrong codes, try again in [0-9]+ s/);

  await using later = terminal(sshArgv(host.target()));
  await later.waitFor(PROMPT);
  await later.send(`${totp()}\r`);
  await later.waitFor(/too many wrong codes, try again in [0-9]+ s/);
});

test("Ctrl-C at the prompt ends the login", async (host) => {
  await enrolled(host);
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(PROMPT);
  await screen.send("123\x03");
  await expectRefused(screen, "gatehouse: error: interrupted");
  doesNotMatch(screen.screen(), /authenticator/);
});

test("the prompt does not stay for ever", async (host) => {
  await enrolled(host, { timeout: "1s" });
  await using screen = terminal(sshArgv(host.target()));
  await expectRefused(screen, "gatehouse: error: no code was typed in time");
});

test("without a terminal a code comes in LC_GATEHOUSE_CODE, which the session does not see", async (host) => {
  await enrolled(host);
  const code = totp();
  const send = (code: string) =>
    ssh(host.target(), "env | grep -c GATEHOUSE; exit 6", {
      options: ["-o", `SetEnv=LC_GATEHOUSE_CODE=${code}`],
    }).done;
  const right = await send(code);
  deepEqual([right.code, right.out, right.err], [6, "0\n", ""]);
  for (const refused of [await send(code), await send(wrongCode())]) {
    deepEqual([refused.code, refused.out], [75, ""]);
    match(
      refused.err,
      /^gatehouse: no approval server answers\ngatehouse: error: .* does not answer\ngatehouse: hint: .*ssh -t\n$/,
    );
  }
});

test("wrong codes in LC_GATEHOUSE_CODE are limited too", async (host) => {
  await enrolled(host);
  const send = (code: string) =>
    ssh(host.target(), "true", { options: ["-o", `SetEnv=LC_GATEHOUSE_CODE=${code}`] }).done;
  for (const _ of [1, 2, 3]) equal((await send(wrongCode())).code, 75);
  equal((await send(totp())).code, 75);
});

test("SSH2FA's list of secrets does as well", async (host) => {
  const list = await host.folder.file(
    "totp_secrets",
    `# users\nsomebody:${"A".repeat(32)}\n${host.user.name}: ${RFC_BASE32}\n`,
    0o640,
  );
  await Deno.chown(list, 0, host.user.gid);
  await Deno.remove(`${host.user.home}/.google_authenticator`);
  await configure(host, { codes: { totp_secrets: list } });
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(PROMPT);
  await screen.send(`${totp()}\r`);
  await expectShell(screen);

  await Deno.chmod(list, 0o644);
  await using refused = terminal(sshArgv(host.target()));
  await expectRefused(refused, /totp_secrets can be read or written by others/, 78);
});

for (
  const [fault, spoil] of Object.entries({
    "can be read or written by others": (path: string) => Deno.chmod(path, 0o644),
    "cannot be read": (path: string) => Deno.chown(path, 1, 1),
    "is not a regular file": async (path: string) => {
      await Deno.rename(path, `${path}.real`);
      await Deno.symlink(`${path}.real`, path);
    },
    "line 1: no base32 secret": (path: string) =>
      Deno.writeTextFile(path, "TOPSECRET, not base32\n"),
  })
) {
  test(`a code file that ${fault} denies`, async (host) => {
    await enrolled(host);
    const path = `${host.user.home}/.google_authenticator`;
    await spoil(path);
    try {
      await using screen = terminal(sshArgv(host.target()), { cols: 200 });
      await expectRefused(screen, fault, 78);
      doesNotMatch(screen.rawOutput, /TOPSECRET/);
    } finally {
      await Deno.remove(path);
    }
  });
}

test("what is remembered of codes denies when it is damaged", async (host) => {
  await enrolled(host, { codes: { spent: "${HOME}/damaged" } });
  const folder = `${host.user.home}/damaged`;
  await Deno.mkdir(folder, { mode: 0o700 });
  await Deno.chown(folder, host.user.uid, host.user.gid);
  await host.homeFile(`damaged/${host.user.name}.json`, "{");
  await using screen = terminal(sshArgv(host.target()), { cols: 200 });
  await screen.waitFor(PROMPT);
  await screen.send(`${totp()}\r`);
  await expectRefused(screen, "is damaged");
});

test('offline = "deny" asks for no code', async (host) => {
  await enrolled(host, { policy: { offline: "deny" } });
  await using screen = terminal(sshArgv(host.target()));
  await expectRefused(
    screen,
    "gatehouse: hint: this host lets nobody in while no server answers",
    75,
  );
  doesNotMatch(screen.rawOutput, /authenticator/);
});

test('offline = "allow" lets in while no server answers', async (host) => {
  await enrolled(host, { policy: { offline: "allow" } });
  const { code, out, err } = await ssh(host.target(), "echo in").done;
  deepEqual([code, out, err], [0, "in\n", ""]);
});

test('unenrolled = "allow" lets in who has no codes, and asks who has', async (host) => {
  await enrolled(host, { policy: { unenrolled: "allow" } });
  const asked = await ssh(host.target(), "echo in").done;
  deepEqual([asked.code, asked.out], [75, ""]);
  await Deno.remove(`${host.user.home}/.google_authenticator`);
  const { code, out, err } = await ssh(host.target(), "echo in").done;
  deepEqual([code, out, err], [0, "in\n", ""]);
});

test('unenrolled = "deny" says that there is no code to fall back to', async (host) => {
  await configure(host);
  for (const options of [["-T"], ["-tt"]]) {
    const { code, out, err } = await ssh(host.target(), "echo in", { options }).done;
    equal(code, 75);
    match(
      out + err,
      /error: .*does not answer, and this account has no authenticator code to fall back to/,
    );
    doesNotMatch(out, /^in/m);
  }
});

test("root's codes work like anybody's", async (host) => {
  const secret = await host.folder.file("root-codes", STATE_FILE, 0o600);
  await configure(host, { codes: { secret, spent: `${host.folder.path}/root-spent` } });
  await using screen = terminal(sshArgv(host.target("root")));
  await screen.waitFor(PROMPT);
  await screen.send(`${totp()}\r`);
  await expectShell(screen);
});
