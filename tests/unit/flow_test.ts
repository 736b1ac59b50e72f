import assert from "node:assert/strict";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import type { Asked, Ending } from "../../lib/login/doors.ts";
import type { Admission } from "../../lib/core/attempt.ts";
import { type FlowRules, passFactor } from "../../lib/login/flow.ts";
import { assertRefused } from "../support/failure.ts";
import {
  anAttempt,
  answering,
  FakeCodes,
  FakeRequest,
  FakeTalk,
  FixedClock,
  RIGHT_CODE,
} from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";

const messages = hostMessages("en", undefined);
const RULES: FlowRules = { timeoutMs: 60_000, offline: "code", unenrolled: "deny" };

interface Case {
  readonly asked: Asked;
  readonly rules?: Partial<FlowRules>;
  readonly codes?: FakeCodes;
  readonly talk?: FakeTalk;
  /** What LC_GATEHOUSE_CODE holds. */
  readonly sent?: string;
}

/** One login; whatever happens, the conversation must be closed, and once. */
async function login({ asked, rules, codes, talk, sent }: Case): Promise<Admission> {
  const person = talk ?? new FakeTalk(true);
  const doors = {
    approvals: answering(asked),
    codes: codes ?? new FakeCodes("enrolled"),
    talk: person,
    clock: new FixedClock(),
    messages,
  };
  try {
    return await passFactor(anAttempt({ code: sent }), { ...RULES, ...rules }, doors);
  } finally {
    assert.equal(person.closed, 1, "the conversation is closed once");
  }
}

const open = (request: FakeRequest): Asked => ({ kind: "open", request });
const byCode = { via: "code", by: "alice" } as const;
const enrolled = () => new FakeCodes("enrolled");

const ANSWERS = {
  approved: { kind: "approved", by: "bob" },
  frozen: { kind: "refused", why: "frozen", detail: "frozen" },
  busy: { kind: "refused", why: "busy", detail: "busy" },
  unusable: { kind: "unusable", detail: "unusable", hint: "ask" },
  unreachable: { kind: "unreachable", detail: "unreachable", hint: "ask" },
} as const satisfies Record<string, Asked>;

type Row = [
  answer: keyof typeof ANSWERS,
  offline: FlowRules["offline"],
  unenrolled: FlowRules["unenrolled"],
  codes: "enrolled" | "unenrolled" | "broken",
  terminal: boolean,
  expected: Admission["via"] | Exit,
];

const OFFLINE = ["code", "deny", "allow"] as const;
const UNENROLLED = ["deny", "allow"] as const;
const CODES = ["enrolled", "unenrolled", "broken"] as const;
const TERMINAL = [true, false] as const;

/** Every combination of what is not given. */
function rows(
  answer: Row[0],
  given: { offline?: Row[1][]; unenrolled?: Row[2][]; codes?: Row[3][]; terminal?: boolean[] },
  expected: Row[5],
): Row[] {
  const { offline = OFFLINE, unenrolled = UNENROLLED, codes = CODES, terminal = TERMINAL } = given;
  return offline.flatMap((o) =>
    unenrolled.flatMap((u) =>
      codes.flatMap((c) => terminal.map((t): Row => [answer, o, u, c, t, expected]))
    )
  );
}

const TABLE: Row[] = [
  ...rows("approved", {}, "approval"),
  ...rows("frozen", {}, Exit.denied),
  // Flooded: a code still passes, but nothing opens what is not enrolled.
  ...rows("busy", { codes: ["enrolled"], terminal: [true] }, "code"),
  ...rows("busy", { codes: ["enrolled"], terminal: [false] }, Exit.denied),
  ...rows("busy", { codes: ["unenrolled"] }, Exit.denied),
  ...rows("busy", { codes: ["broken"] }, Exit.config),
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
  ...rows("unreachable", { offline: ["code"], codes: ["enrolled"], terminal: [true] }, "code"),
  ...rows(
    "unreachable",
    { offline: ["code"], codes: ["enrolled"], terminal: [false] },
    Exit.unreachable,
  ),
  ...rows(
    "unreachable",
    { offline: ["code"], codes: ["unenrolled"], unenrolled: ["deny"] },
    Exit.unreachable,
  ),
  ...rows(
    "unreachable",
    { offline: ["code"], codes: ["unenrolled"], unenrolled: ["allow"] },
    "unenrolled-allow",
  ),
  ...rows(
    "unreachable",
    { offline: ["code"], codes: ["broken"], unenrolled: ["deny"] },
    Exit.config,
  ),
  ...rows(
    "unreachable",
    { offline: ["code"], codes: ["broken"], unenrolled: ["allow"] },
    Exit.config,
  ),
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
  assert.equal(seen.size, 5 * 3 * 2 * 3 * 2, "the table is complete");
});

Deno.test("a frozen account passes by nothing, not even by a code that came along", async () => {
  const codes = enrolled();
  await assertRefused(
    () => login({ asked: ANSWERS.frozen, codes, sent: RIGHT_CODE }),
    Exit.denied,
    /^frozen$/,
  );
  assert.deepEqual(codes.checked, []);
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
    [{ state: "denied", reason: "not_me" }, /not them/, 0],
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
  assert.deepEqual(talk.told, [messages.wrongCode]);
  assert.deepEqual([request.cancelled, request.why], [1, "code_used"]);
  assert.ok(request.stopped);
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
    assert.deepEqual([codes.checked, talk.prompts], [[], []]);
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
  assert.deepEqual(talk.prompts, ["code"]);
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
      (code) => code === RIGHT_CODE ? { ok: true } : { ok: false, why },
    );
    const talk = new FakeTalk(true).type("1", RIGHT_CODE);
    assert.deepEqual(await login({ asked: ANSWERS.busy, codes, talk }), byCode);
    told.push(...talk.told);
  }
  const { busy, wrongCode, spentCode, malformedCode } = messages;
  assert.deepEqual(told, [busy, wrongCode, busy, spentCode, busy, malformedCode]);
});

Deno.test("the person is told how long a limit lasts", async () => {
  for (const [ms, seconds] of [[1, 1], [0, 1], [29_001, 30], [-5_000, 1]] as const) {
    const codes = new FakeCodes(
      "enrolled",
      (code) =>
        code === RIGHT_CODE ? { ok: true } : { ok: false, why: "limited", retryAt: T0 + ms },
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
    for (const asked of [ANSWERS.busy, ANSWERS.unusable, ANSWERS.unreachable]) {
      const quiet = new FakeTalk(terminal);
      assert.deepEqual(await login({ asked, talk: quiet, sent: RIGHT_CODE }), byCode);
      assert.deepEqual([quiet.told, quiet.prompts], [[], []]);
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
});

Deno.test("a failure without a way out says what there is to do", async () => {
  const noTerminal = await assertRefused(
    () => login({ asked: ANSWERS.unreachable, talk: new FakeTalk(false) }),
    Exit.unreachable,
    /^unreachable$/,
  );
  assert.match(noTerminal.hint ?? "", /ssh -t/);
  await assertRefused(
    () => login({ asked: ANSWERS.unreachable, codes: new FakeCodes("unenrolled") }),
    Exit.unreachable,
    /^unreachable, and this account has no authenticator code/,
  );
});
