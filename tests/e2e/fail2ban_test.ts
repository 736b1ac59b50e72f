/** Whom Debian's fail2ban bans by share/fail2ban/, for lines as rsyslog writes them. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { describeAttempt, describeRefusal } from "../../lib/core/attempt.ts";
import { Failure } from "../../lib/core/errors.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import { passedBy } from "../../lib/login/decided.ts";
import type { Ending } from "../../lib/login/doors.ts";
import { Fail2ban, type Match } from "../support/fail2ban.ts";
import { anAttempt } from "../support/fakes.ts";
import { sharing } from "../support/gate.ts";
import { STATE_FILE, wrongCode } from "../support/gate_codes.ts";
import { T0 } from "../support/logins.ts";
import { CODE_ALONE, PamHost, PIN_ALONE, stack } from "../support/pam_host.ts";
import { pamPair } from "../support/pam_host_pair.ts";
import { run, start } from "../support/process.ts";
import { anyText } from "../support/texts.ts";

const test = sharing(() => Fail2ban.start());

/** RFC 3164's time as of old, and RFC 5424's as newer systems have it. */
const STAMPS = ["Nov  2 12:00:00", "2026-11-02T12:00:00.123456+08:00"];

/** As rsyslog writes what syslog(3) was given. */
const written = (text: string, stamp = STAMPS[0]) => `${stamp} web1 gatehouse: ${text}`;

const refused = (who: string, why: string) => `refused ${who} why=${JSON.stringify(why)}`;
const attempts = [
  anAttempt(),
  anAttempt({ command: undefined }),
  anAttempt({ user: "root", service: "su", requester: "bob", command: undefined }),
  anAttempt({ command: 'echo "why=\\"denied\\"" source=203.0.113.9' }),
  anAttempt({ source: "2001:db8::7", user: "名 字" }),
  anAttempt({ source: "fe80::7%eth0" }),
];
const address = (source: string) => source.replace(/%.*/, "");

test("who guesses is banned, by whatever it was told", async (fail2ban) => {
  const refusals = [
    { ok: false, why: "wrong" },
    { ok: false, why: "wrong", clockOff: -270 },
    { ok: false, why: "spent" },
    { ok: false, why: "malformed" },
    { ok: false, why: "limited", retryAt: T0 },
  ] as const;
  const reasons = ["wrong password", "no such account", "too many failures"];
  const cases = attempts.flatMap((attempt) => {
    const who = describeAttempt(attempt);
    const codes = refusals.map((answer) => `code refused ${who} ${describeRefusal(answer)}`);
    const all = [
      ...codes,
      ...codes.map((line) => `${line} as=emergency`),
      `code refused ${who} why=wrong as=pin`,
      ...[...reasons, ...DENIALS.map(reasonOf)].map((why) => refused(who, why)),
    ];
    return all.flatMap((text) =>
      STAMPS.map((stamp) => ({
        address: address(attempt.source),
        line: written(text, stamp),
      }))
    );
  });
  ok(cases.length > 100);
  deepEqual(await fail2ban.matches(cases.map(({ line }) => line)), cases);
});

const messages = hostMessages("en", undefined);
const LATE = new Failure(77, "late", undefined, "nobody approved in time");
/** How a server ends a login of which a person, or three wrong PINs, say that it is a guesser's. */
const DENIALS: readonly Ending[] = ["denied", "not_me", "wrong_number", "too_many_codes"]
  .map((reason) => ({ state: "denied", reason }));
const NO_GUESSES: readonly Ending[] = [
  { state: "denied", reason: "not_delivered" },
  { state: "expired", reason: "timeout" },
  { state: "cancelled", reason: "hung_up" },
  { state: "failed", fault: "the server's verdict has expired" },
];

function reasonOf(ending: Ending): string {
  try {
    passedBy(ending, "approval", LATE, messages);
  } catch (error) {
    if (error instanceof Failure) return error.reason;
  }
  throw new Error(`${ending.state} lets in`);
}

test("who does not guess is not", async (fail2ban) => {
  const reasons = [
    ...NO_GUESSES.map(reasonOf),
    "interrupted",
    "no code in time",
    "no right PIN in time",
    "https://auth.example.com does not answer",
    "/etc/gatehouse/host.toml: it does not exist",
    "no terminal for a code",
    "not enrolled: there is no /var/lib/gatehouse/codes/alice",
    "let in, but the prompt was not answered in time",
    "unknown option: nulok; did you mean nullok?",
    "denied by nobody",
    "was denied",
  ];
  const texts = attempts.map(describeAttempt).flatMap((who) => [
    `accepted ${who} via=code by="alice"`,
    `accepted ${who} via=grace by="grace_period"`,
    `accepted ${who} via=code by="alice" no_server="https://a does not answer: why=\\"denied\\""`,
    `wait shortened ${who} to 17 s in the place of 60 s: sshd's LoginGraceTime`,
    `emergency code accepted ${who}`,
    `debug ${who} mode=code`,
    ...reasons.map((why) => refused(who, why)),
  ]);
  texts.push('refused uid=1000 why="denied"', 'refused user=alice why="denied"');
  const lines = texts.flatMap((text) => STAMPS.map((stamp) => written(text, stamp)));
  const others = [`refused ${describeAttempt(anAttempt())} why="denied"`].flatMap((text) => [
    `${STAMPS[0]} web1 sshd[7]: ${text}`,
    `${STAMPS[0]} web1 sshd[7]: x web1 gatehouse: ${text}`,
    `${STAMPS[0]} web1 gatehouse-other: ${text}`,
  ]);
  // What the module says of a helper, by the name of the program that loaded it or by ours.
  const of = "denied: the helper ended without a verdict user=alice rhost=192.0.2.7";
  const faults = ["sshd[7]: pam_gatehouse(sshd:auth)", "gatehouse"]
    .map((who) => `${STAMPS[0]} web1 ${who}: ${of}`);
  deepEqual(await fail2ban.matches([...lines, ...others, ...faults]), []);
});

const VICTIM = "203.0.113.9";
const FORGERIES = [
  `x source=${VICTIM}`,
  `x source=${VICTIM} service=sshd what=shell why="denied"`,
  `x" source="${VICTIM}`,
  `x" source=${VICTIM} service=sshd what=login why="denied"`,
  `x\\" source=${VICTIM} service=sshd what=login why="denied"`,
  String.raw`x\\" source=${VICTIM} service=sshd what=login why="denied"`,
  `"x source=${VICTIM} `,
  `x\n${written(`refused user=x source=${VICTIM} service=sshd what=login why="denied"`)}`,
  `x\r\n${STAMPS[1]} web1 gatehouse: refused user=x source=${VICTIM}`,
  `${STAMPS[1]} web1 gatehouse: refused user=x source=${VICTIM}`,
  `x\u3000source=${VICTIM}`,
  `x\u2028source=${VICTIM}`,
  `x\tsource=${VICTIM}`,
  `#011source=${VICTIM}`,
  "",
  "-",
  "%n%s",
  "<ip>",
];

test("nobody bans somebody else, whatever they call themselves or run", async (fail2ban) => {
  const text = fc.oneof(fc.constantFrom(...FORGERIES), anyText());
  const names = fc.record({
    user: text,
    requester: fc.option(text),
    command: fc.option(text, { nil: undefined }),
  });
  // One run of fail2ban for many lines, each with a source of its own.
  const all = fc.array(names, { minLength: 200, maxLength: 200, size: "max" });
  await fc.assert(
    fc.asyncProperty(all, async (all) => {
      const forged = FORGERIES.flatMap((name) => [
        { user: name, requester: null, command: undefined },
        { user: "x", requester: name, command: undefined },
        { user: "x", requester: null, command: name },
      ]);
      const cases = [...forged, ...all].map((names, index) => {
        const source = `10.0.${Math.floor(index / 250)}.${1 + index % 250}`;
        const who = describeAttempt(anAttempt({ ...names, source }));
        const text = index % 2 === 0
          ? refused(who, "denied")
          : `code refused ${who} ${describeRefusal({ ok: false, why: "wrong" })}`;
        return { address: source, line: written(text, STAMPS[index % 3 % 2]) };
      });
      deepEqual(await fail2ban.matches(cases.map(({ line }) => line)), cases);
    }),
    { numRuns: 5, endOnFailure: true },
  );
});

test("what gatehouse really logs is understood", async (fail2ban) => {
  await using host = await PamHost.start();
  const since = host.log.since();
  await host.configure({ servers: [], host: "web1" });
  await host.enroll(STATE_FILE);
  await host.enroll(STATE_FILE, "root");
  const service = await host.module.service([]);
  const pam = async (source: string, user: string, input: string, last: string) => {
    const argv = ["pamtester", `-Irhost=${source}`, service, user, "authenticate"];
    equal((await run(host.log.around(argv), { input })).code, 1);
    await since.logged(new RegExp(` source=${source} .*why="${last}"\n`));
  };
  const codes = `${wrongCode()}\n`.repeat(3);
  await host.guard(service, CODE_ALONE);
  await pam("192.0.2.1", host.user.name, codes, "too many failures");
  await pam("192.0.2.2", FORGERIES[0] ?? "", codes, "no such account");
  await host.guard(service, stack("required pam_unix.so nodelay", "required MODULE mode=code"));
  await pam("192.0.2.3", host.user.name, `wrong\n${codes}`, "wrong password");
  const environment = [
    "SSH_CONNECTION=2001:db8::4 50022 192.0.2.9 22",
    "SSH_ORIGINAL_COMMAND=true",
    `LC_GATEHOUSE_CODE=${wrongCode()}`,
  ];
  const gate = ["env", "-i", ...environment, host.binary, "gate", "--config", host.config];
  equal((await run(host.log.around(gate))).code, 77);
  await since.logged(/ refused .*2001:db8::4/);
  deepEqual(reasonsIn(await fail2ban.matches(asWritten(since()))), [
    ["192.0.2.1", "why=wrong"],
    ["192.0.2.1", "why=wrong"],
    ["192.0.2.1", "why=wrong"],
    ["192.0.2.1", 'why="too many failures"'],
    ["192.0.2.2", 'why="no such account"'],
    ["192.0.2.3", 'why="wrong password"'],
    ["2001:db8::4", "why=wrong"],
  ]);
});

test("wrong PINs are counted as wrong codes are", async (fail2ban) => {
  await using pair = await pamPair();
  const { host, joined } = pair;
  await host.configure({ ...joined, contacts: { [host.user.name]: "zhangsan" } });
  const service = await host.module.service([]);
  await host.guard(service, PIN_ALONE);
  const since = host.log.since();
  const argv = ["pamtester", "-Irhost=192.0.2.1", service, host.user.name, "authenticate"];
  await using tester = start(host.log.around(argv), { input: "open" });
  await tester.err(/Verification code:/);
  await pair.server.logged(/"login pin sent"/);
  const wrong = pair.wecom.lastPin === "000000" ? "000001" : "000000";
  await tester.write(`${wrong}\n`.repeat(3));
  equal((await tester.done).code, 1);
  await since.logged(/ refused .*\n/);
  deepEqual(reasonsIn(await fail2ban.matches(asWritten(since()))), [
    ["192.0.2.1", "why=wrong as=pin"],
    ["192.0.2.1", "why=wrong as=pin"],
    ["192.0.2.1", "why=wrong as=pin"],
    ["192.0.2.1", 'why="too many wrong codes"'],
  ]);
});

/** What our log has got, as rsyslog would write it. */
function asWritten(logged: string): string[] {
  return logged.trimEnd().split("\n").filter((line) => line.includes("gatehouse: ")).map(
    (line) => line.replace(/^<\d+>(.{15}) /, "$1 web1 "),
  );
}

function reasonsIn(found: readonly Match[]): [address: string, why: string][] {
  return found.map(({ address, line }) => [address, line.replace(/.* why=/, "why=")]);
}

test("fail2ban takes the jail, with rsyslog's file or the journal", async (fail2ban) => {
  const inFile = await fail2ban.dump((log) => `logpath = ${log}`);
  match(inFile, /\['add', 'gatehouse', 'auto'\]/);
  match(inFile, /'addlogpath', '[^']*\/some\.log'/);
  match(inFile, /\['set', 'gatehouse', 'maxretry', 5\]/);
  match(inFile, /'set', 'gatehouse', 'addaction'/);
  match(inFile, /\['start', 'gatehouse'\]/);
  const inJournal = await fail2ban.dump(() => "backend = systemd");
  match(inJournal, /\['set', 'gatehouse', 'addjournalmatch', \[?'SYSLOG_IDENTIFIER=gatehouse'/);
  match(inJournal, /\['start', 'gatehouse'\]/);
});
