/** The emergency code as people type it, what is kept of it, and what is too weak for one. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  EMERGENCY_CODE_BYTES,
  formatEmergencyHash,
  HASH_BYTES,
  makeEmergencyCode,
  normalizeEmergencyCode,
  parseEmergencyHash,
  SALT_BYTES,
} from "../../lib/core/emergency_code.ts";
import { describeWeakness, type Weakness, weaknesses } from "../../lib/core/emergency_weakness.ts";
import { seededRandom } from "../support/fakes.ts";
import { anyText } from "../support/texts.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const generated = bytes(EMERGENCY_CODE_BYTES).map(makeEmergencyCode);

Deno.test("a code is six groups of four, and every bit of the random bytes is in it", () => {
  equal(makeEmergencyCode(new Uint8Array(15)), "0000-0000-0000-0000-0000-0000");
  equal(makeEmergencyCode(new Uint8Array(15).fill(0xff)), "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ");
  const counted = Uint8Array.of(0, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf);
  equal(
    makeEmergencyCode(Uint8Array.of(...counted, 0x84, 0x65, 0x3a, 0x56, 0xd7)),
    "0123-4567-89AB-CDEF-GHJK-MNPQ",
  );
  const made = new Set<string>();
  for (let bit = 0; bit < 120; bit++) {
    const one = new Uint8Array(15);
    one[bit >> 3] = 1 << (bit & 7);
    made.add(makeEmergencyCode(one));
  }
  equal(made.size, 120);
  fc.assert(fc.property(generated, (code) => {
    match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/);
  }));
});

Deno.test("a generated code is recognised however it is typed", () => {
  const typings: readonly ((code: string) => string)[] = [
    (code) => code.toLowerCase(),
    (code) => code.replaceAll("-", ""),
    (code) => ` ${code.replaceAll("-", " - ")}\t`,
    (code) => code.replaceAll("-", "\u2013"),
    (code) => code.replace(/[0-9A-Z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
    (code) => code.replaceAll("0", "O").replaceAll("1", "l"),
    (code) => code.replaceAll("0", "o").replaceAll("1", "I"),
  ];
  fc.assert(fc.property(generated, fc.constantFrom(...typings), (code, typed) => {
    equal(normalizeEmergencyCode(typed(code)), code.replaceAll("-", ""));
  }));
});

Deno.test("case counts in any other code, and what cannot be typed everywhere is none", () => {
  equal(normalizeEmergencyCode("x7Kq!vPz 2Lm9"), "x7Kq!vPz2Lm9");
  equal(normalizeEmergencyCode("Oil-lamp"), "Oillamp");
  const u = "UUUUuuuuUUUUuuuuUUUUuuuu"; // as long as a generated one, and not of its alphabet
  equal(normalizeEmergencyCode(u), u);
  equal(normalizeEmergencyCode("x".repeat(128)), "x".repeat(128));
  for (const none of ["", "  -- ", "pässword12345", "密码密码密码密码密码密码", "a\0b", "a\x1bb"]) {
    equal(normalizeEmergencyCode(none), undefined, JSON.stringify(none));
  }
  for (const length of [129, 257, 100_000]) {
    equal(normalizeEmergencyCode("x".repeat(length)), undefined);
  }
});

Deno.test("what was normalized stays as it is, whatever was typed", () => {
  fc.assert(fc.property(anyText(300), (typed) => {
    const code = normalizeEmergencyCode(typed);
    if (code === undefined) return;
    match(code, /^[\x21-\x7e]{1,128}$/);
    equal(normalizeEmergencyCode(code), code);
  }));
});

const hash = fc.record({
  ln: fc.integer({ min: 14, max: 17 }),
  salt: bytes(SALT_BYTES),
  hash: bytes(HASH_BYTES),
});

Deno.test("parseEmergencyHash() reads what formatEmergencyHash() writes, with or without its newline", () => {
  fc.assert(fc.property(hash, (value) => {
    const line = formatEmergencyHash(value);
    deepEqual(parseEmergencyHash(line), { ok: true, value });
    deepEqual(parseEmergencyHash(line.trimEnd()), { ok: true, value });
  }));
});

Deno.test("parseEmergencyHash() takes any text, and nothing that would not be written again", () => {
  const near = fc.tuple(hash, fc.nat(), fc.nat(3), anyText(3)).map(([value, at, cut, text]) => {
    const line = formatEmergencyHash(value);
    const from = at % line.length;
    return line.slice(0, from) + text + line.slice(from + cut);
  });
  fc.assert(fc.property(fc.oneof(anyText(), near), (text) => {
    const read = parseEmergencyHash(text);
    if (read.ok) equal(formatEmergencyHash(read.value).trimEnd(), text.replace(/\n$/, ""));
    else ok(!/[^\x20-\x7e]/.test(read.fault), read.fault);
  }));
});

Deno.test("parseEmergencyHash() refuses other costs, other schemes and other lengths", () => {
  const salt = "AAECAwQFBgcICQoLDA0ODw";
  const key = "iyb/QFKajPV7raJCc0nY9tmkDPAmb+fqaGTzd030Ako";
  ok(parseEmergencyHash(`$scrypt$ln=14,r=8,p=1$${salt}$${key}`).ok);
  const wrong: readonly (readonly [text: string, fault: RegExp])[] = [
    ["", /^is damaged: it holds no line that begins with \$scrypt\$$/],
    ["\n", /is damaged/],
    ["123456", /is damaged/],
    [`$argon2id$v=19$m=65536,t=3,p=4$${salt}$${key}`, /is damaged/],
    [`$scrypt$ln=13,r=8,p=1$${salt}$${key}`, /^asks for ln=13,r=8,p=1, not for ln=14 to ln=17/],
    [`$scrypt$ln=18,r=8,p=1$${salt}$${key}`, /asks for ln=18/],
    [`$scrypt$ln=015,r=8,p=1$${salt}$${key}`, /asks for ln=015/],
    [`$scrypt$ln=15,r=16,p=1$${salt}$${key}`, /asks for ln=15,r=16/],
    [`$scrypt$ln=15,r=8,p=99$${salt}$${key}`, /asks for ln=15,r=8,p=99/],
    [`$scrypt$r=8,ln=15,p=1$${salt}$${key}`, /asks for r=8/],
    [`$scrypt$ln=15,r=8,p=1$${salt}$${key.slice(4)}`, /not as long as it must be/],
    [`$scrypt$ln=15,r=8,p=1$${salt.slice(4)}$${key}`, /not as long as it must be/],
    // The last character has bits that stand for nothing.
    [`$scrypt$ln=15,r=8,p=1$${salt.slice(0, -1)}x$${key}`, /not as long as it must be/],
    [`$scrypt$ln=15,r=8,p=1$${salt}$${key}=`, /is damaged/],
    [`$scrypt$ln=15,r=8,p=1$${salt}$${key}\n\n`, /is damaged/],
    [`$scrypt$ln=15,r=8,p=1$${salt}$${key}\n$scrypt$`, /is damaged/],
  ];
  for (const [text, fault] of wrong) {
    const read = parseEmergencyHash(text);
    ok(!read.ok && fault.test(read.fault), text);
    ok(!read.fault.includes(salt) && !read.fault.includes(key));
  }
});

const NAMES = ["web1.example.com", "web1", "", "zhangsan"];
const weakOf = (typed: string) => weaknesses(normalizeEmergencyCode(typed) ?? "", NAMES);

const WEAK: readonly (readonly [code: string, ...why: Weakness[]])[] = [
  ["123456", "common", "short", "digits"],
  ["12345678", "common", "short", "digits", "sequence"],
  ["0000", "common", "short", "digits", "repeated"],
  ["x7Kq!vPz2Lm", "short"],
  ["830562947158302", "digits"],
  ["2026-11-22-1430", "digits", "sequence"],
  ["1234567890123456", "sequence"],
  ["abcdefghijkl", "sequence"],
  ["ZYXWVUTSRQPO", "sequence"],
  ["qwertyuiop12", "sequence"],
  ["!@#$%^&*()_+", "sequence"],
  ["aaaabbbbcccc", "repeated"],
  ["9999999999999999", "repeated"],
  ["Xk7!Xk7!Xk7!", "repeated"],
  ["Xk7!qXk7!qXk7", "repeated"],
  ["password-2026", "common"],
  ["P@ssw0rd-2026", "common"],
  ["Gatehouse-Emergency", "common"],
  ["correct-horse-battery-staple", "common"],
  ["web1.example.com!", "name"],
  ["Zhangsan1987", "name"],
  ["zhangsan-root-web1", "common", "name"],
];

Deno.test("weaknesses() finds what people think of", () => {
  for (const [code, ...why] of WEAK) {
    const found = weakOf(code);
    for (const one of why) ok(found.includes(one), `${code}: ${found.join()}`);
  }
});

Deno.test("weaknesses() names one reason where there is one", () => {
  for (const [code, ...why] of WEAK.filter(([, ...why]) => why.length === 1)) {
    deepEqual(weakOf(code), why, code);
  }
  const words = ["common", "name", "short", "digits", "repeated", "sequence"] as const;
  equal(new Set(words.map(describeWeakness)).size, words.length);
});

Deno.test("weaknesses() lets pass what nobody thinks of, names in it or not", () => {
  const strong = [
    "x7Kq!vPz2Lm9",
    "8352094716503921",
    "web1-Zk8qq3jfF",
    "dkfjghslqpwo",
    "Quietly-Ochre-Tapir-Folds-9",
    "web-x7Kq!vPz2Lm9-root",
  ];
  for (const code of strong) deepEqual(weakOf(code), [], code);
  deepEqual(weaknesses("x7Kq!vPz2Lm9", ["x7", "k", ""]), [], "too short for a name");
});

Deno.test("no generated code is too weak, and none too long to be judged", () => {
  const random = seededRandom(1);
  for (let i = 0; i < 2_000; i++) {
    const code = makeEmergencyCode(random.bytes(EMERGENCY_CODE_BYTES));
    deepEqual(weakOf(code), [], code);
  }
  ok(weakOf("x".repeat(128)).includes("repeated"));
});
