/** While the gate waits: what goes away, what comes back, what is typed, what comes at once. */
import { deepEqual, doesNotMatch, equal, match, notEqual } from "node:assert/strict";
import { sharing } from "../support/gate.ts";
import { enroll, stateFile, totp, unenroll, wrongCode } from "../support/gate_codes.ts";
import {
  approve,
  approved,
  deny,
  guardedPair,
  lastLogin,
  loginIs,
  offerOn,
} from "../support/gate_offer.ts";
import { expectShell } from "../support/gate_outcome.ts";
import { ended, processesOf } from "../support/gate_processes.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { terminal } from "../support/terminal.ts";

const test = sharing(guardedPair);
const keysUnknown = sharing(() => guardedPair(["ExposeAuthInfo no"]));

test("Ctrl-C cancels the login at the server", async ({ host, server }) => {
  await using screen = terminal(sshArgv(host.target()));
  const offer = await offerOn(screen);
  await screen.send("\x03");
  await screen.waitFor("gatehouse: error: interrupted");
  deepEqual(await screen.closed, { code: 77 });
  await loginIs(server, "cancelled", lastLogin(server));
  match(await (await fetch(offer.url)).text(), /cancelled/i);
});

for (const kind of ["with", "without"] as const) {
  test(`a client ${kind} a terminal that goes away cancels the login, and no gate stays`, async (pair) => {
    const { host, server } = pair;
    await using client = kind === "with"
      ? terminal(sshArgv(host.target()))
      : ssh(host.target(), "echo in");
    await offerOn(client);
    equal((await processesOf(host.binary)).length, 1);
    await client.kill();
    await loginIs(server, "cancelled", lastLogin(server));
    await ended(host.binary);
  });
}

test("a server that is killed and comes back loses no login", async ({ host, server }) => {
  await using screen = terminal(sshArgv(host.target()));
  await using command = ssh(host.target(), "echo in");
  const offers = await Promise.all([offerOn(screen), offerOn(command)]);
  await server.kill("SIGKILL");
  await server.start();
  for (const offer of offers) await approve(offer);
  await expectShell(screen);
  const { code, out } = await command.done;
  deepEqual([code, out], [0, "in\n"]);
});

test("without a terminal stdout has not a byte of ours, and stdin is not touched", async ({ host }) => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const login = ssh(host.target(), "cat", { input: bytes });
  const offer = await offerOn(login);
  await approve(offer);
  const { code, stdout, err } = await login.done;
  equal(code, 0);
  deepEqual(stdout, bytes);
  equal(err, `gatehouse: approve within 60 s at ${offer.url} with number ${offer.number}\n`);
});

test("a script that is piped into a shell waits for the approval", async ({ host }) => {
  const login = ssh(host.target(), undefined, {
    options: ["-T"],
    input: 'read line; echo "$line $0"; exit 4\nfirst\nexit 5\n',
  });
  await approved(login);
  const { code, out } = await login.done;
  deepEqual([code, out], [4, "first -bash\n"]);
});

test("twenty connections at once are one request, and one approval lets all in", async ({ host }) => {
  const logins = Array.from({ length: 20 }, (_, i) => ssh(host.target(), `echo in ${i}`));
  const [offer = { url: "", number: "" }, ...others] = await Promise.all(logins.map(offerOn));
  for (const other of others) deepEqual(other, offer);
  await approve(offer);
  const results = await Promise.all(logins.map((login) => login.done));
  deepEqual(results.map(({ code, out }) => [code, out]), logins.map((_, i) => [0, `in ${i}\n`]));
});

test("terminals that are opened together are one request, which no command gets in with", async ({ host, server }) => {
  await using thief = ssh(host.target(), "echo in");
  const other = await offerOn(thief);
  const login = lastLogin(server);
  const screens = await Promise.all(
    Array.from({ length: 4 }, () => terminal(sshArgv(host.target()))),
  );
  await using all = new AsyncDisposableStack();
  for (const screen of screens) all.use(screen);
  const [offer = { url: "", number: "" }, ...others] = await Promise.all(screens.map(offerOn));
  for (const each of others) deepEqual(each, offer);
  notEqual(other.url, offer.url);
  await approve(offer);
  await Promise.all(screens.map((screen) => screen.waitFor(/\$ *$/m)));
  equal(thief.outSoFar, "");
  await deny(other);
  await loginIs(server, "denied", login);
  equal((await thief.done).code, 77);
});

keysUnknown(
  "where sshd does not tell the key, each connection is a request of its own",
  async ({ host, server }) => {
    await using one = ssh(host.target(), "echo one");
    const offer = await offerOn(one);
    await using other = ssh(host.target(), "echo other");
    notEqual((await offerOn(other)).url, offer.url);
    const others = lastLogin(server);
    await approve(offer);
    const { code, out } = await one.done;
    deepEqual([code, out], [0, "one\n"]);
    await other.kill();
    await loginIs(server, "cancelled", others);
  },
);

test("each session of a multiplexed connection is asked for", async ({ host }) => {
  const control = ["-o", `ControlPath=${host.folder.path}/control`];
  await using master = ssh(host.target(), "echo in; cat", {
    input: "open",
    options: ["-o", "ControlMaster=yes", ...control],
  });
  await approved(master);
  await master.out("in\n");
  for (const word of ["second", "third"]) {
    const session = ssh(host.target(), `echo ${word}`, { options: control });
    equal(session.outSoFar, "");
    await approved(session);
    const { code, out } = await session.done;
    deepEqual([code, out], [0, `${word}\n`]);
  }
  await master.closeInput();
  equal((await master.done).code, 0);
});

test("a typed code wins the race, is not shown, and cancels the request", async (pair) => {
  const { host, server } = pair;
  await enroll(host, pair.joined);
  await using screen = terminal(sshArgv(host.target()));
  await offerOn(screen);
  await screen.waitFor("or type a code:");
  await screen.send(`${wrongCode()}\r`);
  await screen.waitFor("wrong code");
  const code = totp();
  await screen.send(`${code}\recho hel""lo; exit 3\r`);
  await screen.waitFor(/^hello$/m);
  equal((await screen.closed).code, 3);
  doesNotMatch(screen.rawOutput, new RegExp(`${code}|${wrongCode()}`));
  await loginIs(server, "cancelled", lastLogin(server));
});

test("a scratch code wins the race too, and the page says that a code was typed", async (pair) => {
  const { host, server } = pair;
  const path = await enroll(host, pair.joined, stateFile(["TOTP_AUTH"], ["12345678"]));
  await using screen = terminal(sshArgv(host.target()));
  const { url } = await offerOn(screen);
  await screen.waitFor("or type a code:");
  await screen.send("1234 5678\r");
  await expectShell(screen);
  await loginIs(server, "cancelled", lastLogin(server));
  match(await (await fetch(url)).text(), /code .*was typed instead/);
  doesNotMatch(await Deno.readTextFile(path), /12345678/);
  await unenroll(host);
});

test("an approval wins the race while a code is being typed", async ({ host, joined }) => {
  await enroll(host, joined);
  await using screen = terminal(sshArgv(host.target()));
  const offer = await offerOn(screen);
  await screen.send("123");
  await screen.waitFor("or type a code: •••");
  await approve(offer);
  await screen.waitFor(/\$$/m);
  await expectShell(screen);
  await unenroll(host);
});

test("what is typed while nothing asks for it reaches the shell", async ({ host }) => {
  await using screen = terminal(sshArgv(host.target()));
  const offer = await offerOn(screen);
  await screen.send('echo hel""lo; exit 3\r');
  await approve(offer);
  await screen.waitFor(/^hello$/m);
  equal((await screen.closed).code, 3);
});

for (const [kind, code] of [["code", totp], ["scratch code", () => "12345678"]] as const) {
  test(`a ${kind} that came along lets a command in at once, and cancels the request`, async (pair) => {
    const { host, server } = pair;
    await enroll(host, pair.joined, stateFile(["TOTP_AUTH"], ["12345678"]));
    const options = ["-o", `SetEnv=LC_GATEHOUSE_CODE=${code()}`];
    const { code: exit, out } = await ssh(host.target(), "echo in", { options }).done;
    deepEqual([exit, out], [0, "in\n"]);
    await loginIs(server, "cancelled", lastLogin(server));
    await unenroll(host);
  });
}

test("a code file that others can read takes the codes away, not the approval", async ({ host, joined }) => {
  await Deno.chmod(await enroll(host, joined), 0o644);
  await using screen = terminal(sshArgv(host.target()), { cols: 200 });
  const offer = await offerOn(screen);
  await screen.waitFor(/\.google_authenticator can be read or written by others/);
  doesNotMatch(screen.screen(), /or type a code/);
  await approve(offer);
  await screen.waitFor(/\$$/m);
  await unenroll(host);
});
