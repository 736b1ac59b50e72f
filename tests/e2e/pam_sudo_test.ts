/** sudo asks for an approval or a code; su and login do so by services of our own. */
import { doesNotMatch, equal, match } from "node:assert/strict";
import { sharing } from "../support/gate.ts";
import { STATE_FILE, totp, wrongCode } from "../support/gate_codes.ts";
import { approve, deny, lastLogin, loginIs } from "../support/gate_offer.ts";
import { childOf, ended, processesOf, waits } from "../support/gate_processes.ts";
import { APPROVAL_ALONE, CODE_ALONE, PIN_ALONE, type Stack, stack } from "../support/pam_host.ts";
import { type PamPair, pamPair } from "../support/pam_host_pair.ts";
import { CODE_PROMPT, ENTER_OR_CODE, seen, streamedOffer } from "../support/pam_host_screen.ts";
import { sudoer } from "../support/pam_host_sudo.ts";
import { type Running, start } from "../support/process.ts";
import type { Terminal } from "../support/terminal.ts";

const test = sharing(() => pamPair());

async function runs(shell: Terminal, command: string): Promise<void> {
  await shell.waitFor(/\$$/m);
  await shell.send(`${command}\r`);
}

test("sudo shows the offer at once, and goes on by itself once approved", async (pair) => {
  const { host, server, joined } = pair;
  await host.configure(joined);
  const since = host.log.since();
  await using sudo = await sudoer(host, APPROVAL_ALONE, 5);
  await using shell = sudo.shell();
  await runs(shell, "sudo id -u");
  const offer = await streamedOffer(shell);
  match(shell.screen(), /[█▀▄]/);
  const page = await (await fetch(offer.url)).text();
  match(page, new RegExp(sudo.user.name));
  match(page, new RegExp(sudo.service));
  await approve(offer);
  await shell.waitFor(/^0$/m);
  await loginIs(server, "collected", lastLogin(server));
  await since.logged(
    new RegExp(
      `<86>.*accepted user=${sudo.user.name} source=127\\.0\\.0\\.1 service=${sudo.service} .*via=approval`,
    ),
  );
  // sudo remembers (timestamp_timeout), so PAM is not asked.
  const before = server.log.split('"login created"').length;
  await runs(shell, 'sudo echo ag""ain');
  await shell.waitFor(/^again$/m);
  equal(server.log.split('"login created"').length, before);
});

test("sudo that remembers nothing asks each time", async (pair) => {
  const { host } = pair;
  await host.configure({ servers: [] });
  await using sudo = await sudoer(host, CODE_ALONE, 0);
  await host.enroll(STATE_FILE, sudo.user.name);
  await using shell = sudo.shell();
  for (const [count, code] of [totp(), totp(1)].entries()) {
    await runs(shell, `sudo echo ti""me ${count}`);
    await seen(shell, CODE_PROMPT, count + 1);
    await shell.send(`${code}\r`);
    await shell.waitFor(new RegExp(`^time ${count}$`, "m"));
  }
});

test("sudo: password, then a code typed in the place of the approval", async (pair) => {
  const { host, server, joined } = pair;
  await host.configure(joined);
  await using sudo = await sudoer(
    host,
    stack("requisite pam_unix.so nodelay", "required MODULE"),
    0,
  );
  await host.enroll(STATE_FILE, sudo.user.name);
  await using shell = sudo.shell();
  await runs(shell, "sudo id -u");
  await shell.waitFor(/password/i);
  await shell.send(`${host.password}\r`);
  await shell.waitFor(ENTER_OR_CODE);
  await shell.send(`${wrongCode()}\r`);
  await shell.waitFor("wrong code");
  // sudo throws away what is typed before its prompt.
  await seen(shell, ENTER_OR_CODE, 2);
  await shell.send(`${totp()}\r`);
  await shell.waitFor(/^0$/m);
  await loginIs(server, "cancelled", lastLogin(server));
});

for (const enrolled of [false, true]) {
  test(`Ctrl-C while sudo waits ends it${enrolled ? " at the prompt" : ""}: the request is withdrawn`, async (pair) => {
    const { host, server, joined } = pair;
    await host.configure(joined);
    await using sudo = await sudoer(host, APPROVAL_ALONE, 0);
    if (enrolled) await host.enroll(STATE_FILE, sudo.user.name);
    await using shell = sudo.shell();
    await runs(shell, "sudo id -u; echo en''ded $?");
    await streamedOffer(shell);
    if (enrolled) {
      await shell.waitFor(ENTER_OR_CODE);
      await waits(await childOf(await shell.pid()));
    }
    const login = lastLogin(server);
    await shell.send("\x03");
    await loginIs(server, "cancelled", login);
    await ended(host.binary);
    await runs(shell, 'echo al""ive');
    await shell.waitFor(/^alive$/m);
    equal(/^0$/m.test(shell.screen()), false);
  });
}

test("a terminal that is closed while sudo waits: the request is withdrawn, no helper is left", async (pair) => {
  const { host, server, joined } = pair;
  await host.configure(joined);
  await using sudo = await sudoer(host, APPROVAL_ALONE, 0);
  await using shell = sudo.shell();
  await runs(shell, "sudo id -u");
  await streamedOffer(shell);
  const login = lastLogin(server);
  await shell.kill();
  await loginIs(server, "cancelled", login);
  await ended(host.binary);
});

test("a denied sudo is refused", async (pair) => {
  const { host, joined } = pair;
  await host.configure(joined);
  await using sudo = await sudoer(host, APPROVAL_ALONE, 0);
  await using shell = sudo.shell();
  await runs(shell, "sudo id -u");
  await deny(await streamedOffer(shell));
  await shell.waitFor("the login was denied");
  await shell.send("\x03");
});

test("sudo by PIN", async (pair) => {
  const { host, wecom, server, joined } = pair;
  await using sudo = await sudoer(host, PIN_ALONE, 0);
  await host.configure({ ...joined, contacts: { [sudo.user.name]: "lisi" } });
  await using shell = sudo.shell();
  await runs(shell, "sudo id -u");
  await shell.waitFor(CODE_PROMPT);
  await server.logged(new RegExp(`"login pin sent".*"login":"${lastLogin(server)}"`));
  match(wecom.delivered.at(-1)?.text ?? "", new RegExp(`\n服务：${sudo.service}\n`));
  await shell.send(`${wecom.lastPin}\r`);
  await shell.waitFor(/^0$/m);
});

/**
 * pamtester as a program that logs the ordinary account in, with what PAM is told of it.
 * @param caller real user id, as su has it; the effective one is root's
 */
async function pamtester(
  { host }: PamPair,
  lines: readonly string[],
  items: Record<string, string>,
  caller = 0,
): Promise<Running> {
  const service = await host.module.service([]);
  await host.guard(service, lines);
  const told = Object.entries(items).map(([name, value]) => `-I${name}=${value}`);
  const argv = ["pamtester", ...told, service, host.user.name, "authenticate", "acct_mgmt"];
  const as = ["setpriv", `--ruid=${caller}`, "--clear-groups"];
  return start(host.log.around([...as, ...argv]), { input: "open" });
}

/** As Debian's, with ours in the place of common-auth. */
const SU: Stack = ["auth sufficient pam_rootok.so", ...APPROVAL_ALONE];
const LOGIN: Stack = ["auth requisite pam_nologin.so", ...APPROVAL_ALONE];

for (
  const [what, lines, items, caller] of [
    ["su", SU, { ruser: "somebody", tty: "pts/9" }, 61_234],
    ["login", LOGIN, { tty: "tty1" }, 0],
    ["a login from elsewhere", APPROVAL_ALONE, { ruser: "other", rhost: "192.0.2.9" }, 0],
  ] as const
) {
  test(`${what}: it is shown at once, and the server is told who asks`, async (pair) => {
    const { host, joined } = pair;
    await host.unenroll();
    await host.configure(joined);
    const since = host.log.since();
    const tester = await pamtester(pair, lines, items, caller);
    const offer = await streamedOffer(tester);
    const page = await (await fetch(offer.url)).text();
    const source = "rhost" in items ? items.rhost : "127.0.0.1";
    match(page, new RegExp(source.replaceAll(".", "\\.")));
    if ("ruser" in items) match(page, new RegExp(items.ruser));
    await approve(offer);
    const { code, err } = await tester.done;
    equal(code, 0, err);
    await since.logged(new RegExp(`<86>.*accepted user=${host.user.name} source=${source} `));
    if ("ruser" in items) await since.logged(new RegExp(`accepted .*requester=${items.ruser}\\b`));
  });
}

test("su of root's asks nobody", async (pair) => {
  const { host, joined } = pair;
  await host.configure(joined);
  const since = host.log.since();
  const { code } = await (await pamtester(pair, SU, { ruser: "root" })).done;
  equal(code, 0);
  // The log's next line is that of somebody else's.
  await (await pamtester(pair, SU, { rhost: "client.example" }, 61_234)).done;
  await since.logged(/client\.example.*\n/);
  match(since(), /^.* refused .*\n$/);
});

test("a client that is told by a name denies, and is told where to look", async (pair) => {
  const { host, joined } = pair;
  await host.configure({ ...joined, policy: { exempt_sources: ["0.0.0.0/0"] } });
  const since = host.log.since();
  const tester = await pamtester(pair, APPROVAL_ALONE, { rhost: "client.example" });
  equal((await tester.done).code, 1);
  await since.logged(/refused .*the client is not told by its address: client\.example/);
});

test("what is told where texts are shown at once is in the person's language to the end", async (pair) => {
  const { host, server, joined } = pair;
  await host.unenroll();
  await host.configure({ ...joined, language: "zh-CN" });
  const tester = await pamtester(pair, APPROVAL_ALONE, {});
  const [, url = "", number = ""] = /(http\S+)\s+\S+\s+(\d\d)\n/.exec(
    await tester.err(/http\S+\s+数字\s+\d\d\n/),
  ) ?? [];
  await deny({ url, number });
  await loginIs(server, "denied", lastLogin(server));
  match((await tester.done).err, /gatehouse: 登录被拒绝\n/);
});

test("an application that is killed at the prompt after the approval let nobody in", async (pair) => {
  const { host, server, joined } = pair;
  await host.configure(joined);
  await host.enroll(STATE_FILE);
  await ended(host.binary);
  const since = host.log.since();
  const tester = await pamtester(pair, APPROVAL_ALONE, {});
  const offer = await streamedOffer(tester);
  await tester.err(ENTER_OR_CODE);
  await approve(offer);
  await loginIs(server, "collected", lastLogin(server));
  match(await (await fetch(offer.url)).text(), /approved/i);
  await tester.kill("SIGKILL");
  await ended(host.binary);
  await since.logged(/refused .*why="interrupted"/);
  doesNotMatch(since(), /accepted/);
  await host.unenroll();
});

test("an application that is killed while the helper waits takes it with it", async (pair) => {
  const { host, server, joined } = pair;
  await host.configure(joined);
  await ended(host.binary);
  const tester = await pamtester(pair, APPROVAL_ALONE, {});
  await streamedOffer(tester);
  equal((await processesOf(host.binary)).length, 1);
  const login = lastLogin(server);
  await tester.kill("SIGKILL");
  await loginIs(server, "cancelled", login);
  await ended(host.binary);
});
