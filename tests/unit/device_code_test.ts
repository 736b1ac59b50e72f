import assert from "node:assert/strict";
import fc from "fast-check";
import type { Authenticator, AuthenticatorUse } from "../../lib/core/device.ts";
import {
  acceptCode,
  type CodeTyped,
  isSpentStep,
  spendStep,
  whoseCode,
} from "../../lib/core/device_code.ts";
import { codesOf, timeStep } from "../../lib/core/otp.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import type { Store } from "../../lib/ports.ts";
import { T0 } from "../support/logins.ts";
import { all, anAuthenticator, aPasskey, aPerson, putting, someone } from "../support/people.ts";
import { scratch } from "../support/scratch.ts";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const OTHER = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const STEP = timeStep(30, T0);
const secrets = new Map([["d_app", SECRET], ["d_other", OTHER]]);
const code = (step: number, secret = SECRET) => codesOf(secret)(step);
/** No code of either secret around T0. */
const WRONG =
  ["000000", "111111", "222222"].find((text) =>
    [-1, 0, 1].every((off) => ![code(STEP + off), code(STEP + off, OTHER)].includes(text))
  ) ?? "";

const typed = (changes: Partial<CodeTyped> = {}): CodeTyped => {
  return { name: "alice", code: code(STEP), source: "192.0.2.7", secrets, ...changes };
};

async function withAlice(put: Parameters<typeof putting>[0] = {}): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.change(putting({ person: [aPerson()], device: [anAuthenticator()], ...put }));
  return store;
}

const accept = (
  store: Store,
  changes: Partial<CodeTyped> = {},
  owner = "p_alice",
  now = T0,
) => store.change(acceptCode(typed(changes), owner, now));

const wrong = { ok: false, why: "wrong" } as const;

Deno.test("acceptCode() says whose code it is, and spends it", async () => {
  const store = await withAlice();
  const used = anAuthenticator({ usedSteps: [STEP], lastUsedAt: T0 });
  assert.deepEqual(await accept(store), { ok: true, person: aPerson(), device: used });
  assert.deepEqual(await all(store, "device"), [used]);
  assert.deepEqual(await accept(store), wrong);
});

Deno.test("acceptCode() lets one of twenty in that come at once with one code", async () => {
  const store = await withAlice();
  const sources = Array.from({ length: 20 }, (_, n) => `192.0.2.${n}`);
  const all = await Promise.all(sources.map((source) => accept(store, { source })));
  assert.equal(all.filter(({ ok }) => ok).length, 1);
});

Deno.test("acceptCode() takes the codes of the step before and the step after, and no others", async () => {
  for (let off = -4; off <= 4; off++) {
    const store = await withAlice();
    const answer = await accept(store, { code: code(STEP + off) });
    assert.equal(answer.ok, Math.abs(off) <= 1, String(off));
  }
});

Deno.test("acceptCode() answers alike for nobody, the frozen, revoked devices and wrong codes", async () => {
  const stores: Record<string, [MemoryStore, string]> = {
    nobody: [new MemoryStore(), "nobody"],
    "no device": [await withAlice({ device: [] }), "p_alice"],
    "a passkey only": [await withAlice({ device: [aPasskey({ id: "d_app" })] }), "p_alice"],
    revoked: [await withAlice({ device: [anAuthenticator({ revokedAt: T0 })] }), "p_alice"],
    frozen: [await withAlice({ person: [aPerson({ state: "frozen" })] }), "p_alice"],
    removed: [await withAlice({ person: [aPerson({ state: "removed" })] }), "p_alice"],
    "another name": [await withAlice({ person: [aPerson({ name: "carol" })] }), "p_alice"],
    "for hosts": [await withAlice({ device: [anAuthenticator({ use: "hosts" })] }), "p_alice"],
    "another's device": [
      await withAlice({
        person: [aPerson(), someone("bob")],
        device: [anAuthenticator({ person: "p_bob" })],
      }),
      "p_alice",
    ],
  };
  for (const [what, [store, owner]] of Object.entries(stores)) {
    const before = await all(store, "device");
    assert.deepEqual(await accept(store, {}, owner), wrong, what);
    assert.deepEqual(await all(store, "device"), before, what);
    assert.equal((await all(store, "tries"))[0]?.failures.length, 1, what);
  }
});

Deno.test("acceptCode() limits wrong codes by name and network, whether the name exists or not", async () => {
  for (const owner of ["p_alice", "nobody"]) {
    const store = await withAlice();
    const name = owner === "nobody" ? "mallory" : "alice";
    const guess = (changes: Partial<CodeTyped> = {}, now = T0) =>
      accept(store, { name, code: WRONG, ...changes }, owner, now);
    for (let n = 0; n < 3; n++) assert.deepEqual(await guess(), wrong);
    const limited = { ok: false, why: "limited", retryAt: T0 + 30_000 };
    assert.deepEqual(await guess(), limited, name);
    assert.deepEqual(await guess({ code: code(STEP) }), limited, "the right one too");
    assert.deepEqual(await guess({ name: name.toUpperCase() }), limited);
    assert.deepEqual(await guess({ source: "192.0.2.8" }), wrong);
    assert.deepEqual(await guess({}, T0 + 30_000), wrong);
  }
});

Deno.test("acceptCode() counts also for names that nobody can have, and keeps little of them", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  for (const name of ["", "\ud800", "\udc00", "x".repeat(100_000), "\ufdfa".repeat(1_000)]) {
    assert.deepEqual(await accept(store, { name }, "nobody"), wrong);
  }
  for (const { id } of await all(store, "tries")) assert.equal(id.length, 64);
  await store.close();
});

Deno.test("acceptCode() lets no stranger's guesses lock out a network that right codes came from", async () => {
  const store = await withAlice();
  assert.ok((await accept(store)).ok);
  for (let n = 0; n < 30; n++) {
    await accept(store, { code: WRONG, source: `198.51.100.${n}` });
  }
  const later = T0 + 60_000;
  const next = { code: code(STEP + 2) };
  const stranger = await accept(store, { ...next, source: "198.51.100.99" }, "p_alice", later);
  assert.equal(!stranger.ok && stranger.why, "limited");
  assert.ok((await accept(store, next, "p_alice", later)).ok);
});

Deno.test("acceptCode() forgives a network its wrong codes after a right one", async () => {
  const store = await withAlice();
  await accept(store, { code: WRONG });
  await accept(store, { code: WRONG });
  assert.ok((await accept(store)).ok);
  assert.deepEqual((await all(store, "tries"))[0]?.failures, []);
});

Deno.test("whoseCode() finds the device among several", () => {
  const devices = [anAuthenticator(), anAuthenticator({ id: "d_other" }), aPasskey()];
  const find = (code: string) => whoseCode(devices, "sign_in", { code, secrets }, T0)?.device.id;
  assert.equal(find(code(STEP, OTHER)), "d_other");
  assert.equal(find(code(STEP)), "d_app");
  assert.equal(find(WRONG), undefined);
});

Deno.test("whoseCode() gives a code that two devices show to neither", () => {
  const twins = [anAuthenticator(), anAuthenticator({ id: "d_twin", person: "p_bob" })];
  const same = new Map([["d_app", SECRET], ["d_twin", SECRET]]);
  assert.equal(whoseCode(twins, "sign_in", { code: code(STEP), secrets: same }, T0), undefined);
});

Deno.test("whoseCode() passes over a device that is for something else", () => {
  const find = (use: AuthenticatorUse) =>
    whoseCode([anAuthenticator({ use })], "hosts", { code: code(STEP), secrets }, T0)?.device.id;
  assert.deepEqual([find("hosts"), find("sign_in")], ["d_app", undefined]);
});

Deno.test("whoseCode() passes over a device whose secret cannot be had", () => {
  const find = (secrets: Map<string, string>) =>
    whoseCode([anAuthenticator()], "sign_in", { code: code(STEP), secrets }, T0);
  assert.equal(find(new Map()), undefined);
  assert.equal(find(secrets)?.step, STEP);
});

Deno.test("spendStep() makes every accepted step spent, whatever came before and comes after", () => {
  const steps = fc.array(fc.integer({ min: STEP, max: STEP + 400 }), { maxLength: 200 });
  fc.assert(fc.property(steps, (steps) => {
    let device: Authenticator = anAuthenticator();
    const accepted = new Set<number>();
    for (const step of steps) {
      const spent = isSpentStep(device.usedSteps, step);
      if (accepted.has(step)) assert.ok(spent);
      if (spent) continue;
      accepted.add(step);
      device = spendStep(device, step, T0);
      assert.ok(device.usedSteps.length <= 128);
    }
  }));
});

Deno.test("isSpentStep() revives no code when the clock is set back by an hour and more", () => {
  const { usedSteps } = spendStep(anAuthenticator(), STEP, T0);
  assert.ok(!isSpentStep(usedSteps, STEP - 127));
  assert.ok(isSpentStep(usedSteps, STEP - 128));
  assert.ok(!isSpentStep([], STEP));
});
