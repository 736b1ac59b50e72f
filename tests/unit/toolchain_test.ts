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

/** As Deno 2.7 writes it. */
function junit(...cases: readonly string[]): string {
  const suite = `<testsuite name="./a_test.ts" tests="${cases.length}">${cases.join("\n")}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="deno test">${suite}</testsuite></testsuites>`;
}

function testcase(name: string, inside = ""): string {
  return `<testcase name="${name}" classname="./a_test.ts" time="0.1">${inside}</testcase>`;
}

Deno.test("tally() counts passed tests, and says of each failed one where, which and why", () => {
  const report = junit(
    testcase("fine"),
    testcase(
      "not &lt;fine&gt;",
      '<failure message="short">Error: a &amp; b\nsecond line</failure>',
    ),
    testcase("worse", "<error>gone</error>"),
  );
  assert.deepEqual(tally(report, false, "tests/unit"), {
    passed: 1,
    failures: [
      "./a_test.ts: not <fine>\n  Error: a & b\n  second line",
      "./a_test.ts: worse\n  gone",
    ],
  });
  const { passed, failures } = tally(junit(testcase("one"), testcase("1")), true, "tests/unit");
  assert.deepEqual({ passed, failures }, { passed: 2, failures: [] });
});

Deno.test("tally() takes a skipped test for a failed one", () => {
  const report = junit(testcase("fine"), testcase("left out", "<skipped/>"));
  assert.deepEqual(tally(report, true, "tests/unit"), {
    passed: 1,
    failures: ["./a_test.ts: left out\n  skipped"],
  });
});

Deno.test("tally() fails a run that failed without a failed test, ran none, or left no report", () => {
  const unexplained = ["tests/unit: it failed or ran nothing, with no test to show for it"];
  const fine = junit(testcase("fine"));
  assert.deepEqual(tally(fine, false, "tests/unit"), { passed: 1, failures: unexplained });
  for (const report of [junit(), "", fine.slice(0, 60)]) {
    assert.deepEqual(tally(report, true, "tests/unit"), { passed: 0, failures: unexplained });
  }
});
