import assert from "node:assert/strict";
import { tally } from "../../scripts/run_tests.ts";
import { cutProgram, DENO_VERSION, findDenort, requireHash } from "../../scripts/toolchain.ts";
import { Failure } from "../../lib/core/errors.ts";
import { scratch } from "../support/scratch.ts";

const TARGET = "x86_64-unknown-linux-gnu";
const silent = () => {};

/** A "program": a runtime, then a block of that many bytes that ends with its own length. */
function program(runtime: string, block: number, said = BigInt(block)): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(runtime.length + block);
  bytes.set(new TextEncoder().encode(runtime));
  new DataView(bytes.buffer).setBigUint64(bytes.length - 8, said, true);
  return bytes;
}

Deno.test("cutProgram() gives back what comes before the block", () => {
  const denort = cutProgram(program("the runtime", 100));
  assert.equal(new TextDecoder().decode(denort), "the runtime");
});

for (
  const [what, bytes] of [
    ["an empty file", new Uint8Array()],
    ["a file of seven bytes", new Uint8Array(7)],
    ["a length of nothing", program("the runtime", 100, 0n)],
    ["a length shorter than the trailer", program("the runtime", 100, 23n)],
    ["a length longer than the file", program("the runtime", 100, 112n)],
    ["a length beyond all numbers", program("the runtime", 100, 2n ** 64n - 1n)],
  ] as const
) {
  Deno.test(`cutProgram() refuses ${what}`, () => {
    assert.throws(() => cutProgram(bytes), Failure);
  });
}

Deno.test("requireHash() accepts the pinned bytes and refuses others with both hashes", async () => {
  // SHA-256 of "abc" (FIPS 180-4's example).
  const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const bytes = (text: string) => new TextEncoder().encode(text);
  await requireHash(bytes("abc"), { sha256 }, "x", "hint");
  await assert.rejects(requireHash(bytes("abd"), { sha256 }, "x", "do this"), (error) => {
    assert.ok(error instanceof Failure);
    assert.match(error.message, /^x has SHA-256 [0-9a-f]{64}, pinned is ba7816bf/);
    assert.equal(error.hint, "do this");
    return true;
  });
});

Deno.test("findDenort() takes what DENORT_BIN names before all else", async () => {
  await using folder = await scratch();
  const given = await folder.file("denort", "");
  const found = await findDenort(TARGET, silent, { given, toolchain: folder.path });
  assert.deepEqual(found, { source: "DENORT_BIN", path: given });
});

Deno.test("findDenort() refuses a DENORT_BIN that is not there", async () => {
  const given = "/nonexistent/denort";
  await assert.rejects(findDenort(TARGET, silent, { given, toolchain: "/nonexistent" }), Failure);
});

Deno.test("findDenort() refuses a kept runtime with another hash and says how to mend it", async () => {
  await using folder = await scratch();
  const kept = await folder.file(`denort-${DENO_VERSION}-${TARGET}`, "not denort");
  const places = { given: undefined, toolchain: folder.path };
  await assert.rejects(findDenort(TARGET, silent, places), (error) => {
    assert.ok(error instanceof Failure);
    assert.match(error.message, /has SHA-256/);
    assert.equal(error.hint, `remove it and build again: rm ${kept}`);
    return true;
  });
});

for (const file of [".ci/run", "README.md"]) {
  Deno.test(`${file} names the Deno that is pinned and no other`, async () => {
    const text = await Deno.readTextFile(new URL(`../../${file}`, import.meta.url));
    const versions = new Set(text.match(/(?<=\bdeno@)[0-9.]*[0-9]/g));
    assert.deepEqual([...versions], [DENO_VERSION]);
  });
}

function junit(counts: string, cases = ""): string {
  return `<?xml version="1.0"?>\n<testsuites name="deno test" ${counts} time="0.1">${cases}\n`;
}

Deno.test("tally() counts passed and failed tests", () => {
  const report = junit('tests="6" failures="2" errors="1"');
  assert.deepEqual(tally(report, false), { passed: 3, failed: 3 });
  assert.deepEqual(tally(junit('tests="5" failures="0" errors="0"'), true), {
    passed: 5,
    failed: 0,
  });
});

Deno.test("tally() takes a skipped test for a failed one", () => {
  const report = junit('tests="3" failures="0" errors="0"', "<testcase><skipped/></testcase>");
  assert.deepEqual(tally(report, true), { passed: 2, failed: 1 });
});

Deno.test("tally() fails a run that failed without a failed test, ran none, or left no report", () => {
  const fine = 'tests="3" failures="0" errors="0"';
  assert.deepEqual(tally(junit(fine), false), { passed: 3, failed: 1 });
  assert.deepEqual(tally(junit('tests="0" failures="0" errors="0"'), true), {
    passed: 0,
    failed: 1,
  });
  assert.deepEqual(tally("", true), { passed: 0, failed: 1 });
});
