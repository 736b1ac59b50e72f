/** Telling a state file from a list, and what is wrong with either. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readImportable } from "../../lib/core/importable.ts";
import { anyText } from "../support/texts.ts";

const BASE32 = "JBSWY3DPEHPK3PXPJBSWY3DPEH";
const read = (text: string) => readImportable(new TextEncoder().encode(text));

function fault(text: string): string {
  const found = read(text);
  assert.equal(found.ok, false);
  return found.ok ? "" : found.fault;
}

Deno.test("readImportable() takes google-authenticator's file as it is, byte for byte", () => {
  const text = `${BASE32}\n" TOTP_AUTH\n" LAST0 2001:db8::7 1700000000\n12345678\n" \xff:\xfe\n`;
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  const found = readImportable(bytes);
  assert.ok(found.ok && found.value.kind === "state");
  assert.equal(found.value.file.text, text);
  assert.deepEqual(found.value.file.scratchCodes, ["12345678"]);
});

Deno.test("readImportable() knows a list by the colon of its first entry", () => {
  const found = read(`\ufeff# list\n\nalice: ${BASE32}\r\n\nno colon\nbob:short\n:${BASE32}\n`);
  assert.deepEqual(found, {
    ok: true,
    value: {
      kind: "list",
      entries: [
        { line: 3, user: "alice", secret: { ok: true, value: BASE32 } },
        { line: 5, user: "", secret: { ok: false, fault: "line 5: is not user:SECRET" } },
        { line: 6, user: "bob", secret: { ok: false, fault: "line 6: no base32 secret" } },
        { line: 7, user: "", secret: { ok: true, value: BASE32 } },
      ],
    },
  });
});

Deno.test("readImportable() says what is wrong with a file that is neither", () => {
  for (const empty of ["", "\n\n", "# nothing\n# here\n", " \t\n"]) {
    assert.equal(fault(empty), "holds no secret");
  }
  assert.equal(fault("not a secret!\n"), "line 1: no base32 secret");
  assert.equal(fault(`${BASE32}\n" STEP_SIZE 90\n`), "line 2: STEP_SIZE is not 1 to 60");
  assert.equal(fault(`${BASE32}\n${"#".repeat(65_536)}`), "is larger than 64 KiB");
  const list = readImportable(Uint8Array.of(0x61, 0x3a, 0x41, 0xff));
  assert.deepEqual(list, { ok: false, fault: "is not UTF-8 text" });
});

Deno.test("readImportable() never throws, nor says what stands in a file", () => {
  const mark = "SECRET7MARK";
  const line = fc.oneof(
    anyText(),
    fc.tuple(fc.constantFrom("alice:", '" RATE_LIMIT ', "#", ":", ""), fc.string())
      .map(([before, rest]) => before + mark + rest),
  );
  fc.assert(fc.property(fc.array(line), (lines) => {
    const found = read(lines.join("\n"));
    const faults = !found.ok
      ? [found.fault]
      : found.value.kind === "state"
      ? []
      : found.value.entries.flatMap(({ secret }) => secret.ok ? [] : [secret.fault]);
    for (const each of faults) assert.ok(!each.includes(mark), each);
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    readImportable(bytes);
  }));
});
