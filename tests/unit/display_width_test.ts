import assert from "node:assert/strict";
import fc from "fast-check";
import { displayWidth, wrapAtBlanks } from "../../lib/core/display_width.ts";

Deno.test("displayWidth() counts columns, and nothing for colours", () => {
  assert.equal(displayWidth("ab"), 2);
  assert.equal(displayWidth("验证码"), 6);
  assert.equal(displayWidth("e\u0301"), 1);
  assert.equal(displayWidth("\x1b[38;5;16;48;5;231m▀▀\x1b[0m"), 2);
});

Deno.test("wrapAtBlanks() breaks between words, and only lines that are too wide", () => {
  assert.equal(wrapAtBlanks("one two three", 8), "one two\nthree");
  assert.equal(wrapAtBlanks("one two three", 13), "one two three");
  assert.equal(wrapAtBlanks("  a b\nlonger than ten", 10), "  a b\nlonger\nthan ten");
  assert.equal(wrapAtBlanks("otpauth://totp/alice", 10), "otpauth://totp/alice");
});

Deno.test("wrapAtBlanks() loses nothing, and no line with a blank is too wide", () => {
  const words = fc.array(fc.stringMatching(/^[a-z验]{1,12}$/), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(words, fc.integer({ min: 5, max: 30 }), (words, columns) => {
    const text = words.join(" ");
    const lines = wrapAtBlanks(text, columns).split("\n");
    assert.equal(lines.join(" "), text);
    for (const line of lines) assert.ok(!line.includes(" ") || displayWidth(line) <= columns);
  }));
});
