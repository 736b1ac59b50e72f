import assert from "node:assert/strict";
import fc from "fast-check";
import { codesOf, equalInConstantTime, matchingCounter, stepsOff } from "../../lib/core/otp.ts";
import { T0 } from "../support/logins.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const NOW_STEP = T0 / 30_000;

Deno.test("codesOf() gives RFC 4226's vectors", () => {
  // Appendix D, with the key of RFC 6238 Appendix B, which is the same.
  const vectors = [
    ...["755224", "287082", "359152", "969429", "338314"],
    ...["254676", "287922", "162583", "399871", "520489"],
  ];
  const codes = codesOf(RFC_BASE32);
  for (const [counter, code] of vectors.entries()) assert.equal(codes(counter), code);
});

Deno.test("codesOf() gives RFC 6238's vectors", () => {
  // Appendix B, SHA-1 column; eight digits there, of which six-digit codes are the last.
  const vectors: [seconds: number, code: string][] = [
    [59, "94287082"],
    [1_111_111_109, "07081804"],
    [1_111_111_111, "14050471"],
    [1_234_567_890, "89005924"],
    [2_000_000_000, "69279037"],
    [20_000_000_000, "65353130"],
  ];
  const codes = codesOf(RFC_BASE32);
  for (const [seconds, code] of vectors) {
    assert.equal(codes(Math.floor(seconds / 30)), code.slice(2), `at ${seconds}`);
    assert.equal(codeOf(Math.floor(seconds / 30)), code.slice(2));
  }
});

Deno.test("codesOf() agrees with another implementation at any counter", () => {
  const codes = codesOf(RFC_BASE32);
  fc.assert(fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (counter) => {
    assert.equal(codes(counter), codeOf(counter));
  }));
});

Deno.test("matchingCounter() looks at exactly as many counters as it is told", () => {
  for (const [from, count] of [[0, 1], [7, 3], [100, 100]] as const) {
    for (const counter of [from - 1, from, from + count - 1, from + count]) {
      const inside = counter >= from && counter < from + count;
      const expected = inside ? counter : undefined;
      assert.equal(
        matchingCounter(RFC_BASE32, counter < 0 ? "x" : codeOf(counter), from, count),
        expected,
        `${counter} in ${count} from ${from}`,
      );
    }
  }
});

Deno.test("stepsOff() finds a code of up to 1,499 steps away", () => {
  for (const off of [0, 1, -1, 20, -9, 1_499, -1_499]) {
    assert.equal(stepsOff(RFC_BASE32, codeOf(NOW_STEP + off), 30, T0 + 29_999), off);
  }
  for (const off of [1_500, -1_500, 1_000_000]) {
    assert.equal(stepsOff(RFC_BASE32, codeOf(NOW_STEP + off), 30, T0), undefined);
  }
  assert.equal(stepsOff(RFC_BASE32, "", 30, T0), undefined);
  // Long ago there were no steps before the first.
  assert.equal(stepsOff(RFC_BASE32, codeOf(3), 30, 0), 3);
});

Deno.test("equalInConstantTime() is equality", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    assert.equal(equalInConstantTime(a, b), a === b);
    assert.ok(equalInConstantTime(a, a));
  }));
});
