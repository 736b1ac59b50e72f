import assert from "node:assert/strict";
import {
  acceptPasskey,
  addDevice,
  isDeviceName,
  isUsable,
  MAX_DEVICES,
  renameDevice,
  revokeDevice,
  takeBackDevice,
} from "../../lib/core/device.ts";
import { keepChallenge, takeChallenge } from "../../lib/core/device_challenge.ts";
import { acceptInvitation } from "../../lib/core/invitation.ts";
import { makeChallenge } from "../../lib/core/passkey_challenge.ts";
import type { PasskeyUse } from "../../lib/core/passkey.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { T0 } from "../support/logins.ts";
import {
  all,
  anAuthenticator,
  anInvitation,
  aPasskey,
  aPerson,
  aSession,
  INVITED,
  putting,
  someone,
} from "../support/people.ts";

const CREDENTIAL = aPasskey().passkey.id;

async function withAlice(put: Parameters<typeof putting>[0] = {}): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.change(putting({ person: [aPerson()], ...put }));
  return store;
}

Deno.test("isDeviceName() takes 1 to 64 printable characters", () => {
  for (const good of ["phone", "我的手机", "YubiKey 5C, blue"]) assert.ok(isDeviceName(good), good);
  for (const bad of ["", " ", "a ", "a\u001b[2J", "x".repeat(65)]) {
    assert.ok(!isDeviceName(bad), bad);
  }
});

Deno.test("addDevice() adds one for an active person, up to a limit of usable ones", async () => {
  const store = await withAlice();
  for (let n = 0; n < MAX_DEVICES; n++) {
    assert.deepEqual(await store.change(addDevice(anAuthenticator({ id: `d_${n}` }))), {
      ok: true,
    });
  }
  const another = addDevice(aPasskey());
  assert.deepEqual(await store.change(another), { ok: false, why: "too_many" });
  await store.change(revokeDevice("p_alice", "d_3", T0));
  assert.deepEqual(await store.change(another), { ok: true });
});

Deno.test("addDevice() adds none for who is unknown, frozen or removed", async () => {
  for (const state of ["frozen", "removed"] as const) {
    const store = await withAlice({ person: [aPerson({ state })] });
    const added = await store.change(addDevice(aPasskey()));
    assert.deepEqual(added, { ok: false, why: "not_active" }, state);
  }
  const stranger = addDevice(aPasskey({ person: "p_nobody" }));
  const store = await withAlice();
  assert.deepEqual(await store.change(stranger), { ok: false, why: "not_active" });
  assert.deepEqual(await all(store, "device"), []);
});

Deno.test("addDevice() brings back no device that was revoked", async () => {
  const store = await withAlice({ person: [aPerson()], device: [anAuthenticator()] });
  await store.change(revokeDevice("p_alice", "d_app", T0));
  const again = await store.change(addDevice(anAuthenticator({ seed: "1.other.seed" })));
  assert.deepEqual(again, { ok: false, why: "known" });
  const [device] = await all(store, "device");
  assert.equal(device?.revokedAt, T0);
});

Deno.test("addDevice() adds no passkey that anybody has registered before, revoked or not", async () => {
  const store = await withAlice({ person: [aPerson(), someone("bob")], device: [aPasskey()] });
  for (const person of ["p_alice", "p_bob"]) {
    const again = addDevice(aPasskey({ id: "d_2", person }));
    assert.deepEqual(await store.change(again), { ok: false, why: "known" });
  }
  await store.change(revokeDevice("p_alice", "d_key", T0));
  const again = addDevice(aPasskey({ id: "d_2", person: "p_bob" }));
  assert.deepEqual(await store.change(again), { ok: false, why: "known" });
});

Deno.test("renameDevice() and revokeDevice() touch the person's own usable devices alone", async () => {
  const bobs = aPasskey({ id: "d_bob", person: "p_bob" }, { id: "b3RoZXI" });
  const old = anAuthenticator({ id: "d_old", revokedAt: T0 });
  const store = await withAlice({ device: [bobs, old, aPasskey()] });
  for (const id of ["d_bob", "d_old", "d_none"]) {
    assert.equal(await store.change(renameDevice("p_alice", id, "x")), undefined, id);
    assert.equal(await store.change(revokeDevice("p_alice", id, T0 + 1)), undefined, id);
  }
  const renamed = await store.change(renameDevice("p_alice", "d_key", "old phone"));
  assert.deepEqual(renamed, aPasskey({ name: "old phone" }));
  assert.deepEqual(await all(store, "device"), [bobs, old, aPasskey({ name: "old phone" })]);
});

Deno.test("revokeDevice() ends the sessions it began, and forgets its secret", async () => {
  const other = aSession({ id: "s_2", tokenHash: "2", device: "d_key" });
  const store = await withAlice({
    device: [aPasskey(), anAuthenticator()],
    session: [aSession({ device: "d_app" }), other],
  });
  const revoked = await store.change(revokeDevice("p_alice", "d_app", T0 + 1));
  assert.deepEqual(revoked, anAuthenticator({ revokedAt: T0 + 1, seed: "" }));
  assert.ok(revoked !== undefined && !isUsable(revoked));
  assert.deepEqual(await all(store, "session"), [other]);
});

Deno.test("takeBackDevice() leaves what was there before it, and the invitation as it was", async () => {
  const other = aSession({ id: "s_2", tokenHash: "2", device: "d_app" });
  const used = anInvitation({ usedAt: T0 });
  const store = await withAlice({
    device: [aPasskey(), anAuthenticator()],
    session: [aSession({ device: "d_key" }), other],
    invitation: [used],
  });
  await store.change(takeBackDevice("d_key", null));
  assert.deepEqual(await all(store, "device"), [anAuthenticator()]);
  assert.deepEqual(await all(store, "session"), [other]);
  assert.deepEqual(await all(store, "invitation"), [used]);
  await store.change(takeBackDevice("d_app", "i_1"));
  assert.deepEqual(await all(store, "device"), []);
  assert.deepEqual(await all(store, "invitation"), [anInvitation()]);
  const again = acceptInvitation(INVITED, aPasskey(), T0 + 1);
  assert.deepEqual(await store.change(again), { ok: true, person: aPerson() });
});

const use = (changes: Partial<PasskeyUse> = {}): PasskeyUse => {
  return { counter: 6, verified: true, backupEligible: true, backedUp: true, ...changes };
};
const accept = (store: MemoryStore, how: PasskeyUse, owner = "p_alice") =>
  store.change(acceptPasskey(CREDENTIAL, owner, how, T0 + 9));

Deno.test("acceptPasskey() says whose it is, and keeps counter, backup and time", async () => {
  const store = await withAlice({ device: [aPasskey({}, { counter: 5 })] });
  const after = aPasskey({ lastUsedAt: T0 + 9 }, { counter: 6, backedUp: true });
  assert.deepEqual(await accept(store, use()), { ok: true, person: aPerson(), device: after });
  assert.deepEqual(await all(store, "device"), [after]);
});

Deno.test("acceptPasskey() refuses a counter that did not rise, and what is not verified or changed", async () => {
  const device = aPasskey({}, { counter: 6 });
  const store = await withAlice({ device: [device] });
  const cases: [PasskeyUse, string][] = [
    [use(), "cloned"],
    [use({ counter: 0 }), "cloned"],
    [use({ counter: 7, verified: false }), "unverified"],
    [use({ counter: 7, backupEligible: false }), "changed"],
  ];
  for (const [how, why] of cases) assert.deepEqual(await accept(store, how), { ok: false, why });
  assert.deepEqual(await all(store, "device"), [device]);
});

Deno.test("acceptPasskey() lets one of two clones win that sign at the same time", async () => {
  const store = await withAlice({ device: [aPasskey({}, { counter: 5 })] });
  const both = await Promise.all([accept(store, use()), accept(store, use())]);
  assert.deepEqual(both.map(({ ok }) => ok), [true, false]);
});

Deno.test("acceptPasskey() takes one that does not count as often as it is used", async () => {
  const store = await withAlice({ device: [aPasskey()] });
  for (let n = 0; n < 3; n++) assert.ok((await accept(store, use({ counter: 0 }))).ok);
});

Deno.test("acceptPasskey() refuses unknown and revoked ones, other owners, and who is not active", async () => {
  const unknown = { ok: false, why: "unknown" };
  assert.deepEqual(await accept(await withAlice(), use()), unknown);
  const revoked = await withAlice({ device: [aPasskey({ revokedAt: T0 })] });
  assert.deepEqual(await accept(revoked, use()), unknown);
  const two = await withAlice({ person: [aPerson(), someone("bob")], device: [aPasskey()] });
  assert.deepEqual(await accept(two, use(), "p_bob"), unknown);
  for (const state of ["frozen", "removed"] as const) {
    const store = await withAlice({ person: [aPerson({ state })], device: [aPasskey()] });
    assert.deepEqual(await accept(store, use()), { ok: false, why: "not_active" });
  }
});

Deno.test("takeChallenge() gives each away once", async () => {
  const store = new MemoryStore();
  const challenge = makeChallenge({ purpose: "sign_in" }, new Uint8Array(32), T0);
  await store.change(keepChallenge(challenge));
  assert.equal(await store.change(takeChallenge("other")), undefined);
  assert.deepEqual(await store.change(takeChallenge(challenge.challenge)), challenge);
  assert.equal(await store.change(takeChallenge(challenge.challenge)), undefined);
});
