import assert from "node:assert/strict";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { type HostMessages, hostMessages } from "../../lib/core/messages/host.ts";
import type { Asked, Codes, Doors, Ending } from "../../lib/login/doors.ts";
import type { Admission } from "../../lib/core/attempt.ts";
import { type FlowRules, passFactor } from "../../lib/login/flow.ts";
import { assertRefused, failureOf } from "../support/failure.ts";
import {
  anAttempt,
  answering,
  FakeCodes,
  FakeRequest,
  FakeTalk,
  FixedClock,
  PASSED,
  RIGHT_CODE,
} from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";

const messages = hostMessages("en", undefined);
const RULES: FlowRules = { timeoutMs: 60_000, offline: "code", unenrolled: "deny" };

interface Case {
  readonly asked: Asked;
  readonly rules?: Partial<FlowRules>;
  readonly codes?: Codes;
  readonly talk?: FakeTalk;
  /** What LC_GATEHOUSE_CODE holds. */
  readonly sent?: string;
  /** What becomes of an enrolment. Default: none may begin. */
  readonly enroll?: Doors["enroll"];
  /** What is told before the verdict. */
  readonly words?: HostMessages;
}

const nobody = () => assert.fail("nobody is to be enrolled");

/** One login; whatever happens, the conversation must be closed. */
async function login({ asked, rules, codes, talk, sent, enroll, words }: Case): Promise<Admission> {
  const person = talk ?? new FakeTalk(true);
  const doors = {
    approvals: answering(asked),
    codes: codes ?? new FakeCodes("enrolled"),
    talk: person,
    clock: new FixedClock(),
    messages: words ?? messages,
    lastWords: messages,
    lookedFor: "/codes/alice",
    enroll: enroll ?? nobody,
  };
  try {
    return await passFactor(anAttempt({ code: sent }), { ...RULES, ...rules }, doors);
  } finally {
    assert.ok(person.closed > 0, "the conversation is closed");
  }
}

const open = (request: FakeRequest): Asked => ({ kind: "open", request });
const byCode = { via: "code", by: "alice" } as const;
const enrolled = () => new FakeCodes("enrolled");

const NEVER = { retryAfterS: undefined, twoPersons: false };

const ANSWERS = {
  none: { kind: "none" },
  approved: { kind: "approved", by: "bob" },
  frozen: { kind: "refused", why: "frozen", detail: "frozen", ...NEVER },
  busy: { kind: "refused", why: "busy", detail: "busy", retryAfterS: 41, twoPersons: false },
  quiet: { kind: "refused", why: "quiet", detail: "quiet", retryAfterS: 841, twoPersons: false },
  unusable: { kind: "unusable", detail: "unusable", hint: "ask" },
  unreachable: { kind: "unreachable", detail: "unreachable", hint: "ask" },
} as const satisfies Record<string, Asked>;

/** How the log is told why no server decided. */
const NO_SERVER = {
  busy: "busy: busy",
  quiet: "quiet: quiet",
  unusable: "unusable: ask",
  unreachable: "unreachable: ask",
} as const;
type NoServer = keyof typeof NO_SERVER;

type Row = [
  answer: keyof typeof ANSWERS,
  offline: FlowRules["offline"],
  unenrolled: FlowRules["unenrolled"],
  codes: "enrolled" | "unenrolled" | "broken",
  terminal: boolean,
  expected: Admission["via"] | Exit,
];

const OFFLINE = ["code", "deny", "allow"] as const;
const UNENROLLED = ["deny", "enroll", "allow"] as const;
const CODES = ["enrolled", "unenrolled", "broken"] as const;
const TERMINAL = [true, false] as const;

interface Given {
  readonly offline?: readonly Row[1][];
  readonly unenrolled?: readonly Row[2][];
  readonly codes?: readonly Row[3][];
  readonly terminal?: readonly boolean[];
}

/** Every combination of what is not given. */
function rows(answer: Row[0], given: Given, expected: Row[5]): Row[] {
  const { offline = OFFLINE, unenrolled = UNENROLLED, codes = CODES, terminal = TERMINAL } = given;
  return offline.flatMap((o) =>
    unenrolled.flatMap((u) =>
      codes.flatMap((c) => terminal.map((t): Row => [answer, o, u, c, t, expected]))
    )
  );
}

/** Nobody is to be asked, or nobody answers. */
function codesAreLeft(answer: Row[0], offline: readonly Row[1][], refused: Exit): Row[] {
  const left = (given: Omit<Given, "offline">, expected: Row[5]) =>
    rows(answer, { offline, ...given }, expected);
  return [
    ...left({ codes: ["enrolled"], terminal: [true] }, "code"),
    ...left({ codes: ["enrolled"], terminal: [false] }, refused),
    ...left({ codes: ["broken"] }, Exit.config),
    ...left({ codes: ["unenrolled"], unenrolled: ["deny"] }, refused),
    ...left({ codes: ["unenrolled"], unenrolled: ["allow"] }, "unenrolled-allow"),
    ...left({ codes: ["unenrolled"], unenrolled: ["enroll"], terminal: [true] }, "enrolled"),
    ...left({ codes: ["unenrolled"], unenrolled: ["enroll"], terminal: [false] }, refused),
  ];
}

const TABLE: Row[] = [
  ...rows("approved", {}, "approval"),
  ...rows("frozen", {}, Exit.denied),
  // Flooded: a code still passes, but nothing opens what is not enrolled.
  ...(["busy", "quiet"] as const).flatMap((why) => [
    ...rows(why, { codes: ["enrolled"], terminal: [true] }, "code"),
    ...rows(why, { codes: ["enrolled"], terminal: [false] }, Exit.denied),
    ...rows(why, { codes: ["unenrolled"] }, Exit.denied),
    ...rows(why, { codes: ["broken"] }, Exit.config),
  ]),
  // Nonsense: as if nobody answered, but never "allow".
  ...rows("unusable", { offline: ["deny"] }, Exit.unreachable),
  ...rows(
    "unusable",
    { offline: ["code", "allow"], codes: ["enrolled"], terminal: [true] },
    "code",
  ),
  ...rows(
    "unusable",
    { offline: ["code", "allow"], codes: ["enrolled"], terminal: [false] },
    Exit.unreachable,
  ),
  ...rows("unusable", { offline: ["code", "allow"], codes: ["unenrolled"] }, Exit.unreachable),
  ...rows("unusable", { offline: ["code", "allow"], codes: ["broken"] }, Exit.config),
  ...rows("unreachable", { offline: ["deny"] }, Exit.unreachable),
  ...rows("unreachable", { offline: ["allow"] }, "offline-allow"),
  ...codesAreLeft("unreachable", ["code"], Exit.unreachable),
  // Codes are the only factor: what is said for the time when no server answers does not matter.
  ...codesAreLeft("none", OFFLINE, Exit.denied),
];

Deno.test("passFactor() decides every combination of answer, policy, enrolment and terminal", async () => {
  const seen = new Set<string>();
  for (const [answer, offline, unenrolled, codes, terminal, expected] of TABLE) {
    const name = [answer, offline, unenrolled, codes, terminal].join(" ");
    assert.ok(!seen.has(name), `${name} stands twice in the table`);
    seen.add(name);
    const run = login({
      asked: ANSWERS[answer],
      rules: { offline, unenrolled },
      codes: new FakeCodes(codes),
      talk: new FakeTalk(terminal).type(RIGHT_CODE),
      enroll: () => Promise.resolve(true),
    });
    const outcome = await run.then(
      (passed) => passed.via,
      (error) => {
        assert.ok(error instanceof Failure, name);
        return error.exit;
      },
    );
    assert.equal(outcome, expected, name);
  }
  assert.equal(seen.size, 7 * 3 * 3 * 3 * 2, "the table is complete");
});

Deno.test("a frozen account passes by nothing, not even by a code that came along", async () => {
  const codes = enrolled();
  const failure = await assertRefused(
    () => login({ asked: ANSWERS.frozen, codes, sent: RIGHT_CODE }),
    Exit.denied,
    /^this account is frozen$/,
  );
  assert.deepEqual([failure.reason, codes.checked], ["frozen", []]);
});

Deno.test("an approved request lets in, and is not cancelled", async () => {
  const request = new FakeRequest();
  const talk = new FakeTalk(true);
  request.end({ state: "approved", by: "bob" });
  assert.deepEqual(await login({ asked: open(request), talk }), { via: "approval", by: "bob" });
  assert.equal(request.cancelled, 0);
  assert.deepEqual(talk.offers, [
    { url: request.url, match: "42", timeoutMs: 60_000, codes: true },
  ]);
});

Deno.test("every other ending denies and says why", async () => {
  const endings: [ending: Ending, message: RegExp, cancelled: number][] = [
    [{ state: "denied", reason: undefined }, /^the login was denied$/, 0],
    [{ state: "denied", reason: "wrong_number" }, /another number/, 0],
    [{ state: "denied", reason: "not_me" }, /reported as suspicious/, 0],
    [{ state: "denied", reason: "constructor" }, /^the login was denied$/, 0],
    [{ state: "expired", reason: undefined }, /in time/, 1],
    [{ state: "cancelled", reason: undefined }, /cancelled/, 1],
    [{ state: "failed", fault: "the verdict is forged" }, /forged/, 1],
  ];
  for (const [ending, message, cancelled] of endings) {
    for (const terminal of TERMINAL) {
      const request = new FakeRequest();
      request.end(ending);
      const talk = new FakeTalk(terminal);
      await assertRefused(() => login({ asked: open(request), talk }), Exit.denied, message);
      assert.equal(request.cancelled, cancelled, ending.state);
    }
  }
});

Deno.test("a typed code wins the race, and the request is cancelled once", async () => {
  const request = new FakeRequest();
  const talk = new FakeTalk(true).type("", "000000", RIGHT_CODE);
  const codes = enrolled();
  assert.deepEqual(await login({ asked: open(request), codes, talk }), byCode);
  assert.deepEqual(codes.checked, ["000000", RIGHT_CODE]);
  assert.deepEqual(talk.told, [messages.wrongHostCode]);
  assert.deepEqual([request.cancelled, request.why], [1, "code_used"]);
  assert.ok(request.stopped);
});

/** Of an account that takes two persons. */
function ofTwo(): FakeRequest {
  const request = new FakeRequest();
  request.twoPersons = true;
  return request;
}

Deno.test("where it takes two persons no code does, typed or sent along, and none is spent", async () => {
  for (const terminal of TERMINAL) {
    const request = ofTwo();
    const talk = new FakeTalk(terminal).type(RIGHT_CODE);
    const codes = enrolled();
    request.end({ state: "approved", by: "bob, carol" });
    const passed = await login({ asked: open(request), codes, talk, sent: RIGHT_CODE });
    assert.deepEqual(passed, { via: "approval", by: "bob, carol" });
    assert.deepEqual([codes.checked, talk.reads, talk.offers[0]?.codes], [[], 0, false]);
    assert.deepEqual(talk.told, ["this account takes two persons, so a code is not enough"]);
  }
  const rules = { timeoutMs: 20 };
  const alone = () => login({ asked: open(ofTwo()), rules, sent: RIGHT_CODE });
  await assertRefused(alone, Exit.denied, /^nobody approved in time$/);
});

Deno.test("no flood of requests has a code do where it takes two persons", async () => {
  const hints = { busy: "try again in 41 s", quiet: "ask your administrator" } as const;
  for (const why of ["busy", "quiet"] as const) {
    for (const terminal of TERMINAL) {
      const asked = { ...ANSWERS[why], twoPersons: true };
      const codes = enrolled();
      const talk = new FakeTalk(terminal).type(RIGHT_CODE);
      const run = () => login({ asked, codes, talk, sent: RIGHT_CODE });
      const failure = await failureOf(run);
      assert.deepEqual([failure.exit, failure.hint, failure.reason], [
        Exit.denied,
        hints[why],
        why,
      ]);
      assert.deepEqual([codes.checked, talk.reads], [[], 0]);
    }
  }
});

Deno.test("who was let in by two persons is not led to an authenticator, which would be no use", async () => {
  const request = ofTwo();
  request.end({ state: "approved", by: "bob, carol" });
  const codes = new FakeCodes("unenrolled");
  const rules = { unenrolled: "enroll" } as const;
  assert.equal((await login({ asked: open(request), codes, rules })).via, "approval");
});

Deno.test("an approval wins the race, and the code that is typed later stays unspent", async () => {
  const request = new FakeRequest();
  const talk = new FakeTalk(true);
  const codes = enrolled();
  request.end({ state: "approved", by: "bob" });
  assert.equal((await login({ asked: open(request), codes, talk })).via, "approval");
  assert.ok(request.stopped);
  assert.deepEqual(codes.checked, []);
});

Deno.test("no codes are read from a connection without terminal, nor without a secret", async () => {
  for (const [terminal, state] of [[false, "enrolled"], [true, "unenrolled"]] as const) {
    const request = new FakeRequest();
    const talk = new FakeTalk(terminal).type(RIGHT_CODE);
    const codes = new FakeCodes(state);
    request.end({ state: "denied", reason: undefined });
    await assertRefused(
      () => login({ asked: open(request), codes, talk }),
      Exit.denied,
      /^the login was denied$/,
    );
    assert.equal(talk.offers[0]?.codes, false);
    assert.deepEqual([codes.checked, talk.reads], [[], 0]);
  }
});

Deno.test("a broken authenticator file takes the codes away, not the approval", async () => {
  const request = new FakeRequest();
  const talk = new FakeTalk(true).type(RIGHT_CODE);
  request.end({ state: "approved", by: "bob" });
  const codes = new FakeCodes("broken");
  assert.equal(
    (await login({ asked: open(request), codes, talk, sent: RIGHT_CODE })).via,
    "approval",
  );
  assert.deepEqual(talk.told, ["the secret is broken"]);
  assert.deepEqual(codes.checked, []);
});

Deno.test("hanging up ends a waiting login, and the request with it", async () => {
  for (const terminal of TERMINAL) {
    const request = new FakeRequest();
    const talk = new FakeTalk(terminal);
    talk.hangUp();
    await assertRefused(() => login({ asked: open(request), talk }), Exit.denied, /interrupted/);
    assert.equal(request.cancelled, 1);
    assert.ok(request.stopped);
  }
});

Deno.test("hanging up ends the wait for an offline code", async () => {
  const talk = new FakeTalk(true);
  talk.hangUp();
  const run = () => login({ asked: ANSWERS.unreachable, talk });
  await assertRefused(run, Exit.denied, /interrupted/);
});

Deno.test("the time ends a wait that nothing else ends, and the request with it", async () => {
  for (const terminal of TERMINAL) {
    const request = new FakeRequest(); // never ends by itself
    const talk = new FakeTalk(terminal);
    const run = () => login({ asked: open(request), talk, rules: { timeoutMs: 20 } });
    await assertRefused(run, Exit.denied, /^nobody approved in time$/);
    assert.equal(request.cancelled, 1);
    assert.ok(request.stopped);
  }
});

Deno.test("the time ends the wait for an offline code, though a terminal's read goes on", async () => {
  const talk = new FakeTalk(true); // whose readCode() hears no signal
  const run = () => login({ asked: ANSWERS.unreachable, talk, rules: { timeoutMs: 20 } });
  await assertRefused(run, Exit.denied, /^no code was typed in time$/);
  assert.deepEqual([talk.asked, talk.reads], [[20], 1]);
});

Deno.test("a code that cannot be remembered denies, and the request is cancelled once", async () => {
  const request = new FakeRequest();
  const codes = new FakeCodes("enrolled", () => {
    throw new Failure(Exit.denied, "cannot remember spent codes");
  });
  const talk = new FakeTalk(true).type(RIGHT_CODE);
  await assertRefused(
    () => login({ asked: open(request), codes, talk }),
    Exit.denied,
    /cannot remember/,
  );
  assert.equal(request.cancelled, 1);
});

Deno.test("the person is told what is wrong with each code", async () => {
  const answers = ["wrong", "spent", "malformed"] as const;
  const told = [];
  for (const why of answers) {
    const codes = new FakeCodes(
      "enrolled",
      (code) => code === RIGHT_CODE ? PASSED : { ok: false, why },
    );
    const talk = new FakeTalk(true).type("1", RIGHT_CODE);
    const passed = await login({ asked: ANSWERS.busy, codes, talk });
    assert.deepEqual(passed, { ...byCode, noServer: NO_SERVER.busy });
    told.push(...talk.told);
  }
  const { busy, wrongCode, spentCode, malformedCode } = messages;
  assert.deepEqual(told, [busy, wrongCode, busy, spentCode, busy, malformedCode]);
});

Deno.test("the person is told for how long nobody is asked, and still passes by a code", async () => {
  const lasting = [
    [841, "15 min"],
    [120, "2 min"],
    [119, "119 s"],
    [undefined, "a while"],
  ] as const;
  for (const [retryAfterS, time] of lasting) {
    const asked = { ...ANSWERS.quiet, retryAfterS };
    const words = `too many requests of this account were refused, so nobody is asked for ${time}`;
    const talk = new FakeTalk(true).type(RIGHT_CODE);
    assert.deepEqual(await login({ asked, talk }), { ...byCode, noServer: NO_SERVER.quiet });
    assert.deepEqual(talk.told, [words]);
    const noTerminal = await failureOf(() => login({ asked, talk: new FakeTalk(false) }));
    assert.deepEqual([noTerminal.exit, noTerminal.message, noTerminal.reason], [
      Exit.denied,
      words,
      "quiet",
    ]);
    const codes = new FakeCodes("unenrolled");
    const { message, hint } = await failureOf(() => login({ asked, codes }));
    assert.deepEqual([message, hint], [
      `${words}, and this account has no authenticator code to fall back to`,
      "ask your administrator",
    ]);
  }
  const codes = new FakeCodes("unenrolled");
  const { hint } = await failureOf(() => login({ asked: ANSWERS.busy, codes }));
  assert.equal(hint, "try again in 41 s");
});

Deno.test("the person is told how long a limit lasts", async () => {
  for (const [ms, seconds] of [[1, 1], [0, 1], [29_001, 30], [-5_000, 1]] as const) {
    const codes = new FakeCodes(
      "enrolled",
      (code) => code === RIGHT_CODE ? PASSED : { ok: false, why: "limited", retryAt: T0 + ms },
    );
    const talk = new FakeTalk(true).type("1", RIGHT_CODE);
    await login({ asked: ANSWERS.unreachable, codes, talk });
    assert.deepEqual(talk.told, [messages.serverUnreachable, messages.limited(seconds)]);
  }
});

Deno.test("a right code that came along passes at once, with or without a terminal", async () => {
  for (const terminal of TERMINAL) {
    const request = new FakeRequest();
    const talk = new FakeTalk(terminal);
    assert.deepEqual(await login({ asked: open(request), talk, sent: RIGHT_CODE }), byCode);
    assert.equal(request.cancelled, 1);
    assert.deepEqual(talk.offers, []);
    for (const why of ["busy", "quiet", "unusable", "unreachable"] satisfies NoServer[]) {
      const unused = new FakeTalk(terminal);
      const passed = await login({ asked: ANSWERS[why], talk: unused, sent: RIGHT_CODE });
      assert.deepEqual(passed, { ...byCode, noServer: NO_SERVER[why] });
      assert.deepEqual([unused.told, unused.asked, unused.reads], [[], [], 0]);
    }
  }
});

Deno.test("a code that came along is neither asked for nor spent where it is not needed", async () => {
  const codes = enrolled();
  assert.equal((await login({ asked: ANSWERS.approved, codes, sent: RIGHT_CODE })).via, "approval");
  const run = () =>
    login({ asked: ANSWERS.unreachable, rules: { offline: "deny" }, codes, sent: RIGHT_CODE });
  await assertRefused(run, Exit.unreachable, /unreachable/);
  assert.deepEqual(codes.checked, []);
});

Deno.test("after a wrong code that came along the login goes on as usual", async () => {
  const request = new FakeRequest();
  const talk = new FakeTalk(false);
  request.end({ state: "approved", by: "bob" });
  assert.equal((await login({ asked: open(request), talk, sent: "000000" })).via, "approval");
  assert.equal(talk.offers.length, 1);
  assert.deepEqual(talk.told, [messages.codeRefused(messages.wrongHostCode)]);
});

Deno.test("a refused code that came along is why a login without a terminal is refused", async () => {
  const cases = [
    ["wrong", messages.wrongCode],
    ["spent", messages.spentCode],
    ["malformed", messages.malformedCode],
    ["limited", messages.limited(30)],
  ] as const;
  const places = [
    [ANSWERS.none, Exit.denied, "", []],
    [ANSWERS.unreachable, Exit.unreachable, "unreachable; ", [messages.serverUnreachable]],
    [ANSWERS.unusable, Exit.unreachable, "unusable; ", [messages.serverUnusable]],
    [ANSWERS.busy, Exit.denied, "busy; ", [messages.busy]],
  ] as const;
  for (const [why, words] of cases) {
    const answer = { ok: false, why, retryAt: T0 + 30_000 } as const;
    for (const [asked, exit, logged, remarks] of places) {
      const codes = new FakeCodes("enrolled", () => answer);
      const talk = new FakeTalk(false);
      const refused = await failureOf(() => login({ asked, codes, talk, sent: "1" }));
      assert.deepEqual(
        [refused.exit, refused.message, refused.hint, refused.reason],
        [
          exit,
          `the code sent along was refused: ${words}`,
          messages.sendAnother,
          `${logged}the code was refused (${why})`,
        ],
      );
      assert.deepEqual(talk.told, remarks);
    }
  }
});

Deno.test("a refused code that came along is told before another one is asked for", async () => {
  for (const [asked, remarks] of [[ANSWERS.none, []], [ANSWERS.busy, [messages.busy]]] as const) {
    const talk = new FakeTalk(true).type(RIGHT_CODE);
    assert.equal((await login({ asked, talk, sent: "000000" })).via, "code");
    assert.deepEqual(talk.told, [...remarks, messages.codeRefused(messages.wrongCode)]);
    assert.deepEqual(talk.asked, [60_000]);
  }
});

Deno.test("a failure without a way out says what there is to do", async () => {
  const cases: [
    asked: Asked,
    exit: Exit,
    message: string,
    noTerminal: string,
    notEnrolled: string,
  ][] = [
    [
      ANSWERS.unreachable,
      Exit.unreachable,
      "unreachable",
      "ssh -t",
      "unreachable, and this account has no authenticator code to fall back to",
    ],
    [
      ANSWERS.none,
      Exit.denied,
      messages.codeNeeded,
      "ssh -t",
      messages.notEnrolled,
    ],
  ];
  for (const [asked, exit, message, hint, notEnrolled] of cases) {
    const noTerminal = await failureOf(() => login({ asked, talk: new FakeTalk(false) }));
    assert.deepEqual([noTerminal.exit, noTerminal.message], [exit, message]);
    assert.ok(noTerminal.hint?.includes(hint));
    for (const terminal of TERMINAL) {
      const talk = new FakeTalk(terminal);
      const codes = new FakeCodes("unenrolled");
      const refused = await failureOf(() => login({ asked, codes, talk }));
      assert.deepEqual([refused.exit, refused.message], [exit, notEnrolled]);
      assert.match(refused.reason, /(not enrolled|to fall back to): there is no \/codes\/alice$/);
    }
    const rules = { unenrolled: "enroll" } as const;
    const codes = new FakeCodes("unenrolled");
    const talk = new FakeTalk(false);
    const silent = await failureOf(() => login({ asked, rules, codes, talk }));
    assert.deepEqual([silent.message, silent.hint], [notEnrolled, messages.enrollNeedsTerminal]);
  }
});

Deno.test("whoever gets in past the servers gets in with the reason why", async () => {
  const ways: [Partial<Case>, Admission["via"]][] = [
    [{ rules: { offline: "allow" } }, "offline-allow"],
    [{ codes: new FakeCodes("unenrolled"), rules: { unenrolled: "allow" } }, "unenrolled-allow"],
    [{
      codes: new FakeCodes("unenrolled"),
      rules: { unenrolled: "enroll" },
      enroll: () => Promise.resolve(true),
    }, "enrolled"],
    [{ talk: new FakeTalk(true).type("000000", RIGHT_CODE) }, "code"],
    [{ codes: new FakeCodes("enrolled", undefined, true) }, "grace"],
  ];
  for (const [way, via] of ways) {
    const passed = await login({ asked: ANSWERS.unreachable, ...way });
    assert.deepEqual([passed.via, passed.noServer], [via, NO_SERVER.unreachable]);
  }
  // A person who decides for a code beside the offer has passed by no server.
  const talk = new FakeTalk(true).type(RIGHT_CODE);
  for (const asked of [open(new FakeRequest()), ANSWERS.approved, ANSWERS.none]) {
    assert.equal("noServer" in await login({ asked, talk, sent: RIGHT_CODE }), false);
  }
});

const ascii = (text = "") => /^[ -~]*$/.test(text);

Deno.test("what comes with the verdict may be in other words than what comes before", async () => {
  const words = hostMessages("zh-CN", undefined);
  const endings: Ending[] = [
    ...["wrong_number", "not_me", "too_many_codes", "not_delivered", undefined].map((reason) => (
      { state: "denied", reason } as const
    )),
    { state: "expired", reason: undefined },
    { state: "cancelled", reason: undefined },
    { state: "failed", fault: "the verdict is forged" },
  ];
  const offers = endings.map((ending) => {
    const request = new FakeRequest();
    request.end(ending);
    return { asked: open(request) };
  });
  const cases: Partial<Case>[] = [
    ...offers,
    ...Object.values(ANSWERS).filter(({ kind }) => kind !== "approved").flatMap((asked) => [
      { asked, talk: new FakeTalk(false) },
      { asked, talk: new FakeTalk(false), sent: "1" },
      { asked, codes: new FakeCodes("unenrolled") },
      { asked, rules: { timeoutMs: 20 } },
      ...TERMINAL.map((terminal) => ({
        asked,
        rules: { unenrolled: "enroll" } as const,
        codes: new FakeCodes("unenrolled"),
        talk: new FakeTalk(terminal),
      })),
    ]),
  ];
  const told = [];
  for (const each of cases) {
    const talk = each.talk ?? new FakeTalk(true).type("000000");
    const enroll = () => Promise.resolve(false);
    const rules = { timeoutMs: 50, ...each.rules };
    const refused = await failureOf(() =>
      login({ asked: ANSWERS.none, enroll, ...each, rules, talk, words })
    );
    assert.ok(ascii(refused.message) && ascii(refused.hint), refused.message);
    told.push(...talk.told);
  }
  assert.ok(told.length > 10 && !told.some(ascii));
});

Deno.test("a grace period passes only where codes are the factor that is left", async () => {
  for (const asked of [ANSWERS.none, ANSWERS.unreachable]) {
    for (const terminal of TERMINAL) {
      const codes = new FakeCodes("enrolled", undefined, true);
      const talk = new FakeTalk(terminal);
      const admission = await login({ asked, codes, talk, sent: RIGHT_CODE });
      const past = asked.kind === "none" ? {} : { noServer: NO_SERVER.unreachable };
      assert.deepEqual(admission, { via: "grace", by: "grace_period", ...past });
      assert.deepEqual([codes.checked, talk.told, talk.reads], [[], [], 0]);
    }
  }
  const request = new FakeRequest();
  request.end({ state: "denied", reason: undefined });
  for (const asked of [open(request), ANSWERS.busy, ANSWERS.unusable, ANSWERS.frozen]) {
    const codes = new FakeCodes("enrolled", undefined, true);
    await failureOf(() => login({ asked, codes, talk: new FakeTalk(false) }));
    assert.equal(codes.askedForGrace, 0);
  }
});

Deno.test("the time ends a wait for what others hold locked", async () => {
  const stuck: Codes = {
    enrolled: () => true,
    inGrace: () => new Promise(() => {}),
    check: () => new Promise(() => {}),
  };
  for (const asked of [ANSWERS.none, ANSWERS.busy]) {
    const run = () => login({ asked, codes: stuck, rules: { timeoutMs: 20 }, sent: RIGHT_CODE });
    await assertRefused(run, Exit.denied, /^no code was typed in time$/);
  }
});

/** A person without an authenticator, and what becomes of the login that sets one up. */
function enrolling(asked: Asked, enroll: Doors["enroll"], talk = new FakeTalk(true)) {
  const codes = new FakeCodes("unenrolled");
  return login({ asked, codes, talk, enroll, rules: { unenrolled: "enroll" } });
}

Deno.test("enrolment begins when nothing else uses the terminal any more", async () => {
  for (const asked of [ANSWERS.none, ANSWERS.unreachable]) {
    const talk = new FakeTalk(true);
    const closed: number[] = [];
    const enroll = () => Promise.resolve(closed.push(talk.closed) > 0);
    await enrolling(asked, enroll, talk);
    assert.deepEqual(closed, [1]);
    assert.deepEqual([talk.told, talk.reads], [[], 0]);
  }
});

Deno.test("who has no authenticator sets one up after the approval, and only then", async () => {
  const request = new FakeRequest();
  const talk = new FakeTalk(true);
  let begun = false;
  const run = enrolling(open(request), () => Promise.resolve(begun = true), talk);
  await talk.offered;
  assert.deepEqual([begun, talk.offers[0]?.codes], [false, false]);
  request.end({ state: "approved", by: "bob" });
  assert.deepEqual(await run, { via: "approval", by: "bob" });
  assert.equal(begun, true);
  assert.equal(request.cancelled, 0);
});

Deno.test("an approval is enough for who has an authenticator, or no terminal, or a broken file", async () => {
  const cases = [["enrolled", true], ["unenrolled", false], ["broken", true]] as const;
  for (const [state, terminal] of cases) {
    const request = new FakeRequest();
    request.end({ state: "approved", by: "bob" });
    for (const asked of [open(request), ANSWERS.approved]) {
      const codes = new FakeCodes(state);
      const talk = new FakeTalk(terminal);
      const rules = { unenrolled: "enroll" } as const;
      assert.equal((await login({ asked, codes, talk, rules })).via, "approval");
    }
  }
});

Deno.test("what was approved earlier shows nothing, reads nothing, and enrols nobody", async () => {
  for (const terminal of TERMINAL) {
    const talk = new FakeTalk(terminal);
    const passed = await enrolling(ANSWERS.approved, nobody, talk);
    assert.deepEqual(passed, { via: "approval", by: "bob" });
    assert.deepEqual([talk.offers, talk.told, talk.asked, talk.reads], [[], [], [], 0]);
  }
});

Deno.test("nobody is enrolled whom a server has not let in, while one answers", async () => {
  const denied = new FakeRequest();
  denied.end({ state: "denied", reason: undefined });
  for (
    const asked of [
      open(denied),
      ANSWERS.frozen,
      ANSWERS.busy,
      ANSWERS.quiet,
      ANSWERS.unusable,
    ]
  ) {
    await failureOf(() => enrolling(asked, nobody));
  }
});

Deno.test("an enrolment that does not come to its end refuses the login", async () => {
  const request = new FakeRequest();
  request.end({ state: "approved", by: "bob" });
  for (const asked of [ANSWERS.none, ANSWERS.unreachable, open(request)]) {
    await assertRefused(
      () => enrolling(asked, () => Promise.resolve(false)),
      Exit.denied,
      /^the authenticator was not set up$/,
    );
    const talk = new FakeTalk(true);
    let left = false;
    const hangsUp = (signal: AbortSignal) => {
      talk.hangUp();
      return new Promise<boolean>((resolve) => {
        signal.addEventListener("abort", () => resolve(!(left = true)));
      });
    };
    const hungUp = () => enrolling(asked, hangsUp, talk);
    await assertRefused(hungUp, Exit.denied, /^the authenticator was not set up$/);
    assert.equal(left, true, "the dialogue has left the terminal by then");
    const broken = () => Promise.reject(new Failure(Exit.denied, "cannot write"));
    await assertRefused(() => enrolling(asked, broken), Exit.denied, /^cannot write$/);
  }
});
