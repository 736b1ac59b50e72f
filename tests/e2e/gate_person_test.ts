/** From ssh to the shell, by a person: the link on the terminal, one touch on the phone. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { type Browser, startBrowser } from "../support/browser.ts";
import { type GuardedHost, guardedHost, sharing } from "../support/gate.ts";
import { joinedTo, lastLogin, loginIs, type Offer, offerOn } from "../support/gate_offer.ts";
import { expectShell } from "../support/gate_outcome.ts";
import { Phone } from "../support/phone.ts";
import { type GatehouseServer, startServer } from "../support/server.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { terminal } from "../support/terminal.ts";

interface Shared extends AsyncDisposable {
  readonly host: GuardedHost;
  readonly server: GatehouseServer;
  readonly browser: Browser;
  /** Of the person whose account the host has. */
  readonly phone: Phone;
}

const test = sharing(async (): Promise<Shared> => {
  await using things = new AsyncDisposableStack();
  const host = things.use(await guardedHost());
  const config = await host.folder.file("server.toml", "", 0o600);
  const server = things.use(await startServer(host.folder, { config, listen: "localhost:0" }));
  const browser = things.use(await startBrowser());
  await host.configure(await joinedTo(server));
  const phone = await Phone.of(host.user.name, { server, browser });
  const all = things.move();
  return { host, server, browser, phone, [Symbol.asyncDispose]: () => all.disposeAsync() };
});

/** As the person sees it who has been sent the link. */
async function opened(phone: Phone, { url, number }: Offer): Promise<void> {
  await phone.open(url);
  await phone.choose(number);
}

test("one touch opens the shell, and the next login needs the number only", async (shared) => {
  const { host, server, phone } = shared;
  await using screen = terminal(sshArgv(host.target()));
  await opened(phone, await offerOn(screen));
  await phone.press("Approve with passkey", "Approved");
  await loginIs(server, "collected", lastLogin(server));
  await expectShell(screen);
  const touches = await phone.touches();

  const next = ssh(host.target(), "echo in");
  await opened(phone, await offerOn(next));
  await phone.press("Approve with passkey", "Approved");
  deepEqual((await next.done).code, 0);
  match(next.outSoFar, /^in$/m);
  equal(await phone.touches(), touches);
  const lines = server.log.split("\n").filter((line) => line.includes('"login approved"'));
  deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ by, via }) => [by, via]),
    [[`person:${phone.name}`, "passkey"], [`person:${phone.name}`, "session"]],
  );
});

test("whoever has the link and nothing else is not let in", async ({ host, browser }) => {
  await using screen = terminal(sshArgv(host.target()));
  const { url, number } = await offerOn(screen);
  const thief = await browser.page(url, { javaScript: false });
  await thief.getByLabel(number, { exact: true }).check();
  await thief.getByRole("button", { name: "Approve with code" }).click();
  await thief.locator("p[role=alert]", { hasText: "Prove who you are" }).waitFor();
  await thief.getByRole("button", { name: "Deny" }).click();
  deepEqual(await screen.closed, { code: 77 });
});

test("what is remembered for an hour needs nobody, for that account", async (shared) => {
  const { host, phone } = shared;
  const first = ssh(host.target(), "true");
  await opened(phone, await offerOn(first));
  await phone.page.getByRole("combobox", { name: "Remember" }).selectOption("for 1 hour");
  await phone.press("Approve with passkey", "Approved");
  equal((await first.done).code, 0);
  const next = ssh(host.target(), "true");
  equal((await next.done).code, 0);
  doesNotMatch(next.errSoFar, /number/);
  await using screen = terminal(sshArgv(host.target("root")));
  await offerOn(screen);
});

test("this wasn't me keeps everybody out of the account", async (shared) => {
  const { host } = shared;
  const { name } = await host.addUser();
  const owner = await Phone.of(name, shared);
  const stranger = ssh(host.target(name), "true");
  const { url } = await offerOn(stranger);
  await owner.open(url);
  await owner.press("This wasn't me", "Denied: not you");
  equal((await stranger.done).code, 77);
  await owner.press("Freeze with passkey", `Denied, and ${name} is frozen`);
  const again = ssh(host.target(name), "true");
  equal((await again.done).code, 77);
  match(again.errSoFar, /frozen/);
});
