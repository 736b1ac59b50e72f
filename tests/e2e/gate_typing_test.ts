/** What people type and paste where a code is asked for, and what becomes of it. */
import { deepEqual, doesNotMatch, equal } from "node:assert/strict";
import { type GuardedHost, guardedHost, sharing } from "../support/gate.ts";
import {
  enroll,
  PROMPT,
  STATE_FILE,
  stateFile,
  totp,
  wrongCode,
  wrongCodesRemembered,
} from "../support/gate_codes.ts";
import { expectRefused, expectShell } from "../support/gate_outcome.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { terminal, type TerminalOptions } from "../support/terminal.ts";

const test = sharing(guardedHost);

async function asked(
  host: GuardedHost,
  text = STATE_FILE,
  options: TerminalOptions & { prompt?: RegExp } = {},
) {
  await enroll(host, {}, text);
  const screen = terminal(sshArgv(host.target()), options);
  await screen.waitFor(options.prompt ?? PROMPT);
  return screen;
}

const MALFORMED = "a code has six digits (a scratch code eight)";
const fullWidth = (digits: string) =>
  digits.replace(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
/** In the middle of two, as people read them out. */
const spaced = (code: string) => `${code.slice(0, code.length / 2)} ${code.slice(code.length / 2)}`;

const SCRATCH = "12345678";
const WITH_SCRATCH = stateFile(["TOTP_AUTH"], [SCRATCH]);

for (
  const [how, typed] of [
    ["with blanks", spaced],
    ["with blanks around it and a hyphen", (code: string) => `  ${code.replace(/^.../, "$&-")} `],
    ["in full-width digits", fullWidth],
    ["after corrections", (code: string) => `999\x15${code}77\x7f\b`],
    ["after a correction of full-width digits", (code: string) => `${fullWidth(`${code}7`)}\x7f`],
  ] as const
) {
  for (const kind of ["a code", "a scratch code"] as const) {
    test(`${kind} is taken ${how}`, async (host) => {
      await using screen = await asked(host, WITH_SCRATCH);
      await screen.send(`${typed(kind === "a code" ? totp() : SCRATCH)}\r`);
      await expectShell(screen);
    });
  }
}

for (const end of ["\r", "\n", "\r\n"]) {
  test(`a code that is pasted with ${JSON.stringify(end)} is one try`, async (host) => {
    await using screen = await asked(host);
    await screen.send(`${wrongCode()}${end}`);
    await screen.waitFor("wrong code");
    equal(await wrongCodesRemembered(host), 1);
    await screen.send(`${totp()}${end}`);
    await screen.waitFor(/\$$/m);
    await expectShell(screen);
  });

  test(`what is pasted behind a code and ${JSON.stringify(end)} reaches the shell`, async (host) => {
    await using screen = await asked(host);
    await screen.send(`${totp()}${end}echo hel""lo; exit 3\r`);
    await screen.waitFor(/^hello$/m);
    deepEqual(await screen.closed, { code: 3 });
  });
}

test("of several codes that are pasted at once each is one try, until one is right", async (host) => {
  await using screen = await asked(host);
  await screen.send(`${wrongCode()}\r${wrongCode()}\r1\r`);
  await screen.waitFor(MALFORMED);
  equal(await wrongCodesRemembered(host), 2);
  await screen.send(`2\r${totp()}\r${totp(1)}\rexit 3\r`);
  await screen.waitFor("command not found");
  deepEqual(await screen.closed, { code: 3 });
});

test("codes on one line are none, and are not counted", async (host) => {
  await using screen = await asked(host, WITH_SCRATCH);
  for (const line of [`${totp()} ${totp(1)}`, `${SCRATCH} ${SCRATCH}`, "12345", "123456789", "x"]) {
    await screen.send(`${line}`);
    await screen.waitFor(/: •+$/m);
    await screen.send("\r");
    await screen.waitFor(MALFORMED);
  }
  await screen.send(`${totp()}\r`);
  await expectShell(screen);
});

test("bytes that are no text are no code, and are not counted", async (host) => {
  await using screen = await asked(host);
  for (const bytes of [[0xff, 0xfe], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80, 0x31]]) {
    await screen.send(Uint8Array.from([...bytes, 0x0d]));
    await screen.waitFor(MALFORMED);
    await screen.send("1\x7f");
    await screen.waitFor(new RegExp(`${PROMPT}$`, "m"));
  }
  await screen.send(`${totp()}\r`);
  await expectShell(screen);
});

test("a megabyte without a newline is one malformed line, whatever it begins or ends with", async (host) => {
  await enroll(host);
  await using login = ssh(host.target(), undefined, { input: "open", options: ["-tt"] });
  await login.out(PROMPT);
  const blanks = " ".repeat(500_000);
  await login.write(`${totp()}${blanks}${blanks}${totp()}\r`);
  await login.out(MALFORMED);
  await login.write(`${totp()}\recho he""re; exit 3\r`);
  await login.out(/^here\r$/m);
  equal((await login.done).code, 3);
});

test("Ctrl-D at the prompt ends the login", async (host) => {
  await using screen = await asked(host);
  await screen.send("\x04");
  await expectRefused(screen, "gatehouse: error: interrupted");
});

test("a remark stands on a line of its own, until the next one, and none is left", async (host) => {
  await using screen = await asked(host, STATE_FILE, { cols: 60 });
  const line = (words: string) =>
    new RegExp(`^gatehouse .*\\n.*Log in .*\\n {2}${words}\\n {2}[0-9]+ s left\\. ${PROMPT}$`);
  await screen.send("1\r");
  await screen.waitFor(line("a code has six digits \\(a scratch code eight\\)"));
  await screen.send(`${wrongCode()}\r`);
  await screen.waitFor(line("wrong code"));
  await screen.send("12");
  await screen.waitFor(/\n {2}wrong code\n.*: ••$/);
  await screen.send(`\x15${totp()}\r`);
  await screen.waitFor(/^\S*\$$/m);
  doesNotMatch(screen.screen(), /gatehouse|code|left/);
  await expectShell(screen);
});

for (const cols of [20, 31]) {
  test(`a terminal of ${cols} columns is not filled with what is redrawn`, async (host) => {
    await using screen = await asked(host, STATE_FILE, { cols, prompt: /Code from your/ });
    await screen.send(`${wrongCode()}\r`);
    await screen.waitFor("wrong code");
    await screen.send("1\r");
    await screen.waitFor(/six dig/);
    await screen.send("2");
    await screen.waitFor(/app: •$/);
    equal(screen.screen().split("Code from").length, 2);
    doesNotMatch(screen.screen(), /wrong/);
    await screen.send(`\x15${totp()}\r`);
    await screen.waitFor(/\$$/m);
    doesNotMatch(screen.screen(), /gatehouse|Code from|left/);
    await expectShell(screen);
  });
}

test("80 columns show every remark", async (host) => {
  const options = { cols: 80, rows: 24 };
  await using screen = await asked(host, stateFile(["RATE_LIMIT 3 30", "TOTP_AUTH"]), options);
  await screen.send("1\r");
  await screen.waitFor(MALFORMED);
  await screen.send("2");
  await screen.waitFor(`${PROMPT} •`);
  await screen.send("\r");
  await screen.waitFor(MALFORMED);
  for (const _ of [1, 2, 3]) await screen.send(`${wrongCode()}\r`);
  await screen.send(`${totp()}\r`);
  await screen.waitFor(/too many tries, try again in [0-9]+ s/);
});
