/** While PAM waits: a client that goes away, and sshd's own patience. */
import { doesNotMatch, equal, match } from "node:assert/strict";
import { sharing } from "../support/gate.ts";
import { STATE_FILE, totp } from "../support/gate_codes.ts";
import { approve, lastLogin, loginIs } from "../support/gate_offer.ts";
import { ended, processesOf, waits } from "../support/gate_processes.ts";
import { APPROVAL_ALONE } from "../support/pam_host.ts";
import { loginLapses, type PamPair, pamPair } from "../support/pam_host_pair.ts";
import {
  ENTER,
  ENTER_OR_CODE,
  expectIn,
  expectPermissionDenied,
  pamOffer,
} from "../support/pam_host_screen.ts";
import { pamSsh } from "../support/pam_host_ssh.ts";
import type { Terminal } from "../support/terminal.ts";

const test = sharing(() => pamPair());

async function set({ host, joined }: PamPair, timeout = "60s", enrolled = false): Promise<void> {
  await host.configure({ ...joined, timeout });
  await host.guardSshd(APPROVAL_ALONE);
  await (enrolled ? host.enroll(STATE_FILE) : host.unenroll());
}

for (const when of ["at the prompt", "while the helper waits for the approval"] as const) {
  test(`a client that is killed ${when}: the request is withdrawn, no helper is left`, async (pair) => {
    const { host, server } = pair;
    await set(pair);
    const since = host.log.since();
    await using screen = pamSsh(host);
    const offer = await pamOffer(screen);
    if (when !== "at the prompt") await screen.send("\r");
    equal((await processesOf(host.binary)).length, 1);
    Deno.kill(await screen.pid(), "SIGKILL");
    await loginIs(server, "cancelled", lastLogin(server));
    await ended(host.binary);
    match(await (await fetch(offer.url)).text(), /cancelled/i);
    await since.logged(new RegExp(`refused user=${host.user.name} .*interrupted`));
  });
}

/** A login that was approved while its prompt stands. */
async function approvedAt(pair: PamPair, screen: Terminal): Promise<void> {
  await approve(await pamOffer(screen));
  await loginIs(pair.server, "collected", lastLogin(pair.server));
}

test("who is gone after the approval was not let in, says the log", async (pair) => {
  const { host } = pair;
  await set(pair);
  const user = await host.addUser();
  await using screen = pamSsh(host, { user: user.name });
  await approvedAt(pair, screen);
  equal((await processesOf(host.binary)).length, 1);
  Deno.kill(await screen.pid(), "SIGKILL");
  await ended(host.binary);
  await host.log.logged(new RegExp(`refused user=${user.name} .*why="interrupted"`));
  doesNotMatch(host.log.text, new RegExp(`accepted user=${user.name} `));
});

test("a code typed in the place of Enter after the approval stays unspent", async (pair) => {
  const { host } = pair;
  await set(pair, "60s", true);
  const since = host.log.since();
  await using screen = pamSsh(host);
  await approvedAt(pair, screen);
  doesNotMatch(since(), /accepted/);
  const code = totp(1);
  await screen.send(`${code}\r`);
  await expectIn(screen);
  await since.logged(/accepted .*via=approval /);
  await using again = pamSsh(host);
  await pamOffer(again);
  await again.waitFor(ENTER_OR_CODE);
  await again.send(`${code}\r`);
  await expectIn(again);
  doesNotMatch(since(), /code refused/);
});

test("who presses Enter too late after the approval is not let in", async (pair) => {
  const { host } = pair;
  await set(pair);
  await using sshd = await host.startSshd(["LoginGraceTime 10"]);
  const user = await host.addUser();
  await sshd.authorize(user.name, host.key);
  await using screen = pamSsh(host, { sshd, user: user.name });
  await approvedAt(pair, screen);
  await host.log.logged(new RegExp(`refused user=${user.name} .*not answered in time`));
  await screen.send("\r");
  await expectPermissionDenied(screen, "Time limit exceeded");
  doesNotMatch(host.log.text, new RegExp(`accepted user=${user.name} `));
});

test("sshd that ends first: the time shown is shorter, and the log says so", async (pair) => {
  const { host, server } = pair;
  await set(pair, "120s");
  await using sshd = await host.startSshd(["LoginGraceTime 30"]);
  const since = host.log.since();
  await using screen = pamSsh(host, { sshd });
  const offer = await pamOffer(screen);
  const [, shown = "0"] = /within ([0-9]+) s/.exec(screen.screen()) ?? [];
  equal(Number(shown) > 0 && Number(shown) <= 27, true, shown);
  await since.logged(/LoginGraceTime/);
  await approve(offer);
  await loginIs(server, "approved", lastLogin(server));
  await screen.send("\r");
  await expectIn(screen);
});

test("sshd that ends first: the login ends in a refusal, not in a closed connection", async (pair) => {
  const { host, server } = pair;
  await set(pair, "120s");
  await using sshd = await host.startSshd(["LoginGraceTime 10"]);
  await using screen = pamSsh(host, { sshd });
  await pamOffer(screen);
  await loginLapses(server, lastLogin(server));
  await screen.send("\r");
  await expectPermissionDenied(screen, "nobody approved in time");
});

test("a server that is killed and comes back loses no login", async (pair) => {
  const { host, server } = pair;
  await set(pair, "60s", true);
  await using screen = pamSsh(host);
  const offer = await pamOffer(screen);
  await server.kill("SIGKILL");
  await server.start();
  await approve(offer);
  await screen.send("\r");
  await expectIn(screen);
});

test("a server that goes away for good: a code still lets in", async (pair) => {
  const { host, server } = pair;
  await set(pair, "60s", true);
  await using screen = pamSsh(host);
  await pamOffer(screen);
  await screen.waitFor(ENTER_OR_CODE);
  await server.kill("SIGKILL");
  await screen.send(`${totp()}\r`);
  await expectIn(screen);
  await server.start();
});

test("Ctrl-C in the client withdraws the request", async (pair) => {
  const { host, server } = pair;
  await set(pair);
  await using screen = pamSsh(host);
  await pamOffer(screen);
  await screen.waitFor(ENTER);
  await waits(await screen.pid());
  await screen.send("\x03");
  await loginIs(server, "cancelled", lastLogin(server));
  await ended(host.binary);
});
