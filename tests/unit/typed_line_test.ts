import assert from "node:assert/strict";
import fc from "fast-check";
import { TypedLine } from "../../lib/core/typed_line.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What is typed, without its end. */
function typed(keys: Iterable<number>, maxBytes = 256): TypedLine {
  const line = new TypedLine(maxBytes);
  for (const key of keys) assert.equal(line.take(key), "more");
  return line;
}

Deno.test("TypedLine is complete by a newline or a carriage return, and closed by Ctrl-D", () => {
  for (const [key, what] of [[10, "complete"], [13, "complete"], [4, "closed"]] as const) {
    assert.equal(typed(bytesOf("123")).take(key), what);
  }
});

Deno.test("TypedLine takes back whole characters, and all of them by Ctrl-U", () => {
  const cases: [keys: string, text: string][] = [
    ["12\x7f3", "13"],
    ["12\b\b\b3", "3"],
    ["１２\x7f３", "１３"],
    ["a🦀\x7f", "a"],
    ["999\x15123", "123"],
    ["\x1b\x01\x001\t2", "12"],
  ];
  for (const [keys, text] of cases) {
    const line = typed(bytesOf(keys));
    assert.deepEqual([line.text, line.characters], [text, [...text].length]);
  }
});

Deno.test("TypedLine holds what was typed, character by character", () => {
  const character = fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 })
    .filter((text) => !/[\p{Cc}\ufeff]/u.test(text));
  fc.assert(fc.property(fc.array(character, { maxLength: 10 }), (characters) => {
    const text = characters.join("");
    const line = typed(bytesOf(text));
    assert.deepEqual([line.text, line.characters], [text, [...text].length]);
  }));
});

Deno.test("TypedLine survives any bytes, and keeps no more than it may", () => {
  const key = fc.integer({ min: 0, max: 255 }).filter((byte) => ![4, 10, 13].includes(byte));
  fc.assert(fc.property(fc.array(key, { maxLength: 200 }), fc.nat(40), (keys, max) => {
    const line = typed(keys, max);
    assert.ok(bytesOf(line.text).length <= 3 * max, "at most U+FFFD for each byte");
    assert.ok(line.characters >= 0 && line.characters <= max);
  }));
});

Deno.test("TypedLine forgets nothing of what was typed before the bound", () => {
  const line = typed(bytesOf("1".repeat(1_000_000)), 8);
  assert.deepEqual([line.text, line.full], ["11111111", true]);
  assert.equal(typed(bytesOf("1234567"), 8).full, false);
});
