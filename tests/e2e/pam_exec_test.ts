/** gatehouse under pam_exec(8), where there is no module of ours: nobody can be asked anything. */
import { deepEqual, doesNotMatch, equal, notEqual } from "node:assert/strict";
import { type HostToml, sharing } from "../support/gate.ts";
import { STATE_FILE, totp, wrongCode } from "../support/gate_codes.ts";
import { approve, lastLogin, loginIs } from "../support/gate_offer.ts";
import { ended } from "../support/gate_processes.ts";
import type { PamHost } from "../support/pam_host.ts";
import { loginLapses, type PamPair, pamPair } from "../support/pam_host_pair.ts";
import { expectIn, expectPermissionDenied, streamedOffer } from "../support/pam_host_screen.ts";
import { BY_PAM_ALONE, pamSsh } from "../support/pam_host_ssh.ts";
import { type Terminal, terminal, type TerminalExit } from "../support/terminal.ts";

const test = sharing(() => pamPair());
const ALONE: HostToml = { servers: [] };

/** A line for pam.d. @param flags of pam_exec @param options of ours */
const line = (
  { binary, config }: Pick<PamHost, "binary" | "config">,
  flags: string,
  ...options: readonly string[]
) =>
  ["auth required pam_exec.so", flags, binary, "pam", `--config=${config}`]
    .concat(options.map((option) => `--option=${option}`)).join(" ");

/** pam_exec alone lets sshd close the connection of whom it has let in: its setcred says nothing. */
const REST = ["auth required pam_permit.so", "account required pam_permit.so"];

/**
 * In a terminal: into a file it writes what it shows only at its end.
 * @param around how it is started
 */
async function pamtester(
  { host }: PamPair,
  lines: readonly string[],
  around: readonly string[] = [],
): Promise<Terminal> {
  const service = await host.module.service([]);
  await host.guard(service, lines);
  const argv = ["pamtester", "-Irhost=127.0.0.1", service, host.user.name, "authenticate"];
  return terminal(host.log.around([...around, ...argv]));
}

test("stdout: link and number are shown, and an approval lets in", async (pair) => {
  const { host, server, joined } = pair;
  await host.configure(joined);
  const since = host.log.since();
  await using tester = await pamtester(pair, [line(host, "seteuid quiet stdout", "mode=approve")]);
  const offer = await streamedOffer(tester);
  await approve(offer);
  const { code } = await tester.closed;
  deepEqual(code, 0);
  await loginIs(server, "collected", lastLogin(server));
  await since.logged(new RegExp(`<86>.*accepted user=${host.user.name} .*via=approval`));
});

test("in sshd, after the key: an approval lets in although nothing is shown meanwhile", async (pair) => {
  const { host, server, joined } = pair;
  await host.configure(joined);
  await host.guardSshd([line(host, "seteuid quiet stdout", "mode=approve"), ...REST]);
  const before = server.log.split('"login created"').length;
  await using screen = pamSsh(host);
  await server.logged(new RegExp(`(?:"login created"[^]*){${before}}`));
  await server.admin("login", "approve", lastLogin(server));
  await expectIn(screen);
});

test("expose_authtok: what was asked for as a password is the code", async (pair) => {
  const { host } = pair;
  await host.configure(ALONE);
  await host.enroll(STATE_FILE);
  const since = host.log.since();
  // Without a module in front pam_exec asks by itself, in its own words.
  await host.guardSshd([line(host, "seteuid quiet expose_authtok", "mode=code"), ...REST]);
  const code = totp();
  for (const [typed, right] of [[wrongCode(), false], [code, true], [code, false]] as const) {
    await using screen = pamSsh(host);
    await screen.waitFor("Password:");
    await screen.send(`${typed}\r`);
    if (right) await expectIn(screen);
    else await expectPermissionDenied(screen);
  }
  await since.logged(/code refused .* why=wrong/);
  await since.logged(/code refused .* why=spent/);
  doesNotMatch(since(), new RegExp(code));
});

test("behind pam_unix it is given the login's password, which is no code", async (pair) => {
  const { host } = pair;
  await host.configure(ALONE);
  await host.enroll(STATE_FILE);
  await host.guardSshd([
    "auth requisite pam_unix.so nodelay",
    line(host, "seteuid quiet expose_authtok", "mode=code"),
    ...REST,
  ]);
  const since = host.log.since();
  await using screen = pamSsh(host, { methods: BY_PAM_ALONE });
  await screen.waitFor("Password:");
  await screen.send(`${host.password}\r`);
  await expectPermissionDenied(screen);
  await since.logged(/refused user=.*why="no terminal for a code"/);
  doesNotMatch(since(), new RegExp(`code refused|${host.password}`));
});

test("under su the real uid is the caller's: seteuid is needed, and the log says so", async (pair) => {
  const { host } = pair;
  await host.configure(ALONE);
  await host.enroll(STATE_FILE);
  const since = host.log.since();
  const su = ["setpriv", "--ruid=61234", "--clear-groups"];
  const login = async (flags: string): Promise<TerminalExit> => {
    await using tester = await pamtester(pair, [line(host, flags, "mode=code")], su);
    await tester.waitFor("Password:");
    await tester.send(`${totp()}\r`);
    return await tester.closed;
  };
  notEqual((await login("quiet expose_authtok stdout")).code, 0);
  await since.logged(/<84>.*refused user=\S+ why="pam_exec needs seteuid: /);
  doesNotMatch(since(), /code refused|accepted/);
  equal((await login("quiet expose_authtok stdout seteuid")).code, 0);
  await since.logged(/accepted user=/);
});

test("a limit of su's caller ends nothing before a wrong code is counted", async (pair) => {
  const { host } = pair;
  await host.configure(ALONE);
  await host.enroll(STATE_FILE);
  const since = host.log.since();
  const su = ["prlimit", "--fsize=1:", "setpriv", "--ruid=61234", "--clear-groups"];
  for (let time = 0; time < 4; time++) {
    await using tester = await pamtester(
      pair,
      [line(host, "quiet seteuid expose_authtok", "mode=code")],
      su,
    );
    await tester.waitFor("Password:");
    await tester.send(`${wrongCode()}\r`);
    notEqual((await tester.closed).code, 0);
  }
  await since.logged(/why=limited/);
  deepEqual(Array.from(since().matchAll(/code refused .* why=(\w+)/g), ([, why]) => why), [
    ...["wrong", "wrong", "wrong"],
    "limited",
  ]);
});

test("mode=pin needs somebody who types", async (pair) => {
  const { host, joined, wecom } = pair;
  await host.configure({ ...joined, contacts: { [host.user.name]: "zhangsan" } });
  const since = host.log.since();
  await using tester = await pamtester(pair, [line(host, "seteuid stdout", "mode=pin")]);
  const { code } = await tester.closed;
  deepEqual([code === 0, wecom.delivered.length], [false, 0]);
  await since.logged(/refused user=.*mode=pin needs a prompt/);
  await since.logged(/pam_exec.* failed: exit code 78/);
});

test("without a host.toml nobody passes, and pam_exec's log has a configuration's status", async (pair) => {
  const { host } = pair;
  const since = host.log.since();
  const { binary, config } = host;
  const missing = { binary, config: `${config}.none` };
  await using tester = await pamtester(pair, [line(missing, "seteuid stdout", "mode=code")]);
  notEqual((await tester.closed).code, 0);
  await since.logged(/refused user=.*host\.toml\.none does not exist/);
  await since.logged(/pam_exec.* failed: exit code 78/);
});

test("an application that is killed leaves nothing behind", async (pair) => {
  const { host, server, joined } = pair;
  await host.configure({ ...joined, timeout: "2s" });
  const tester = await pamtester(pair, [line(host, "seteuid stdout", "mode=approve")]);
  await streamedOffer(tester);
  await tester.kill();
  await loginLapses(server, lastLogin(server));
  await ended(host.binary);
});
