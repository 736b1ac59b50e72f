/** The login flow on a host that has an emergency code. */
import assert from "node:assert/strict";
import type { Admission } from "../../lib/core/attempt.ts";
import type { CodeAnswer } from "../../lib/core/code.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import type { Asked, Codes, Doors, Emergency } from "../../lib/login/doors.ts";
import { type FlowRules, passFactor } from "../../lib/login/flow.ts";
import { canType, judgeTyped, withEmergency } from "../../lib/login/typed_codes.ts";
import { assertRefused, failureOf } from "../support/failure.ts";
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
const BY_EMERGENCY: Admission = { via: "emergency", by: "emergency_code" };
const LINE = "x7Kq-vPz2-Lm9t";

class FakeEmergency implements Emergency {
  readonly checked: string[] = [];
  constructor(
    private readonly answer: (line: string) => CodeAnswer = (line) =>
      line === LINE ? { ok: true, kind: "emergency" } : { ok: false, why: "wrong" },
  ) {}
  check(line: string): Promise<CodeAnswer> {
    this.checked.push(line);
    return Promise.resolve(this.answer(line));
  }
}

interface Case {
  readonly asked: Asked;
  readonly state?: "enrolled" | "unenrolled" | "broken";
  readonly emergency?: FakeEmergency;
  readonly talk?: FakeTalk;
  readonly rules?: Partial<FlowRules>;
  readonly sent?: string;
  readonly enroll?: Doors["enroll"];
}

function login(given: Case & { codes?: FakeCodes }): Promise<Admission> {
  const { asked, state = "unenrolled", talk = new FakeTalk(true), rules, sent } = given;
  const { emergency = new FakeEmergency(), codes = new FakeCodes(state) } = given;
  const all = { timeoutMs: 60_000, offline: "code", unenrolled: "deny", ...rules } as const;
  return passFactor(anAttempt({ code: sent }), all, {
    approvals: answering(asked),
    codes: withEmergency(codes, emergency),
    talk,
    clock: new FixedClock(),
    messages,
    lastWords: messages,
    lookedFor: "/codes/alice",
    enroll: given.enroll ?? (() => assert.fail("nobody is to be enrolled")),
  });
}

const open = (request: FakeRequest): Asked => ({ kind: "open", request });
const STATES = ["enrolled", "unenrolled", "broken"] as const;
const NONE: Asked = { kind: "none" };
const BUSY: Asked = {
  kind: "refused",
  why: "busy",
  detail: "busy",
  retryAfterS: 30,
  twoPersons: false,
};
const FROZEN: Asked = {
  kind: "refused",
  why: "frozen",
  detail: "not me",
  retryAfterS: undefined,
  twoPersons: false,
};
const UNUSABLE: Asked = { kind: "unusable", detail: "unusable", hint: "ask" };
const UNREACHABLE: Asked = { kind: "unreachable", detail: "unreachable", hint: "ask" };
const LEFT_TO_CODES = [NONE, BUSY, UNUSABLE, UNREACHABLE];

Deno.test("the emergency code passes wherever a code can be typed, whatever the account has", async () => {
  for (const state of STATES) {
    for (const asked of LEFT_TO_CODES) {
      const talk = new FakeTalk(true).type("nonsense", LINE);
      const { noServer, ...passed } = await login({ asked, state, talk });
      assert.deepEqual(passed, BY_EMERGENCY);
      assert.equal(noServer === undefined, asked === NONE);
      assert.deepEqual([talk.asked, talk.told.at(-1)], [[60_000], messages.wrongCode]);
    }
  }
});

Deno.test("beside an offer it wins the race, and the request ends as if by a code", async () => {
  for (const state of STATES) {
    const request = new FakeRequest();
    const talk = new FakeTalk(true).type(LINE);
    assert.deepEqual(await login({ asked: open(request), state, talk }), BY_EMERGENCY);
    assert.deepEqual([request.cancelled, request.why], [1, "code_used"]);
    assert.equal(talk.offers[0]?.codes, true);
  }
});

Deno.test("an approval still lets in who has no authenticator, and nobody is told of codes", async () => {
  const request = new FakeRequest();
  request.end({ state: "approved", by: "bob" });
  const emergency = new FakeEmergency();
  assert.equal((await login({ asked: open(request), emergency })).via, "approval");
  assert.deepEqual(emergency.checked, []);
});

Deno.test("six or eight digits are the account's own affair, other lines the host's", async () => {
  const codes = new FakeCodes("enrolled", (code) => {
    return code === RIGHT_CODE ? { ok: true, kind: "totp" } : { ok: false, why: "wrong" };
  });
  const emergency = new FakeEmergency();
  const talk = new FakeTalk(true).type("000000", "0000 0000", "１２３４５", "", RIGHT_CODE);
  const admission = await login({ asked: NONE, codes, emergency, talk });
  assert.deepEqual(admission, { via: "code", by: "alice" });
  assert.deepEqual(codes.checked, ["000000", "0000 0000", RIGHT_CODE]);
  assert.deepEqual(emergency.checked, ["１２３４５"]);
});

Deno.test("who has no authenticator is told so before being asked, and why it is asked", async () => {
  const remarks = [
    [NONE, []],
    [BUSY, [messages.busy]],
    [UNUSABLE, [messages.serverUnusable]],
    [UNREACHABLE, [messages.serverUnreachable]],
  ] as const;
  for (const [asked, remark] of remarks) {
    for (
      const [state, said] of [
        ["enrolled", []],
        ["unenrolled", [messages.notEnrolled]],
        ["broken", ["the secret is broken"]],
      ] as const
    ) {
      const talk = new FakeTalk(true).type(LINE);
      await login({ asked, state, talk });
      assert.deepEqual(talk.told, [...remark, ...said]);
    }
  }
});

Deno.test("six digits get nobody in who has no authenticator, nor past a broken one", async () => {
  for (const state of ["unenrolled", "broken"] as const) {
    // As CodeFiles answers without an authenticator; with a broken one it must not be asked.
    const codes = new FakeCodes(state, () => ({ ok: false, why: "wrong" }));
    const emergency = new FakeEmergency(() => ({ ok: false, why: "malformed" }));
    const talk = new FakeTalk(true).type(RIGHT_CODE);
    const run = () => login({ asked: NONE, codes, emergency, talk, rules: { timeoutMs: 50 } });
    await assertRefused(run, Exit.denied, /^no code was typed in time$/);
    const wasAsked = state === "unenrolled";
    assert.deepEqual(
      [codes.checked, emergency.checked],
      wasAsked ? [[RIGHT_CODE], []] : [[], [
        RIGHT_CODE,
      ]],
    );
    assert.equal(talk.told.at(-1), wasAsked ? messages.wrongCode : messages.malformedCode);
  }
});

Deno.test("each refusal of the emergency code has its words", async () => {
  const words: readonly (readonly [CodeAnswer, string])[] = [
    [{ ok: false, why: "wrong" }, messages.wrongCode],
    [{ ok: false, why: "malformed", weak: ["short"] }, messages.malformedCode],
    [{ ok: false, why: "limited", retryAt: T0 + 3_600_000 }, messages.limited(3_600)],
  ];
  for (const [answer, text] of words) {
    const passed: CodeAnswer = { ok: true, kind: "emergency" };
    const emergency = new FakeEmergency((line) => line === LINE ? passed : answer);
    const talk = new FakeTalk(true).type("first", LINE);
    await login({ asked: NONE, state: "enrolled", emergency, talk });
    assert.deepEqual(talk.told, [text]);
  }
});

Deno.test("what came along is never the emergency code: it may be anybody's password", async () => {
  for (const state of STATES) {
    for (const asked of [open(new FakeRequest()), ...LEFT_TO_CODES]) {
      const emergency = new FakeEmergency();
      const talk = new FakeTalk(false);
      const rules = { timeoutMs: 20 };
      await failureOf(() => login({ asked, state, emergency, talk, rules, sent: LINE }));
      assert.deepEqual(emergency.checked, []);
    }
  }
});

Deno.test("where nothing can be typed all is as on a host without emergency code", async () => {
  for (const asked of [NONE, UNREACHABLE]) {
    const outcomes = [];
    for (const state of STATES) {
      for (const emergency of [undefined, new FakeEmergency()]) {
        const codes: Codes = withEmergency(new FakeCodes(state), emergency);
        const talk = new FakeTalk(false);
        const rules = { timeoutMs: 60_000, offline: "code", unenrolled: "deny" } as const;
        const words = { messages, lastWords: messages, lookedFor: "/codes/alice" };
        const doors = { approvals: answering(asked), codes, talk, ...words };
        const enroll = () => assert.fail("nobody is to be enrolled");
        const run = () =>
          passFactor(anAttempt(), rules, { ...doors, clock: new FixedClock(), enroll });
        const { exit, message, hint, reason } = await failureOf(run);
        outcomes.push([state, exit, message, hint, reason]);
        assert.deepEqual([talk.reads, talk.asked], [0, []]);
      }
    }
    for (let i = 0; i < outcomes.length; i += 2) assert.deepEqual(outcomes[i], outcomes[i + 1]);
  }
});

Deno.test("policy.unenrolled keeps its meaning", async () => {
  const allow = { unenrolled: "allow" } as const;
  assert.equal((await login({ asked: NONE, rules: allow })).via, "unenrolled-allow");
  const enroll = () => Promise.resolve(true);
  const enrolling = { unenrolled: "enroll" } as const;
  assert.equal((await login({ asked: NONE, rules: enrolling, enroll })).via, "enrolled");
  // A file that cannot be used is no missing one.
  for (const rules of [allow, enrolling]) {
    const talk = new FakeTalk(true).type(LINE);
    assert.deepEqual(await login({ asked: NONE, state: "broken", talk, rules }), BY_EMERGENCY);
  }
});

Deno.test("a frozen account takes the emergency code, and no code of its own", async () => {
  for (const state of STATES) {
    const talk = new FakeTalk(true).type(RIGHT_CODE, LINE);
    const codes = new FakeCodes(state);
    const emergency = new FakeEmergency();
    const passed = await login({ asked: FROZEN, codes, emergency, talk, sent: RIGHT_CODE });
    assert.deepEqual(passed, { ...BY_EMERGENCY, noServer: "frozen: not me" });
    assert.deepEqual([codes.checked, emergency.checked], [[], [LINE]]);
    assert.deepEqual(talk.told, [
      "this account is frozen",
      "ask your administrator",
      "wrong code",
    ]);
  }
});

Deno.test("where it takes two persons the emergency code still does, and no code of the account's", async () => {
  const request = new FakeRequest();
  request.twoPersons = true;
  const flooded = { ...BUSY, twoPersons: true };
  for (const state of STATES) {
    for (const asked of [open(request), flooded]) {
      const talk = new FakeTalk(true).type(RIGHT_CODE, "nonsense", LINE);
      const codes = new FakeCodes(state);
      const { via, noServer } = await login({ asked, codes, talk, sent: RIGHT_CODE });
      const isOpen = asked !== flooded;
      assert.deepEqual([via, noServer], ["emergency", isOpen ? undefined : "busy: busy"]);
      assert.deepEqual(codes.checked, []);
      assert.deepEqual(talk.told, [
        ...(isOpen ? [] : [messages.busy]),
        messages.takesTwoPersons,
        messages.wrongCode,
        messages.wrongCode,
      ]);
    }
  }
});

Deno.test("a frozen account stays out where the emergency code is not typed", async () => {
  const late = { timeoutMs: 20 };
  for (const talk of [new FakeTalk(false), new FakeTalk(true).type(RIGHT_CODE)]) {
    const emergency = new FakeEmergency();
    const run = () => login({ asked: FROZEN, state: "enrolled", emergency, talk, rules: late });
    const { exit, message, hint, reason } = await failureOf(run);
    assert.deepEqual([exit, message, hint, reason], [
      Exit.denied,
      "this account is frozen",
      "ask your administrator",
      "not me",
    ]);
    assert.deepEqual(emergency.checked, []);
  }
});

Deno.test("a host that lets nobody in offline takes no emergency code", async () => {
  const emergency = new FakeEmergency();
  const talk = new FakeTalk(true).type(LINE);
  const rules = { offline: "deny" } as const;
  const run = () => login({ asked: UNREACHABLE, emergency, talk, rules });
  await assertRefused(run, Exit.unreachable, /^unreach/);
  assert.deepEqual(emergency.checked, []);
});

Deno.test("a try that cannot be counted denies", async () => {
  const emergency = new FakeEmergency(() => {
    throw new Failure(Exit.denied, "cannot remember spent codes");
  });
  const request = new FakeRequest();
  const talk = new FakeTalk(true).type(LINE);
  const run = () => login({ asked: open(request), emergency, talk });
  await assertRefused(run, Exit.denied, /^cannot remember/);
  assert.equal(request.cancelled, 1);
});

Deno.test("without an emergency code an account types its own or none", async () => {
  const typing = STATES.map((state) => canType(withEmergency(new FakeCodes(state), undefined)));
  assert.deepEqual(typing, [true, false, false]);
  const emergency = new FakeEmergency();
  assert.ok(STATES.every((state) => canType(withEmergency(new FakeCodes(state), emergency))));
  const codes = new FakeCodes("enrolled");
  await judgeTyped(LINE, withEmergency(codes, undefined));
  assert.deepEqual(codes.checked, [LINE]);
});
