import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, splitLines } from "../../lib/core/bytes.ts";
import { writeAll, writeAllSync } from "../../lib/io/files.ts";

const NEWLINE = Uint8Array.of(10);
/** Few values, so that newlines are frequent. */
const someBytes = fc.uint8Array({ max: 12 });

Deno.test("splitLines() takes apart what concat() puts together", () => {
  fc.assert(fc.property(someBytes, (bytes) => {
    const { lines, rest } = splitLines(bytes);
    for (const line of [...lines, rest]) assert.ok(!line.includes(10));
    assert.deepEqual(concat([...lines.flatMap((line) => [line, NEWLINE]), rest]), bytes);
  }));
});

Deno.test("writeAll() and writeAllSync() go on until everything is written", async () => {
  const bytes = Uint8Array.from({ length: 10 }, (_, index) => index);
  const taken: number[] = [];
  const take = (rest: Uint8Array): number => {
    taken.push(...rest.subarray(0, 3));
    return Math.min(rest.length, 3);
  };
  writeAllSync({ writeSync: take }, bytes);
  await writeAll({ write: (rest) => Promise.resolve(take(rest)) }, bytes);
  assert.deepEqual(taken, [...bytes, ...bytes]);
});
