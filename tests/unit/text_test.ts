import assert from "node:assert/strict";
import fc from "fast-check";
import { ago, left, table } from "../../lib/core/table.ts";
import { isPrintable, jsonLine, keyValue, printable } from "../../lib/core/text.ts";
import { rfc3339 } from "../../lib/core/time.ts";

const anyText = fc.string({ unit: "binary", maxLength: 400 });

const dangerous: Record<string, string> = {
  "a colour": "\u001b[31m",
  "a bell": "\u0007",
  "a newline": "\n",
  "a carriage return": "\r",
  "a tab": "\t",
  "NUL": "\u0000",
  "delete": "\u007f",
  "C1's control sequence introducer": "\u009b31m",
  "a window title": "\u001b]0;x\u0007",
  "right-to-left override": "\u202e",
  "an isolate": "\u2066",
  "a direction mark": "\u200f",
  "Arabic letter mark": "\u061c",
  "zero width": "\u200b",
  "a soft hyphen": "\u00ad",
  "a byte order mark": "\ufeff",
  "a line separator": "\u2028",
  "an invisible tag": "\u{e0041}",
  "half a surrogate pair": "\ud800",
  "a Hangul filler": "\u3164",
  "an empty braille cell": "\u2800",
  "an Arabic number sign": "\u0600",
  "a variation selector": "\ufe0f",
};

for (const [what, text] of Object.entries(dangerous)) {
  Deno.test(`printable() shows ${what} as its code`, () => {
    assert.equal(isPrintable(`a${text}b`), false);
    const code = (text.codePointAt(0) ?? 0).toString(16);
    assert.ok(printable(`a${text}b`).startsWith(`a\\u{${code}}`));
  });
}

Deno.test("printable() leaves every script as it is", () => {
  for (const text of ["alice", "ls -l | wc", "登录 批准", "naïve", "Ελλάδα", "مرحبا", "👍🏽", ""]) {
    assert.equal(printable(text), text);
    assert.equal(isPrintable(text), true);
  }
});

Deno.test("printable() makes any text harmless, and changes it no further", () => {
  fc.assert(fc.property(anyText, (text) => {
    const shown = printable(text);
    assert.ok(isPrintable(shown));
    assert.equal(printable(shown), shown);
    if (isPrintable(text) && text.length <= 256) assert.equal(shown, text);
  }));
});

Deno.test("printable() keeps at most so many characters, and says that it cut", () => {
  assert.equal(printable("abcdef", 6), "abcdef");
  assert.equal(printable("abcdefg", 6), "abcde…");
  assert.equal(printable("👍👍👍", 2), "👍…");
  fc.assert(fc.property(anyText, fc.integer({ min: 1, max: 50 }), (text, max) => {
    assert.ok([...printable(text, max)].length <= max);
  }));
});

Deno.test("keyValue() quotes a value that could be taken for more than one", () => {
  assert.equal(keyValue("user", "alice", 9), "user=alice");
  assert.equal(keyValue("n", 7, 9), "n=7");
  assert.equal(keyValue("why", "a b", 9), 'why="a b"');
  assert.equal(keyValue("why", 'a"b', 9), 'why="a\\"b"');
  assert.equal(keyValue("why", "a=b", 9), 'why="a=b"');
  assert.equal(keyValue("why", "", 9), 'why=""');
  assert.equal(keyValue("why", "abcdef", 4), "why=abc…");
  assert.equal(keyValue("a\nb", "\u202e", 9), "a\\u{a}b=\\u{202e}");
});

Deno.test("jsonLine() shows nothing dangerous, and reads back as the same value", () => {
  for (const [what, text] of Object.entries(dangerous)) {
    const line = jsonLine({ [text]: [text] });
    assert.ok(isPrintable(line), what);
    assert.deepEqual(JSON.parse(line), { [text]: [text] }, what);
  }
  assert.equal(jsonLine("\u009b31m"), '"\\u009b31m"');
  assert.equal(jsonLine("\u{e0041}\u202e"), '"\\udb40\\udc41\\u202e"');
  assert.equal(
    jsonLine({ who: "登录 👍 é", n: [1, null, true] }),
    '{"who":"登录 👍 é","n":[1,null,true]}',
  );
  const anyValue = fc.oneof(anyText, fc.jsonValue({ stringUnit: "binary" }));
  fc.assert(fc.property(anyValue, (value) => {
    const line = jsonLine(value);
    assert.ok(isPrintable(line));
    assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(value)));
    if (typeof value === "string") assert.equal(JSON.parse(line), value);
  }));
});

Deno.test("rfc3339() is null for what has not happened", () => {
  assert.equal(rfc3339(0), "1970-01-01T00:00:00.000Z");
  assert.equal(rfc3339(null), null);
});

Deno.test("table() aligns columns and leaves no blanks at the end", () => {
  assert.deepEqual(table([["NAME", "STATE"], ["a", "joined"], ["longer", ""]]), [
    "NAME    STATE",
    "a       joined",
    "longer",
  ]);
  assert.deepEqual(table([["账户", "结果"], ["a", "b"]]), ["账户  结果", "a     b"]);
  assert.deepEqual(table([]), []);
});

Deno.test("left() says how much is left, rounded down, and nothing when it is over", () => {
  const cases: [number, string | undefined][] = [
    [-1, undefined],
    [999, undefined],
    [1_000, "1 s"],
    [3_599_999, "59 min"],
    [86_400_000, "24 h"],
    [863_999_999, "239 h"],
  ];
  for (const [more, text] of cases) assert.equal(left(1e12 + more, 1e12), text);
});

Deno.test("ago() speaks in the largest unit that has passed", () => {
  const cases: [number, string][] = [
    [-5_000, "just now"],
    [999, "just now"],
    [1_000, "1 s ago"],
    [59_999, "59 s ago"],
    [60_000, "1 min ago"],
    [3_600_000, "1 h ago"],
    [86_399_999, "23 h ago"],
    [86_400_000, "1 d ago"],
    [864_000_000, "10 d ago"],
  ];
  for (const [passed, text] of cases) assert.equal(ago(1e12, 1e12 + passed), text);
});
