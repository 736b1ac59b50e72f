/** A host without servers, as where google-authenticator did it: codes are the only factor. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { hostname } from "node:os";
import { type GuardedHost, guardedHost, type HostToml, sharing } from "../support/gate.ts";
import {
  enroll,
  forget,
  PROMPT,
  STATE_FILE,
  stateFile,
  totp,
  unenroll,
  wrongCode,
} from "../support/gate_codes.ts";
import { expectRefused, expectShell } from "../support/gate_outcome.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { terminal } from "../support/terminal.ts";

const test = sharing(guardedHost);

const alone = (settings: HostToml = {}): HostToml => ({ servers: [], ...settings });

async function runs(host: GuardedHost, code?: string): Promise<boolean> {
  const options = code === undefined ? [] : ["-o", `SetEnv=LC_GATEHOUSE_CODE=${code}`];
  const { code: exit, out } = await ssh(host.target(), "echo in", { options }).done;
  equal(exit === 0 || exit === 77, true, `exit ${exit}`);
  equal(out, exit === 0 ? "in\n" : "");
  return exit === 0;
}

test("a code is asked for at once, and lets in", async (host) => {
  for (const offline of ["code", "deny", "allow"]) {
    await enroll(host, alone({ policy: { offline } }));
    await using screen = terminal(sshArgv(host.target()));
    await screen.waitFor(PROMPT);
    doesNotMatch(screen.screen(), /server|http/);
    await screen.send(`${totp()}\r`);
    await expectShell(screen);
  }
});

test("without a terminal the refusal says what there is to do", async (host) => {
  await enroll(host, alone());
  const { code, out, err } = await ssh(host.target(), "echo in").done;
  deepEqual([code, out], [77, ""]);
  equal(
    err,
    "gatehouse: error: a code from the authenticator app is needed\n" +
      "gatehouse: hint: a code can be typed where there is a terminal: ssh -t\n",
  );
  equal(await runs(host, totp()), true);
});

test("a code that came along and is refused is why, not the lack of a terminal", async (host) => {
  await enroll(host, alone());
  const options = ["-o", `SetEnv=LC_GATEHOUSE_CODE=${wrongCode()}`];
  const { code, out, err } = await ssh(host.target(), "echo in", { options }).done;
  deepEqual([code, out], [77, ""]);
  equal(
    err,
    "gatehouse: error: the code sent along was refused: wrong code\n" +
      "gatehouse: hint: send another code, or type one where there is a terminal: ssh -t\n",
  );
  await using screen = terminal(sshArgv(host.target(), undefined, options));
  await screen.waitFor(PROMPT);
  match(
    screen.screen(),
    /^gatehouse {2}the code sent along was refused: wrong code\n {2}Log in to /,
  );
  await screen.send(`${totp()}\r`);
  await expectShell(screen);
});

test("the question says which account and host it is for, and how much time is left", async (host) => {
  for (const [settings, name] of [[{ host: "web1" }, "web1"], [{}, hostname()]] as const) {
    await enroll(host, alone({ ...settings, timeout: "2m" }));
    await using screen = terminal(sshArgv(host.target()));
    await screen.waitFor(PROMPT);
    const [title, prompt] = screen.screen().split("\n");
    equal(title, `gatehouse  Log in to ${name} as ${host.user.name}`);
    match(prompt ?? "", /^ {2}1[0-2][0-9] s left\. Code from your authenticator app:$/);
    await screen.waitFor(/^ {2}1(1[0-8]|0[0-9]) s left/m);
    await screen.send(`${totp()}\r`);
    await screen.waitFor(/\$$/m);
    doesNotMatch(screen.screen(), /Log in|left/);
    await expectShell(screen);
  }
});

test("who has no authenticator is refused, with a terminal and without", async (host) => {
  await unenroll(host);
  await forget(host, alone());
  for (const options of [["-T"], ["-tt"]]) {
    const { code, out, err } = await ssh(host.target(), "echo in", { options }).done;
    equal(code, 77);
    match(out + err, /gatehouse: error: this account has no authenticator yet\r?\n/);
    match(out + err, /gatehouse: hint: .*gatehouse enroll --user NAME\r?\n/);
    doesNotMatch(out, /^in/m);
  }
});

test('unenrolled = "allow" lets in who has none, as nullok does, and asks who has', async (host) => {
  await unenroll(host);
  await forget(host, alone({ policy: { unenrolled: "allow" } }));
  equal(await runs(host), true);
  await host.homeFile(".google_authenticator", STATE_FILE, 0o400);
  equal(await runs(host), false);
  equal(await runs(host, totp()), true);
});

test('unenrolled = "allow" lets nobody in whose file cannot be used', async (host) => {
  for (const [text, mode] of [["", 0o400], [STATE_FILE, 0o644]] as const) {
    await enroll(host, alone({ policy: { unenrolled: "allow" } }), text);
    await Deno.chmod(`${host.user.home}/.google_authenticator`, mode);
    await using screen = terminal(sshArgv(host.target()), { cols: 200 });
    await expectRefused(screen, /gatehouse: error: .*\.google_authenticator /, 78);
  }
});

test("within the grace period no code is needed from the same address", async (host) => {
  const settings = alone({ codes: { grace_period: "1h" } });
  const path = await enroll(host, settings, stateFile(["TOTP_AUTH"]));
  equal(await runs(host), false);
  equal(await runs(host, totp()), true);
  match(await Deno.readTextFile(path), /^" LAST0 127\.0\.0\.1 [0-9]+$/m);
  equal(await runs(host), true);
  await using screen = terminal(sshArgv(host.target()));
  await expectShell(screen);

  const lines = stateFile([`LAST0 192.0.2.7 ${seconds(0)}`, "TOTP_AUTH"]);
  await enroll(host, settings, lines);
  equal(await runs(host), false);
  await enroll(host, settings, lines.replace("192.0.2.7", "127.0.0.1"));
  equal(await runs(host), true);
  await enroll(host, settings, stateFile([`LAST0 127.0.0.1 ${seconds(-3_601)}`, "TOTP_AUTH"]));
  equal(await runs(host), false);
});

test("a login within the grace period is a try, and the limit holds for it", async (host) => {
  const options = ["RATE_LIMIT 2 600", `LAST0 127.0.0.1 ${seconds(0)}`, "TOTP_AUTH"];
  await enroll(host, alone({ codes: { grace_period: "1h" } }), stateFile(options));
  deepEqual([await runs(host), await runs(host), await runs(host)], [true, true, false]);
});

test("without a grace period none is granted", async (host) => {
  await enroll(host, alone(), stateFile([`LAST0 127.0.0.1 ${seconds(0)}`, "TOTP_AUTH"]));
  equal(await runs(host), false);
});

/** A Unix time. */
function seconds(fromNow: number): number {
  return Math.floor(Date.now() / 1000) + fromNow;
}
