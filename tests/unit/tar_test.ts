import assert from "node:assert/strict";
import fc from "fast-check";
import { readTarHeader, TAR_BLOCK, tarEnd, tarHeader, tarPadding } from "../../lib/core/tar.ts";
import { T0 } from "../support/logins.ts";

const NAME = "gatehouse.db";
const entries = fc.record(
  { name: fc.stringMatching(/^[!-~]{1,100}$/), size: fc.integer({ min: 0, max: 8 ** 11 - 1 }) },
  { noNullPrototype: true },
);

Deno.test("readTarHeader() reads what tarHeader() writes", () => {
  fc.assert(fc.property(entries, fc.integer({ min: 0, max: 4e12 }), (entry, now) => {
    const block = tarHeader(entry, now);
    assert.equal(block.length, TAR_BLOCK);
    assert.deepEqual(readTarHeader(block), entry);
  }));
});

Deno.test("readTarHeader() takes no header of which any byte was changed", () => {
  fc.assert(fc.property(
    entries,
    fc.nat(TAR_BLOCK - 1),
    fc.integer({ min: 1, max: 255 }),
    (entry, at, change) => {
      const block = tarHeader(entry, T0);
      const before = block[at] ?? 0;
      block[at] = before ^ change;
      const read = readTarHeader(block);
      // POSIX's checksum is a sum: one change is always seen, but for what it stands for itself.
      assert.equal(read, undefined);
    },
  ));
});

Deno.test("readTarHeader() reads no folder, link or device", () => {
  for (const type of ["1", "2", "3", "5", "L", "x"]) {
    const block = tarHeader({ name: NAME, size: 0 }, T0);
    block[156] = type.charCodeAt(0);
    // With the right sum.
    const sum = block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
    block.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    assert.equal(readTarHeader(block), undefined);
  }
});

Deno.test("readTarHeader() knows the end, and anything else is nothing", () => {
  assert.equal(readTarHeader(tarEnd().subarray(0, TAR_BLOCK)), "end");
  fc.assert(fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), (block) => {
    const read = readTarHeader(block);
    assert.ok(read === undefined || read === "end");
  }));
});

Deno.test("tarPadding() fills the last block", () => {
  assert.deepEqual([0, 1, 511, 512, 513].map(tarPadding), [0, 511, 1, 0, 511]);
});

Deno.test("tarHeader() refuses what would not fit", () => {
  for (const name of ["", "a b", "é", "a".repeat(101)]) {
    assert.throws(() => tarHeader({ name, size: 1 }, T0), RangeError);
  }
  for (const size of [8 ** 11, 1.5, NaN]) {
    assert.throws(() => tarHeader({ name: NAME, size }, T0), RangeError);
  }
});
