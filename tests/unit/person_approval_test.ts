import assert from "node:assert/strict";
import type { Freeze } from "../../lib/core/freeze.ts";
import type { Login } from "../../lib/core/login.ts";
import type { ApprovalRules } from "../../lib/core/approval.ts";
import {
  type ApprovalAsked,
  approveAtTerminal,
  approveByLink,
  approveRequest,
  needsProof,
} from "../../lib/core/person_approval.ts";
import type { Remember } from "../../lib/core/passkey_challenge.ts";
import { changePerson } from "../../lib/core/person_change.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { aFreeze, aGrant, all, aPerson, putting, someone } from "../support/people.ts";

const NOW = T0 + 5_000;
const RULES: ApprovalRules = {
  require: "person",
  twoPersons: ["deploy@*"],
  grants: { longestMs: 8 * 3_600_000, ipv6Prefix: 128 },
  groups: new Map([["web", ["web*"]], ["all", ["*"]]]),
};
const HOUR = { forMs: 3_600_000, commands: "any", scope: "host" } as const;
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
  return await store.change(approveRequest(login ?? aLogin(), asked(changes), RULES, now));
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

Deno.test("approveRequest() keeps where it came from; the link alone, or the terminal, does not", async () => {
  const store = await withLogins({ id: "a" }, { id: "b" });
  await approve(store);
  const id = '["alice","web1","192.0.2.7","SHA256:abc"]';
  assert.deepEqual(await all(store, "place"), [{ id, user: "alice", at: NOW }]);
  const again = aLogin({ id: "c" });
  await store.addLogin(again, () => again);
  await approve(store, { shown: new Set(["c"]) }, NOW + 1);
  assert.deepEqual(await all(store, "place"), [{ id, user: "alice", at: NOW + 1 }]);

  const other = await withLogins({ id: "a" }, { id: "b" }, { id: "keyless", key: null });
  const link = { match: "42", via: "link", grantId: "g_1", remember: null };
  const byLink = { ...link, shown: new Set(["a"]) };
  await other.change(approveByLink(aLogin(), byLink, { ...RULES, require: "link" }, NOW));
  const by = { by: "admin:root", grantId: "g_1" };
  await other.change(approveAtTerminal(aLogin({ id: "b" }), by, RULES, NOW));
  await approve(other, { shown: new Set(["keyless"]) });
  assert.deepEqual((await states(other)).map(([, state]) => state), Array(3).fill("approved"));
  assert.deepEqual(await all(other, "place"), []);
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
  await store.change(changePerson(aPerson(), { state: "frozen" }, "admin:root", RULES.groups, NOW));
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
    await store.change(changePerson(aPerson(ops), patch, "admin:root", RULES.groups, NOW));
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

Deno.test("approveRequest() says of which logins it was the first approval, once", async () => {
  const store = await withLogins({ id: "a", user: "deploy" }, { id: "b", user: "deploy" });
  const counted = async (changes: Partial<ApprovalAsked>) => {
    const answer = await approve(store, changes);
    if (answer.outcome !== "second_needed" && answer.outcome !== "approved") return answer.outcome;
    return answer.counted.map(({ login, by }) => [login.id, by]);
  };
  assert.deepEqual(await counted({ shown: new Set(["a"]) }), [["a", "person:alice"]]);
  assert.deepEqual(await counted({ shown: new Set(["a"]) }), []);
  assert.deepEqual(await counted({ person: "p_bob" }), [["b", "person:bob"]]);
});

Deno.test("approveRequest() remembers for a group only what the person answers for on all of it", async () => {
  const asks = async (approves: string[], scope: ApprovalAsked["remember"]) => {
    const store = await withLogins({ id: "a" });
    await store.change(putting({ person: [someone("ops", { approves })] }));
    const answer = await approve(store, { person: "p_ops", remember: scope });
    return answer.outcome === "approved" ? answer.grant?.host : await states(store);
  };
  const web = { ...HOUR, scope: "group:web" } as const;
  assert.equal(await asks(["alice@group:web"], web), "group:web");
  assert.equal(await asks(["alice@web*"], web), "group:web");
  for (const entry of ["alice@web1", "alice@web1*"]) {
    assert.deepEqual(await asks([entry], web), pending("a"), entry);
    assert.equal(await asks([entry], HOUR), "web1");
  }
  const db = { ...HOUR, scope: "group:db" } as const;
  assert.deepEqual(await asks(["alice@*"], db), pending("a"), "no such group");
});

Deno.test("approving what asks for a grant gives it, as it asked", async () => {
  const preauth = { forMs: 1_800_000, commands: "transfer" } as const;
  const store = await withLogins({ id: "a", service: "preauth", preauth });
  const answer = await approve(store, { remember: null });
  const times = { createdAt: NOW, expiresAt: NOW + preauth.forMs };
  const grant = aGrant({ service: "ssh", commands: "transfer", ...times });
  assert.deepEqual(answer.outcome === "approved" && answer.grant, grant);
  assert.deepEqual(await all(store, "grant"), [grant]);
});

Deno.test("what asks for a grant may get one for a shorter time, and for less, never for more", async () => {
  const given = async (
    preauth: Login["preauth"],
    remember: Remember,
    by: typeof byLink | typeof approve = approve,
  ) => {
    const store = await withLogins({ id: "a", service: "preauth", preauth });
    const { outcome } = await by(store, { remember });
    const [grant] = await all(store, "grant");
    const [login] = await store.loginsByTicket("ticket-1");
    if (grant === undefined) return [outcome, await states(store)];
    assert.deepEqual(login?.preauth, {
      forMs: grant.expiresAt - grant.createdAt,
      commands: grant.commands,
    });
    return [outcome, login?.preauth];
  };
  const asked = { forMs: 3_600_000, commands: "any" } as const;
  const less = { forMs: 600_000, commands: "any" } as const;
  const refused = ["refused", pending("a")];
  for (const by of [approve, byLink]) {
    const wish = { ...less, scope: "host" } as const;
    assert.deepEqual(await given(asked, wish, by), ["approved", less]);
    assert.deepEqual(await given(asked, { ...wish, forMs: 3_600_000 }, by), ["approved", asked]);
    assert.deepEqual(await given(asked, { ...wish, forMs: 3_600_001 }, by), refused);
    assert.deepEqual(await given(asked, { ...wish, forMs: 0 }, by), refused);
    assert.deepEqual(await given(asked, { ...wish, scope: "group:web" }, by), refused);
    const transfer = { ...less, commands: "transfer" } as const;
    assert.deepEqual(await given({ ...asked, commands: "transfer" }, wish, by), [
      "approved",
      transfer,
    ]);
    const only = { ...wish, commands: "transfer" } as const;
    assert.deepEqual(await given(asked, only, by), ["approved", transfer]);
  }
});

Deno.test("by the link an ordinary login is not remembered", async () => {
  const store = await withLogins({ id: "a" });
  const remember = { forMs: 600_000, commands: "any", scope: "host" } as const;
  assert.equal((await byLink(store, { remember })).outcome, "approved");
  assert.deepEqual(await all(store, "grant"), []);
});

Deno.test("approving what asks for a grant approves nothing where there can be none", async () => {
  const cases: Partial<Login>[] = [
    { preauth: { forMs: 9 * 3_600_000, commands: "any" } },
    { preauth: { forMs: 1, commands: "any" }, source: "fe80::1%eth0" },
    { preauth: { forMs: 1, commands: "any" }, user: "deploy" },
  ];
  for (const login of cases) {
    const store = await withLogins({ id: "a", service: "preauth", ...login });
    const answer = await approve(store);
    assert.deepEqual(answer, { outcome: "refused", why: "not_remembered" }, JSON.stringify(login));
    assert.deepEqual(await states(store), pending("a"));
  }
});

const LINK: ApprovalRules = { ...RULES, require: "link" };

async function byLink(
  store: MemoryStore,
  changes: Partial<Parameters<typeof approveByLink>[1]> = {},
  rules = LINK,
) {
  const [login] = await store.loginsByTicket("ticket-1");
  const asked = { match: "42", shown: undefined, remember: null, via: "link", grantId: "g_1" };
  const change = approveByLink(login ?? aLogin(), { ...asked, ...changes }, rules, NOW);
  return await store.change(change);
}

Deno.test("approveByLink() approves what is shown, where the link is enough", async () => {
  const store = await withLogins({ id: "a" }, { id: "b" });
  assert.equal((await byLink(store, { shown: new Set(["a"]) })).outcome, "approved");
  assert.deepEqual(await states(store), [["a", "approved", "link"], ["b", "pending", null]]);
  assert.equal((await byLink(store)).outcome, "approved");
  assert.deepEqual((await states(store))[1], ["b", "approved", "link"]);
});

Deno.test("approveByLink() ends the whole request after a wrong number", async () => {
  const store = await withLogins({ id: "a" }, { id: "b" });
  assert.equal((await byLink(store, { match: "17", shown: new Set(["a"]) })).outcome, "denied");
  assert.deepEqual((await states(store)).map(([, state]) => state), ["denied", "denied"]);
});

Deno.test("approveByLink() approves nothing where a person is needed, or the account is frozen", async () => {
  const needed = { outcome: "refused", why: "proof_needed" };
  const store = await withLogins({ id: "a" });
  assert.deepEqual(await byLink(store, {}, RULES), needed);
  await store.change(putting({ freeze: [aFreeze()] }));
  assert.deepEqual(await byLink(store), { outcome: "refused", why: "frozen" });
  assert.deepEqual(await states(store), pending("a"));
  const sensitive = await withLogins({ id: "a", user: "deploy" });
  assert.deepEqual(await byLink(sensitive), needed);
  assert.deepEqual(await states(sensitive), pending("a"));
  assert.ok(needsProof(aLogin(), RULES) && !needsProof(aLogin(), LINK));
  assert.ok(needsProof(aLogin({ user: "deploy" }), LINK));
});

Deno.test("approveByLink() gives a grant that nobody has to answer for", async () => {
  const preauth = { forMs: 60_000, commands: "any" } as const;
  const store = await withLogins({ id: "a", service: "preauth", preauth });
  await byLink(store);
  const [grant] = await all(store, "grant");
  assert.deepEqual([grant?.person, grant?.by, grant?.host], ["", "link", "web1"]);
});

async function atTerminal(store: MemoryStore, id: string, now = NOW) {
  const login = await store.login(id) ?? aLogin();
  const who = { by: "admin:root", grantId: "g_1" };
  return await store.change(approveAtTerminal(login, who, RULES, now));
}

Deno.test("approveAtTerminal() approves that login alone, without its number", async () => {
  const store = await withLogins({ id: "a" }, { id: "b" });
  assert.equal((await atTerminal(store, "a")).outcome, "approved");
  assert.deepEqual(await states(store), [["a", "approved", "admin:root"], ...pending("b")]);
  assert.equal((await store.login("a"))?.via, "terminal");
});

Deno.test("approveAtTerminal() is one of two, whoever is the other", async () => {
  const store = await withLogins({ id: "a", user: "deploy" }, { id: "b", user: "deploy" });
  for (let times = 0; times < 2; times++) {
    assert.equal((await atTerminal(store, "a")).outcome, "second_needed");
  }
  await approve(store);
  assert.deepEqual(await states(store), [
    ["a", "approved", "admin:root, person:alice"],
    ...pending("b"),
  ]);
  assert.equal((await atTerminal(store, "b")).outcome, "approved");
});

Deno.test("approveAtTerminal() approves nothing that is frozen or has ended", async () => {
  const store = await withLogins({ id: "a" });
  const ended = { outcome: "refused", why: "ended" };
  assert.deepEqual(await atTerminal(store, "a", T0 + 60_000), ended);
  await store.change(putting({ freeze: [aFreeze()] }));
  assert.deepEqual(await atTerminal(store, "a"), { outcome: "refused", why: "frozen" });
  assert.deepEqual(await states(store), pending("a"));
});
