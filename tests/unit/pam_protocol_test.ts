import assert from "node:assert/strict";
import fc from "fast-check";
import {
  authtokLine,
  type FromModule,
  FromModuleReader,
  MODULE_TAKES,
  resultLine,
  shownLine,
  type ShownVerb,
} from "../../lib/core/pam_protocol.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { answerLine, parseHelperLine } from "../support/pam_channel.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom("\\", "n", "\n", "\r", "\0", "\x1b", "é", "🦀", "\ud800") }),
);
const verb = fc.constantFrom<ShownVerb>("ERROR", "PROMPT_ECHO_OFF", "PROMPT_ECHO_ON");

/** As the module hears it. */
function heard(line: string) {
  const bytes = bytesOf(line);
  assert.ok(bytes.length <= 8_192, `${bytes.length} bytes`);
  return parseHelperLine(bytes);
}

function read(...chunks: readonly Uint8Array[]): FromModule[] | undefined {
  const reader = new FromModuleReader();
  const all: FromModule[] = [];
  for (const chunk of chunks) {
    const lines = reader.take(chunk);
    if (lines === undefined) return undefined;
    all.push(...lines);
  }
  return all;
}

Deno.test("shownLine() says harmless text as it is, in one line", () => {
  const cases = ["", "a code: ", "C:\\new\n\n\\n ", "  number  42\n批准后请按回车键：", "▀▄█ \\"];
  for (const text of cases) {
    assert.deepEqual(heard(shownLine("ERROR", text)), { verb: "ERROR", text });
  }
});

Deno.test("shownLine() makes of any text what the module takes and a terminal cannot obey", () => {
  fc.assert(fc.property(verb, anyText, (verb, text) => {
    const line = heard(shownLine(verb, text));
    assert.equal(line.verb, verb);
    const lines = line.text.split("\n");
    assert.ok(lines.every(isPrintable));
    assert.equal(lines.length, text.split("\n").length);
    if (text.split("\n").every(isPrintable)) assert.equal(line.text, text);
  }));
});

Deno.test("shownLine() shows a colour, a carriage return and NUL as their codes", () => {
  const { text } = heard(shownLine("ERROR", "\x1b[31m\r\0\t"));
  assert.equal(text, "\\u{1b}[31m\\u{d}\\u{0}\\u{9}");
});

Deno.test("shownLine() keeps the end of what is too long", () => {
  const question = "type a code: ";
  const unit = fc.constantFrom("x", "\\", "é", "█");
  fc.assert(
    fc.property(verb, unit, fc.integer({ min: 60, max: 200 }), (verb, unit, rows) => {
      const text = `${`${unit.repeat(80)}\n`.repeat(rows)}${question}`;
      const shown = heard(shownLine(verb, text)).text;
      assert.ok(shown.endsWith(`\n${question}`));
      if (shown === text) return;
      assert.ok(shown.startsWith("…") && text.endsWith(shown.slice(1)));
      // Not more is lost than must be: another character, escaped, would not fit.
      assert.ok(bytesOf(shownLine(verb, text)).length > 8_192 - 4);
    }),
    { numRuns: 50 },
  );
});

Deno.test("authtokLine() hands a password on as it is, or not at all", () => {
  fc.assert(fc.property(anyText, (password) => {
    const line = authtokLine(password);
    if (line === undefined) {
      assert.ok(/[\0\r]/.test(password) || !password.isWellFormed());
    } else {
      assert.deepEqual(heard(line), { verb: "SET_AUTHTOK", text: password });
    }
  }));
  assert.ok(authtokLine("p".repeat(8_192 - "SET_AUTHTOK \n".length)) !== undefined);
  assert.equal(authtokLine("p".repeat(8_193 - "SET_AUTHTOK \n".length)), undefined);
  assert.equal(authtokLine("\\".repeat(4_096)), undefined, "escaped, it is too long");
});

Deno.test("resultLine() names the verdict", () => {
  for (const name of ["success", "ignore", "auth_err", "authinfo_unavail", "conv_err"] as const) {
    assert.deepEqual(heard(resultLine(name)), { verb: "RESULT", text: name });
  }
});

Deno.test("FromModuleReader knows the three lines of a module", () => {
  const lines = "GATEHOUSE 1\nANSWER \nNO_ANSWER\nANSWER a b\\\\n\\n\\\\\n";
  assert.deepEqual(read(bytesOf(lines)), [
    { kind: "greeting" },
    { kind: "answer", text: "" },
    { kind: "none" },
    { kind: "answer", text: "a b\\n\n\\" },
  ]);
});

Deno.test("FromModuleReader hears every answer, however its bytes come", () => {
  // A module's answers are C strings without a carriage return.
  const typed = fc.string({ unit: "binary" }).map((text) => text.replace(/[\0\r]/g, "?"))
    .filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(fc.array(typed, { maxLength: 3 }), fc.array(fc.nat(60)), (texts, cuts) => {
      const bytes = bytesOf(texts.map(answerLine).join(""));
      const ends = [...cuts, bytes.length].toSorted((a, b) => a - b);
      const chunks = ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
      assert.deepEqual(read(...chunks), texts.map((text) => ({ kind: "answer", text })));
    }),
  );
});

Deno.test("FromModuleReader takes what is no UTF-8 for an answer all the same", () => {
  const bytes = Uint8Array.from([...bytesOf("ANSWER p"), 0xff, 0xfe, ...bytesOf("\n")]);
  assert.deepEqual(read(bytes), [{ kind: "answer", text: "p\ufffd\ufffd" }]);
  assert.deepEqual(read(bytesOf("ANSWER \ufeff1\n")), [{ kind: "answer", text: "\ufeff1" }]);
});

Deno.test("FromModuleReader refuses what no module says", () => {
  const refused = [
    "\n",
    "GATEHOUSE 2\n",
    "GATEHOUSE 1 \n",
    "gatehouse 1\n",
    "ANSWER\n",
    "ANSWERED 1\n",
    " ANSWER 1\n",
    "NO_ANSWER 1\n",
    "ANSWER 1\r\n",
    "ANSWER \0\n",
    "ANSWER \\x\n",
    "ANSWER \\\n",
    "RESULT success\n",
    `ANSWER ${"x".repeat(MODULE_TAKES.lineBytes - "ANSWER ".length)}`,
  ];
  for (const line of refused) assert.equal(read(bytesOf(line)), undefined, JSON.stringify(line));
  const longest = "x".repeat(MODULE_TAKES.lineBytes - "ANSWER \n".length);
  assert.deepEqual(read(bytesOf(`ANSWER ${longest}\n`)), [{ kind: "answer", text: longest }]);
});

Deno.test("FromModuleReader survives any bytes", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: fc.constantFrom("ANSWER ", "NO_ANSWER", "GATEHOUSE 1", "\\", "\n", "n") })
      .map(bytesOf),
  );
  fc.assert(fc.property(fc.array(bytes, { maxLength: 5 }), (chunks) => {
    const lines = read(...chunks);
    const newlines = chunks.flatMap((chunk) => [...chunk]).filter((byte) => byte === 10).length;
    if (lines !== undefined) assert.equal(lines.length, newlines);
  }));
});
