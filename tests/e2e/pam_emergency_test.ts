/** The emergency code of a host, wherever PAM lets a code be typed, and who hears of it. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { normalizeEmergencyCode } from "../../lib/core/emergency_code.ts";
import { type HostToml, sharing } from "../support/gate.ts";
import { lastLogin, loginIs } from "../support/gate_offer.ts";
import { STATE_FILE, totp } from "../support/gate_codes.ts";
import { APPROVAL_ALONE, CODE_ALONE, PIN_ALONE, type Stack } from "../support/pam_host.ts";
import type { LogSince } from "../support/pam_host_log.ts";
import { type PamPair, pamPair } from "../support/pam_host_pair.ts";
import {
  CODE_PROMPT,
  ENTER_OR_CODE,
  expectIn,
  expectPermissionDenied,
  pamOffer,
  seen,
} from "../support/pam_host_screen.ts";
import { pamSsh } from "../support/pam_host_ssh.ts";
import { sudoer } from "../support/pam_host_sudo.ts";
import { mustRun, run } from "../support/process.ts";
import { terminal } from "../support/terminal.ts";

const test = sharing(() => pamPair());

const ALONE: HostToml = { servers: [], host: "web1" };
const WRONG = "Wr0ng-but-n0t-weak";

interface Scene {
  readonly code: string;
  /** What the host's log says from now on. */
  readonly since: LogSince;
  readonly path: string;
}

/** A host with a new emergency code, whose ordinary account has no authenticator. */
async function set(pair: PamPair, settings: HostToml, stack: Stack): Promise<Scene> {
  const { host } = pair;
  await host.configure(settings);
  await host.unenroll();
  await host.guardSshd(stack);
  const argv = [host.binary, "emergency", "set", "--json", "--config", host.config];
  const { code, path } = JSON.parse((await mustRun(argv)).out);
  return { code, path, since: host.log.since() };
}

/** In no form. */
function assertUntold(text: string, code: string): void {
  for (const one of [code, normalizeEmergencyCode(code) ?? "", code.toLowerCase()]) {
    ok(!text.includes(one));
  }
}

test("it lets in without authenticator and server, however it is typed, and the log cries", async (pair) => {
  const { host } = pair;
  const { code, since } = await set(pair, ALONE, CODE_ALONE);
  for (const typed of [code, code.toLowerCase().replaceAll("-", " ")]) {
    await using screen = pamSsh(host);
    await screen.waitFor(/this account has no authenticator yet[^]*Verification code:/);
    await screen.send(`${typed}\r`);
    await expectIn(screen);
    assertUntold(screen.rawOutput, code);
  }
  const who = `user=${host.user.name} source=127\\.0\\.0\\.1 service=${host.sshdService}`;
  await since.logged(new RegExp(`<81>.* gatehouse: emergency code accepted ${who} `));
  await since.logged(new RegExp(`<86>.* accepted ${who} .*via=emergency by="emergency_code"\n`));
  await since.logged(/(?:accepted user=[^]*){2}/);
  doesNotMatch(since(), /alert waits/);
  assertUntold(since(), code);
});

test("the account's own codes go on as ever beside it", async (pair) => {
  const { host } = pair;
  const { code, since } = await set(pair, ALONE, CODE_ALONE);
  await host.enroll(STATE_FILE);
  await using own = pamSsh(host);
  await own.waitFor(CODE_PROMPT);
  doesNotMatch(own.screen(), /no authenticator/);
  await own.send(`${totp()}\r`);
  await expectIn(own);
  await since.logged(/accepted user=.* via=code/);
  doesNotMatch(since(), /emergency/);
  await using emergency = pamSsh(host);
  await emergency.waitFor(CODE_PROMPT);
  await emergency.send(`${code}\r`);
  await expectIn(emergency);
});

test("beside the link: it ends the request, is on the server's record, and administrators are told", async (pair) => {
  const { host, server, wecom, joined } = pair;
  const { code, since } = await set(pair, joined, APPROVAL_ALONE);
  const before = wecom.delivered.length;
  await using screen = pamSsh(host);
  await pamOffer(screen);
  await screen.waitFor(ENTER_OR_CODE);
  await screen.send(`${code}\r`);
  await expectIn(screen);
  await loginIs(server, "cancelled", lastLogin(server));
  await server.logged(/"message":"alert sent"/);
  const [message, ...more] = wecom.delivered.slice(before);
  deepEqual([message?.to, more.length], ["lisi", 0]);
  match(message?.text ?? "", /^有人使用 web1 的应急码登录\n/);
  match(message?.text ?? "", new RegExp(`账号：${host.user.name}\n主机：web1\n`));
  const { out } = await server.admin("audit", "show");
  match(out, new RegExp(`host\\.emergency_code (?=.* host=web1\\b).*user=${host.user.name} `));
  match(out, /alert\.sent .*to=lisi/);
  await since.logged(/accepted user=.*via=emergency/);
  assertUntold(message?.text + out + since() + server.log, code);
});

test("a frozen account takes it, and no code of its own", async (pair) => {
  const { host, server, joined } = pair;
  const { code, since } = await set(pair, joined, APPROVAL_ALONE);
  await host.enroll(STATE_FILE);
  await server.admin("account", "freeze", host.user.name);
  try {
    for (const stack of [APPROVAL_ALONE, PIN_ALONE]) {
      await host.guardSshd(stack);
      await host.configure({ ...joined, contacts: { [host.user.name]: "zhangsan" } });
      await using screen = pamSsh(host);
      await screen.waitFor(
        /this account is frozen[^]*ask your administrator[^]*Verification code:/,
      );
      await screen.send(`${totp()}\r`);
      await screen.waitFor("wrong code");
      await screen.send(`${code}\r`);
      await expectIn(screen);
    }
  } finally {
    await server.admin("account", "unfreeze", host.user.name);
  }
  await since.logged(/(?:accepted user=[^]* via=emergency [^]*no_server="frozen: [^]*){2}/);
});

test("at the prompt for a PIN", async (pair) => {
  const { host, server, joined } = pair;
  const contacts = { [host.user.name]: "zhangsan" };
  const { code } = await set(pair, { ...joined, contacts } as HostToml, PIN_ALONE);
  await using screen = pamSsh(host);
  await screen.waitFor(/to you;[^]*Verification code:/);
  await screen.send(`${WRONG}\r`);
  await seen(screen, CODE_PROMPT, 2);
  await screen.send(`${code}\r`);
  await expectIn(screen);
  await loginIs(server, "cancelled", lastLogin(server));
});

test("where nobody can be sent a PIN it lets in, and the account's own code does not", async (pair) => {
  const { host, wecom, joined } = pair;
  const { code, since } = await set(pair, joined, PIN_ALONE);
  await host.enroll(STATE_FILE);
  const before = wecom.delivered.length;
  await using screen = pamSsh(host);
  await screen.waitFor(
    /no code can be sent to this account\n[^\n]*ask your administrator\n[^]*Verification code:/,
  );
  await screen.send(`${totp()}\r`);
  await screen.waitFor("wrong code");
  await seen(screen, CODE_PROMPT, 2);
  await screen.send(`${code}\r`);
  await expectIn(screen);
  await since.logged(
    /<86>.* accepted .*via=emergency by="emergency_code" no_server="no_contact: .*"\n/,
  );
  // Its administrator is told, and nobody else.
  equal(wecom.delivered.slice(before).map(({ to }) => to).join(), "lisi");
});

test("with a dead server it lets in, and the log says that the alert waits", async (pair) => {
  const { host, joined } = pair;
  const settings = { ...joined, servers: ["http://127.0.0.1:9"] };
  const { code, since } = await set(pair, settings, APPROVAL_ALONE);
  await using screen = pamSsh(host);
  await screen.waitFor(/no approval server answers[^]*Verification code:/);
  await screen.send(`${code}\r`);
  await expectIn(screen);
  await since.logged(/<81>.*emergency code accepted /);
  await since.logged(
    /<84>.*emergency code alert waits why="http:\/\/127\.0\.0\.1:9 does not answer"/,
  );
  await since.logged(
    /<86>.* via=emergency .*no_server="http:\/\/127\.0\.0\.1:9 does not answer: .*"\n/,
  );
});

test("five wrong ones in an hour, and not even the right one is looked at", async (pair) => {
  const { host } = pair;
  const { code, since } = await set(pair, ALONE, CODE_ALONE);
  const attempt = async (lines: readonly string[], end: RegExp) => {
    await using screen = pamSsh(host);
    for (const [count, line] of lines.entries()) {
      await seen(screen, CODE_PROMPT, count + 1);
      await screen.send(`${line}\r`);
    }
    await screen.waitFor(end);
  };
  await attempt([WRONG, WRONG, WRONG], /Too many failures/);
  await attempt([WRONG, WRONG, code], /Too many failures/);
  await since.logged(/<84>.*code refused .* why=wrong as=emergency\n/);
  await since.logged(/<84>.*code refused .* why=limited retry_at=\S+ as=emergency\n/);
  await since.logged(/(?:refused user=.* why="too many failures"[^]*){2}/);
  doesNotMatch(since(), /accepted/);
  equal(since().split("why=wrong as=emergency").length - 1, 5);
});

test("a file that others could read is none: the log says why, and all is as without it", async (pair) => {
  const { host } = pair;
  const { path, since } = await set(pair, ALONE, CODE_ALONE);
  await Deno.chmod(path, 0o640);
  await using screen = pamSsh(host);
  await expectPermissionDenied(screen, "this account has no authenticator yet");
  doesNotMatch(screen.screen(), /Verification code/);
  await since.logged(/<84>.*emergency code unusable why=".*\/emergency has mode 0640, not 0600"\n/);
});

test("a weak code lets nobody in, though its hash is in the file", async (pair) => {
  const { host } = pair;
  const { path, since } = await set(pair, ALONE, CODE_ALONE);
  // scrypt of "gatehouse-2026" by OpenSSL.
  await Deno.writeTextFile(
    path,
    "$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$y3mpOikGkY4f6sInSF7lZ6rSI7kScub/vAqmGGYBQRg\n",
  );
  await using screen = pamSsh(host);
  await screen.waitFor(CODE_PROMPT);
  await screen.send("gatehouse-2026\r");
  await screen.waitFor("wrong code");
  await since.logged(/<84>.*code refused .* why=malformed weak=common as=emergency\n/);
  const asked = await run(
    [host.binary, "emergency", "check", "--ask", "--config", host.config],
    { input: "gatehouse-2026\n" },
  );
  match(asked.err, /too weak: it is among the first that anybody tries/);
});

test("who asked for it, as su tells, is told to the server and to administrators", async (pair) => {
  const { host, server, wecom, joined } = pair;
  const { code } = await set(pair, joined, CODE_ALONE);
  const service = await host.module.service([]);
  await host.guard(service, CODE_ALONE);
  const before = wecom.delivered.length;
  const asker = `asker${crypto.randomUUID().slice(0, 8)}`;
  const argv = ["pamtester", `-Iruser=${asker}`, service, host.user.name, "authenticate"];
  await using tester = terminal(host.log.around(argv));
  await tester.waitFor(CODE_PROMPT);
  await tester.send(`${code}\r`);
  equal((await tester.closed).code, 0);
  await server.logged(new RegExp(`"emergency code used".*"requester":"${asker}"`));
  await server.logged(new RegExp(`"alert sent".*"service":"${service}"`));
  ok(wecom.delivered.slice(before).some(({ text }) => text.includes(`请求者：${asker}`)));
});

test("the log says who takes it away", async (pair) => {
  const { host } = pair;
  const { since } = await set(pair, ALONE, CODE_ALONE);
  await mustRun(host.log.around([host.binary, "emergency", "remove", "--config", host.config]));
  await since.logged(/<85>.* gatehouse: emergency done=remove by=root\n/);
});

test("at sudo, of which the server hears too", async (pair) => {
  const { host, server, joined } = pair;
  const { code, since } = await set(pair, joined, CODE_ALONE);
  await using sudo = await sudoer(host, CODE_ALONE, 0);
  await using shell = sudo.shell();
  await shell.waitFor("$");
  await shell.send("sudo id -un\r");
  await shell.waitFor(CODE_PROMPT);
  await shell.send(`${code}\r`);
  await shell.waitFor(/^root$/m);
  await since.logged(new RegExp(`<81>.*emergency code accepted .*service=${sudo.service} `));
  await server.logged(new RegExp(`"emergency code used".*"service":"${sudo.service}"`));
});
