import assert from "node:assert/strict";
import fc from "fast-check";
import { isContact } from "../../lib/core/contact.ts";
import type { Login } from "../../lib/core/login.ts";
import {
  isByPin,
  type LoginByPin,
  makePin,
  MAX_RESENDS,
  PIN_BYTES,
  pinHash,
  type PinState,
  RESEND_AFTER_MS,
  resendAt,
  tryPin,
} from "../../lib/core/pin.ts";
import { aLogin, T0 } from "../support/logins.ts";

const words = (...numbers: number[]) => {
  const bytes = new Uint8Array(numbers.length * 4);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, at) => view.setUint32(at * 4, number));
  return bytes;
};
/** The first word that would favour some PINs: 4,294 whole rounds of a million come before it. */
const UNUSABLE = 4_294_000_000;

const RIGHT = "a".repeat(64);
const WRONG = "b".repeat(64);

function byPin(pin: Partial<PinState> = {}, login: Partial<Login> = {}): LoginByPin {
  const state: PinState = {
    hash: RIGHT,
    contacts: ["zhangsan"],
    sentTo: ["zhangsan"],
    madeAt: T0,
    expiresAt: T0 + 60_000,
    triesLeft: 3,
    count: 1,
    ...pin,
  };
  return {
    ...aLogin({ match: null, choices: [], expiresAt: T0 + 120_000, ...login }),
    pin: state,
  };
}

Deno.test("makePin() takes what fits whole rounds alone, so that no PIN is likelier", () => {
  assert.equal(makePin(words(0)), "000000");
  assert.equal(makePin(words(7)), "000007");
  assert.equal(makePin(words(999_999)), "999999");
  assert.equal(makePin(words(1_000_000)), "000000");
  assert.equal(makePin(words(UNUSABLE - 1)), "999999");
  assert.equal(makePin(words(UNUSABLE, 0xffff_ffff, 42)), "000042");
});

Deno.test("makePin() refuses too few bytes", () => {
  for (const bytes of [new Uint8Array(), new Uint8Array(3), words(UNUSABLE, 0xffff_ffff)]) {
    assert.throws(() => makePin(bytes), RangeError);
  }
});

Deno.test("makePin() gives six digits for any bytes, wherever they lie in memory", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: PIN_BYTES, maxLength: PIN_BYTES }).filter(([first = 0]) =>
      first < 255
    ),
    fc.nat(7),
    (bytes, offset) => {
      const moved = new Uint8Array(offset + bytes.length);
      moved.set(bytes, offset);
      const pin = makePin(bytes);
      assert.match(pin, /^[0-9]{6}$/);
      assert.equal(makePin(moved.subarray(offset)), pin);
    },
  ));
});

Deno.test("pinHash() is HMAC-SHA-256 over login and PIN", async () => {
  const key = new Uint8Array(32).fill(7);
  const hash = await pinHash(key, "login-1", "123456");
  // openssl dgst -sha256 -mac HMAC -macopt hexkey:0707… of "login-1 123456"
  assert.equal(hash, "c5ccd6d7d7d377523d2acb75d6b2858c97c796353af2311dd979d4e904ecdabd");
  const others = await Promise.all([
    pinHash(key, "login-1", "123457"),
    pinHash(key, "login-2", "123456"),
    pinHash(new Uint8Array(32).fill(8), "login-1", "123456"),
  ]);
  assert.equal(new Set([hash, ...others]).size, 4);
});

Deno.test("the right PIN approves, by those whom it was sent to", () => {
  const { outcome, login } = tryPin(
    byPin({ contacts: ["a", "b", "c"], sentTo: ["a", "c"], triesLeft: 1 }),
    RIGHT,
    T0 + 59_999,
  );
  assert.equal(outcome, "right");
  assert.deepEqual([login.state, login.by, login.via, login.decidedAt], [
    "approved",
    "a|c",
    "pin",
    T0 + 59_999,
  ]);
});

Deno.test("a PIN that is typed before the channel has answered is everybody's", () => {
  const { login } = tryPin(byPin({ contacts: ["a", "b"], sentTo: [] }), RIGHT, T0);
  assert.equal(login.by, "a|b");
});

Deno.test("each wrong PIN costs a try, and the last one the login", () => {
  let login = byPin();
  for (const triesLeft of [2, 1]) {
    const tried = tryPin(login, WRONG, T0 + 1_000);
    assert.equal(tried.outcome, "wrong");
    assert.deepEqual(tried.login, { ...login, pin: { ...login.pin, triesLeft } });
    assert.ok(isByPin(tried.login));
    login = tried.login;
  }
  const last = tryPin(login, WRONG, T0 + 2_000);
  assert.equal(last.outcome, "used_up");
  assert.deepEqual([last.login.state, last.login.reason, last.login.pin?.triesLeft], [
    "denied",
    "too_many_codes",
    0,
  ]);
  assert.ok(isByPin(last.login));
  const after = tryPin(last.login, RIGHT, T0 + 3_000);
  assert.deepEqual(after, { outcome: "over", login: last.login });
});

Deno.test("a PIN that comes late ends the login, be it right or wrong", () => {
  for (const hash of [RIGHT, WRONG]) {
    const { outcome, login } = tryPin(byPin(), hash, T0 + 60_000);
    assert.equal(outcome, "late");
    assert.deepEqual([login.state, login.reason], ["expired", "timeout"]);
  }
});

Deno.test("no PIN changes a login that has ended", () => {
  for (const state of ["approved", "denied", "expired", "cancelled"] as const) {
    const login = byPin({}, { state, decidedAt: T0, collected: true });
    assert.deepEqual(tryPin(login, RIGHT, T0 + 1), { outcome: "over", login });
  }
  const late = tryPin(byPin({ expiresAt: T0 + 500_000 }), RIGHT, T0 + 120_000);
  assert.deepEqual([late.outcome, late.login.state], ["over", "expired"]);
});

Deno.test("only the whole hash approves, however much of it is right", () => {
  fc.assert(fc.property(fc.stringMatching(/^[0-9a-f]{0,70}$/), fc.nat(64), (text, kept) => {
    const hash = RIGHT.slice(0, kept) + text;
    assert.equal(tryPin(byPin(), hash, T0).outcome, hash === RIGHT ? "right" : "wrong");
  }));
});

Deno.test("resendAt() is a while after the last PIN, and not for ever", () => {
  for (let count = 1; count <= MAX_RESENDS; count++) {
    assert.equal(resendAt(byPin({ count, madeAt: T0 + count })), T0 + count + RESEND_AFTER_MS);
  }
  assert.equal(resendAt(byPin({ count: MAX_RESENDS + 1 })), undefined);
});

Deno.test("isContact() takes WeCom's user ids, and nothing that reaches more than one person", () => {
  for (const id of ["zhangsan", "ZhangSan", "0", "li.si-2_b@example.com", "a".repeat(64)]) {
    assert.ok(isContact(id), id);
  }
  const refused = ["", "@all", "a|b", "a b", ".a", "张三", "a\n", "a\u200b", "a".repeat(65), "a,b"];
  for (const id of refused) assert.ok(!isContact(id), id);
});
