/** Central codes in the login flow of a host. */
import assert from "node:assert/strict";
import type { Admission } from "../../lib/core/attempt.ts";
import type { CodeAnswer } from "../../lib/core/code.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import { agreedCodes, type HeldCodes, type ServersWord } from "../../lib/login/central_codes.ts";
import type { Codes } from "../../lib/login/doors.ts";
import { passFactor } from "../../lib/login/flow.ts";
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
import { assertRefused } from "../support/failure.ts";

const messages = hostMessages("en", undefined);
const RIGHT: ServersWord = { kind: "right" };
const SPENT: ServersWord = { kind: "refused", answer: { ok: false, why: "spent" } };
const WRONG: ServersWord = { kind: "refused", answer: { ok: false, why: "wrong" } };
const NO_ANSWER: ServersWord = { kind: "no_answer" };
const byCode = { via: "code", by: "alice" } as const;
const APPROVED = { state: "approved", by: "person:alice" } as const;

/** One that takes codes: for each the next of these words. */
class CodeRequest extends FakeRequest {
  readonly tried: string[] = [];
  readonly #words: ServersWord[];

  constructor(...words: ServersWord[]) {
    super();
    this.#words = words;
  }

  tryCode = (code: string): Promise<ServersWord> => {
    this.tried.push(code);
    const word = this.#words.shift() ?? NO_ANSWER;
    if (word.kind === "right") this.end(APPROVED);
    return Promise.resolve(word);
  };
}

interface Case {
  readonly request: FakeRequest;
  readonly codes?: Codes;
  readonly talk?: FakeTalk;
  readonly sent?: string | undefined;
  readonly unenrolled?: "deny" | "enroll";
}

async function login(
  { request, codes, talk, sent, unenrolled = "deny" }: Case,
): Promise<Admission> {
  return await passFactor(
    anAttempt({ code: sent }),
    { timeoutMs: 60_000, offline: "code", unenrolled },
    {
      approvals: answering({ kind: "open", request }),
      codes: codes ?? new FakeCodes("unenrolled"),
      talk: talk ?? new FakeTalk(true),
      clock: new FixedClock(),
      messages,
      lastWords: messages,
      lookedFor: "/codes/alice",
      enroll: () => assert.fail("nobody is to be enrolled"),
    },
  );
}

Deno.test("where the server takes codes, one can be typed that this host knows nothing of", async () => {
  const request = new CodeRequest(RIGHT);
  const talk = new FakeTalk(true).type("123 456");
  assert.deepEqual(await login({ request, talk }), byCode);
  assert.deepEqual([request.tried, talk.offers[0]?.codes], [["123456"], true]);
  assert.equal(request.cancelled, 0, "the server has decided it");
});

Deno.test("where it takes none, none is asked for and none is sent", async () => {
  const request = new FakeRequest();
  const talk = new FakeTalk(true).type("123456");
  const passing = login({ request, talk });
  await talk.offered;
  request.end(APPROVED);
  assert.deepEqual(await passing, { via: "approval", by: "person:alice" });
  assert.deepEqual([talk.offers[0]?.codes, talk.reads], [false, 0]);
});

Deno.test("no code lets in without the verdict, typed or sent along", async () => {
  for (const sent of [undefined, "123456"]) {
    const request = new CodeRequest();
    // Whoever answers may say what they like.
    request.tryCode = () => Promise.resolve(RIGHT);
    request.end({ state: "failed", fault: "the server's verdict is not signed by a pinned key" });
    const talk = new FakeTalk(true).type("123456");
    const passing = () => login({ request, talk, sent });
    await assertRefused(passing, Exit.denied, /not signed by a pinned key$/);
  }
});

Deno.test("what the server refuses is said, and another can be typed", async () => {
  const request = new CodeRequest(WRONG, SPENT, NO_ANSWER, RIGHT);
  const talk = new FakeTalk(true).type("111111", "222222", "333333", "12345678", "444444");
  assert.deepEqual(await login({ request, talk }), byCode);
  assert.deepEqual(talk.told, [
    "wrong code; was it from your app for hosts?",
    messages.spentCode,
    messages.pinNotChecked,
    messages.malformedCode,
  ]);
  assert.deepEqual(request.tried, ["111111", "222222", "333333", "444444"]);
});

Deno.test("a code that came along is tried at the server too", async () => {
  const request = new CodeRequest(RIGHT);
  assert.deepEqual(
    await login({ request, sent: "123456", talk: new FakeTalk(false) }),
    byCode,
  );
  assert.equal(request.cancelled, 0);
});

Deno.test("this host judges first; what is right here is not sent, what is wrong may be newer", async () => {
  const right = new CodeRequest();
  const mine = { codes: new FakeCodes("enrolled"), talk: new FakeTalk(true).type(RIGHT_CODE) };
  assert.deepEqual(await login({ request: right, ...mine }), byCode);
  assert.deepEqual([right.tried, right.cancelled, right.why], [[], 1, "code_used"]);
  const newer = new CodeRequest(RIGHT);
  const talk = new FakeTalk(true).type("654321");
  assert.deepEqual(await login({ request: newer, codes: new FakeCodes("enrolled"), talk }), byCode);
  assert.deepEqual(newer.tried, ["654321"]);
});

Deno.test("what this host has seen used, or limits, does not go round it by the server", async () => {
  for (const why of ["spent", "limited"] as const) {
    const answer: CodeAnswer = why === "spent"
      ? { ok: false, why }
      : { ok: false, why, retryAt: 0 };
    const request: CodeRequest = new CodeRequest(RIGHT);
    const talk = new FakeTalk(true).type("123456");
    const passing = login({ request, codes: new FakeCodes("enrolled", () => answer), talk });
    await talk.offered;
    request.end({ state: "denied", reason: "denied" });
    await assertRefused(() => passing, Exit.denied, /denied/);
    assert.deepEqual(request.tried, [], why);
  }
});

Deno.test("a file here that cannot be used takes nothing from the server's codes", async () => {
  const request = new CodeRequest(RIGHT);
  const talk = new FakeTalk(true).type("123456");
  assert.deepEqual(await login({ request, codes: new FakeCodes("broken"), talk }), byCode);
  assert.deepEqual(talk.told, []);
});

Deno.test("who has an authenticator at the server is led to no other", async () => {
  const request = new CodeRequest();
  request.end(APPROVED);
  assert.equal((await login({ request, unenrolled: "enroll" })).via, "approval");
});

class Held extends FakeCodes implements HeldCodes {
  constructor(private readonly server: boolean, answer: CodeAnswer = PASSED) {
    super("enrolled", () => answer);
  }

  fromServer(): boolean {
    return this.server;
  }
}

const check = async (codes: HeldCodes, word: ServersWord) => {
  const spent: string[] = [];
  const answer = await agreedCodes(codes, (code) => {
    spent.push(code);
    return Promise.resolve(word);
  }).check("123 456");
  return { answer, spent };
};

Deno.test("agreedCodes() asks the server of what is right by the server's own secret", async () => {
  const right = { ok: true, kind: "totp" } as const;
  for (const word of [RIGHT, NO_ANSWER]) {
    assert.deepEqual(await check(new Held(true, right), word), {
      answer: right,
      spent: ["123456"],
    });
  }
  for (const word of [SPENT, WRONG]) {
    const { answer } = await check(new Held(true, right), word);
    assert.deepEqual(answer, word.kind === "refused" ? word.answer : undefined);
  }
});

Deno.test("agreedCodes() tells no server of an account's own codes, of scratch codes or wrong ones", async () => {
  const cases: [boolean, CodeAnswer][] = [
    [false, { ok: true, kind: "totp" }],
    [true, { ok: true, kind: "scratch" }],
    [true, { ok: false, why: "wrong" }],
    [true, { ok: false, why: "spent" }],
  ];
  for (const [server, answer] of cases) {
    assert.deepEqual(await check(new Held(server, answer), WRONG), { answer, spent: [] });
  }
});

Deno.test("agreedCodes() is as broken as what it judges by", () => {
  class Broken extends Held {
    override enrolled(): boolean {
      throw new Failure(Exit.config, "too old");
    }
  }
  const codes = agreedCodes(new Broken(true), () => Promise.resolve(RIGHT));
  assert.throws(() => codes.enrolled(), /too old/);
});
