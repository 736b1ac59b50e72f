import assert from "node:assert/strict";
import fc from "fast-check";
import {
  acceptRecoveryCode,
  makeRecoveryCodes,
  newRecoveryCodes,
  normalizeRecoveryCode,
  RECOVERY_BYTES,
  RECOVERY_KEY_BYTES,
  recoveryCodesLeft,
  recoveryHash,
  replaceRecoveryCodes,
} from "../../lib/core/recovery_code.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { T0 } from "../support/logins.ts";
import { all, aPerson, putting } from "../support/people.ts";

const KEY = new Uint8Array(RECOVERY_KEY_BYTES).fill(7);
const BYTES = Uint8Array.from({ length: RECOVERY_BYTES }, (_, n) => (n * 37) % 256);
const CODES = makeRecoveryCodes(BYTES);
const [FIRST = "", SECOND = ""] = CODES;

async function withSheet(state: "active" | "frozen" = "active"): Promise<MemoryStore> {
  const store = new MemoryStore();
  const sheet = await newRecoveryCodes("p_alice", KEY, "sealed", CODES, T0);
  await store.change(putting({ person: [aPerson({ state })], recovery: [sheet] }));
  return store;
}

async function accept(store: MemoryStore, code: string, source = "192.0.2.7", name = "alice") {
  const hash = await recoveryHash(KEY, "p_alice", normalizeRecoveryCode(code) ?? "");
  return store.change(acceptRecoveryCode({ name, hash, source }, "p_alice", T0));
}

const wrong = { ok: false, why: "wrong" } as const;

Deno.test("makeRecoveryCodes() makes ten, in two groups, of the letters that bytes stand for", () => {
  assert.equal(CODES.length, 10);
  for (const code of CODES) assert.match(code, /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
  assert.equal(makeRecoveryCodes(new Uint8Array(RECOVERY_BYTES).fill(255))[9], "ZZZZZ-ZZZZZ");
  assert.throws(() => makeRecoveryCodes(new Uint8Array(RECOVERY_BYTES - 1)), RangeError);
});

Deno.test("makeRecoveryCodes() makes all letters equally likely", () => {
  const counts = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    const [code = ""] = makeRecoveryCodes(new Uint8Array(RECOVERY_BYTES).fill(byte));
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  assert.deepEqual([counts.size, new Set(counts.values())], [32, new Set([8])]);
});

Deno.test("normalizeRecoveryCode() reads what was typed as it was meant", () => {
  const typings = [
    "7qk4mx0zpa",
    " 7QK4M - X0ZPA ",
    "7QK4M–XOZPA",
    "７ＱＫ４ＭＸ０ＺＰＡ",
    "7 Q K 4 M X o Z P A",
  ];
  for (const text of typings) assert.equal(normalizeRecoveryCode(text), "7QK4MX0ZPA", text);
  assert.equal(normalizeRecoveryCode("iIlL1-00000"), "1111100000");
  for (
    const text of ["", "7QK4M-X0ZP", "7QK4M-X0ZPAA", "7QK4M-X0ZPU", "7QK4M_X0ZPA", "x".repeat(65)]
  ) {
    assert.equal(normalizeRecoveryCode(text), undefined, text);
  }
});

Deno.test("normalizeRecoveryCode() gives back each code that was made", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 100, maxLength: 100 }), (bytes) => {
    for (const code of makeRecoveryCodes(bytes)) {
      assert.equal(normalizeRecoveryCode(code.toLowerCase()), code.replace("-", ""));
    }
  }));
});

Deno.test("recoveryHash() is another one for another key, person or code", async () => {
  const hash = await recoveryHash(KEY, "p_alice", "0000000000");
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.equal(hash, await recoveryHash(KEY, "p_alice", "0000000000"));
  for (
    const other of [
      recoveryHash(new Uint8Array(32), "p_alice", "0000000000"),
      recoveryHash(KEY, "p_bob", "0000000000"),
      recoveryHash(KEY, "p_alice", "0000000001"),
    ]
  ) assert.notEqual(await other, hash);
});

Deno.test("acceptRecoveryCode() takes each once, and says how many are left", async () => {
  const store = await withSheet();
  assert.deepEqual(await accept(store, FIRST), { ok: true, person: aPerson(), left: 9 });
  assert.deepEqual(await accept(store, FIRST), wrong);
  assert.deepEqual(await accept(store, SECOND), { ok: true, person: aPerson(), left: 8 });
  const [sheet] = await all(store, "recovery");
  assert.equal(recoveryCodesLeft(sheet), 8);
  assert.deepEqual(sheet?.codes.map(({ usedAt }) => usedAt).slice(0, 3), [T0, T0, null]);
});

Deno.test("acceptRecoveryCode() lets one of twenty in that come at once with one code", async () => {
  const store = await withSheet();
  const sources = Array.from({ length: 20 }, (_, n) => `192.0.2.${n}`);
  const all = await Promise.all(sources.map((source) => accept(store, FIRST, source)));
  assert.equal(all.filter(({ ok }) => ok).length, 1);
});

Deno.test("acceptRecoveryCode() answers alike for wrong codes, no sheet, the frozen, and other names", async () => {
  assert.deepEqual(await accept(await withSheet(), "00000-00000"), wrong);
  assert.deepEqual(await accept(new MemoryStore(), FIRST), wrong);
  assert.deepEqual(await accept(await withSheet("frozen"), FIRST), wrong);
  assert.deepEqual(await accept(await withSheet(), FIRST, "192.0.2.7", "bob"), wrong);
});

Deno.test("acceptRecoveryCode() counts wrong tries, and then refuses also the right one", async () => {
  const store = await withSheet();
  for (let n = 0; n < 3; n++) assert.deepEqual(await accept(store, "00000-00000"), wrong);
  const limited = { ok: false, why: "limited", retryAt: T0 + 30_000 };
  assert.deepEqual(await accept(store, FIRST), limited);
  assert.equal(recoveryCodesLeft((await all(store, "recovery"))[0]), 10);
});

Deno.test("replaceRecoveryCodes() makes the old sheet worth nothing", async () => {
  const store = await withSheet();
  const key = new Uint8Array(RECOVERY_KEY_BYTES).fill(8);
  const codes = makeRecoveryCodes(BYTES.toReversed());
  const sheet = await newRecoveryCodes("p_alice", key, "sealed anew", codes, T0 + 1);
  assert.equal(await store.change(replaceRecoveryCodes(sheet)), true);
  assert.deepEqual(await all(store, "recovery"), [sheet]);
  assert.deepEqual(await accept(store, FIRST), wrong);
});

Deno.test("replaceRecoveryCodes() gives none to who is frozen or unknown", async () => {
  const sheet = await newRecoveryCodes("p_alice", KEY, "sealed", CODES, T0);
  const store = new MemoryStore();
  assert.equal(await store.change(replaceRecoveryCodes(sheet)), false);
  assert.deepEqual(await all(store, "recovery"), []);
  assert.equal(await (await withSheet("frozen")).change(replaceRecoveryCodes(sheet)), false);
});
