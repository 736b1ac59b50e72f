/** google-authenticator's file at a login: what is taken, and what is written back. */
import { deepEqual, equal, match } from "node:assert/strict";
import { type GuardedHost, guardedHost, sharing } from "../support/gate.ts";
import { enroll, PROMPT, stateFile, totp, wrongCode } from "../support/gate_codes.ts";
import { expectRefused, expectShell } from "../support/gate_outcome.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { terminal } from "../support/terminal.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const test = sharing(guardedHost);

async function asked(host: GuardedHost, cols = 100) {
  const screen = terminal(sshArgv(host.target()), { cols });
  await screen.waitFor(PROMPT);
  return screen;
}

async function passes(host: GuardedHost, code: string): Promise<void> {
  await using screen = await asked(host);
  await screen.send(`${code}\r`);
  await expectShell(screen);
}

async function isTold(host: GuardedHost, code: string, words: RegExp | string): Promise<void> {
  await using screen = await asked(host);
  await screen.send(`${code}\r`);
  await screen.waitFor(words);
  await screen.send("\x03");
  await expectRefused(screen, "gatehouse: error: interrupted");
}

test("a scratch code lets in once and is gone then; owner and mode stay", async (host) => {
  for (const mode of [0o400, 0o600]) {
    const path = await enroll(
      host,
      {},
      stateFile(["WINDOW_SIZE 3", "TOTP_AUTH"], ["12345678", "87654321"]),
    );
    await Deno.chmod(path, mode);
    await passes(host, "12345678");
    await isTold(host, "12345678", "wrong code");
    equal(
      await Deno.readTextFile(path),
      stateFile(["WINDOW_SIZE 3", "TOTP_AUTH"], ["87654321"]),
    );
    const { mode: after, uid, gid } = await Deno.stat(path);
    deepEqual([(after ?? 0) & 0o7777, uid, gid], [mode, host.user.uid, host.user.gid]);
    await passes(host, "87654321");
  }
});

test("a counter's codes are taken ahead, not again, and the file's counter moves on", async (host) => {
  const file = (counter: number) => stateFile([`HOTP_COUNTER ${counter}`, "WINDOW_SIZE 3"]);
  const path = await enroll(host, {}, file(1));
  await passes(host, codeOf(3));
  equal(await Deno.readTextFile(path), file(4));
  await isTold(host, codeOf(3), "wrong code");
  equal(await Deno.readTextFile(path), file(5));
  await passes(host, codeOf(5));
  equal(await Deno.readTextFile(path), file(6));
});

test("no_increment_hotp leaves the counter where it is after a wrong code", async (host) => {
  const file = (counter: number) => stateFile([`HOTP_COUNTER ${counter}`]);
  const path = await enroll(host, { codes: { no_increment_hotp: true } }, file(1));
  await isTold(host, codeOf(9), "wrong code");
  equal(await Deno.readTextFile(path), file(1));
  await passes(host, codeOf(1));
});

test("the file's own limit holds, and says when to try again", async (host) => {
  const path = await enroll(host, {}, stateFile(["RATE_LIMIT 1 600", "TOTP_AUTH"], ["12345678"]));
  await isTold(host, wrongCode(), "wrong code");
  await isTold(host, totp(), /too many tries, try again in (5[0-9]{2}|60[01]) s/);
  await isTold(host, "12345678", /too many tries, try again in (5[0-9]{2}|60[01]) s/);
  match(await Deno.readTextFile(path), /^" RATE_LIMIT 1 600 [0-9]+$/m);
  match(await Deno.readTextFile(path), /^12345678$/m);
});

test("a code whose use cannot be written down denies, and nothing is lost", async (host) => {
  const spent = await host.folder.dir(`spent-${crypto.randomUUID()}`);
  await Deno.chown(spent, host.user.uid, host.user.gid);
  await Deno.chmod(spent, 0o700);
  const text = stateFile(["DISALLOW_REUSE", "TOTP_AUTH"], ["12345678"]);
  const path = await enroll(host, { codes: { spent } }, text);
  await Deno.chmod(host.user.home, 0o500);
  try {
    for (const code of [totp(), "12345678"]) {
      await using screen = await asked(host, 200);
      await screen.send(`${code}\r`);
      await expectRefused(screen, "gatehouse: error: cannot write ");
      match(screen.screen(), /gatehouse: hint: check the free space, and who may write/);
    }
    equal(await Deno.readTextFile(path), text);
    const names = await Array.fromAsync(Deno.readDir(host.user.home), ({ name }) => name);
    deepEqual(names.filter((name) => name.startsWith(".google")), [".google_authenticator"]);
  } finally {
    await Deno.chmod(host.user.home, 0o755);
  }
  await passes(host, "12345678");
});

test("a code that the file lets be used again is refused all the same, unless told otherwise", async (host) => {
  const file = stateFile(["WINDOW_SIZE 17", "TOTP_AUTH"]);
  const code = totp(1);
  await enroll(host, {}, file);
  await passes(host, code);
  await isTold(host, code, "that code cannot be used any more");
  await enroll(host, { codes: { reuse: "file" } }, file);
  await passes(host, code);
  await passes(host, code);
});

test("a secret that waits for its first use takes over then", async (host) => {
  // RFC 4648, section 6: "A" is zero.
  const old = "A".repeat(32);
  const path = await enroll(
    host,
    {},
    stateFile([`GATEHOUSE_NEXT_SECRET ${RFC_BASE32}`, "TOTP_AUTH"]).replace(RFC_BASE32, old),
  );
  const before = Math.floor(Date.now() / 30_000);
  await passes(host, codeOf(before, new Uint8Array(20)));
  match(await Deno.readTextFile(path), /^A{32}\n" GATEHOUSE_NEXT_SECRET /);
  await passes(host, totp(1));
  equal(await Deno.readTextFile(path), stateFile(["TOTP_AUTH"]));
  await isTold(host, codeOf(before + 1, new Uint8Array(20)), "wrong code");
});

test("without a terminal a scratch code comes in LC_GATEHOUSE_CODE, and works once", async (host) => {
  await enroll(host, {}, stateFile(["TOTP_AUTH"], ["12345678"]));
  const send = () =>
    ssh(host.target(), "echo in", { options: ["-o", "SetEnv=LC_GATEHOUSE_CODE=12345678"] }).done;
  const right = await send();
  deepEqual([right.code, right.out, right.err], [0, "in\n", ""]);
  const again = await send();
  deepEqual([again.code, again.out], [75, ""]);
  match(again.err, /^gatehouse: error: the code sent along was refused: wrong code\n/m);
});
