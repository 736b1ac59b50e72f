import assert from "node:assert/strict";
import {
  type Freeze,
  freezeAccount,
  freezeOf,
  liftFreeze,
  mayLift,
  reportNotMe,
} from "../../lib/core/freeze.ts";
import type { Login } from "../../lib/core/login.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { aFreeze, aGrant, all, aPerson, putting, someone } from "../support/people.ts";

const NOW = T0 + 9_000;
const NO_GROUPS = new Map<string, string[]>();
const approved = { state: "approved", decidedAt: T0 + 8_000, by: "link", via: "link" } as const;

async function withLogins(
  logins: readonly Partial<Login>[],
  put: Parameters<typeof putting>[0] = {},
): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.change(putting({ person: [aPerson(), someone("bob")], ...put }));
  for (const changes of logins) {
    const login = aLogin(changes);
    await store.addLogin(login, () => login);
  }
  return store;
}

const states = async (store: MemoryStore) =>
  (await store.recentLogins(9)).reverse().map(({ id, state, reason }) => [id, state, reason]);

const report = (store: MemoryStore, login: Login, person = "p_alice") =>
  store.change(reportNotMe(login, { freezeId: "f_1", person, via: "passkey" }, NO_GROUPS, NOW));

Deno.test("freezeOf() holds on its host, or on all; also for an account that asks for another", () => {
  const holds = (freeze: Partial<Freeze>, login: Partial<Login> = {}) =>
    freezeOf([aFreeze(freeze)], aLogin(login)) !== undefined;
  assert.ok(holds({}));
  assert.ok(holds({}, { host: "web2" }));
  assert.ok(holds({ host: "web1" }));
  assert.ok(!holds({ host: "web1" }, { host: "web2" }));
  assert.ok(!holds({ user: "bob" }));
  assert.ok(holds({}, { user: "root", requester: "alice" }));
  assert.ok(!holds({ liftedAt: T0 }));
});

Deno.test("reportNotMe() denies the request, freezes the account everywhere, ends grants, keeps evidence", async () => {
  const store = await withLogins([
    { id: "asked", command: "id" },
    { id: "with-it" },
    { id: "elsewhere", ticket: "t2", host: "web2" },
    { id: "uncollected", ticket: "t3", ...approved },
    { id: "in-already", ticket: "t4", ...approved, collected: true },
    { id: "bobs", ticket: "t5", user: "bob" },
    { id: "su", ticket: "t6", user: "root", requester: "alice" },
  ], {
    grant: [
      aGrant(),
      aGrant({ id: "g_web2", host: "web2", person: "p_bob" }),
      aGrant({ id: "g_su", user: "root", requester: "alice" }),
      aGrant({ id: "g_bob", user: "bob" }),
    ],
  });
  const asked = aLogin({ id: "asked", command: "id" });
  const answer = await report(store, asked);

  const { id, host, user, service, source, requester, key, command, commandHash, createdAt } =
    asked;
  const evidence = {
    id,
    host,
    user,
    service,
    source,
    requester,
    key,
    command,
    commandHash,
    createdAt,
  };
  const freeze = aFreeze({ since: NOW, evidence });
  assert.ok(answer.ok);
  assert.equal(answer.user, "alice");
  assert.deepEqual([answer.frozen.freeze, answer.frozen.isNew], [freeze, true]);
  assert.deepEqual(answer.frozen.grants.map(({ id }) => id), ["g_1", "g_web2", "g_su"]);
  const names = answer.frozen.logins.map(({ id }) => id);
  assert.deepEqual(names, ["asked", "with-it", "elsewhere", "uncollected", "su"]);

  assert.deepEqual(await all(store, "freeze"), [freeze]);
  assert.deepEqual((await all(store, "grant")).map(({ id, ended }) => [id, ended]), [
    ["g_1", "frozen"],
    ["g_web2", "frozen"],
    ["g_su", "frozen"],
    ["g_bob", null],
  ]);
  assert.deepEqual(await states(store), [
    ["asked", "denied", "not_me"],
    ["with-it", "denied", "not_me"],
    ["elsewhere", "denied", "denied"],
    ["uncollected", "denied", "denied"],
    ["in-already", "approved", null],
    ["bobs", "pending", null],
    ["su", "denied", "denied"],
  ]);
  const { by, via } = await store.login("asked") ?? {};
  assert.deepEqual([by, via], ["person:alice", "passkey"]);
});

Deno.test("reportNotMe() freezes also when the login has ended long ago", async () => {
  const over = { id: "over", ...approved, collected: true };
  const store = await withLogins([over, { id: "next", ticket: "t2" }]);
  const answer = await report(store, aLogin(over));
  assert.ok(answer.ok && answer.frozen.isNew);
  assert.deepEqual(await states(store), [["over", "approved", null], ["next", "denied", "denied"]]);
});

Deno.test("reportNotMe() of an account asked for by another freezes the one who asked, if that is the person", async () => {
  const su = aLogin({ user: "root", requester: "alice" });
  const own = await report(await withLogins([su]), su);
  assert.equal(own.ok && own.user, "alice");
  const admin = someone("bob", { administrator: true });
  const others = await report(await withLogins([su], { person: [admin] }), su, "p_bob");
  assert.equal(others.ok && others.user, "root");
});

Deno.test("reportNotMe() by who answers for an account of one host freezes it there alone", async () => {
  const root = aLogin({ user: "root" });
  const elsewhere = { id: "elsewhere", ticket: "t2", user: "root", host: "web2" };
  const bob = someone("bob", { approves: ["root@web1"] });
  const store = await withLogins([root, elsewhere], {
    person: [bob],
    grant: [aGrant({ user: "root" }), aGrant({ id: "g_web2", user: "root", host: "web2" })],
  });
  const answer = await report(store, root, "p_bob");
  assert.ok(answer.ok);
  assert.deepEqual([answer.frozen.freeze.user, answer.frozen.freeze.host], ["root", "web1"]);
  assert.deepEqual((await all(store, "grant")).map(({ ended }) => ended), ["frozen", null]);
  assert.deepEqual(await states(store), [["login-1", "denied", "not_me"], [
    "elsewhere",
    "pending",
    null,
  ]]);
  const admin = someone("carol", { administrator: true });
  await store.change(putting({ person: [admin] }));
  const everywhere = await store.change(
    reportNotMe(
      aLogin(elsewhere),
      { freezeId: "f_2", person: "p_carol", via: "code" },
      NO_GROUPS,
      NOW,
    ),
  );
  assert.ok(everywhere.ok && everywhere.frozen.isNew);
  assert.equal(everywhere.frozen.freeze.host, "*");
});

Deno.test("a freeze forgets where the account's approved logins came from", async () => {
  const place = ["alice", "bob"].map((user) => ({ id: user, user, at: T0 }));
  const store = await withLogins([{}], { place });
  await report(store, aLogin());
  assert.deepEqual((await all(store, "place")).map(({ user }) => user), ["bob"]);
  const freeze = { id: "f_2", user: "bob", host: "web1", by: "admin:root" };
  await store.change(freezeAccount(freeze, NOW));
  assert.deepEqual(await all(store, "place"), []);
});

Deno.test("reportNotMe() twice keeps the first freeze, and denies what came since", async () => {
  const store = await withLogins([{ id: "a" }]);
  const login = aLogin({ id: "a" });
  await report(store, login);
  const late = aLogin({ id: "b", ticket: "t2" });
  await store.addLogin(late, () => late);
  const again = await store.change(
    reportNotMe(late, { freezeId: "f_2", person: "p_alice", via: "code" }, NO_GROUPS, NOW + 1),
  );
  assert.ok(again.ok && !again.frozen.isNew && again.frozen.freeze.id === "f_1");
  assert.equal((await all(store, "freeze")).length, 1);
  assert.equal((await store.login("b"))?.reason, "not_me");
});

Deno.test("reportNotMe() changes nothing for a stranger, for who is frozen, and for a login that is gone", async () => {
  const store = await withLogins([{ id: "a" }], {
    person: [aPerson({ state: "frozen" }), someone("bob")],
    grant: [aGrant()],
  });
  const notTheirs = { ok: false, why: "not_theirs" };
  for (const person of ["p_alice", "p_bob", "p_none"]) {
    assert.deepEqual(await report(store, aLogin({ id: "a" }), person), notTheirs, person);
  }
  const gone = { ok: false, why: "unknown" };
  assert.deepEqual(await report(store, aLogin({ id: "gone" })), gone);
  assert.deepEqual(await states(store), [["a", "pending", null]]);
  assert.deepEqual(await all(store, "freeze"), []);
  assert.deepEqual(await all(store, "grant"), [aGrant()]);
});

const byAdmin = (host: string, id = "f_2") =>
  freezeAccount({ id, user: "alice", host, by: "admin:root" }, NOW);

Deno.test("freezeAccount() on one host touches nothing on others", async () => {
  const grants = [aGrant(), aGrant({ id: "g_2", host: "web2" })];
  const store = await withLogins([{ id: "a" }, { id: "b", ticket: "t2", host: "web2" }], {
    grant: grants,
  });
  const { freeze, isNew } = await store.change(byAdmin("web1"));
  const full = { id: "f_2", host: "web1", since: NOW, by: "admin:root" };
  assert.deepEqual([freeze, isNew], [aFreeze({ ...full, why: "administrator" }), true]);
  assert.deepEqual(await states(store), [["a", "denied", "denied"], ["b", "pending", null]]);
  assert.deepEqual((await all(store, "grant")).map(({ ended }) => ended), ["frozen", null]);
});

Deno.test("freezeAccount() adds a freeze only where none holds as widely", async () => {
  const store = await withLogins([]);
  assert.ok((await store.change(byAdmin("web1", "f_a"))).isNew);
  assert.ok(!(await store.change(byAdmin("web1", "f_b"))).isNew);
  assert.ok((await store.change(byAdmin("web2", "f_c"))).isNew);
  assert.ok((await store.change(byAdmin("*", "f_d"))).isNew);
  assert.equal((await store.change(byAdmin("web3", "f_e"))).freeze.id, "f_d");
});

Deno.test("freezeAccount() on one host ends grants for groups too, for it may be in them", async () => {
  const grant = [
    aGrant({ id: "g_here" }),
    aGrant({ id: "g_group", host: "group:web" }),
    aGrant({ id: "g_there", host: "web2" }),
  ];
  const store = await withLogins([], { grant });
  const asked = { id: "f_1", user: "alice", host: "web1", by: "admin:root" };
  const { grants } = await store.change(freezeAccount(asked, NOW));
  assert.deepEqual(grants.map(({ id }) => id), ["g_here", "g_group"]);
});

Deno.test("liftFreeze() lifts one, once, and keeps it for the record", async () => {
  const other = aFreeze({ id: "f_2", user: "bob" });
  const store = await withLogins([], { freeze: [aFreeze(), other] });
  const lifted = aFreeze({ liftedAt: NOW, liftedBy: "admin:root" });
  assert.deepEqual(await store.change(liftFreeze("f_1", "admin:root", NOW)), lifted);
  assert.equal(await store.change(liftFreeze("f_1", "person:bob", NOW)), undefined);
  assert.equal(await store.change(liftFreeze("f_9", "person:bob", NOW)), undefined);
  assert.deepEqual(await all(store, "freeze"), [lifted, other]);
});

Deno.test("mayLift() takes an administrator, or the own passkey and a recovery code together", () => {
  const both = { passkey: true, recoveryCode: true };
  const none = { passkey: false, recoveryCode: false };
  assert.ok(mayLift(someone("bob", { administrator: true }), aFreeze(), none));
  assert.ok(mayLift(aPerson(), aFreeze(), both));
  assert.ok(!mayLift(aPerson(), aFreeze(), { ...both, passkey: false }));
  assert.ok(!mayLift(aPerson(), aFreeze(), { ...both, recoveryCode: false }));
  assert.ok(!mayLift(someone("bob"), aFreeze(), both));
  assert.ok(mayLift(someone("bob"), aFreeze({ user: "deploy", by: "person:bob" }), both));
  assert.ok(!mayLift(aPerson(), aFreeze({ why: "administrator", by: "admin:root" }), both));
  assert.ok(!mayLift(aPerson({ state: "frozen" }), aFreeze(), both));
  assert.ok(!mayLift(aPerson({ state: "frozen", administrator: true }), aFreeze(), both));
});
