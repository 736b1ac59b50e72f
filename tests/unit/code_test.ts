import assert from "node:assert/strict";
import fc from "fast-check";
import { type CodeState, judgeCode, normalizeCode, type TotpSecret } from "../../lib/core/code.ts";
import { EMPTY_CODE_STATE } from "../../lib/core/code_state.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const SECRET: TotpSecret = { base32: RFC_BASE32, step: 30, window: 3 };
const NOW_STEP = T0 / 30_000;
const S = 1_000;
const MIN = 60 * S;

/** One person at one clock. */
class Account {
  state: CodeState = EMPTY_CODE_STATE;
  now = T0;
  constructor(readonly secret = SECRET) {}

  try(typed: string, source = "192.0.2.7") {
    const { answer, state } = judgeCode(this.secret, typed, this.state, source, this.now);
    this.state = state;
    return answer.ok ? "accepted" : answer.why;
  }

  /** When the limit ends; undefined when there is none. */
  limit(source = "192.0.2.7"): number | undefined {
    const { answer } = judgeCode(this.secret, "x", this.state, source, this.now);
    return !answer.ok && answer.why === "limited" ? answer.retryAt : undefined;
  }
}

/** Never right: the codes around T0 are known. */
const WRONG = "000000";

Deno.test("judgeCode() accepts RFC 6238's vectors", () => {
  // Appendix B, SHA-1 column; eight digits there, of which six-digit codes are the last.
  const vectors: [seconds: number, code: string][] = [
    [59, "94287082"],
    [1_111_111_109, "07081804"],
    [1_111_111_111, "14050471"],
    [1_234_567_890, "89005924"],
    [2_000_000_000, "69279037"],
    [20_000_000_000, "65353130"],
  ];
  for (const [seconds, code] of vectors) {
    const account = new Account({ ...SECRET, window: 1 });
    account.now = seconds * S;
    assert.equal(account.try(code.slice(2)), "accepted", `at ${seconds}`);
    assert.equal(codeOf(Math.floor(seconds / 30)), code.slice(2));
  }
});

Deno.test("judgeCode() tries google-authenticator's window: -(w-1)/2 to w/2 steps", () => {
  for (const window of [1, 2, 3, 4, 5, 17, 100]) {
    const first = -Math.floor((window - 1) / 2);
    const last = Math.floor(window / 2);
    for (const offset of [first - 1, first, 0, last, last + 1]) {
      const account = new Account({ ...SECRET, window });
      const expected = offset >= first && offset <= last ? "accepted" : "wrong";
      assert.equal(account.try(codeOf(NOW_STEP + offset)), expected, `${window}: ${offset}`);
    }
  }
});

Deno.test("judgeCode() knows when a step begins and ends", () => {
  const account = new Account({ ...SECRET, window: 1 });
  account.now = T0 + 30 * S - 1;
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "wrong");
  account.now = T0 + 30 * S;
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "accepted");
});

Deno.test("judgeCode() accepts a code once, and the neighbouring ones still", () => {
  const account = new Account();
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "accepted");
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "spent");
  assert.equal(account.try(codeOf(NOW_STEP)), "accepted");
  assert.equal(account.try(codeOf(NOW_STEP - 1)), "accepted");
  assert.equal(account.try(codeOf(NOW_STEP)), "spent");
});

Deno.test("a code of long ago stays spent when the clock is set back to its time", () => {
  const account = new Account();
  assert.equal(account.try(codeOf(NOW_STEP)), "accepted");
  account.now = T0 + 400 * 30 * S;
  assert.equal(account.try(codeOf(NOW_STEP + 400)), "accepted");
  account.now = T0;
  assert.equal(account.try(codeOf(NOW_STEP)), "spent");
});

Deno.test("a widened window revives no spent code", () => {
  const account = new Account();
  assert.equal(account.try(codeOf(NOW_STEP)), "accepted");
  account.now = T0 + 40 * 30 * S;
  assert.equal(account.try(codeOf(NOW_STEP + 40)), "accepted");
  const wider = new Account({ ...SECRET, window: 100 });
  wider.now = account.now;
  wider.state = account.state;
  assert.equal(wider.try(codeOf(NOW_STEP)), "spent");
});

Deno.test("a changed step size locks nobody out", () => {
  for (const [before, after] of [[30, 60], [60, 30], [1, 60], [60, 1]] as const) {
    const account = new Account({ ...SECRET, step: before });
    assert.equal(account.try(codeOf(Math.floor(T0 / S / before))), "accepted");
    const changed = new Account({ ...SECRET, step: after });
    changed.state = account.state;
    changed.now = T0 + 10 * MIN;
    assert.equal(changed.try(codeOf(Math.floor(changed.now / S / after))), "accepted");
  }
});

Deno.test("no code is ever accepted twice, whatever the clock does", () => {
  const move = fc.record({
    seconds: fc.oneof(
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: -200, max: 200 }),
      fc.integer({ min: -20_000, max: 20_000 }),
    ),
    offset: fc.integer({ min: -3, max: 3 }),
    replay: fc.option(fc.nat(20)),
  });
  fc.assert(
    fc.property(
      fc.array(move, { maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      (moves, window) => {
        const account = new Account({ ...SECRET, window });
        const accepted: number[] = [];
        for (const { seconds, offset, replay } of moves) {
          account.now += seconds * S;
          const current = Math.floor(account.now / S / 30);
          const old = replay === null ? undefined : accepted[replay];
          // Somebody who saw an old code and has the clock set to its time.
          if (old !== undefined) account.now = old * 30 * S;
          const step = old ?? current + offset;
          const around = Array.from({ length: 14 }, (_, i) => step - 7 + i);
          // Two steps may have the same digits by chance; those prove nothing.
          if (around.filter((other) => codeOf(other) === codeOf(step)).length > 1) continue;
          if (account.try(codeOf(step)) !== "accepted") continue;
          assert.ok(!accepted.includes(step), `step ${step} was accepted twice`);
          accepted.push(step);
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("three wrong codes in 30 s close that source for the rest of them", () => {
  const account = new Account();
  for (const wait of [0, 5, 5]) {
    account.now += wait * S;
    assert.equal(account.try(WRONG), "wrong");
  }
  assert.equal(account.try(codeOf(NOW_STEP)), "limited");
  assert.equal(account.limit(), T0 + 30 * S);
  assert.equal(account.try(codeOf(NOW_STEP), "192.0.2.8"), "accepted", "another source");
  account.now = T0 + 30 * S - 1;
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "limited");
  account.now = T0 + 30 * S;
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "accepted");
});

Deno.test("ten wrong codes in 15 min close that source until the first is that old", () => {
  const account = new Account();
  for (let i = 0; i < 10; i++, account.now += 30 * S) assert.equal(account.try(WRONG), "wrong");
  assert.equal(account.limit(), T0 + 15 * MIN);
  assert.equal(account.limit("192.0.2.8"), undefined);
  account.now = T0 + 15 * MIN;
  assert.equal(account.try(codeOf(account.now / S / 30)), "accepted");
});

Deno.test("thirty wrong codes in 15 min close the account, however many sources share them", () => {
  const account = new Account();
  for (let i = 0; i < 30; i++, account.now += S) {
    assert.equal(account.try(WRONG, `2001:db8::${i}`), "wrong");
  }
  assert.equal(account.limit("2001:db8::ffff"), T0 + 15 * MIN);
  account.now = T0 + 15 * MIN;
  assert.equal(account.limit("2001:db8::ffff"), undefined);
});

Deno.test("a try that is refused for the limit is not counted", () => {
  const account = new Account();
  for (let i = 0; i < 3; i++) account.try(WRONG);
  const closed = account.state;
  for (let i = 0; i < 100; i++) assert.equal(account.try(WRONG), "limited");
  assert.equal(account.state, closed);
  account.now += 30 * S;
  assert.equal(account.try(WRONG), "wrong");
});

Deno.test("a success forgives that source's wrong codes and no other's", () => {
  const account = new Account();
  account.try(WRONG);
  account.try(WRONG, "198.51.100.1");
  assert.equal(account.try(codeOf(NOW_STEP)), "accepted");
  assert.deepEqual(account.state.failures, [{ at: T0, source: "198.51.100.1" }]);
});

Deno.test("strangers' guesses lock out strangers, not where right codes came from before", () => {
  const account = new Account();
  assert.equal(account.try(codeOf(NOW_STEP)), "accepted");
  for (let i = 0; i < 30; i++) account.try(WRONG, `198.51.100.${i}`);
  assert.equal(account.try(codeOf(NOW_STEP + 1), "203.0.113.9"), "limited");
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "accepted");
});

Deno.test("a clock that was set back keeps nobody out longer than the limit says", () => {
  const account = new Account();
  for (let i = 0; i < 10; i++, account.now += 30 * S) account.try(WRONG);
  account.now = T0 - 365 * 24 * 60 * MIN;
  assert.equal(account.try(WRONG), "limited");
  assert.equal(account.limit(), account.now + 15 * MIN);
  account.now += 15 * MIN;
  assert.equal(account.limit(), undefined);
});

Deno.test("a limit always ends when it said it would", () => {
  const failure = fc.record({
    at: fc.integer({ min: T0 - 20 * MIN, max: T0 + 20 * MIN }),
    source: fc.constantFrom("192.0.2.7", "192.0.2.8"),
  });
  fc.assert(fc.property(fc.array(failure, { maxLength: 30 }), (failures) => {
    const account = new Account();
    account.state = { spent: [], failures: failures.toSorted((a, b) => a.at - b.at), known: [] };
    account.try(WRONG);
    const until = account.limit();
    if (until === undefined) return;
    assert.ok(until > account.now && until <= account.now + 15 * MIN);
    account.now = until;
    assert.equal(account.limit(), undefined);
  }));
});

Deno.test("normalizeCode() takes what people type and paste, and nothing else", () => {
  const taken = ["123456", " 123 456 ", "123-456", "1-2-3-4-5-6", "１２３４５６", "123\u00a0456\n"];
  for (const typed of taken) assert.equal(normalizeCode(typed), "123456", typed);
  const refused = [
    "",
    "12345",
    "1234567",
    "12345a",
    "-",
    "123.456",
    "+12345",
    "٠١٢٣٤٥",
    "\x00123456",
    " ".repeat(59) + "123456",
    "1".repeat(1_048_576),
  ];
  for (const typed of refused) assert.equal(normalizeCode(typed), undefined, typed.slice(0, 20));
});

Deno.test("normalizeCode() answers six ASCII digits or nothing", () => {
  fc.assert(fc.property(anyText(80), (typed) => {
    const code = normalizeCode(typed);
    assert.ok(code === undefined || /^[0-9]{6}$/.test(code));
  }));
});

Deno.test("judgeCode() does not count what cannot be a code", () => {
  const account = new Account();
  for (let i = 0; i < 50; i++) assert.equal(account.try("123"), "malformed");
  assert.equal(account.state, EMPTY_CODE_STATE);
});
