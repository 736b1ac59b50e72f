/** The box of scratch codes. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { displayWidth, padToWidth } from "../../lib/core/display_width.ts";
import { drawSheet } from "../../lib/core/scratch_sheet.ts";

const FACTS = [
  { label: "account", value: "alice" },
  { label: "host", value: "web1.example.com" },
  { label: "made on", value: "2026-03-14" },
];
const CODES = ["10000000", "20000000", "30000000", "40000000", "50000000"];

Deno.test("drawSheet() numbers the codes down two columns", () => {
  const sheet = { title: "Scratch codes", facts: FACTS, codes: CODES, notes: ["each works once"] };
  assert.deepEqual(drawSheet(sheet, "unicode"), [
    "┌────────────────────────────────────┐",
    "│ Scratch codes                      │",
    "│ account  alice                     │",
    "│ host     web1.example.com          │",
    "│ made on  2026-03-14                │",
    "├────────────────────────────────────┤",
    "│    1.  10000000       4.  40000000 │",
    "│    2.  20000000       5.  50000000 │",
    "│    3.  30000000                    │",
    "├────────────────────────────────────┤",
    "│ each works once                    │",
    "└────────────────────────────────────┘",
  ]);
});

Deno.test("drawSheet() needs nothing but ASCII where the locale has no more", () => {
  const lines = drawSheet({ title: "codes", facts: [], codes: ["10000000"], notes: [] }, "ascii");
  assert.deepEqual(lines, [
    "+-----------------+",
    "| codes           |",
    "+-----------------+",
    "|    1.  10000000 |",
    "+-----------------+",
  ]);
});

Deno.test("drawSheet() shows what is in a name, and lets none break the box", () => {
  const facts = [{ label: "账户", value: "a\x1b[31m\n\u202e王".padEnd(300, "x") }];
  const lines = drawSheet({ title: "备用码", facts, codes: CODES, notes: [] }, "unicode");
  assert.equal(new Set(lines.map(displayWidth)).size, 1);
  assert.ok(lines.every((line) => displayWidth(line) <= 80));
  assert.ok(lines[2]?.startsWith("│ 账户  a\\u{1b}[31m\\u{a}\\u{202e}王xx"), lines[2]);
});

Deno.test("drawSheet() draws an even box of any codes and names, with each code once", () => {
  const code = fc.integer({ min: 10_000_000, max: 99_999_999 }).map(String);
  const fact = fc.record({
    label: fc.string({ unit: "binary" }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, "")),
    value: fc.string({ unit: "grapheme", maxLength: 100 }),
  });
  const sheet = fc.record({
    title: fc.constantFrom("Scratch codes", "备用码"),
    facts: fc.array(fact, { maxLength: 4 }),
    codes: fc.uniqueArray(code, { maxLength: 12 }),
    notes: fc.array(fc.constantFrom("each works once", "每个只能使用一次"), { maxLength: 3 }),
  });
  fc.assert(fc.property(sheet, fc.constantFrom("unicode", "ascii"), (sheet, frame) => {
    const lines = drawSheet(sheet, frame);
    assert.equal(new Set(lines.map(displayWidth)).size, 1);
    sheet.codes.forEach((code, index) => {
      const place = new RegExp(` ${index + 1}\\.  ${code} `);
      assert.equal(lines.filter((line) => place.test(line)).length, 1);
    });
  }));
});

Deno.test("displayWidth() counts wide characters twice and combining ones not at all", () => {
  const widths = {
    "": 0,
    abc: 3,
    账户: 4,
    "ｆｕ": 4,
    "e\u0301": 1,
    "é": 1,
    "│─": 2,
    "𠀀": 2,
    "🔑": 2,
  };
  for (const [text, width] of Object.entries(widths)) {
    assert.equal(displayWidth(text), width, text);
  }
  assert.equal(padToWidth("账户", 6), "账户  ");
  assert.equal(padToWidth("账户", 3), "账户");
});
