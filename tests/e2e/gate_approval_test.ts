/** The person's answer, over the real server: how each one ends at the terminal and at the server. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { startBrowser } from "../support/browser.ts";
import { type HostToml, NO_SERVER, sharing, STATE_FILE, totp, wrongCode } from "../support/gate.ts";
import {
  approve,
  approved,
  deny,
  guardedPair,
  lastLogin,
  loginIs,
  offerOn,
  type Pair,
  wrongNumber,
} from "../support/gate_offer.ts";
import { settled, SURROUNDINGS } from "../support/gate_surroundings.ts";
import { HostileServer, silence } from "../support/hostile_server.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { type Terminal, terminal } from "../support/terminal.ts";

const test = sharing(guardedPair);

async function configure({ host, joined }: Pair, settings: HostToml = {}): Promise<void> {
  await host.configure({ ...joined, ...settings });
}

async function expectShell(screen: Terminal): Promise<void> {
  await screen.send('echo he""re $0; exit 3\r');
  await screen.waitFor("here -bash");
  equal((await screen.closed).code, 3);
}

test("an approved link opens the shell and goes off the screen", async ({ host, server }) => {
  await using screen = terminal(sshArgv(host.target()));
  const offer = await offerOn(screen);
  match(offer.url, new RegExp(`^${server.url}/l/[A-Za-z0-9_-]{16}$`));
  await screen.waitFor(/waiting, \d+ s left/);
  await approve(offer);
  await screen.waitFor(/\$$/m);
  doesNotMatch(screen.screen(), /gatehouse|http|left|█|▀|▄/);
  await loginIs(server, "collected", lastLogin(server));
  await expectShell(screen);
});

test("root's login is approved like anybody's", async ({ host }) => {
  await using screen = await approved(terminal(sshArgv(host.target("root"))));
  await screen.waitFor(/#$/m);
  await expectShell(screen);
});

test("a person approves on the page, in a browser", async ({ host }) => {
  await using browser = await startBrowser();
  await using screen = terminal(sshArgv(host.target()));
  const { url, number } = await offerOn(screen);
  const page = await browser.page(url, { mobile: true });
  match(await page.locator("body").innerText(), new RegExp(host.user.name));
  await page.getByLabel(number, { exact: true }).check();
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await expectShell(screen);
});

test("an administrator approves at the server's terminal", async ({ host, server }) => {
  await using screen = terminal(sshArgv(host.target()));
  await offerOn(screen);
  await server.admin("login", "approve", lastLogin(server));
  await expectShell(screen);
});

for (const [kind, options] of [["command", ["-T"]], ["command on a terminal", ["-tt"]]] as const) {
  test(`after an approval a ${kind} has the same surroundings as if nobody had asked`, async (pair) => {
    const login = ssh(pair.host.target(), SURROUNDINGS, { options });
    if (kind === "command") {
      await approved(login);
    } else {
      const screen = await login.out(/open +http\S+\s+number.* \d\d /);
      const [, url = "", number = ""] = /(http\S+)\s.* (\d\d) /s.exec(screen) ?? [];
      await approve({ url, number });
    }
    const asked = await login.done;
    await configure(pair, { policy: { exempt_users: [pair.host.user.name] } });
    const exempt = await ssh(pair.host.target(), SURROUNDINGS, { options }).done;
    await configure(pair);
    const from = (text: string) => settled(text.slice(text.indexOf("parent: ")));
    match(exempt.out, /^parent: sshd/m);
    deepEqual(from(asked.out), from(exempt.out));
  });
}

for (
  const [answer, words, decide] of [
    [
      "a wrong number",
      "denied: another number was picked",
      (offer) => approve(offer, wrongNumber(offer)),
    ],
    ["no", "the login was denied", (offer) => deny(offer)],
    ["that it was somebody else", "the person says it was not them", (offer) => deny(offer, true)],
  ] as [string, string, typeof approve][]
) {
  test(`a person who answers ${answer} keeps the login out`, async ({ host, server }) => {
    await using screen = terminal(sshArgv(host.target()));
    await decide(await offerOn(screen));
    await screen.waitFor(words);
    deepEqual(await screen.closed, { code: 77 });
    doesNotMatch(screen.screen(), /http/);
    await loginIs(server, "denied", lastLogin(server));

    const command = ssh(host.target(), "echo in");
    await decide(await offerOn(command));
    const { code, out, err } = await command.done;
    deepEqual([code, out], [77, ""]);
    match(err, new RegExp(`\ngatehouse: error: .*${words}.*\n$`));
  });
}

test("a login that nobody answers ends when its time is up", async (pair) => {
  await configure(pair, { timeout: "2s" });
  await using screen = terminal(sshArgv(pair.host.target()));
  await using command = ssh(pair.host.target(), "echo in");
  await screen.waitFor("gatehouse: error: nobody approved in time");
  equal((await screen.closed).code, 77);
  const { code, out, err } = await command.done;
  deepEqual([code, out], [77, ""]);
  match(err, /\ngatehouse: error: nobody approved in time\ngatehouse: hint: connect again/);
  await configure(pair);
});

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
  const offers = [await offerOn(screen), await offerOn(command)];
  equal(offers[0]?.url, offers[1]?.url);
  await server.kill("SIGKILL");
  await server.start();
  for (const offer of offers.slice(0, 1)) await approve(offer);
  await expectShell(screen);
  deepEqual([(await command.done).code, (await command.done).out], [0, "in\n"]);
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
  const offers = await Promise.all(logins.map(offerOn));
  equal(new Set(offers.map(({ url, number }) => `${url} ${number}`)).size, 1);
  await Promise.all(offers.slice(0, 1).map((offer) => approve(offer)));
  const results = await Promise.all(logins.map((login) => login.done));
  deepEqual(results.map(({ code, out }) => [code, out]), logins.map((_, i) => [0, `in ${i}\n`]));
});

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
  await host.homeFile(".google_authenticator", STATE_FILE, 0o400);
  await using screen = terminal(sshArgv(host.target()));
  await offerOn(screen);
  await screen.waitFor("or type a code:");
  await screen.send(`${wrongCode()}\r`);
  await screen.waitFor("wrong code, try again");
  const code = totp();
  await screen.send(`${code}\recho hel""lo; exit 3\r`);
  await screen.waitFor(/^hello$/m);
  equal((await screen.closed).code, 3);
  doesNotMatch(screen.rawOutput, new RegExp(`${code}|${wrongCode()}`));
  await loginIs(server, "cancelled", lastLogin(server));
});

test("an approval wins the race while a code is being typed", async ({ host }) => {
  await host.homeFile(".google_authenticator", STATE_FILE, 0o400);
  await using screen = terminal(sshArgv(host.target()));
  const offer = await offerOn(screen);
  await screen.send("123");
  await screen.waitFor("or type a code: •••");
  await approve(offer);
  await screen.waitFor(/\$$/m);
  await expectShell(screen);
  await Deno.remove(`${host.user.home}/.google_authenticator`);
});

test("what is typed while nothing asks for it reaches the shell", async ({ host }) => {
  await using screen = terminal(sshArgv(host.target()));
  const offer = await offerOn(screen);
  await screen.send('echo hel""lo; exit 3\r');
  await approve(offer);
  await screen.waitFor(/^hello$/m);
  equal((await screen.closed).code, 3);
});

test("the first server that answers within connect_timeout serves the login", async (pair) => {
  await using silent = new HostileServer().on("POST", silence);
  const { servers = [] } = pair.joined;
  for (const dead of [NO_SERVER, silent.url]) {
    await configure(pair, { servers: [dead, ...servers], connect_timeout: "300ms" });
    const login = ssh(pair.host.target(), "echo in");
    await approved(login);
    deepEqual([(await login.done).code, (await login.done).out], [0, "in\n"]);
  }
  equal(silent.count("POST"), 1);
  await configure(pair);
});

test("a host whose token was revoked is refused", async (pair) => {
  await pair.server.addHost("web2");
  await configure(pair, { host_token: "ghh_another-token-than-ours" });
  const { code, out, err } = await ssh(pair.host.target(), "echo in").done;
  deepEqual([code, out], [75, ""]);
  match(err, /does not know this host's token/);
  await configure(pair);
});

test("a fourth request of one account is refused while three wait", async (pair) => {
  const { host } = pair;
  // Another key is another request (DESIGN.md 6).
  const waiting = [];
  for (const name of ["key1", "key2", "key3", "key4"]) {
    const identity = await host.folder.key(name);
    await host.sshd.authorize(host.user.name, identity);
    const login = ssh({ ...host.target(), identity }, "echo in");
    waiting.push(login);
    if (name !== "key4") await offerOn(login);
  }
  const last = waiting.pop();
  const refused = await last?.done;
  equal(refused?.code, 77);
  match(
    refused?.err ?? "",
    /^gatehouse: too many logins of this account are waiting for approval\ngatehouse: error: /,
  );
  await Promise.all(waiting.map((login) => login.kill()));
});

/** The processes that run that executable. */
async function processesOf(executable: string): Promise<number[]> {
  const found = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    const path = await Deno.readLink(`/proc/${name}/exe`).catch(() => "");
    if (path === executable) found.push(Number(name));
  }
  return found;
}

/** Resolves when no process runs that executable any more: its last act has no event for others. */
async function ended(executable: string): Promise<void> {
  while ((await processesOf(executable)).length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
