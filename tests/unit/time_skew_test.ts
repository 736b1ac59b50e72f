import assert from "node:assert/strict";
import { parseStateFile, type StateFile } from "../../lib/core/state_file.ts";
import { forgetSkew, learnSkew } from "../../lib/core/time_skew.ts";
import { RFC_BASE32 } from "../support/totp.ts";

type Pair = readonly [step: number, skew: number];

function stateFile(...lines: string[]): StateFile {
  const read = parseStateFile([RFC_BASE32, ...lines, ""].join("\n"));
  if (!read.ok) assert.fail(read.fault);
  return read.value;
}

/** What one code after the other teaches. */
function taught(...pairs: readonly Pair[]): { learned: boolean[]; file: StateFile } {
  let file = stateFile();
  const learned = pairs.map(([step, skew]) => {
    const after = learnSkew(file, step, skew);
    file = after.file;
    return after.learned;
  });
  return { learned, file };
}

const skewOf = (...pairs: readonly Pair[]) => taught(...pairs).file.skew;

Deno.test("the third code in a row is the one that teaches", () => {
  const { learned, file } = taught([100, 20], [101, 20], [102, 20]);
  assert.deepEqual(learned, [false, false, true]);
  assert.deepEqual([file.skew, file.resetting], [20, []]);
});

Deno.test("what is learned is the average, without its fraction", () => {
  assert.equal(skewOf([100, 20], [101, 21], [102, 21]), 20);
  assert.equal(skewOf([100, -20], [102, -21], [103, -21]), -20);
  assert.equal(skewOf([100, 20], [101, 20], [102, 21]), 20);
  assert.equal(skewOf([100, 22], [102, 21], [103, 21]), 21);
  assert.equal(skewOf([100, 1], [102, 0], [103, 0]), 0);
});

Deno.test("a step more or less than the last is the same clock, two are another", () => {
  assert.equal(skewOf([100, 41], [101, 41], [103, 40]), 40);
  assert.equal(skewOf([100, 39], [101, 39], [102, 40]), 39);
  assert.equal(skewOf([100, 42], [102, 41], [104, 40]), 0);
  assert.equal(skewOf([100, 40], [101, 42], [102, 40]), 0);
  assert.equal(skewOf([100, 38], [101, 39], [102, 40]), 0);
});

Deno.test("one step may be left out between two codes, and none may come before the other", () => {
  assert.equal(skewOf([100, 20], [102, 20], [104, 20]), 20);
  assert.equal(skewOf([100, 20], [103, 20], [104, 20]), 0);
  assert.equal(skewOf([100, 20], [101, 20], [104, 20]), 0);
  assert.equal(skewOf([100, 20], [100, 21], [101, 21]), 0);
  assert.equal(skewOf([101, 20], [100, 20], [101, 21]), 0);
});

Deno.test("after a code out of the row, three more are needed", () => {
  const { learned } = taught([100, 20], [101, 50], [102, 20], [103, 20], [104, 20]);
  assert.deepEqual(learned, [false, false, false, false, true]);
});

Deno.test("forgetSkew() leaves no line of it", () => {
  const file = stateFile('" TIME_SKEW 7', '" RESETTING_TIME_SKEW 5+20 6+20', '" TOTP_AUTH');
  assert.equal(forgetSkew(file).text, stateFile('" TOTP_AUTH').text);
});
