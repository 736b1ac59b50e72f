import assert from "node:assert/strict";
import { type Device, MAX_DEVICES } from "../../lib/core/device.ts";
import {
  acceptInvitation,
  invitationHash,
  invitationStanding,
  invite,
  NEW_INVITATION_BYTES,
  newInvitation,
} from "../../lib/core/invitation.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { T0 } from "../support/logins.ts";
import {
  all,
  anAuthenticator,
  anInvitation,
  aPasskey,
  aPerson,
  INVITED,
  putting,
  someone,
} from "../support/people.ts";

const HOUR = 3_600_000;

async function invited(put: Parameters<typeof putting>[0] = {}): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.change(putting({ person: [aPerson()], invitation: [anInvitation()], ...put }));
  return store;
}

const accept = (store: MemoryStore, device: Device = aPasskey(), token = INVITED, now = T0 + 1) =>
  store.change(acceptInvitation(token, device, now));

Deno.test("acceptInvitation() registers a device, once", async () => {
  const store = await invited();
  assert.deepEqual(await accept(store), { ok: true, person: aPerson() });
  assert.deepEqual(await all(store, "device"), [aPasskey()]);
  const again = await accept(store, anAuthenticator());
  assert.deepEqual(again, { ok: false, why: "used" });
  assert.deepEqual(await all(store, "device"), [aPasskey()]);
});

Deno.test("acceptInvitation() withdraws what a start of the server invited, and no other", async () => {
  const unused = [
    anInvitation({ id: "i_first", tokenHash: "1", person: "p_admin", by: "gatehouse" }),
    anInvitation({ id: "i_bob", tokenHash: "2", person: "p_bob" }),
    anInvitation({ id: "i_used", tokenHash: "3", person: "p_admin", by: "gatehouse", usedAt: T0 }),
  ];
  const store = await invited({ invitation: [anInvitation(), ...unused] });
  assert.equal((await accept(store, aPasskey(), "another-token")).ok, false);
  assert.equal((await all(store, "invitation")).length, 4, "nobody has a device yet");
  assert.equal((await accept(store)).ok, true);
  const left = (await all(store, "invitation")).map(({ id }) => id);
  assert.deepEqual(left, ["i_1", "i_bob", "i_used"]);
});

Deno.test("acceptInvitation() lets one of ten win that come at once with one link", async () => {
  const store = await invited();
  const devices = Array.from({ length: 10 }, (_, n) => anAuthenticator({ id: `d_${n}` }));
  const answers = await Promise.all(devices.map((device) => accept(store, device)));
  assert.deepEqual(answers.map(({ ok }) => ok), [true, ...Array(9).fill(false)]);
  assert.equal((await all(store, "device")).length, 1);
});

Deno.test("acceptInvitation() refuses a link that is unknown, expired, or for somebody else", async () => {
  const store = await invited({ person: [aPerson(), someone("bob")] });
  const unknown = { ok: false, why: "unknown" };
  assert.deepEqual(await accept(store, aPasskey(), "another-token"), unknown);
  assert.deepEqual(await accept(store, aPasskey(), ""), unknown);
  assert.deepEqual(await accept(store, aPasskey({ person: "p_bob" })), unknown);
  const late = await accept(store, aPasskey(), INVITED, T0 + HOUR);
  assert.deepEqual(late, { ok: false, why: "expired" });
  assert.deepEqual(await all(store, "device"), []);
  assert.deepEqual(await all(store, "invitation"), [anInvitation()]);
});

Deno.test("acceptInvitation() registers nothing for who is not active", async () => {
  for (const state of ["frozen", "removed"] as const) {
    const store = await invited({ person: [aPerson({ state })] });
    assert.deepEqual(await accept(store), { ok: false, why: "unknown" }, state);
    assert.deepEqual(await all(store, "device"), []);
  }
});

Deno.test("acceptInvitation() is not used up by a device that cannot be registered", async () => {
  const known = aPasskey({ id: "d_bob", person: "p_bob" });
  const store = await invited({ device: [known] });
  assert.deepEqual(await accept(store), { ok: false, why: "known" });
  assert.ok((await accept(store, anAuthenticator())).ok);
  const many = Array.from({ length: MAX_DEVICES }, (_, n) => anAuthenticator({ id: `d_${n}` }));
  const full = await invited({ device: many });
  assert.deepEqual(await accept(full), { ok: false, why: "too_many" });
});

Deno.test("invite() takes the place of the person's earlier invitations, used ones apart", async () => {
  const used = anInvitation({ id: "i_used", tokenHash: "1", usedAt: T0 });
  const bobs = anInvitation({ id: "i_bob", tokenHash: "2", person: "p_bob" });
  const store = await invited({ invitation: [used, bobs, anInvitation()] });
  const next = anInvitation({ id: "i_2", tokenHash: "3" });
  assert.equal(await store.change(invite(next)), true);
  assert.deepEqual(await all(store, "invitation"), [used, bobs, next]);
  assert.deepEqual(await accept(store), { ok: false, why: "unknown" });
});

Deno.test("invite() invites nobody who is frozen, removed or unknown", async () => {
  const next = anInvitation({ id: "i_2", tokenHash: "3" });
  for (const state of ["frozen", "removed"] as const) {
    const store = await invited({ person: [aPerson({ state })] });
    assert.equal(await store.change(invite(next)), false, state);
    assert.deepEqual(await all(store, "invitation"), [anInvitation()]);
  }
  assert.equal(await new MemoryStore().change(invite(next)), false);
});

Deno.test("invitationStanding() says what the page is to show", () => {
  const standing = (invitation = anInvitation(), now = T0) =>
    invitationStanding(invitation, aPerson(), now);
  assert.equal(standing(), "open");
  assert.equal(standing(anInvitation(), T0 + HOUR - 1), "open");
  assert.equal(standing(anInvitation(), T0 + HOUR), "expired");
  assert.equal(standing(anInvitation({ usedAt: T0 }), T0 + HOUR), "used");
  assert.equal(invitationStanding(undefined, aPerson(), T0), "unknown");
  assert.equal(invitationStanding(anInvitation(), undefined, T0), "unknown");
  assert.equal(invitationStanding(anInvitation(), someone("bob"), T0), "unknown");
});

Deno.test("newInvitation() is open for a day, and keeps no token", () => {
  const bytes = Uint8Array.from({ length: NEW_INVITATION_BYTES }, (_, at) => at);
  const { invitation, token } = newInvitation("p_alice", "admin:root", bytes, T0);
  assert.match(token, /^[A-Za-z0-9_-]{32}$/);
  assert.deepEqual(invitation, {
    id: "i_AAECAwQFBgcICQoL",
    tokenHash: invitationHash(token),
    person: "p_alice",
    by: "admin:root",
    createdAt: T0,
    expiresAt: T0 + 86_400_000,
    usedAt: null,
  });
  assert.ok(!JSON.stringify(invitation).includes(token));
  assert.throws(() => newInvitation("p", "x", bytes.subarray(1), T0), RangeError);
});
