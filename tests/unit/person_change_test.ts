import assert from "node:assert/strict";
import type { Person } from "../../lib/core/person.ts";
import {
  addPerson,
  changePerson,
  inviteFirst,
  type PersonPatch,
} from "../../lib/core/person_change.ts";
import type { Kind } from "../../lib/core/store_change.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { T0 } from "../support/logins.ts";
import {
  aGrant,
  all,
  anAuthenticator,
  anInvitation,
  aPasskey,
  aPerson,
  aSession,
  putting,
  someone,
} from "../support/people.ts";

const NOW = T0 + 1_000;
const admin = someone("root", { administrator: true });
const invitationFor = (person: string) => anInvitation({ id: "i_new", tokenHash: "new", person });

async function withRecords(put: Parameters<typeof putting>[0]): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.change(putting(put));
  return store;
}

Deno.test("addPerson() adds one with an invitation, unless the name is taken", async () => {
  const store = new MemoryStore();
  assert.equal(await store.change(addPerson(aPerson(), anInvitation())), true);
  const twin = someone("ALICE", { id: "p_2" });
  assert.equal(await store.change(addPerson(twin, invitationFor("p_2"))), false);
  assert.deepEqual(await all(store, "person"), [aPerson()]);
  assert.deepEqual(await all(store, "invitation"), [anInvitation()]);
});

Deno.test("addPerson() may give a removed person's name to another", async () => {
  const removed = aPerson({ state: "removed" });
  const store = await withRecords({ person: [removed] });
  const next = aPerson({ id: "p_2" });
  assert.equal(await store.change(addPerson(next, invitationFor("p_2"))), true);
  assert.deepEqual(await all(store, "person"), [removed, next]);
});

Deno.test("inviteFirst() makes the first administrator, and invites again until there is a device", async () => {
  const store = new MemoryStore();
  const first = inviteFirst(admin, invitationFor);
  assert.deepEqual(await store.change(first), admin);
  const again = someone("other", { administrator: true });
  const anew = (person: string) => anInvitation({ id: "i_2", tokenHash: "2", person });
  assert.deepEqual(await store.change(inviteFirst(again, anew)), admin);
  assert.deepEqual(await all(store, "person"), [admin]);
  assert.deepEqual(await all(store, "invitation"), [anew("p_root")]);
});

Deno.test("inviteFirst() invites nobody once anybody has had a device, even a revoked one", async () => {
  const device = [aPasskey({ revokedAt: T0 })];
  for (const person of [[aPerson()], [aPerson({ state: "removed" })], [admin]]) {
    const store = await withRecords({ person, device });
    assert.equal(await store.change(inviteFirst(admin, invitationFor)), undefined);
    assert.deepEqual(await all(store, "person"), person);
    assert.deepEqual(await all(store, "invitation"), []);
  }
});

Deno.test("inviteFirst() makes nobody an administrator who has the name already", async () => {
  const store = await withRecords({ person: [someone("ROOT")] });
  assert.equal(await store.change(inviteFirst(admin, invitationFor)), undefined);
  assert.deepEqual(await all(store, "person"), [someone("ROOT")]);
});

/** What alice has, and bob. */
function everything(person: Partial<Person> = {}) {
  const approval = (id: string, person: string) => {
    const from = { login: "login-1", ticket: "ticket-1", by: `person:${id}`, at: T0 };
    return { id, person, expiresAt: T0 + 60_000, ...from };
  };
  return withRecords({
    person: [aPerson(person), someone("bob")],
    device: [aPasskey(), anAuthenticator(), anAuthenticator({ id: "d_bob", person: "p_bob" })],
    recovery: ["p_alice", "p_bob"].map((id) => ({ id, createdAt: T0, key: "sealed", codes: [] })),
    session: [aSession(), aSession({ id: "s_bob", tokenHash: "2", person: "p_bob" })],
    invitation: [
      anInvitation(),
      anInvitation({ id: "i_used", tokenHash: "2", usedAt: T0 }),
      anInvitation({ id: "i_bob", tokenHash: "3", person: "p_bob" }),
    ],
    approval: [approval("a_alice", "p_alice"), approval("a_bob", "p_bob")],
    grant: [
      aGrant({ id: "g_own" }),
      aGrant({ id: "g_given", user: "deploy" }),
      aGrant({ id: "g_got", person: "p_bob" }),
      aGrant({ id: "g_bobs", person: "p_bob", user: "bob" }),
    ],
  });
}

const change = (store: MemoryStore, patch: PersonPatch) =>
  store.change(changePerson(aPerson(), patch, "admin:root", new Map(), NOW));

const left = async (store: MemoryStore, kind: Exclude<Kind, "challenge">) =>
  (await all(store, kind)).map(({ id }) => id);

const openGrants = async (store: MemoryStore) =>
  (await all(store, "grant")).filter(({ ended }) => ended === null).map(({ id }) => id);

Deno.test("changePerson() to frozen ends sessions, invitations, approvals, and all grants given or got", async () => {
  const store = await everything();
  const answer = await change(store, { state: "frozen" });
  const frozen = aPerson({ state: "frozen" });
  assert.ok(answer.ok);
  assert.deepEqual([answer.before, answer.person], [aPerson(), frozen]);
  assert.deepEqual([answer.sessions, answer.grants.map(({ id }) => id)], [1, [
    "g_own",
    "g_given",
    "g_got",
  ]]);
  assert.deepEqual(await left(store, "session"), ["s_bob"]);
  assert.deepEqual(await left(store, "invitation"), ["i_used", "i_bob"]);
  assert.deepEqual(await left(store, "approval"), ["a_bob"]);
  assert.deepEqual(await openGrants(store), ["g_bobs"]);
  const [own] = await all(store, "grant");
  assert.deepEqual([own?.ended, own?.endedBy, own?.endedAt], ["frozen", "admin:root", NOW]);
  // The devices wait for the thaw.
  assert.deepEqual(await all(store, "device"), [
    aPasskey(),
    anAuthenticator(),
    anAuthenticator({ id: "d_bob", person: "p_bob" }),
  ]);
  assert.deepEqual(await left(store, "recovery"), ["p_alice", "p_bob"]);
});

Deno.test("changePerson() to removed revokes the devices too, and nothing brings the person back", async () => {
  const store = await everything();
  assert.ok((await change(store, { state: "removed" })).ok);
  assert.deepEqual(await all(store, "device"), [
    aPasskey({ revokedAt: NOW }),
    anAuthenticator({ revokedAt: NOW, seed: "" }),
    anAuthenticator({ id: "d_bob", person: "p_bob" }),
  ]);
  assert.deepEqual(await left(store, "recovery"), ["p_bob"]);
  assert.deepEqual(await change(store, { state: "active" }), { ok: false, why: "unknown" });
});

Deno.test("changePerson() back to active gives back nothing that was ended", async () => {
  const store = await everything();
  await change(store, { state: "frozen" });
  const answer = await change(store, { state: "active" });
  assert.ok(answer.ok && answer.person.state === "active");
  assert.deepEqual(await left(store, "session"), ["s_bob"]);
  assert.deepEqual(await openGrants(store), ["g_bobs"]);
});

Deno.test("changePerson() of rights ends the sessions, and grants for what is not theirs any more", async () => {
  const before = { approves: ["own", "deploy@*"] };
  const store = await everything(before);
  const answer = await change(store, { approves: ["own"] });
  assert.deepEqual(answer.ok && answer.grants.map(({ id, ended }) => [id, ended]), [
    ["g_given", "revoked"],
  ]);
  assert.deepEqual(await left(store, "session"), ["s_bob"]);
  assert.deepEqual(await left(store, "approval"), ["a_bob"]);
  assert.deepEqual(await left(store, "invitation"), ["i_1", "i_used", "i_bob"]);
  assert.deepEqual(await openGrants(store), ["g_own", "g_got", "g_bobs"]);
});

Deno.test("changePerson() ends sessions at a promotion as well as at a demotion", async () => {
  for (const administrator of [true, false]) {
    const store = await everything({ administrator: !administrator, approves: ["*@*"] });
    const answer = await change(store, { administrator });
    assert.ok(answer.ok && answer.sessions === 1 && answer.grants.length === 0);
  }
});

Deno.test("changePerson() of a name ends grants of what was the own account", async () => {
  const store = await everything();
  const answer = await change(store, { name: "alicia" });
  assert.deepEqual(answer.ok && answer.grants.map(({ id }) => id), ["g_own", "g_given"]);
  assert.deepEqual((await store.find("person", { name: "alicia" })).map(({ id }) => id), [
    "p_alice",
  ]);
  assert.deepEqual(await store.find("person", { name: "alice" }), []);
});

Deno.test("changePerson() of language and contacts ends nothing", async () => {
  const store = await everything({ approves: ["*@*"] });
  const answer = await change(store, { language: "zh-CN", contacts: { wecom: "alice" } });
  assert.ok(answer.ok && answer.sessions === 0 && answer.grants.length === 0);
  assert.deepEqual(await left(store, "session"), ["s_1", "s_bob"]);
  assert.equal((await openGrants(store)).length, 4);
});

Deno.test("changePerson() refuses a name that another has, and takes the own one in other letters", async () => {
  const store = await everything();
  assert.deepEqual(await change(store, { name: "BOB" }), { ok: false, why: "name_taken" });
  assert.deepEqual(await left(store, "session"), ["s_1", "s_bob"]);
  assert.ok((await change(store, { name: "Alice" })).ok);
});

Deno.test("changePerson() knows nobody who is not there", async () => {
  assert.deepEqual(await change(new MemoryStore(), {}), { ok: false, why: "unknown" });
});
