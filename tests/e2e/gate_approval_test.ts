/** The person's answer, over the real server: how each one ends at the terminal and at the server. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { startBrowser } from "../support/browser.ts";
import { type HostToml, NO_SERVER, sharing } from "../support/gate.ts";
import {
  approve,
  approved,
  deny,
  forgiven,
  guardedPair,
  lastLogin,
  loginIs,
  offerOn,
  type Pair,
  wrongNumber,
} from "../support/gate_offer.ts";
import { expectShell } from "../support/gate_outcome.ts";
import { settled, SURROUNDINGS } from "../support/gate_surroundings.ts";
import { HostileServer, silence } from "../support/hostile_server.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { terminal } from "../support/terminal.ts";

const test = sharing(guardedPair);

async function configure({ host, joined }: Pair, settings: HostToml = {}): Promise<void> {
  await host.configure({ ...joined, ...settings });
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
    ["that it was somebody else", "and reported as suspicious", (offer) => deny(offer, true)],
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
    await forgiven({ host });
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
  await forgiven(pair);
});

test("the first server that answers within connect_timeout serves the login", async (pair) => {
  await using silent = new HostileServer().on("POST", silence);
  const { servers = [] } = pair.joined;
  for (const dead of [NO_SERVER, silent.url]) {
    await configure(pair, { servers: [dead, ...servers], connect_timeout: "1s" });
    const { code, out } = await (await approved(ssh(pair.host.target(), "echo in"))).done;
    deepEqual([code, out], [0, "in\n"]);
  }
  equal(silent.count("POST"), 1);
  await configure(pair);
});

test("a host that was revoked is refused", async (pair) => {
  const { host, server } = pair;
  const token = await server.addHost("web2");
  await configure(pair, { host: "web2", host_token: token });
  const before = await (await approved(ssh(host.target(), "echo in"))).done;
  equal(before.out, "in\n");
  await server.admin("host", "revoke", "web2");
  const { code, out, err } = await ssh(host.target(), "echo in").done;
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
    /^gatehouse: error: the approval server has too many logins of this account or host/m,
  );
  await Promise.all(waiting.map((login) => login.kill()));
});
