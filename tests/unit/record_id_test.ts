import assert from "node:assert/strict";
import { RECORD_ID_BYTES, recordId } from "../../lib/core/record_id.ts";

Deno.test("recordId() is a letter and 16 characters that fit into an address", () => {
  const id = recordId("p", new Uint8Array(RECORD_ID_BYTES).fill(255));
  assert.equal(id, "p_________________");
  assert.match(recordId("g", new Uint8Array(RECORD_ID_BYTES)), /^g_[A-Za-z0-9_-]{16}$/);
});

Deno.test("recordId() refuses fewer random bytes than it promises", () => {
  assert.throws(() => recordId("p", new Uint8Array(RECORD_ID_BYTES - 1)), RangeError);
});
