/** No server answers: a code from the authenticator app, or what host.toml says instead. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { guardedHost, sharing } from "../support/gate.ts";
import { enroll, forget, PROMPT, STATE_FILE, totp, wrongCode } from "../support/gate_codes.ts";
import { expectRefused, expectShell } from "../support/gate_outcome.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { terminal } from "../support/terminal.ts";

const test = sharing(guardedHost);

test("the right code lets in, leaves no trace on the screen, and never shows itself", async (host) => {
  await enroll(host);
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(PROMPT);
  await screen.waitFor("no approval server answers");
  const code = totp();
  await screen.send(`${code}\r`);
  await screen.waitFor(/\$$/m);
  doesNotMatch(screen.screen(), /gatehouse|authenticator/);
  doesNotMatch(screen.rawOutput, new RegExp(code));
  await expectShell(screen);
});

test("a terminal with a command is asked like one with a shell", async (host) => {
  await enroll(host);
  await using screen = terminal(sshArgv(host.target(), "echo done; exit 5", ["-t"]));
  await screen.waitFor(PROMPT);
  await screen.send(`${totp()}\r`);
  await screen.waitFor(/^done$/m);
  deepEqual(await screen.closed, { code: 5 });
});

test("the terminal's settings are what they were", async (host) => {
  await enroll(host);
  const settings = async (typed: string | undefined) => {
    await using screen = terminal(sshArgv(host.target(), "stty -a; echo end", ["-t"]));
    if (typed !== undefined) {
      await screen.waitFor(PROMPT);
      await screen.send(`${typed}\r`);
    }
    await screen.waitFor(/^end$/m);
    return screen.screen().split(/^end$/m)[0]?.split("\n");
  };
  const after = await settings(totp());
  await forget(host, { policy: { exempt_users: [host.user.name] } });
  deepEqual(after, await settings(undefined));
});

test("the same code is refused the second time", async (host) => {
  await enroll(host);
  const code = totp();
  for (const time of ["first", "second"]) {
    await using screen = terminal(sshArgv(host.target()));
    await screen.waitFor(PROMPT);
    await screen.send(`${code}\r`);
    if (time === "first") {
      await expectShell(screen);
    } else {
      await screen.waitFor("that code cannot be used any more, wait for the next one");
      await screen.send("\x03");
      await expectRefused(screen, "gatehouse: error: interrupted");
    }
  }
});

test("of two logins that send the same code at once exactly one gets in", async (host) => {
  await enroll(host);
  await using first = terminal(sshArgv(host.target()));
  await using second = terminal(sshArgv(host.target()));
  const screens = [first, second];
  await Promise.all(screens.map((screen) => screen.waitFor(PROMPT)));
  const code = totp();
  await Promise.all(screens.map((screen) => screen.send(`${code}\r`)));
  const outcomes = await Promise.all(
    screens.map((screen) => screen.waitFor(/\$$|cannot be used/m)),
  );
  deepEqual(outcomes.sort(), ["$", "cannot be used"]);
});

test("wrong codes are limited, and that outlives the connection", async (host) => {
  await enroll(host);
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(PROMPT);
  await screen.send("12345\r");
  await screen.waitFor("a code has six digits (a scratch code eight)");
  // Each remark goes away with the next key, so the next one is a new one.
  for (const _ of [1, 2, 3]) {
    await screen.send(wrongCode());
    await screen.waitFor(/: •{6}$/m);
    await screen.send("\r");
    await screen.waitFor("wrong code");
  }
  await screen.send(`${totp()}\r`);
  await screen.waitFor(/too many tries, try again in [0-9]+ s/);

  await using later = terminal(sshArgv(host.target()));
  await later.waitFor(PROMPT);
  await later.send(`${totp()}\r`);
  await later.waitFor(/too many tries, try again in [0-9]+ s/);
});

test("Ctrl-C at the prompt ends the login", async (host) => {
  await enroll(host);
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(PROMPT);
  await screen.send("123\x03");
  await expectRefused(screen, "gatehouse: error: interrupted");
  doesNotMatch(screen.screen(), /authenticator/);
});

test("the prompt does not stay for ever", async (host) => {
  await enroll(host, { timeout: "1s" });
  await using screen = terminal(sshArgv(host.target()));
  await expectRefused(screen, "gatehouse: error: no code was typed in time");
});

test("without a terminal a code comes in LC_GATEHOUSE_CODE, which the session does not see", async (host) => {
  await enroll(host);
  const code = totp();
  const send = (code: string) =>
    ssh(host.target(), "env | grep -c GATEHOUSE; exit 6", {
      options: ["-o", `SetEnv=LC_GATEHOUSE_CODE=${code}`],
    }).done;
  const right = await send(code);
  deepEqual([right.code, right.out, right.err], [6, "0\n", ""]);
  for (
    const [sent, why, words] of [
      [code, "spent", "that code cannot be used any more, wait for the next one"],
      [wrongCode(), "wrong", "wrong code"],
      ["12345", "malformed", "a code has six digits (a scratch code eight)"],
    ] as const
  ) {
    const refused = await send(sent);
    deepEqual([refused.code, refused.out], [75, ""]);
    equal(
      refused.err,
      "gatehouse: no approval server answers\n" +
        `gatehouse: error: the code sent along was refused: ${words}\n` +
        "gatehouse: hint: send another code, or type one where there is a terminal: ssh -t\n",
      why,
    );
  }
});

test("wrong codes in LC_GATEHOUSE_CODE are limited too", async (host) => {
  await enroll(host);
  const send = (code: string) =>
    ssh(host.target(), "true", { options: ["-o", `SetEnv=LC_GATEHOUSE_CODE=${code}`] }).done;
  for (const _ of [1, 2, 3]) equal((await send(wrongCode())).code, 75);
  const { code, err } = await send(totp());
  equal(code, 75);
  match(err, /^gatehouse: error: .* refused: too many tries, try again in [0-9]+ s\n/m);
});

test("root's codes work like anybody's", async (host) => {
  const secret = await host.folder.file("root-codes", STATE_FILE, 0o600);
  await forget(host, { codes: { secret, spent: `${host.folder.path}/root-spent` } });
  await using screen = terminal(sshArgv(host.target("root")));
  await screen.waitFor(PROMPT);
  await screen.send(`${totp()}\r`);
  await expectShell(screen);
});
