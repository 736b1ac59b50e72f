/** A code by chat, in sshd's PAM: sent by the server through a WeCom that keeps to its documentation. */
import { doesNotMatch, equal, match } from "node:assert/strict";
import { sharing } from "../support/gate.ts";
import { lastLogin, loginIs } from "../support/gate_offer.ts";
import { type PamToml, PIN_ALONE, stack } from "../support/pam_host.ts";
import { loginLapses, type PamPair, pamPair } from "../support/pam_host_pair.ts";
import {
  CODE_PROMPT,
  expectIn,
  expectPermissionDenied,
  seen,
  times,
} from "../support/pam_host_screen.ts";
import { BY_PAM_ALONE, pamSsh, type SshLogin } from "../support/pam_host_ssh.ts";
import { mustRun } from "../support/process.ts";
import type { Terminal } from "../support/terminal.ts";
import type { User } from "../support/users.ts";

const test = sharing(() => pamPair());

/** Where WeCom takes messages. */
const SEND = "/cgi-bin/message/send";

/** A new account, for the server counts its PINs. */
async function someone(pair: PamPair, to: string, settings: PamToml = {}): Promise<User> {
  const { host, joined } = pair;
  const user = await host.addUser();
  await host.configure({ ...joined, contacts: { [user.name]: to }, ...settings });
  await host.guardSshd(PIN_ALONE);
  return user;
}

interface Asked extends AsyncDisposable {
  readonly screen: Terminal;
  readonly pin: string;
  readonly wrong: string;
}

/** A login that waits for its PIN. */
async function asked(pair: PamPair, user: User, login: SshLogin = {}): Promise<Asked> {
  const { wecom, host } = pair;
  const before = wecom.delivered.length;
  const screen = pamSsh(host, { user: user.name, ...login });
  await screen.waitFor(/A code (was sent|is on its way) to you;[^]*Verification code:/);
  // What is on its way may come after the prompt.
  await pair.server.logged(new RegExp(`"login pin sent".*"login":"${lastLogin(pair.server)}"`));
  equal(wecom.delivered.length, before + 1);
  const pin = wecom.lastPin;
  const wrong = pin === "000000" ? "000001" : "000000";
  return { screen, pin, wrong, [Symbol.asyncDispose]: () => screen[Symbol.asyncDispose]() };
}

const wrongPassword = stack("required pam_unix.so nodelay", "required MODULE mode=pin");

test("the PIN lets in; the message says for whom, where and from where, the screen not to whom", async (pair) => {
  const { host, wecom, server } = pair;
  const user = await someone(pair, "zhangsan");
  const since = host.log.since();
  await using login = await asked(pair, user);
  const { screen, pin } = login;
  match(screen.screen(), /it is valid for [0-9]+ s/);
  match(screen.screen(), /Press Enter for a new code \(after [0-9]+ s\)/);
  doesNotMatch(screen.screen(), /zhangsan|wecom/i);
  const { to, text } = wecom.delivered.at(-1) ?? { to: "", text: "" };
  equal(to, "zhangsan");
  match(
    text,
    new RegExp(
      `^${pin} 是您的登录验证码\n账号：${user.name}\n主机：web1\n服务：${host.sshdService}\n来源：127.0.0.1\n`,
    ),
  );
  await screen.send(`${pin}\r`);
  await expectIn(screen);
  await loginIs(server, "approved", lastLogin(server));
  await since.logged(new RegExp(`<86>.*accepted user=${user.name} .*via=pin by="zhangsan"`));
  doesNotMatch(screen.rawOutput + since() + server.log, new RegExp(`\\b${pin}\\b`));
});

test("wrong PINs: so many tries are left, then it is over", async (pair) => {
  const user = await someone(pair, "zhangsan");
  const since = pair.host.log.since();
  await using login = await asked(pair, user);
  const { screen, wrong, pin } = login;
  await screen.send(`${wrong}\r`);
  await screen.waitFor("wrong code, 2 tries left");
  await seen(screen, CODE_PROMPT, 2);
  await screen.send("12\r");
  await screen.waitFor("the code has six digits");
  await seen(screen, CODE_PROMPT, 3);
  await screen.send(`${wrong}\r`);
  await screen.waitFor("wrong code, 1 try left");
  await seen(screen, CODE_PROMPT, 4);
  await screen.send(`${wrong}\r`);
  await expectPermissionDenied(screen, "Too many failures");
  doesNotMatch(screen.screen(), new RegExp(pin));
  await since.logged(new RegExp(`refused user=${user.name} .*why="too many wrong codes"\n`));
  const refused = new RegExp(`<84>.*code refused user=${user.name} .*what=login why=wrong as=pin$`);
  equal(since().split("\n").filter((line) => refused.test(line)).length, 3);
});

test("a PIN is of its login: another one of the same account cannot use it", async (pair) => {
  const user = await someone(pair, "zhangsan");
  await using first = await asked(pair, user);
  await using second = await asked(pair, user);
  await second.screen.send(`${first.pin}\r`);
  await second.screen.waitFor(
    first.pin === second.pin ? /\$$/m : "wrong code, 2 tries left",
  );
  await first.screen.send(`${first.pin}\r`);
  await expectIn(first.screen);
});

test("too late, nothing helps any more", async (pair) => {
  const { host, server } = pair;
  const user = await someone(pair, "zhangsan", { timeout: "3s" });
  const since = host.log.since();
  await using login = await asked(pair, user);
  await loginLapses(server, lastLogin(server));
  await login.screen.send(`${login.pin}\r`);
  await expectPermissionDenied(login.screen, "Time limit exceeded");
  await since.logged(new RegExp(`<84>.*refused user=${user.name} .*no right PIN in time`));
});

test("Enter asks for a new code, which is too early at first", async (pair) => {
  const user = await someone(pair, "zhangsan");
  await using login = await asked(pair, user);
  const { screen, pin } = login;
  await screen.send("\r");
  await screen.waitFor(/a new code can be sent in [0-9]+ s/);
  await seen(screen, CODE_PROMPT, 2);
  await screen.send(`${pin}\r`);
  await expectIn(screen);
});

test("nobody to send to: the administrator is to be asked, and nobody is named", async (pair) => {
  const { host, wecom } = pair;
  const user = await someone(pair, "zhangsan", { contacts: { root: "zhangsan" } });
  const before = wecom.delivered.length;
  await using screen = pamSsh(host, { user: user.name });
  await expectPermissionDenied(screen, "no code can be sent to this account");
  match(screen.screen(), /ask your administrator/);
  doesNotMatch(screen.screen(), /root|zhangsan/);
  equal(wecom.delivered.length, before);
});

test("contacts from the GECOS field, several of them", async (pair) => {
  const { host, wecom, joined } = pair;
  const user = await someone(pair, "nobody-asks-here");
  await host.configure({ ...joined, contact: "gecos" });
  await mustRun(["usermod", "--comment", "zhangsan|lisi,room 1,555", user.name]);
  const before = wecom.delivered.length;
  await using screen = pamSsh(host, { user: user.name });
  await screen.waitFor(CODE_PROMPT);
  await pair.server.logged(new RegExp(`"login pin sent".*"login":"${lastLogin(pair.server)}"`));
  const to = wecom.delivered.slice(before).map((message) => message.to).toSorted();
  equal(to.join(), "lisi,zhangsan");
  await screen.send(`${wecom.lastPin}\r`);
  await expectIn(screen);

  // The rest of the field is the account's own to change (chfn(1)).
  await mustRun(["usermod", "--comment", ",zhangsan,zhangsan", user.name]);
  await using none = pamSsh(host, { user: user.name });
  await expectPermissionDenied(none, "no code can be sent to this account");
});

test("the table in host.toml goes before the GECOS field", async (pair) => {
  const { host, wecom, joined } = pair;
  const user = await someone(pair, "lisi");
  await host.configure({ ...joined, contact: "gecos", contacts: { [user.name]: ["lisi"] } });
  await mustRun(["usermod", "--comment", "zhangsan", user.name]);
  await using login = await asked(pair, user);
  equal(wecom.delivered.at(-1)?.to, "lisi");
  await login.screen.send(`${login.pin}\r`);
  await expectIn(login.screen);
});

test("whom the channel does not know gets no code, and the terminal says so", async (pair) => {
  const { host } = pair;
  const user = await someone(pair, "wangwu");
  await using screen = pamSsh(host, { user: user.name });
  await screen.waitFor("the code could not be sent");
  await screen.waitFor("ask your administrator");
  doesNotMatch(screen.screen(), /wangwu/);
});

test("a channel that refuses sends nothing, and nobody gets in", async (pair) => {
  const { host, wecom } = pair;
  const user = await someone(pair, "zhangsan");
  // The application may not send: that is not tried again.
  wecom.codes.set(SEND, [48002]);
  await using screen = pamSsh(host, { user: user.name });
  await screen.waitFor("the code could not be sent");
  doesNotMatch(screen.screen(), /\$$/m);
  wecom.codes.clear();
});

test("a busy channel is asked three times; codes that nobody was sent leave the account its five", async (pair) => {
  const { host, wecom, server } = pair;
  // The server counts those of a contact too, and the others here go to zhangsan.
  const user = await someone(pair, "lisi");
  const tried = wecom.count(SEND);
  wecom.codes.set(SEND, [-1, -1, -1]);
  await using busy = pamSsh(host, { user: user.name });
  // Nobody waits for that before the prompt.
  await busy.waitFor(/A code is on its way to you;[^]*Verification code:/);
  await server.logged(new RegExp(`"login pin not sent".*"login":"${lastLogin(server)}"`));
  equal(wecom.count(SEND), tried + 3);
  await busy.send("\r");
  await busy.waitFor("the code could not be sent");
  await busy.kill();
  wecom.codes.clear();
  for (let n = 0; n < 5; n++) {
    await using login = await asked(pair, user);
    await login.screen.send(`${login.pin}\r`);
    await expectIn(login.screen);
  }
  const before = wecom.delivered.length;
  await using sixth = pamSsh(host, { user: user.name });
  await sixth.waitFor("too many codes were sent lately");
  await sixth.waitFor(/try again in [0-9]{3} s/);
  equal(wecom.delivered.length, before);
});

test("a wrong password, required: no message is sent, and nothing tells", async (pair) => {
  const { host, wecom } = pair;
  const user = await someone(pair, "zhangsan");
  await host.guardSshd(wrongPassword);
  const since = host.log.since();
  const before = wecom.delivered.length;
  const requests = pair.server.log.split('"login created"').length;
  const screens = [];
  for (const password of ["wrong", host.password]) {
    await using screen = pamSsh(host, { user: user.name, methods: BY_PAM_ALONE });
    await screen.waitFor("Password:");
    await screen.send(`${password}\r`);
    await screen.waitFor(CODE_PROMPT);
    for (const count of [1, 2, 3]) {
      await seen(screen, CODE_PROMPT, count);
      if (password === "wrong") equal(wecom.delivered.length, before);
      const right = wecom.lastPin;
      await screen.send(`${right === "000000" ? "000001" : "000000"}\r`);
    }
    await expectPermissionDenied(screen, "Too many failures");
    screens.push(screen.screen().replaceAll(/[0-9]+ s\b/g, "N s"));
  }
  equal(
    screens[0]?.replace("is on its way", "was sent"),
    screens[1]?.replace("is on its way", "was sent"),
  );
  equal(wecom.delivered.length, before + 1);
  equal(pair.server.log.split('"login created"').length, requests + 1);
  await since.logged(/why="too many wrong codes"\n/);
  // Those in vain were judged by nobody.
  equal(since().split("why=wrong as=pin").length - 1, 3);
});

test("a client that goes away withdraws the request", async (pair) => {
  const { server } = pair;
  const user = await someone(pair, "zhangsan");
  await using login = await asked(pair, user);
  await login.screen.kill();
  await loginIs(server, "cancelled", lastLogin(server));
  equal(times(login.screen, CODE_PROMPT), 1);
});
