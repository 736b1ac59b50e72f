/** unenrolled = "enroll": an authenticator is set up in the middle of a login. */
import { deepEqual, doesNotMatch, equal, match, rejects } from "node:assert/strict";
import { keyOf } from "../support/enrollment.ts";
import { type GuardedHost, type HostToml, sharing } from "../support/gate.ts";
import { forget, PROMPT, STATE_FILE, unenroll } from "../support/gate_codes.ts";
import {
  approve,
  approved,
  deny,
  guardedPair,
  lastLogin,
  loginIs,
  offerOn,
} from "../support/gate_offer.ts";
import { expectRefused, expectShell } from "../support/gate_outcome.ts";
import { ended } from "../support/gate_processes.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { type Terminal, terminal } from "../support/terminal.ts";
import { codeOf } from "../support/totp.ts";

const test = sharing(guardedPair);

const ALONE: HostToml = { servers: [] };
/** No server answers. */
const OFFLINE: HostToml = {};
const ASK = "Code from the app:";

async function unenrolled(host: GuardedHost, settings: HostToml): Promise<void> {
  await unenroll(host);
  await forget(host, { ...settings, policy: { unenrolled: "enroll" } });
}

const pathOf = ({ user }: GuardedHost) => `${user.home}/.google_authenticator`;

async function expectNoFile(host: GuardedHost): Promise<void> {
  await rejects(Deno.lstat(pathOf(host)), Deno.errors.NotFound);
}

/** The secret that the person is shown, and what an app makes of it now. */
async function shown(screen: Terminal): Promise<{ secret: string; code: string }> {
  await screen.waitFor(ASK);
  const secret = /secret=([A-Z2-7]{32})/.exec(screen.screen())?.[1] ?? "";
  return { secret, code: codeOf(Math.floor(Date.now() / 30_000), keyOf(secret)) };
}

/** What was made there is the account's alone, and holds the secret and the codes that were shown. */
async function expectEnrolled(host: GuardedHost, secret: string, screen: string): Promise<void> {
  const { mode, uid, gid } = await Deno.stat(pathOf(host));
  deepEqual([(mode ?? 0) & 0o7777, uid, gid], [0o400, host.user.uid, host.user.gid]);
  const [first, ...lines] = (await Deno.readTextFile(pathOf(host))).trim().split("\n");
  equal(first, secret);
  const codes = lines.filter((line) => !line.startsWith('"'));
  equal(codes.length, 5);
  for (const code of codes) match(screen, new RegExp(`${code.slice(0, 4)} ?${code.slice(4)}`));
}

for (
  const [when, settings] of [["no server answers", OFFLINE], ["there is none", ALONE]] as const
) {
  test(`where ${when}, the first right code lets in, and is spent`, async ({ host }) => {
    await unenrolled(host, settings);
    await using screen = terminal(sshArgv(host.target()), { cols: 100, rows: 50 });
    const { secret, code } = await shown(screen);
    await screen.send(`${code === "000000" ? "111111" : "000000"}\r`);
    await screen.waitFor("That is no code of this secret.");
    await screen.send(`${code}\r`);
    await screen.waitFor(/\$$/m);
    const left = screen.screen();
    doesNotMatch(left, new RegExp(`${secret}|${secret.slice(0, 4)} |█|${ASK}`));
    await expectEnrolled(host, secret, left);
    await expectShell(screen);

    await using again = terminal(sshArgv(host.target()));
    await again.waitFor(PROMPT);
    await again.send(`${code}\r`);
    await again.waitFor("that code cannot be used any more");
  });

  test(`where ${when}, what is typed behind the first code reaches the shell`, async ({ host }) => {
    await unenrolled(host, settings);
    await using screen = terminal(sshArgv(host.target()));
    const { code } = await shown(screen);
    await screen.send(`${code}\recho he""re; exit 3\r`);
    await screen.waitFor(/^here$/m);
    deepEqual(await screen.closed, { code: 3 });
  });

  test(`where ${when}, giving up refuses, and saves nothing`, async ({ host }) => {
    await unenrolled(host, settings);
    for (const end of ["\x03", "\x04", "12\x03"]) {
      await using screen = terminal(sshArgv(host.target()));
      await shown(screen);
      await screen.send(end);
      await expectRefused(screen, "gatehouse: error: the authenticator was not set up");
      doesNotMatch(screen.screen(), /secret|█/);
      await expectNoFile(host);
    }
  });

  test(`where ${when}, a client that goes away leaves no gate and no file`, async ({ host }) => {
    await unenrolled(host, settings);
    await using screen = terminal(sshArgv(host.target()));
    await shown(screen);
    await screen.kill();
    await ended(host.binary);
    await expectNoFile(host);
  });

  test(`where ${when}, without a terminal the refusal says to come with one`, async ({ host }) => {
    await unenrolled(host, settings);
    const { code, out, err } = await ssh(host.target(), "echo in").done;
    deepEqual([code, out], [settings === ALONE ? 77 : 75, ""]);
    match(err, /gatehouse: hint: log in once with a terminal to set one up: ssh -t\n$/);
    await expectNoFile(host);
  });
}

test("a folder that cannot be written is said before anything is scanned", async ({ host }) => {
  await unenrolled(host, ALONE);
  await Deno.chmod(host.user.home, 0o500);
  try {
    await using screen = terminal(sshArgv(host.target()), { cols: 200 });
    await expectRefused(screen, /gatehouse: error: \S+ may not write in \S+/);
    doesNotMatch(screen.rawOutput, /otpauth/);
  } finally {
    await Deno.chmod(host.user.home, 0o755);
  }
});

test("an authenticator that came meanwhile is not overwritten", async ({ host }) => {
  await unenrolled(host, ALONE);
  await using screen = terminal(sshArgv(host.target()), { cols: 200 });
  const { code } = await shown(screen);
  await host.homeFile(".google_authenticator", STATE_FILE, 0o400);
  await screen.send(`${code}\r`);
  await expectRefused(screen, /gatehouse: error: .*exists already/, 78);
  equal(await Deno.readTextFile(pathOf(host)), STATE_FILE);
});

test("a Chinese client is led in Chinese", async ({ host }) => {
  await unenrolled(host, ALONE);
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: "/", LANG: "zh_CN.UTF-8" };
  await using screen = terminal(sshArgv(host.target(), undefined, ["-o", "SendEnv=LANG"]), { env });
  await screen.waitFor("此账户需要设置身份验证器应用");
  await screen.waitFor(/secret=[A-Z2-7]{32}/);
  await screen.send("\x03");
  await expectRefused(screen, "gatehouse: error: 身份验证器未设置完成");
});

test("after an approval the authenticator is set up, and then the shell starts", async (pair) => {
  const { host, server, joined } = pair;
  await unenrolled(host, joined);
  await using screen = terminal(sshArgv(host.target()), { cols: 100, rows: 50 });
  const offer = await offerOn(screen);
  doesNotMatch(screen.screen(), /otpauth|or type a code/);
  await approve(offer);
  const { secret, code } = await shown(screen);
  doesNotMatch(screen.screen(), /http|left/);
  await loginIs(server, "collected", lastLogin(server));
  await screen.send(`${code}\r`);
  await screen.waitFor(/\$$/m);
  await expectEnrolled(host, secret, screen.screen());
  await expectShell(screen);

  await using again = terminal(sshArgv(host.target()));
  await approve(await offerOn(again));
  await again.waitFor(/\$$/m);
  await expectShell(again);
});

test("giving up after an approval refuses, and saves nothing", async ({ host, joined }) => {
  await unenrolled(host, joined);
  await using screen = terminal(sshArgv(host.target()));
  await approve(await offerOn(screen));
  await shown(screen);
  await screen.send("\x03");
  await expectRefused(screen, "gatehouse: error: the authenticator was not set up");
  await expectNoFile(host);
});

test("without a terminal an approval is enough", async ({ host, joined }) => {
  await unenrolled(host, joined);
  const { code, out } = await (await approved(ssh(host.target(), "echo in"))).done;
  deepEqual([code, out], [0, "in\n"]);
  await expectNoFile(host);
});

test("a denied login sets up nothing", async ({ host, joined }) => {
  await unenrolled(host, joined);
  await using screen = terminal(sshArgv(host.target()));
  await deny(await offerOn(screen));
  await expectRefused(screen, "gatehouse: error: the login was denied");
  doesNotMatch(screen.rawOutput, /otpauth/);
  await expectNoFile(host);
});
