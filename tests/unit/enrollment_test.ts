/** What a new authenticator's file and address are. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AppKey,
  type CodeSettings,
  inGroups,
  judgeFirstCode,
  newStateFile,
  otpauthUri,
  spendFirstCode,
} from "../../lib/core/enrollment.ts";
import { judgeCode } from "../../lib/core/code.ts";
import { clockTime } from "../../lib/core/time.ts";
import { makeScratchCodes, makeSecret } from "../../lib/enrollment/secrets.ts";
import { keyOf } from "../support/enrollment.ts";
import { seededRandom } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";
import { codeOf, RFC_BASE32, RFC_KEY } from "../support/totp.ts";

const STEP = T0 / 30_000;
const TOTP: CodeSettings = {
  kind: "totp",
  disallowReuse: true,
  rateLimit: { attempts: 3, interval: 30 },
  window: undefined,
  step: undefined,
};
const HOTP: CodeSettings = { ...TOTP, kind: "hotp" };

Deno.test("newStateFile() writes google-authenticator's lines in its order", () => {
  const all = { ...TOTP, window: 17, step: 60 };
  assert.equal(
    newStateFile(RFC_BASE32, all, ["10000000", "99999999"]).text,
    `${RFC_BASE32}\n" RATE_LIMIT 3 30\n" WINDOW_SIZE 17\n" STEP_SIZE 60\n" DISALLOW_REUSE\n` +
      `" TOTP_AUTH\n10000000\n99999999\n`,
  );
  const least = { ...TOTP, disallowReuse: false, rateLimit: undefined };
  assert.equal(newStateFile(RFC_BASE32, least, []).text, `${RFC_BASE32}\n" TOTP_AUTH\n`);
  assert.equal(
    newStateFile(RFC_BASE32, { ...HOTP, step: 60, window: 1 }, ["12345678"]).text,
    `${RFC_BASE32}\n" RATE_LIMIT 3 30\n" WINDOW_SIZE 1\n" HOTP_COUNTER 1\n12345678\n`,
  );
});

Deno.test("newStateFile() is read as it was meant, whatever the settings", () => {
  const settings: fc.Arbitrary<CodeSettings> = fc.record({
    kind: fc.constantFrom("totp", "hotp"),
    disallowReuse: fc.boolean(),
    rateLimit: fc.option(
      fc.record({
        attempts: fc.integer({ min: 1, max: 10 }),
        interval: fc.integer({ min: 15, max: 600 }),
      }),
      { nil: undefined },
    ),
    window: fc.option(fc.integer({ min: 1, max: 21 }), { nil: undefined }),
    step: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  });
  fc.assert(fc.property(settings, fc.integer(), fc.nat(10), (wanted, seed, count) => {
    const random = seededRandom(seed);
    const secret = makeSecret(random);
    const codes = makeScratchCodes(random, count);
    const file = newStateFile(secret, wanted, codes);
    const time = wanted.kind === "totp";
    assert.deepEqual(
      [file.secret, file.kind, file.counter, file.window, file.step, file.scratchCodes],
      [secret, wanted.kind, time ? 0 : 1, wanted.window ?? 3, time ? wanted.step ?? 30 : 30, codes],
    );
    assert.deepEqual(file.usedSteps, time && wanted.disallowReuse ? [] : undefined);
    const times = wanted.rateLimit && { ...wanted.rateLimit, times: [] };
    assert.deepEqual(file.rateLimit, times);
  }));
});

Deno.test("judgeFirstCode() takes the window's codes, spaced and full-width too", () => {
  for (const off of [-1, 0, 1]) {
    const used = { usedStep: (STEP + off) * 30, step: 30 };
    const expected = { ok: true, used, counter: undefined };
    assert.deepEqual(judgeFirstCode(RFC_BASE32, TOTP, codeOf(STEP + off), T0), expected);
  }
  const spaced = codeOf(STEP).replace(/^.../, "$& ");
  assert.equal(judgeFirstCode(RFC_BASE32, TOTP, spaced, T0).ok, true);
  const wide = codeOf(STEP).replace(/./g, (digit) => "０１２３４５６７８９"[Number(digit)] ?? "");
  assert.equal(judgeFirstCode(RFC_BASE32, TOTP, wide, T0).ok, true);
});

Deno.test("judgeFirstCode() says by how many seconds a code is off", () => {
  const off = (steps: number, settings = TOTP) =>
    judgeFirstCode(RFC_BASE32, settings, codeOf(STEP + steps), T0);
  assert.deepEqual(off(-2), { ok: false, why: "off", seconds: -60 });
  assert.deepEqual(off(4), { ok: false, why: "off", seconds: 120 });
  assert.deepEqual(off(1_400), { ok: false, why: "off", seconds: 42_000 });
  assert.deepEqual(off(-1, { ...TOTP, window: 1 }), { ok: false, why: "off", seconds: -30 });
  assert.deepEqual(off(-5_000), { ok: false, why: "foreign" });
  const slow = { ...TOTP, step: 60 };
  assert.deepEqual(judgeFirstCode(RFC_BASE32, slow, codeOf(T0 / 60_000 + 3), T0), {
    ok: false,
    why: "off",
    seconds: 180,
  });
});

Deno.test("judgeFirstCode() takes an HOTP app's first codes and says which one it was", () => {
  const judge = (counter: number, settings = HOTP) =>
    judgeFirstCode(RFC_BASE32, settings, codeOf(counter), T0);
  for (const counter of [1, 2, 3]) {
    assert.deepEqual(judge(counter), { ok: true, used: undefined, counter });
  }
  assert.deepEqual(judge(4), { ok: false, why: "foreign" });
  assert.deepEqual(judge(2, { ...HOTP, window: 1 }), { ok: false, why: "foreign" });
});

Deno.test("judgeFirstCode() finds anything else malformed, and never throws", () => {
  for (const typed of ["", "12345", "1234567", "12345678", "abcdef", "12 34", "١٢٣٤٥٦"]) {
    assert.deepEqual(judgeFirstCode(RFC_BASE32, TOTP, typed, T0), {
      ok: false,
      why: "malformed",
    });
  }
  fc.assert(fc.property(anyText(), (typed) => {
    judgeFirstCode(RFC_BASE32, TOTP, typed, T0);
  }));
});

Deno.test("spendFirstCode() lets the first code in nowhere any more, and the next one still", () => {
  const rules = { noskewadj: false, noIncrementHotp: false };
  for (const [settings, used] of [[TOTP, STEP], [HOTP, 2]] as const) {
    const first = judgeFirstCode(RFC_BASE32, settings, codeOf(used), T0);
    const file = spendFirstCode(newStateFile(RFC_BASE32, settings, []), first);
    assert.equal(judgeCode(file, codeOf(used), rules, T0).answer.ok, false);
    assert.equal(judgeCode(file, codeOf(used + 1), rules, T0).answer.ok, true);
  }
});

Deno.test("spendFirstCode() changes nothing where codes may be used again, or none was asked for", () => {
  const again = newStateFile(RFC_BASE32, { ...TOTP, disallowReuse: false }, []);
  const first = judgeFirstCode(RFC_BASE32, TOTP, codeOf(STEP), T0);
  assert.equal(spendFirstCode(again, first).text, again.text);
  const file = newStateFile(RFC_BASE32, TOTP, []);
  assert.equal(spendFirstCode(file, undefined).text, file.text);
});

const KEY: AppKey = {
  secret: RFC_BASE32,
  kind: "totp",
  step: 30,
  label: "alice@web1",
  issuer: "web1",
};

Deno.test("otpauthUri() says what an app needs, and no default", () => {
  assert.equal(otpauthUri(KEY), `otpauth://totp/alice@web1?secret=${RFC_BASE32}&issuer=web1`);
  assert.equal(
    otpauthUri({ ...KEY, step: 60, issuer: "" }),
    `otpauth://totp/alice@web1?secret=${RFC_BASE32}&period=60`,
  );
  assert.equal(
    otpauthUri({ ...KEY, kind: "hotp" }),
    `otpauth://hotp/alice@web1?secret=${RFC_BASE32}&issuer=web1&counter=1`,
  );
  assert.match(otpauthUri({ ...KEY, kind: "hotp", counter: 9 }), /&counter=9$/);
});

Deno.test("otpauthUri() is a web address whose parts are what was put in", () => {
  const name = fc.string({ unit: "grapheme", maxLength: 40 });
  // Alone in a path these two mean folders (RFC 3986, 5.2.4).
  const label = name.filter((text) => text !== "." && text !== "..");
  fc.assert(fc.property(label, name, (label, issuer) => {
    const uri = otpauthUri({ ...KEY, label, issuer });
    assert.match(uri, /^[!-~]+$/);
    const { pathname, searchParams, hash } = new URL(uri);
    assert.equal(decodeURIComponent(pathname.slice(1)), label);
    assert.equal(searchParams.get("issuer") ?? "", issuer);
    assert.equal(searchParams.get("secret"), RFC_BASE32);
    assert.equal(hash, "");
  }));
});

Deno.test("inGroups() cuts into fours without losing any", () => {
  assert.deepEqual(inGroups(RFC_BASE32, 4), ["GEZD GNBV GY3T QOJQ", "GEZD GNBV GY3T QOJQ"]);
  assert.deepEqual(inGroups("ABCDEFGHIJ", 2), ["ABCD EFGH", "IJ"]);
});

Deno.test("makeSecret() is base32 of 20 random bytes (RFC 4648)", () => {
  assert.equal(makeSecret({ bytes: () => RFC_KEY }), RFC_BASE32);
  fc.assert(fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
    const secret = makeSecret({ bytes: () => bytes });
    assert.match(secret, /^[A-Z2-7]{32}$/);
    assert.deepEqual(keyOf(secret), new Uint8Array(bytes));
  }));
});

Deno.test("makeScratchCodes() makes eight digits without a leading zero, each once", () => {
  const codes = makeScratchCodes(seededRandom(1), 10);
  assert.equal(new Set(codes).size, 10);
  for (const code of codes) assert.match(code, /^[1-9][0-9]{7}$/);
});

/** Random bytes that are these numbers, one after the other. */
function numbers(...queue: number[]) {
  return {
    bytes: () => {
      const view = new DataView(new ArrayBuffer(4));
      view.setUint32(0, queue.shift() ?? assert.fail("asked for more"));
      return new Uint8Array(view.buffer);
    },
  };
}

Deno.test("makeScratchCodes() reaches both ends, and passes over what would favour some codes", () => {
  // 47 times 90,000,000 numbers are fair; the rest up to 2^32 is not.
  const random = numbers(0, 89_999_999, 4_230_000_000, 4_294_967_295, 4_229_999_998);
  assert.deepEqual(makeScratchCodes(random, 3), ["10000000", "99999999", "99999998"]);
});

Deno.test("makeScratchCodes() repeats no code, nor one that is taken", () => {
  assert.deepEqual(makeScratchCodes(numbers(5, 5, 6, 7), 2, ["10000006"]), [
    "10000005",
    "10000007",
  ]);
});

Deno.test("clockTime() is what a clock on a wall shows, in UTC", () => {
  assert.equal(clockTime(Date.UTC(2026, 0, 2, 3, 4, 5, 999)), "03:04:05 UTC");
});
