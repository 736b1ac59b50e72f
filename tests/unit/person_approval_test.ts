import assert from "node:assert/strict";
import type { Freeze } from "../../lib/core/freeze.ts";
import type { Login } from "../../lib/core/login.ts";
import { type ApprovalAsked, approveRequest } from "../../lib/core/person_approval.ts";
import { changePerson } from "../../lib/core/person_change.ts";
import { MemoryStore } from "../../lib/io/memory_store.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { aFreeze, aGrant, all, aPerson, putting, someone } from "../support/people.ts";

const NOW = T0 + 5_000;
const SETTINGS = { twoPersons: ["deploy@*"], longestMs: 8 * 3_600_000, ipv6Prefix: 128 } as const;
const HOUR = { forMs: 3_600_000, commands: "any" } as const;
const ops = { approves: ["deploy@*", "own"] };

const asked = (changes: Partial<ApprovalAsked> = {}): ApprovalAsked => ({
  person: "p_alice",
  via: "passkey",
  match: "42",
  shown: new Set(["a", "b"]),
  remember: null,
  grantId: "g_1",
  ...changes,
});

/** alice and bob, who both may approve deploy as well; and these logins. */
async function withLogins(...logins: Partial<Login>[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.change(putting({ person: [aPerson(ops), someone("bob", ops), someone("carol")] }));
  for (const changes of logins) {
    const login = aLogin(changes);
    await store.addLogin(login, () => login);
  }
  return store;
}

async function approve(store: MemoryStore, changes: Partial<ApprovalAsked> = {}, now = NOW) {
  const [login] = await store.loginsByTicket("ticket-1");
  return await store.change(approveRequest(login ?? aLogin(), asked(changes), SETTINGS, now));
}

const states = async (store: MemoryStore) =>
  (await store.recentLogins(9)).reverse().map(({ id, state, by }) => [id, state, by]);

const pending = (...ids: string[]) => ids.map((id) => [id, "pending", null]);

Deno.test("approveRequest() approves what was shown, and says who and how", async () => {
  const store = await withLogins({ id: "a" }, { id: "b" }, { id: "came-later" });
  const answer = await approve(store);
  assert.ok(answer.outcome === "approved" && answer.grant === null);
  assert.deepEqual(answer.approved.map(({ id, decidedAt, via }) => [id, decidedAt, via]), [
    ["a", NOW, "passkey"],
    ["b", NOW, "passkey"],
  ]);
  assert.deepEqual(await states(store), [
    ["a", "approved", "person:alice"],
    ["b", "approved", "person:alice"],
    ...pending("came-later"),
  ]);
});

Deno.test("approveRequest() ends the whole request after a wrong number, or none", async () => {
  for (const match of ["17", "", null]) {
    const store = await withLogins({ id: "a" }, { id: "came-later" });
    const answer = await approve(store, { match, remember: HOUR });
    assert.ok(answer.outcome === "denied");
    assert.deepEqual(answer.denied.map(({ id, reason }) => [id, reason]), [
      ["a", "wrong_number"],
      ["came-later", "wrong_number"],
    ]);
    assert.deepEqual(await all(store, "grant"), []);
    assert.deepEqual(await approve(store), { outcome: "refused", why: "ended" });
  }
});

Deno.test("approveRequest() asks for no number where there is none", async () => {
  const store = await withLogins({ id: "a", match: null, choices: [] });
  assert.equal((await approve(store, { match: null })).outcome, "approved");
});

Deno.test("approveRequest() refuses who may not, and changes nothing", async () => {
  const cases: [Partial<ApprovalAsked>, Partial<Login>, string][] = [
    [{ person: "p_none" }, {}, "not_active"],
    [{ person: "p_bob" }, {}, "not_theirs"],
    [{}, { user: "root" }, "not_theirs"],
    [{}, { user: "deploy", requester: "alice" }, "own_login"],
    [{ shown: new Set() }, {}, "ended"],
    [{ shown: new Set(["other"]) }, {}, "ended"],
    [{}, { expiresAt: NOW }, "ended"],
    [{}, { state: "denied" }, "ended"],
    [{}, { pin: { hash: "" } as Login["pin"] }, "ended"],
  ];
  for (const [changes, login, why] of cases) {
    const store = await withLogins({ id: "a", ...login });
    const before = await store.login("a");
    const label = JSON.stringify([changes, login]);
    assert.deepEqual(await approve(store, changes), { outcome: "refused", why }, label);
    assert.deepEqual(await store.login("a"), before, label);
  }
});

Deno.test("approveRequest() tells a stranger nothing about the number", async () => {
  const store = await withLogins({ id: "a" });
  for (const match of ["42", "17"]) {
    const answer = await approve(store, { person: "p_bob", match });
    assert.deepEqual(answer, { outcome: "refused", why: "not_theirs" });
  }
  assert.deepEqual(await states(store), pending("a"));
});

Deno.test("approveRequest() refuses who was frozen, or whose account was, since the page was shown", async () => {
  const freezes: Partial<Freeze>[] = [{}, { host: "web1" }];
  for (const freeze of freezes) {
    const store = await withLogins({ id: "a" });
    await store.change(putting({ freeze: [aFreeze(freeze)] }));
    assert.deepEqual(await approve(store), { outcome: "refused", why: "frozen" });
  }
  const store = await withLogins({ id: "a" });
  await store.change(changePerson(aPerson(), { state: "frozen" }, "admin:root", NOW));
  assert.deepEqual(await approve(store), { outcome: "refused", why: "not_active" });
  assert.deepEqual(await states(store), pending("a"));
});

Deno.test("approveRequest() remembers the approval as a grant, in the same step", async () => {
  const store = await withLogins({ id: "a" });
  const answer = await approve(store, { remember: { ...HOUR, commands: "transfer" } });
  const times = { createdAt: NOW, expiresAt: NOW + HOUR.forMs };
  const grant = aGrant({ commands: "transfer", ...times });
  assert.deepEqual(answer.outcome === "approved" && answer.grant, grant);
  assert.deepEqual(await all(store, "grant"), [grant]);
});

Deno.test("approveRequest() approves nothing when it cannot be remembered as asked", async () => {
  const store = await withLogins({ id: "a" });
  const answer = await approve(store, { remember: { ...HOUR, forMs: 9 * 3_600_000 } });
  assert.deepEqual(answer, { outcome: "refused", why: "not_remembered" });
  assert.deepEqual(await states(store), pending("a"));
});

Deno.test("approveRequest() of a sensitive account takes two different persons", async () => {
  const store = await withLogins({ id: "a", user: "deploy" }, { id: "b", user: "deploy" });
  for (let times = 0; times < 2; times++) {
    const answer = await approve(store);
    assert.ok(answer.outcome === "second_needed");
    assert.deepEqual(answer.waiting.map(({ id }) => id), ["a", "b"]);
    assert.deepEqual(await states(store), pending("a", "b"));
  }
  assert.equal((await all(store, "approval")).length, 2);
  assert.equal((await approve(store, { person: "p_bob" })).outcome, "approved");
  const by = "person:alice, person:bob";
  assert.deepEqual(await states(store), [["a", "approved", by], ["b", "approved", by]]);
});

Deno.test("approveRequest() by two lets in only what both have seen", async () => {
  const store = await withLogins({ id: "a", user: "deploy" }, { id: "b", user: "deploy" });
  await approve(store, { shown: new Set(["a"]) });
  const answer = await approve(store, { person: "p_bob" });
  assert.deepEqual(answer.outcome === "approved" && answer.approved.map(({ id }) => id), ["a"]);
  assert.equal((await approve(store)).outcome, "approved");
  assert.deepEqual((await states(store))[1], ["b", "approved", "person:bob, person:alice"]);
});

Deno.test("approveRequest() by two at once lets nobody in alone", async () => {
  const store = await withLogins({ id: "a", user: "deploy" });
  const own = await Promise.all([approve(store), approve(store), approve(store)]);
  assert.deepEqual(own.map(({ outcome }) => outcome), Array(3).fill("second_needed"));
  const both = await withLogins({ id: "a", user: "deploy" });
  const two = await Promise.all([approve(both), approve(both, { person: "p_bob" })]);
  assert.deepEqual(two.map(({ outcome }) => outcome), ["second_needed", "approved"]);
});

Deno.test("approveRequest() by two is over when either picks a wrong number", async () => {
  const store = await withLogins({ id: "a", user: "deploy" });
  await approve(store);
  assert.equal((await approve(store, { person: "p_bob", match: "17" })).outcome, "denied");
  assert.deepEqual(await all(store, "approval"), []);
  const first = await withLogins({ id: "a", user: "deploy" });
  assert.equal((await approve(first, { match: "17" })).outcome, "denied");
});

Deno.test("approveRequest() by two does not count one who may not approve any more", async () => {
  const changes = [{ state: "frozen" }, { state: "removed" }, { approves: ["own"] }] as const;
  for (const patch of changes) {
    const store = await withLogins({ id: "a", user: "deploy" });
    await approve(store);
    await store.change(changePerson(aPerson(ops), patch, "admin:root", NOW));
    const answer = await approve(store, { person: "p_bob" });
    assert.equal(answer.outcome, "second_needed", JSON.stringify(patch));
  }
});

Deno.test("approveRequest() by two is never remembered, the first time or the second", async () => {
  const store = await withLogins({ id: "a", user: "deploy" });
  const refused = { outcome: "refused", why: "not_remembered" };
  assert.deepEqual(await approve(store, { remember: HOUR }), refused);
  await approve(store);
  assert.deepEqual(await approve(store, { person: "p_bob", remember: HOUR }), refused);
  assert.deepEqual(await states(store), pending("a"));
});

Deno.test("approveRequest() by two asks both within the life of the login", async () => {
  const store = await withLogins({ id: "a", user: "deploy" });
  await approve(store);
  const late = await approve(store, { person: "p_bob" }, T0 + 60_000);
  assert.deepEqual(late, { outcome: "refused", why: "ended" });
});
