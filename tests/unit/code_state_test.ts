import assert from "node:assert/strict";
import fc from "fast-check";
import { type CodeState, judgeCode } from "../../lib/core/code.ts";
import { EMPTY_CODE_STATE, formatCodeState, parseCodeState } from "../../lib/core/code_state.ts";
import { clientAddress } from "../../lib/core/ssh_session.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

Deno.test("parseCodeState() reads back whatever judgeCode() leaves", () => {
  // As long as an address can be.
  const source = clientAddress(`${"ffff:".repeat(7)}ffff%${"z".repeat(32)} 22 ::1 22`);
  assert.ok(source !== undefined);
  const attempt = fc.record({
    step: fc.integer({ min: 0, max: 20_000 }),
    right: fc.boolean(),
    size: fc.constantFrom(1, 30, 60),
  });
  fc.assert(
    fc.property(fc.array(attempt, { maxLength: 50 }), (attempts) => {
      let state: CodeState = EMPTY_CODE_STATE;
      for (const { step, right, size } of attempts) {
        const now = (step + T0 / 60_000) * size * 1_000;
        const code = right ? codeOf(Math.floor(now / 1_000 / size)) : "000000";
        const secret = { base32: RFC_BASE32, step: size, window: 100 };
        state = judgeCode(secret, code, state, source, now).state;
        assert.deepEqual(parseCodeState(formatCodeState(state)), state);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("what is remembered stays small, however many codes are used", () => {
  let state: CodeState = EMPTY_CODE_STATE;
  for (let step = 0; step < 1_000; step++) {
    const now = T0 + step * 1_000;
    const secret = { base32: RFC_BASE32, step: 1, window: 1 };
    state = judgeCode(secret, codeOf(now / 1_000), state, "192.0.2.7", now).state;
  }
  assert.equal(state.spent.length, 200);
  assert.notEqual(parseCodeState(formatCodeState(state)), undefined);
});

Deno.test("parseCodeState() refuses every file that is not whole", () => {
  const good = formatCodeState({
    spent: [60],
    failures: [{ at: 1, source: "192.0.2.7" }],
    known: [],
  });
  assert.notEqual(parseCodeState(good), undefined);
  for (let length = 0; length < good.length - 1; length++) {
    assert.equal(parseCodeState(good.slice(0, length)), undefined, `the first ${length}`);
  }
  const others = [
    {},
    null,
    [],
    { version: 2, spent: [], failures: [] },
    { version: 1, spent: [] },
    { version: 1, spent: [-1], failures: [] },
    { version: 1, spent: [0.5], failures: [] },
    { version: 1, spent: ["60"], failures: [] },
    { version: 1, spent: Array(1_001).fill(1), failures: [] },
    { version: 1, spent: [], failures: [{ at: 1 }] },
    { version: 1, spent: [], failures: [], more: 1 },
  ];
  for (const other of others) {
    assert.equal(parseCodeState(JSON.stringify(other)), undefined, JSON.stringify(other));
  }
});

Deno.test("parseCodeState() never throws", () => {
  const file = fc.oneof(anyText(), fc.json());
  fc.assert(fc.property(file, (text) => assert.equal(parseCodeState(text), undefined)));
});
