import assert from "node:assert/strict";
import fc from "fast-check";
import { fromLatin1, toLatin1 } from "../../lib/core/latin1.ts";
import { parseStateFile, type StateFile } from "../../lib/core/state_file.ts";
import {
  addScratchCodes,
  removeOption,
  removeScratchCode,
  replaceSecret,
  setOption,
} from "../../lib/core/state_file_change.ts";
import { linesOf, optionOf } from "../../lib/core/state_lines.ts";

const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEH";

const joined = (...lines: string[]) => lines.map((line) => `${line}\n`).join("");

function parsed(text: string): StateFile {
  const read = parseStateFile(text);
  if (!read.ok) assert.fail(`${read.fault} in ${JSON.stringify(text)}`);
  return read.value;
}

function fault(text: string): string {
  const read = parseStateFile(text);
  return read.ok ? "none" : read.fault;
}

Deno.test("parseStateFile() reads what google-authenticator writes", () => {
  const text = joined(
    SECRET,
    '" RATE_LIMIT 3 30 1700000000 1700000010',
    '" WINDOW_SIZE 17',
    '" STEP_SIZE 60',
    '" DISALLOW_REUSE 56666666 56666667',
    '" TOTP_AUTH',
    "12345678",
    "87654321",
  );
  assert.deepEqual(parsed(text), {
    text,
    secret: SECRET,
    kind: "totp",
    counter: 0,
    step: 60,
    window: 17,
    skew: 0,
    usedSteps: [56_666_666, 56_666_667],
    rateLimit: { attempts: 3, interval: 30, times: [1_700_000_000, 1_700_000_010] },
    resetting: [],
    logins: [],
    nextSecret: undefined,
    synced: undefined,
    otherSecrets: [],
    nextCounter: 1,
    scratchCodes: ["12345678", "87654321"],
  });
});

Deno.test("parseStateFile() reads what the module adds", () => {
  const file = parsed(joined(
    SECRET,
    '" LAST0 192.0.2.7 1700000000',
    '" LAST9 2001:db8::1 1700000001',
    '" RESETTING_TIME_SKEW 1+2 3-4 5+6 7-8',
    '" TIME_SKEW -12',
    '" HOTP_COUNTER 42',
    '" DISALLOW_REUSE ',
  ));
  assert.deepEqual(file.logins, [
    { slot: 0, host: "192.0.2.7", at: 1_700_000_000 },
    { slot: 9, host: "2001:db8::1", at: 1_700_000_001 },
  ]);
  assert.deepEqual(file.resetting, [
    { step: 3, skew: -4 },
    { step: 5, skew: 6 },
    { step: 7, skew: -8 },
  ]);
  assert.deepEqual([file.skew, file.kind, file.counter, file.usedSteps], [-12, "hotp", 42, []]);
});

Deno.test("a waiting secret may say with which counter it begins", () => {
  const next = (value: string) => {
    const { nextSecret, nextCounter } = parsed(
      joined(SECRET, `" GATEHOUSE_NEXT_SECRET ${value}`, '" HOTP_COUNTER 70'),
    );
    return [nextSecret, nextCounter];
  };
  assert.deepEqual(next("GEZDGNBVGY3TQOJQ"), ["GEZDGNBVGY3TQOJQ", 1]);
  assert.deepEqual(next("GEZDGNBVGY3TQOJQ \t42 "), ["GEZDGNBVGY3TQOJQ", 42]);
});

Deno.test("parseStateFile() has google-authenticator's defaults: 30 s, a window of three", () => {
  const { step, window, rateLimit, usedSteps } = parsed(joined(SECRET, '" TOTP_AUTH'));
  assert.deepEqual({ step, window, rateLimit, usedSteps }, {
    step: 30,
    window: 3,
    rateLimit: undefined,
    usedSteps: undefined,
  });
});

Deno.test("a counter of 1 or more is for counter-based codes, whatever else is there", () => {
  assert.equal(parsed(joined(SECRET, '" TOTP_AUTH', '" HOTP_COUNTER 1')).kind, "hotp");
  assert.equal(parsed(joined(SECRET, '" TOTP_AUTH', '" HOTP_COUNTER 0')).kind, "totp");
  assert.equal(parsed(joined(SECRET, '" HOTP_COUNTER 0')).kind, "none");
  assert.equal(parsed(SECRET).kind, "none");
});

Deno.test("parseStateFile() takes a secret as people copy it", () => {
  const copies = [
    ...["jbsw y3dp ehpk 3pxp", "JBSW-Y3DP-EHPK-3PXP==", "JBSWY3DPEHPK3PXP\r"],
    "\tJBSWY3DPEHPK3PXP ",
  ];
  for (const copy of copies) assert.equal(parsed(`${copy}\n`).secret, "JBSWY3DPEHPK3PXP", copy);
  assert.equal(parsed("0123456789".replaceAll("9", "8").repeat(2)).secret, "OL234567BBOL234567BB");
});

Deno.test("scratch codes end where something else begins", () => {
  const codes = (...lines: string[]) => parsed(joined(SECRET, ...lines)).scratchCodes;
  assert.deepEqual(codes("12345678", "", '" TOTP_AUTH', "23456789"), ["12345678", "23456789"]);
  assert.deepEqual(codes("12345678", "note", "23456789"), ["12345678"]);
  for (const none of ["1234567", "123456789", "01234567", "12345678x", "1234 5678", "+12345678"]) {
    assert.deepEqual(codes(none, "12345678"), [], none);
  }
});

Deno.test("parseStateFile() names the line at fault", () => {
  assert.equal(fault(""), "line 1: no base32 secret");
  assert.equal(fault("TOOSHORT\n"), "line 1: no base32 secret");
  assert.equal(fault(`\n${SECRET}\n`), "line 1: no base32 secret");
  for (const size of ["0", "61", "-1", "1e1", "abc", "", "30 60", "999999999999"]) {
    const text = joined(SECRET, '" TOTP_AUTH', `" STEP_SIZE ${size}`);
    assert.equal(fault(text), "line 3: STEP_SIZE is not 1 to 60", size);
  }
  const faults: [line: string, fault: string][] = [
    ['" WINDOW_SIZE 101', "WINDOW_SIZE is not 1 to 100"],
    ['" RATE_LIMIT 3', "RATE_LIMIT is not 1 to 3600"],
    ['" RATE_LIMIT 101 30', "RATE_LIMIT is not 1 to 100"],
    ['" RATE_LIMIT 3 3601', "RATE_LIMIT is not 1 to 3600"],
    ['" RATE_LIMIT 3 30 soon', "RATE_LIMIT is not a whole number"],
    ['" DISALLOW_REUSE 1 x', "DISALLOW_REUSE is not a whole number"],
    ['" TIME_SKEW much', "TIME_SKEW is not a whole number"],
    ['" HOTP_COUNTER', "HOTP_COUNTER is not a whole number"],
    ['" GATEHOUSE_NEXT_SECRET', "GATEHOUSE_NEXT_SECRET is no base32 secret"],
    ['" GATEHOUSE_NEXT_SECRET short', "GATEHOUSE_NEXT_SECRET is no base32 secret"],
    [`" GATEHOUSE_NEXT_SECRET ${SECRET} 2 3`, "GATEHOUSE_NEXT_SECRET is no base32 secret"],
    [`" GATEHOUSE_NEXT_SECRET ${SECRET} 0`, "GATEHOUSE_NEXT_SECRET is not a whole number"],
    [`" GATEHOUSE_NEXT_SECRET ${SECRET} x`, "GATEHOUSE_NEXT_SECRET is not a whole number"],
    ["12\x0034", "a NUL byte"],
  ];
  for (const [line, expected] of faults) {
    assert.equal(fault(joined(SECRET, line)), `line 2: ${expected}`);
  }
  assert.equal(fault(joined(SECRET, "x".repeat(65_536))), "is larger than 64 KiB");
});

Deno.test("setOption() writes where google-authenticator writes", () => {
  const file = parsed(joined(SECRET, '" TOTP_AUTH', '" B 1', "12345678", '" B 2', '" B'));
  assert.equal(
    setOption(file, "B", "3").text,
    joined(SECRET, '" TOTP_AUTH', '" B 3', "12345678"),
  );
  assert.equal(
    setOption(file, "C", "1").text,
    file.text.replace("\n", '\n" C 1\n'),
  );
  // google-authenticator would write the option into the secret's line.
  assert.equal(setOption(parsed(SECRET), "C", "1").text, joined(SECRET, '" C 1'));
  assert.equal(
    setOption(parsed(`${SECRET}\r\n" C 1\r\n\r\n12345678`), "C", "2").text,
    `${SECRET}\r\n" C 2\r\n\r\n12345678`,
  );
  // A name that begins like another is another.
  assert.equal(
    setOption(parsed(joined(SECRET, '" TIME_SKEW_X 1')), "TIME_SKEW", "5").text,
    joined(SECRET, '" TIME_SKEW 5', '" TIME_SKEW_X 1'),
  );
});

Deno.test("removeOption() removes all lines of that name", () => {
  const file = parsed(joined(SECRET, '" B 1', "12345678", '" B 2', '" BC 3'));
  assert.equal(removeOption(file, "B").text, joined(SECRET, "12345678", '" BC 3'));
});

Deno.test("replaceSecret() changes line 1 alone", () => {
  const other = "GEZDGNBVGY3TQOJQ";
  const file = replaceSecret(parsed(`${SECRET}\r\n" TOTP_AUTH\n`), other);
  assert.deepEqual([file.text, file.secret], [`${other}\r\n" TOTP_AUTH\n`, other]);
});

Deno.test("removeScratchCode() takes one line", () => {
  const file = parsed(joined(SECRET, "12345678", "23456789", "12345678"));
  const once = removeScratchCode(file, "12345678");
  assert.equal(once.text, joined(SECRET, "23456789", "12345678"));
  assert.equal(removeScratchCode(once, "87654321").text, once.text);
});

Deno.test("addScratchCodes() puts new ones where they are read", () => {
  const added = (text: string) => addScratchCodes(parsed(text), ["55555555", "66666666"]);
  assert.equal(
    added(joined(SECRET, "12345678", "note")).text,
    joined(SECRET, "12345678", "55555555", "66666666", "note"),
  );
  assert.equal(
    added(joined(SECRET, '" TOTP_AUTH', "note", '" B 1')).text,
    joined(SECRET, '" TOTP_AUTH', "55555555", "66666666", "note", '" B 1'),
  );
  assert.equal(added(SECRET).text, joined(SECRET, "55555555", "66666666"));
});

/** Files near the real thing, with lines that nobody knows among them. */
const anyLine = fc.oneof(
  fc.constantFrom('" TOTP_AUTH', '" DISALLOW_REUSE', "", "12345678", "87654321", "a note"),
  fc.nat({ max: 99 }).map((n) => `" WINDOW_SIZE ${n + 1}`),
  fc.nat({ max: 1e9 }).map((n) => `" DISALLOW_REUSE ${n}`),
  fc.nat({ max: 1e9 }).map((n) => `" HOTP_COUNTER ${n}`),
  fc.string({ unit: "grapheme-ascii" }).map((text) => `" ${text}`),
  fc.uint8Array({ maxLength: 12 }).map(toLatin1),
);
const anyEnd = fc.constantFrom("\n", "\n", "\n", "\r\n", "\r", "\n\n");
const anyFile = fc.tuple(fc.array(fc.tuple(anyLine, anyEnd), { maxLength: 12 }), fc.boolean())
  .map(([lines, cut]) => {
    const text = [`${SECRET}\n`, ...lines.map(([line, end]) => line + end)].join("");
    return cut ? text.replace(/[\r\n]+$/, "") : text;
  });

Deno.test("printing what was parsed gives the same bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    const text = toLatin1(bytes);
    assert.deepEqual(fromLatin1(text), bytes);
    assert.equal(linesOf(text).map(({ content, end }) => content + end).join(""), text);
  }));
  fc.assert(fc.property(anyFile, (text) => {
    const read = parseStateFile(text);
    if (read.ok) assert.equal(read.value.text, text);
    assert.equal(linesOf(text).map(({ content, end }) => content + end).join(""), text);
  }));
});

Deno.test("no file makes it throw, and no fault says what stands in it", () => {
  const mark = "SECRET7MARK";
  const anything = fc.oneof(
    anyFile.map((text) => text.replace("12345678", mark)),
    fc.tuple(anyFile, fc.constantFrom("RATE_LIMIT", "STEP_SIZE", "TIME_SKEW", "HOTP_COUNTER"))
      .map(([text, name]) => `${text}\n" ${name} ${mark}`),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => toLatin1(bytes) + mark),
  );
  fc.assert(fc.property(anything, (text) => {
    assert.ok(!fault(text).includes(mark));
  }));
});

Deno.test("an edit leaves every other line as it was, where it was", () => {
  fc.assert(fc.property(anyFile, fc.constantFrom("TIME_SKEW", "WINDOW_SIZE"), (text, name) => {
    const read = parseStateFile(text);
    if (!read.ok) return;
    const others = (of: string) =>
      linesOf(of).map(({ content }) => content)
        .filter((content) => optionOf(content)?.name !== name);
    const after = setOption(read.value, name, "7");
    assert.deepEqual(others(after.text), others(text));
    assert.deepEqual(others(removeOption(after, name).text), others(text));
    assert.equal(setOption(after, name, "7").text, after.text);
    // Again with codes: one in, the same one out.
    const code = "99999999";
    const more = addScratchCodes(read.value, [code]);
    assert.equal(more.scratchCodes.at(-1), code);
    // A carriage return at the very end becomes half of a line's end.
    const lines = (of: string) => linesOf(of).map(({ content }) => content.replace(/\r+$/, ""));
    assert.deepEqual(lines(removeScratchCode(more, code).text), lines(text));
  }));
});
