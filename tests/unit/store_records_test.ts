/** What every store does with records of people, and with what it knows of an account. */
import assert from "node:assert/strict";
import type { AccountNow } from "../../lib/core/account_request.ts";
import type { Login } from "../../lib/core/login.ts";
import type { Change, Kind, Where } from "../../lib/core/store_change.ts";
import type { AskedFor, Store } from "../../lib/ports.ts";
import { placeId } from "../../lib/core/place.ts";
import { aLogin, T0 } from "../support/logins.ts";
import {
  aFreeze,
  aGrant,
  all,
  anInvitation,
  aPasskey,
  aPerson,
  aSession,
  COOKIE,
  putting,
  someone,
} from "../support/people.ts";
import { addSample, SAMPLED, SAMPLES } from "../support/store_records.ts";
import { type Contract, testEveryStore } from "../support/stores.ts";
import { sessionHash } from "../../lib/core/web_session.ts";

/** The records of one kind that a place finds. */
function find(store: Store, kind: Kind, where: unknown): Promise<unknown[]> {
  return store.find(kind, where as Where<Kind>);
}

const ids = (records: readonly { readonly id: string }[]) => records.map(({ id }) => id);

async function ended(store: Store, changes: Partial<Login>): Promise<void> {
  const login = aLogin({ decidedAt: T0, ...changes });
  await store.addLogin(login, () => login);
}

const refused = { state: "denied", reason: "denied", by: "link", via: "link" } as const;
const approved = { state: "approved", by: "link", via: "link" } as const;

async function known(store: Store, asked: Partial<AskedFor> = {}): Promise<AccountNow> {
  const { promise, resolve } = Promise.withResolvers<AccountNow>();
  await store.addLogin({ ...aLogin(), ...asked }, (_, account) => {
    resolve(account);
    return undefined;
  });
  return await promise;
}

/** Puts the records in the place of what `wants` shows. */
function replacing(
  wants: Change<void>["wants"],
  put: NonNullable<ReturnType<Change<void>["make"]>["put"]>,
): Change<void> {
  return { wants, make: () => ({ answer: undefined, put }) };
}

const contract: Contract = {
  "find() finds a record of each kind, whole, by all that it may be looked for by": async (
    store,
  ) => {
    for (const kind of SAMPLED) {
      assert.deepEqual(await find(store, kind, { all: true }), [], kind);
      await addSample(store, kind);
      const { record, foundBy, notFoundBy } = SAMPLES[kind];
      for (const where of [{ all: true }, ...foundBy]) {
        assert.deepEqual(
          await find(store, kind, where),
          [record],
          `${kind} ${JSON.stringify(where)}`,
        );
      }
      for (const where of notFoundBy) {
        assert.deepEqual(await find(store, kind, where), [], `${kind} ${JSON.stringify(where)}`);
      }
    }
  },

  "find() rejects what a kind is not looked for by": async (store) => {
    await addSample(store, "person");
    for (const where of [{ state: "active" }, {}, { "id = id OR id": "x" }]) {
      await assert.rejects(find(store, "person", where), JSON.stringify(where));
    }
  },

  "find() answers in the order of adding, whatever was changed since": async (store) => {
    for (const name of ["carol", "alice", "bob"]) {
      await store.change(putting({ person: [someone(name)] }));
    }
    const frozen = someone("carol", { state: "frozen" });
    await store.change(replacing({ person: [{ id: "p_carol" }] }, { person: [frozen] }));
    assert.deepEqual(ids(await all(store, "person")), ["p_carol", "p_alice", "p_bob"]);
  },

  "change() shows what is wanted, each once, and nothing else": async (store) => {
    await store.change(putting({
      person: [someone("alice"), someone("bob"), someone("carol")],
      device: [aPasskey(), aPasskey({ id: "d_2", person: "p_bob" }, { id: "b3RoZXI" })],
    }));
    const shown = await store.change({
      wants: { person: [{ name: "bob" }, { id: "p_bob" }, { id: "p_alice" }], device: [] },
      make: (found) => ({ answer: found }),
    });
    assert.deepEqual(ids(shown.person), ["p_bob", "p_alice"]);
    for (const kind of SAMPLED) {
      if (kind !== "person") assert.deepEqual(shown[kind], [], kind);
    }
    assert.deepEqual(shown.login, []);
  },

  "change() adds, changes and removes in one step, and gives its answer": async (store) => {
    await store.change(putting({ person: [someone("alice")], session: [aSession()] }));
    const frozen = someone("alice", { state: "frozen" });
    const answer = await store.change({
      wants: { person: [{ id: "p_alice" }], session: [{ person: "p_alice" }] },
      make: ({ session }) => ({
        answer: `ended ${session.length}`,
        put: { person: [frozen], freeze: [aFreeze()] },
        remove: { session: ids(session) },
      }),
    });
    assert.equal(answer, "ended 1");
    assert.deepEqual(await all(store, "person"), [frozen]);
    assert.deepEqual(await all(store, "session"), []);
    assert.deepEqual(await all(store, "freeze"), [aFreeze()]);
  },

  "change() writes nothing when it throws": async (store) => {
    const fault = new Error("no");
    await assert.rejects(
      store.change({
        wants: {},
        make: () => {
          throw fault;
        },
      }),
      fault,
    );
    assert.deepEqual(await all(store, "person"), []);
  },

  "change() refuses to write over a record that it was not shown": async (store) => {
    await store.change(putting({ person: [someone("alice")] }));
    for (const wants of [{}, { person: [{ name: "bob" }] }]) {
      const other = someone("alice", { administrator: true });
      await assert.rejects(store.change(replacing(wants, { grant: [aGrant()], person: [other] })));
    }
    assert.deepEqual(await all(store, "person"), [someone("alice")]);
    assert.deepEqual(await all(store, "grant"), []);
  },

  "change() refuses to remove a record that it was not shown": async (store) => {
    await store.change(putting({ session: [aSession()] }));
    for (const id of ["s_1", "s_2"]) {
      await assert.rejects(store.change({
        wants: {},
        make: () => ({ answer: undefined, put: { grant: [aGrant()] }, remove: { session: [id] } }),
      }));
    }
    assert.deepEqual(await all(store, "session"), [aSession()]);
    assert.deepEqual(await all(store, "grant"), []);
  },

  "change() refuses to do two things with one record": async (store) => {
    await store.change(putting({ session: [aSession()] }));
    const wants = { session: [{ id: "s_1" }] };
    const twice: ReturnType<Change<void>["make"]>[] = [
      { answer: undefined, put: { session: [aSession()] }, remove: { session: ["s_1"] } },
      { answer: undefined, put: { session: [aSession(), aSession({ via: "code" })] } },
      { answer: undefined, put: { grant: [aGrant(), aGrant()] } },
      { answer: undefined, remove: { session: ["s_1", "s_1"] } },
    ];
    for (const made of twice) await assert.rejects(store.change({ wants, make: () => made }));
    assert.deepEqual(await all(store, "session"), [aSession()]);
    assert.deepEqual(await all(store, "grant"), []);
  },

  "change() refuses a second record with what only one may have, and keeps none of it": async (
    store,
  ) => {
    await store.change(putting({
      person: [someone("alice")],
      device: [aPasskey()],
      invitation: [anInvitation()],
      session: [aSession()],
    }));
    const twins: Parameters<typeof putting>[0][] = [
      { person: [someone("ALICE", { id: "p_2" })] },
      { device: [aPasskey({ id: "d_2", person: "p_bob" })] },
      { invitation: [anInvitation({ id: "i_2", person: "p_bob" })] },
      { session: [aSession({ id: "s_2", person: "p_bob" })] },
    ];
    for (const twin of twins) {
      await assert.rejects(store.change(putting({ grant: [aGrant()], ...twin })));
    }
    assert.deepEqual(await all(store, "grant"), []);
    assert.equal((await all(store, "person")).length, 1);
  },

  "change() lets what is gone, or has changed, be taken anew": async (store) => {
    const removed = someone("alice", { state: "removed" });
    await store.change(putting({ person: [removed], session: [aSession()] }));
    await store.change(putting({ person: [someone("alice", { id: "p_2" })] }));
    assert.deepEqual(ids(await store.find("person", { name: "alice" })), ["p_2"]);
    // A token handed on within one step, from the session that goes to the one that comes.
    const next = aSession({ id: "s_2" });
    await store.change({
      wants: { session: [{ id: "s_1" }] },
      make: () => ({ answer: undefined, put: { session: [next] }, remove: { session: ["s_1"] } }),
    });
    const token = sessionHash(COOKIE);
    assert.deepEqual(await store.find("session", { token }), [next]);
  },

  "change() finds a record by what it is now, not by what it was": async (store) => {
    await store.change(putting({ grant: [aGrant()], session: [aSession()], freeze: [aFreeze()] }));
    const revoked = aGrant({ endedAt: T0 + 1, ended: "revoked", endedBy: "person:alice" });
    const moved = aSession({ tokenHash: "0".repeat(64) });
    const lifted = aFreeze({ liftedAt: T0 + 1, liftedBy: "admin:root" });
    await store.change(replacing({
      grant: [{ id: "g_1" }],
      session: [{ id: "s_1" }],
      freeze: [{ id: "f_1" }],
    }, { grant: [revoked], session: [moved], freeze: [lifted] }));
    assert.deepEqual(await store.find("grant", { user: "alice" }), []);
    assert.deepEqual(await store.find("grant", { account: '["alice","web1"]' }), []);
    assert.deepEqual(await store.find("grant", { person: "p_alice" }), [revoked]);
    assert.deepEqual(await store.find("session", { token: sessionHash(COOKIE) }), []);
    assert.deepEqual(await store.find("session", { token: "0".repeat(64) }), [moved]);
    assert.deepEqual(await store.find("freeze", { user: "alice" }), []);
    assert.deepEqual(await store.find("freeze", { id: "f_1" }), [lifted]);
  },

  "change() lets exactly one of 100 that race take a thing away": async (store) => {
    await addSample(store, "challenge");
    const id = "Y2hhbGxlbmdl";
    const take: Change<boolean> = {
      wants: { challenge: [{ id }] },
      make: ({ challenge }) =>
        challenge.length === 0 ? { answer: false } : { answer: true, remove: { challenge: [id] } },
    };
    const taken = await Promise.all(Array.from({ length: 100 }, () => store.change(take)));
    assert.equal(taken.filter(Boolean).length, 1);
  },

  "change() shows logins by id, by link, and those of a user that have not ended": async (
    store,
  ) => {
    await ended(store, { id: "mine", state: "pending", decidedAt: null });
    await ended(store, { id: "uncollected", ticket: "t2", host: "web2", ...approved });
    await ended(store, { id: "collected", ticket: "t3", ...approved, collected: true });
    await ended(store, { id: "denied", ticket: "t4", ...refused });
    const asRoot = { user: "root", state: "pending", decidedAt: null } as const;
    await ended(store, { id: "asked", ticket: "t5", requester: "alice", ...asRoot });
    await ended(store, { id: "bobs", ticket: "t6", requester: "bob", ...asRoot });
    const shown = async (...login: NonNullable<Change<void>["wants"]["login"]>) =>
      ids(await store.change({ wants: { login }, make: ({ login }) => ({ answer: login }) }));
    assert.deepEqual(await shown({ openOf: "alice" }), ["mine", "uncollected", "asked"]);
    assert.deepEqual(await shown({ openOf: "bob" }), ["bobs"]);
    assert.deepEqual(await shown({ ticket: "t4" }, { id: "mine" }), ["denied", "mine"]);
    assert.deepEqual(await shown({ id: "mine" }, { openOf: "alice" }), [
      "mine",
      "uncollected",
      "asked",
    ]);
    assert.deepEqual(await shown({ id: "none" }, { ticket: "none" }, { openOf: "none" }), []);
  },

  "change() writes logins, and wakes those who wait for them": async (store) => {
    await ended(store, { id: "a", state: "pending", decidedAt: null });
    await ended(store, { id: "b", ticket: "t2", state: "pending", decidedAt: null });
    const woken: string[] = [];
    for (const id of ["a", "b"]) store.watchLogin(id, () => void woken.push(id));
    const denied = aLogin({ id: "a", ...refused, decidedAt: T0 + 1 });
    await store.change({
      wants: { login: [{ id: "a" }, { id: "b" }] },
      make: () => ({ answer: undefined, put: { login: [denied], freeze: [aFreeze()] } }),
    });
    assert.deepEqual(woken, ["a"]);
    assert.deepEqual(await store.login("a"), denied);
    assert.equal((await store.login("b"))?.state, "pending");
    assert.deepEqual((await known(store)).refusals, [T0 + 1]);
  },

  "change() refuses a login that it was not shown, and keeps none of it": async (store) => {
    await ended(store, { id: "a", state: "pending", decidedAt: null });
    for (const id of ["a", "new"]) {
      const login = aLogin({ id, ...refused });
      await assert.rejects(
        store.change(replacing({}, { login: [login], freeze: [aFreeze()] })),
        /not shown/,
      );
    }
    assert.equal((await store.login("a"))?.state, "pending");
    assert.equal(await store.login("new"), undefined);
    assert.deepEqual(await all(store, "freeze"), []);
  },

  "addLogin() shows the freezes of the user and of who asks, and the account's open grants": async (
    store,
  ) => {
    const over = { endedAt: T0, ended: "revoked", endedBy: "x" } as const;
    await store.change(putting({
      freeze: [
        aFreeze({ id: "f_root", user: "root" }),
        aFreeze({ id: "f_alice", user: "alice", host: "web9" }),
        aFreeze({ id: "f_bob", user: "bob" }),
        aFreeze({ id: "f_lifted", user: "root", liftedAt: T0 }),
      ],
      grant: [
        aGrant({ id: "g_here", user: "root" }),
        aGrant({ id: "g_there", user: "root", host: "web2" }),
        aGrant({ id: "g_other" }),
        aGrant({ id: "g_over", user: "root", ...over }),
      ],
    }));
    const { freezes, grants } = await known(store, { user: "root", requester: "alice" });
    assert.deepEqual(ids(freezes), ["f_root", "f_alice"]);
    assert.deepEqual(ids(grants), ["g_here"]);
    assert.deepEqual(await known(store, { user: "carol" }), {
      refusals: [],
      freezes: [],
      grants: [],
      places: [],
    });
  },

  "addLogin() shows the place that the login comes from, and no other": async (store) => {
    const ids = [aLogin(), aLogin({ host: "web2" }), aLogin({ key: "SHA256:other" })].map(placeId);
    const place = ids.map((id) => ({ id: id ?? "", user: "alice", at: T0 }));
    await store.change(putting({ place }));
    assert.deepEqual((await known(store)).places, place.slice(0, 1));
    assert.deepEqual((await known(store, { source: "192.0.2.8" })).places, []);
    assert.deepEqual((await known(store, { key: null })).places, []);
  },

  "addLogin() shows grants for groups that the host is in, and for no others": async (store) => {
    const over = { endedAt: T0, ended: "revoked", endedBy: "x" } as const;
    await store.change(putting({
      grant: [
        aGrant({ id: "g_web", host: "group:web" }),
        aGrant({ id: "g_here" }),
        aGrant({ id: "g_all", host: "group:all" }),
        aGrant({ id: "g_db", host: "group:db" }),
        aGrant({ id: "g_bobs", host: "group:web", user: "bob" }),
        aGrant({ id: "g_over", host: "group:web", ...over }),
      ],
    }));
    const groups = ["all", "web"];
    const { grants } = await known(store, { user: "alice", groups });
    assert.deepEqual(ids(grants), ["g_here", "g_all", "g_web"]);
    assert.deepEqual(ids((await known(store, { user: "alice" })).grants), ["g_here"]);
  },

  "addLogin() shows when requests were refused since the last approval, each once": async (
    store,
  ) => {
    await ended(store, { id: "1", ticket: "t1", ...refused, decidedAt: T0 + 1 });
    await ended(store, { id: "2", ticket: "t2", ...approved, decidedAt: T0 + 2 });
    await ended(store, { id: "3", ticket: "t3", ...refused, decidedAt: T0 + 2 });
    await ended(store, { id: "4", ticket: "t4", ...refused, decidedAt: T0 + 5 });
    await ended(store, { id: "5", ticket: "t4", ...refused, decidedAt: T0 + 4 });
    await ended(store, { id: "6", ticket: "t6", ...refused, decidedAt: T0 + 3 });
    await ended(store, { id: "7", ticket: "t7", ...refused, decidedAt: T0 + 3, host: "web2" });
    await ended(store, { id: "8", ticket: "t8", ...refused, decidedAt: T0 + 3, user: "bob" });
    await ended(store, { id: "9", ticket: "t9", state: "pending", decidedAt: null });
    assert.deepEqual((await known(store)).refusals, [T0 + 3, T0 + 4]);
    assert.deepEqual(await store.refusals({ host: "web1", user: "alice" }), [T0 + 3, T0 + 4]);
    assert.deepEqual(await store.refusals({ host: "web2", user: "bob" }), []);
  },

  "addLogin() shows no more refusals than the latest ones that matter": async (store) => {
    for (let n = 0; n < 70; n++) {
      await ended(store, { id: `${n}`, ticket: `t${n}`, ...refused, decidedAt: T0 + n });
    }
    const latest = Array.from({ length: 64 }, (_, n) => T0 + 6 + n);
    assert.deepEqual((await known(store)).refusals, latest);
  },

  "forget() forgets each kind when nobody needs it any more, and not before": async (store) => {
    for (const kind of SAMPLED) await addSample(store, kind);
    const kept = async () => {
      const found = await Promise.all(SAMPLED.map((kind) => find(store, kind, { all: true })));
      return SAMPLED.filter((_, at) => found[at]?.length === 1);
    };
    const dues = SAMPLED.flatMap((kind) => SAMPLES[kind].neededUntil ?? []).sort((a, b) => a - b);
    for (const now of dues.flatMap((last) => [last, last + 1])) {
      await store.forget(now);
      const needed = SAMPLED.filter((kind) => now <= (SAMPLES[kind].neededUntil ?? Infinity));
      assert.deepEqual(await kept(), needed, `at ${now - T0}`);
    }
    await store.forget(Number.MAX_SAFE_INTEGER);
    assert.deepEqual(await kept(), ["person", "device", "recovery", "freeze"]);
  },

  "forget() bounds what strangers can add, and keeps longest what is due last": async (store) => {
    const most = 10_000;
    const tries = Array.from({ length: most + 3 }, (_, index) => ({
      id: `t_${index}`,
      at: T0 + index,
      failures: [],
      // Of somebody who signs in by codes, so it is due in months.
      known: index === 0 ? ["192.0.2.7"] : [],
    }));
    await store.change(putting({ tries }));
    await store.forget(T0);
    const kept = ids(await all(store, "tries"));
    assert.deepEqual([kept.length, kept[0], kept[1]], [most, "t_0", "t_4"]);
    assert.equal(kept.at(-1), `t_${most + 2}`);
    await store.forget(T0);
    assert.equal((await all(store, "tries")).length, most);
  },

  "change() keeps any text that JSON can hold": async (store) => {
    const person = aPerson({ contacts: { mail: "a\u0000'\"\\\u2028\u{1F511}" } });
    await store.change(putting({ person: [person] }));
    assert.deepEqual(await all(store, "person"), [person]);
  },
};

testEveryStore(contract);
