/** What every store does with hosts, logins and times. */
import assert from "node:assert/strict";
import { COLLECT_WITHIN_MS, type Login, step } from "../../lib/core/login.ts";
import type { Host, Store } from "../../lib/ports.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { type Contract, testEveryStore } from "../support/stores.ts";

const web1 = { host: "web1", user: "alice" };

function aHost(changes: Partial<Host> = {}): Host {
  const times = { createdAt: T0, joinedAt: null, revokedAt: null, lastSeenAt: null };
  const told = { version: null, codesKey: null, reportKey: null };
  return { name: "web1", tokenHash: "1".repeat(64), ...times, ...told, ...changes };
}

function add(store: Store, changes: Partial<Login> = {}): Promise<Login | undefined> {
  const login = aLogin(changes);
  return store.addLogin(login, () => login);
}

function approve(found: readonly Login[]): Login[] {
  const event = { type: "approve", match: "42", by: "link", via: "link" } as const;
  return found.flatMap((login) => {
    const result = step(login, event, T0 + 1_000);
    return result.changed ? [result.login] : [];
  });
}

const ids = (logins: readonly Login[]) => logins.map((login) => login.id);

const contract: Contract = {
  "addHost() refuses a name that is taken until its host is revoked": async (store) => {
    assert.equal(await store.addHost(aHost()), true);
    assert.equal(await store.addHost(aHost({ tokenHash: "2".repeat(64) })), false);
    assert.equal(await store.hostByToken("2".repeat(64)), undefined);
    await store.changeHost("web1", (host) => ({ ...host, revokedAt: T0 + 5 }));
    const again = aHost({ tokenHash: "3".repeat(64), createdAt: T0 + 9 });
    assert.equal(await store.addHost(again), true);
    assert.deepEqual(await store.hosts(), [again]);
  },

  "hosts() lists all by name, revoked ones too": async (store) => {
    await store.addHost(aHost({ name: "b", tokenHash: "b".repeat(64) }));
    await store.addHost(aHost({ name: "a", tokenHash: "a".repeat(64) }));
    await store.changeHost("b", (host) => ({ ...host, revokedAt: T0 }));
    const found = (await store.hosts()).map(({ name, revokedAt }) => [name, revokedAt]);
    assert.deepEqual(found, [["a", null], ["b", T0]]);
  },

  "hostByToken() finds a host with every field, and not once it is revoked": async (store) => {
    const host = aHost({ joinedAt: T0 + 1, lastSeenAt: T0 + 2, version: "1.2.3" });
    await store.addHost(host);
    assert.deepEqual(await store.hostByToken(host.tokenHash), host);
    assert.equal(await store.hostByToken("9".repeat(64)), undefined);
    await store.changeHost("web1", (it) => ({ ...it, revokedAt: T0 + 3 }));
    assert.equal(await store.hostByToken(host.tokenHash), undefined);
  },

  "changeHost() answers the changed host, and nothing for unknown or revoked ones": async (
    store,
  ) => {
    await store.addHost(aHost());
    const seen = await store.changeHost("web1", (host) => ({
      ...host,
      lastSeenAt: T0 + 7,
      version: "1.2.4",
    }));
    assert.deepEqual(seen, aHost({ lastSeenAt: T0 + 7, version: "1.2.4" }));
    assert.deepEqual(await store.hosts(), [seen]);
    assert.equal(await store.changeHost("web2", (host) => host), undefined);
    await store.changeHost("web1", (host) => ({ ...host, revokedAt: T0 + 8 }));
    assert.equal(
      await store.changeHost("web1", (host) => ({ ...host, revokedAt: null })),
      undefined,
    );
  },

  "changeHost() keeps the host as it was when the change throws": async (store) => {
    await store.addHost(aHost());
    const fault = new Error("no");
    await assert.rejects(
      store.changeHost("web1", () => {
        throw fault;
      }),
      fault,
    );
    await assert.rejects(store.changeHost("web1", (host) => ({ ...host, name: "web2" })));
    assert.deepEqual(await store.hosts(), [aHost()]);
  },

  "addLogin() shows the pending logins of that account alone": async (store) => {
    await add(store, { id: "a" });
    await add(store, { id: "b", createdAt: T0 + 1 });
    await add(store, { id: "other-user", user: "bob" });
    await add(store, { id: "other-host", host: "web2" });
    await store.changeLogins({ id: "a" }, approve);
    const shown = await new Promise<readonly Login[]>((resolve, reject) =>
      store.addLogin(web1, (pending) => void resolve(pending)).catch(reject)
    );
    assert.deepEqual(shown, [aLogin({ id: "b", createdAt: T0 + 1 })]);
  },

  "addLogin() adds nothing when the decision is to add nothing": async (store) => {
    assert.equal(await store.addLogin(web1, () => undefined), undefined);
    assert.deepEqual(await store.recentLogins(10), []);
  },

  "addLogin() keeps every field of a login": async (store) => {
    const login = aLogin({
      command: "echo '\u{1F511}'\n\u0000",
      key: null,
      match: null,
      choices: [],
    });
    assert.deepEqual(await store.addLogin(web1, () => login), login);
    assert.deepEqual(await store.login(login.id), login);
  },

  "addLogin() refuses an id that is taken": async (store) => {
    await add(store);
    await assert.rejects(add(store, { user: "mallory" }));
    assert.equal((await store.login("login-1"))?.user, "alice");
  },

  "addLogin() lets only as many in as the decision allows, however many ask at once": async (
    store,
  ) => {
    const added = await Promise.all(
      Array.from(
        { length: 50 },
        (_, n) =>
          store.addLogin(
            web1,
            (pending) => pending.length < 3 ? aLogin({ id: `id-${n}` }) : undefined,
          ),
      ),
    );
    assert.equal(added.filter((login) => login !== undefined).length, 3);
    assert.equal((await store.recentLogins(100)).length, 3);
  },

  "login() knows nothing of an unknown id": async (store) => {
    assert.equal(await store.login("none"), undefined);
  },

  "recentLoginsOf() finds a user's logins on the hosts of a pattern, the newest first": async (
    store,
  ) => {
    const logins: Partial<Login>[] = [
      { id: "a", host: "web1" },
      { id: "b", host: "web2", createdAt: T0 + 2, requester: "alice" },
      { id: "c", host: "web2", createdAt: T0 + 1, state: "denied" },
      { id: "d", host: "web2", createdAt: T0 + 2 },
      { id: "case", host: "Web2" },
      { id: "db", host: "db1" },
      { id: "bobs", host: "web1", user: "bob" },
      { id: "root", host: "web1", user: "root", requester: "alice" },
    ];
    for (const changes of logins) await add(store, changes);
    const of = async (host: string, limit = 9) =>
      ids(await store.recentLoginsOf({ user: "alice", host }, limit));
    assert.deepEqual(await of("web*"), ["d", "b", "c", "a"]);
    assert.deepEqual(await of("web*", 2), ["d", "b"]);
    assert.deepEqual(await of("web1"), ["a"]);
    assert.deepEqual(await of("?b1"), ["db"]);
    assert.equal((await of("*")).length, 6);
    assert.deepEqual(await of("["), []);
    const asked = await store.recentLoginsOf({ requester: "alice" }, 9);
    assert.deepEqual(ids(asked), ["b", "root"]);
    assert.deepEqual(ids(await store.recentLoginsOf({ requester: "alice" }, 1)), ["b"]);
    assert.deepEqual(await store.recentLoginsOf({ user: "carol", host: "*" }, 9), []);
  },

  "loginsByTicket() answers oldest first, of one age in the order they came": async (store) => {
    await add(store, { id: "late", createdAt: T0 + 2 });
    await add(store, { id: "first" });
    await add(store, { id: "second" });
    await add(store, { id: "elsewhere", ticket: "ticket-2" });
    assert.deepEqual(ids(await store.loginsByTicket("ticket-1")), ["first", "second", "late"]);
    assert.deepEqual(await store.loginsByTicket("ticket-3"), []);
  },

  "recentLogins() answers newest first and no more than asked for": async (store) => {
    await add(store, { id: "late", createdAt: T0 + 2 });
    await add(store, { id: "first" });
    await add(store, { id: "second" });
    assert.deepEqual(ids(await store.recentLogins(10)), ["late", "second", "first"]);
    assert.deepEqual(ids(await store.recentLogins(2)), ["late", "second"]);
  },

  "changeLogins() changes all logins of a ticket in one step": async (store) => {
    await add(store, { id: "a" });
    await add(store, { id: "b" });
    await add(store, { id: "c", ticket: "ticket-2" });
    const changed = await store.changeLogins({ ticket: "ticket-1" }, approve);
    assert.deepEqual(ids(changed), ["a", "b"]);
    const states = (await store.recentLogins(9)).map((login) => [login.id, login.state]);
    assert.deepEqual(states, [["c", "pending"], ["b", "approved"], ["a", "approved"]]);
  },

  "changeLogins() writes just what the change returns": async (store) => {
    await add(store, { id: "a" });
    await add(store, { id: "b" });
    const changed = await store.changeLogins(
      { ticket: "ticket-1" },
      (found) => approve(found.filter((login) => login.id === "b")),
    );
    assert.deepEqual(ids(changed), ["b"]);
    assert.equal((await store.login("a"))?.state, "pending");
    assert.deepEqual(await store.login("b"), changed[0]);
  },

  "changeLogins() shows an empty list when there is nothing": async (store) => {
    let shown: readonly Login[] | undefined;
    const look = (found: readonly Login[]) => {
      shown = found;
      return [];
    };
    assert.deepEqual(await store.changeLogins({ id: "none" }, look), []);
    assert.deepEqual(shown, []);
  },

  "changeLogins() finds by expiredBy what time alone has ended": async (store) => {
    await add(store, { id: "pending", expiresAt: T0 + 60_000 });
    await add(store, { id: "longer", ticket: "t2", expiresAt: T0 + 60_001 });
    await add(store, { id: "uncollected", ticket: "t3", expiresAt: T0 + 90_000 });
    await add(store, { id: "collected", ticket: "t4" });
    await store.changeLogins({ ticket: "t3" }, approve);
    await store.changeLogins({ ticket: "t4" }, approve);
    await store.changeLogins(
      { id: "collected" },
      (found) => found.map((login) => ({ ...login, collected: true })),
    );
    const expiredBy = async (time: number) => {
      let shown: readonly Login[] = [];
      await store.changeLogins({ expiredBy: time }, (found) => {
        shown = found;
        return [];
      });
      return ids(shown);
    };
    const voidAt = T0 + 1_000 + COLLECT_WITHIN_MS;
    assert.deepEqual(await expiredBy(voidAt - 1), []);
    assert.deepEqual(await expiredBy(voidAt), ["uncollected"]);
    assert.deepEqual(await expiredBy(T0 + 60_000), ["pending", "uncollected"]);
    assert.deepEqual(await expiredBy(T0 + 60_001), ["pending", "longer", "uncollected"]);
  },

  "changeLogins() rejects a change that throws, and only that one": async (store) => {
    await add(store, { id: "a" });
    await add(store, { id: "b", ticket: "t2" });
    const fault = new Error("no");
    const results = await Promise.allSettled([
      store.changeLogins({ id: "a" }, () => {
        throw fault;
      }),
      store.changeLogins({ id: "b" }, approve),
      add(store, { id: "b" }),
      add(store, { id: "c" }),
    ]);
    assert.deepEqual(results.map((result) => result.status), [
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    assert.equal(results[0]?.status === "rejected" && results[0].reason, fault);
    const states = (await store.recentLogins(9)).map((login) => [login.id, login.state]);
    assert.deepEqual(states, [["c", "pending"], ["b", "approved"], ["a", "pending"]]);
  },

  "changeLogins() refuses a login that the change was not shown, and keeps none of it": async (
    store,
  ) => {
    await add(store, { id: "a" });
    await add(store, { id: "b", ticket: "t2" });
    await assert.rejects(
      store.changeLogins(
        { id: "a" },
        (found) => approve([...found, aLogin({ id: "b" })]),
      ),
      /not shown/,
    );
    assert.equal((await store.login("a"))?.state, "pending");
    assert.equal((await store.login("b"))?.state, "pending");
  },

  "changeLogins() lets exactly one of 100 racing collectors win": async (store) => {
    await add(store);
    await store.changeLogins({ id: "login-1" }, approve);
    const attempts = Array.from(
      { length: 100 },
      () =>
        store.changeLogins({ id: "login-1" }, (found) =>
          found.flatMap((login) => {
            const result = step(login, { type: "collect" }, T0 + 2_000);
            return result.changed ? [result.login] : [];
          })),
    );
    const winners = (await Promise.all(attempts)).filter((changed) => changed.length > 0);
    assert.deepEqual(winners.map((changed) => changed[0]?.collected), [true]);
  },

  "forgetLogins() forgets old logins that have ended, and no others": async (store) => {
    await add(store, { id: "pending" });
    await add(store, { id: "ended", ticket: "t2", state: "denied" });
    await add(store, { id: "uncollected", ticket: "t3", state: "approved", decidedAt: T0 });
    await add(store, { id: "collected", ticket: "t4", state: "approved", collected: true });
    await add(store, { id: "young", ticket: "t5", state: "denied", createdAt: T0 + 10 });
    assert.equal(await store.forgetLogins(T0 + 10), 2);
    assert.deepEqual(ids(await store.recentLogins(9)), ["young", "uncollected", "pending"]);
    assert.equal(await store.forgetLogins(T0 + 10), 0);
  },

  "watchLogin() wakes after each change of that login, until told to stop": async (store) => {
    await add(store, { id: "a" });
    await add(store, { id: "b", ticket: "t2" });
    const seen: string[] = [];
    const stop = store.watchLogin("a", () => seen.push("one"));
    store.watchLogin("a", () => seen.push("two"));
    await store.changeLogins({ id: "b" }, approve);
    assert.deepEqual(seen, []);
    await store.changeLogins({ id: "a" }, approve);
    assert.deepEqual(seen, ["one", "two"]);
    stop();
    await store.changeLogins({ id: "a" }, (found) => [...found]);
    assert.deepEqual(seen, ["one", "two", "two"]);
  },

  "watchLogins() wakes after each new and each changed login, until told to stop": async (
    store,
  ) => {
    const seen: string[][] = [];
    const stop = store.watchLogins((ids) => seen.push([...ids]));
    await add(store, { id: "a" });
    await store.addLogin(aLogin(), () => undefined);
    await add(store, { id: "b" });
    await store.changeLogins({ ticket: "ticket-1" }, approve);
    await store.changeLogins({ id: "a" }, () => []);
    assert.deepEqual(seen.map((ids) => ids.sort()), [["a"], ["b"], ["a", "b"]]);
    stop();
    await add(store, { id: "c" });
    assert.equal(seen.length, 3);
  },

  "openLogins() are those that have not ended, oldest first": async (store) => {
    await add(store, { id: "ended", state: "denied" });
    await add(store, { id: "younger", createdAt: T0 + 1 });
    await add(store, { id: "pending" });
    await add(store, { id: "uncollected", state: "approved", decidedAt: T0 });
    await add(store, { id: "collected", state: "approved", collected: true });
    assert.deepEqual(ids(await store.openLogins()), ["pending", "uncollected", "younger"]);
  },

  "watchLogin() wakes when the change can be seen already": async (store) => {
    await add(store);
    const seen = Promise.withResolvers<string | undefined>();
    store.watchLogin(
      "login-1",
      () => void store.login("login-1").then((login) => seen.resolve(login?.state), seen.reject),
    );
    await store.changeLogins({ id: "login-1" }, approve);
    assert.equal(await seen.promise, "approved");
  },

  "addLogin() and changeLogins() keep what a PIN's hash and tries are": async (store) => {
    const pin = {
      hash: "a".repeat(64),
      contacts: ["zhangsan", "lisi"],
      sentTo: [],
      madeAt: T0,
      expiresAt: T0 + 60_000,
      triesLeft: 3,
      count: 1,
    };
    await add(store, { pin });
    assert.deepEqual((await store.login("login-1"))?.pin, pin);
    const tried = { ...pin, triesLeft: 2, sentTo: ["lisi"] };
    await store.changeLogins(
      { id: "login-1" },
      (found) => found.map((l) => ({ ...l, pin: tried })),
    );
    assert.deepEqual((await store.login("login-1"))?.pin, tried);
  },

  "changeTimes() keeps times under their names": async (store) => {
    const seen: (readonly number[])[] = [];
    const add = (name: string, at: number) =>
      store.changeTimes(name, (times) => {
        seen.push(times);
        return [...times, at];
      });
    await add("a", 1);
    await add("b", 2);
    await add("a", 3);
    await store.changeTimes("a", () => []);
    await add("a", 4);
    assert.deepEqual(seen, [[], [], [1], []]);
  },

  "timesUnder() finds what is kept under names that begin so": async (store) => {
    for (const name of ["told a", "untold a", "untold %", "untold b", "un"]) {
      await store.changeTimes(name, () => [1, 2]);
    }
    await store.changeTimes("untold b", () => []);
    const found = await store.timesUnder("untold ");
    assert.deepEqual([...found].toSorted(), [
      ["untold %", [1, 2]],
      ["untold a", [1, 2]],
      ["untold b", []],
    ]);
    assert.equal((await store.timesUnder("u%")).size, 0);
  },

  "changeTimes() counts right, however many change at once": async (store) => {
    let refused = 0;
    const take = () =>
      store.changeTimes("a", (times) => {
        if (times.length < 5) return [...times, T0];
        refused++;
        return times;
      });
    await Promise.all(Array.from({ length: 50 }, take));
    assert.equal(refused, 45);
  },

  "changeTimes() keeps them as they were when the change throws": async (store) => {
    await store.changeTimes("a", () => [1, 2]);
    const fault = new Error("no");
    await assert.rejects(
      store.changeTimes("a", () => {
        throw fault;
      }),
      fault,
    );
    let kept: readonly number[] = [];
    await store.changeTimes("a", (times) => kept = times);
    assert.deepEqual(kept, [1, 2]);
  },

  "forgetTimes() forgets a name once its last time is past": async (store) => {
    await store.changeTimes("old", () => [T0, T0 + 9]);
    await store.changeTimes("young", () => [T0 + 10, T0]);
    await store.forgetTimes(T0 + 10);
    const kept: Record<string, readonly number[]> = {};
    for (const name of ["old", "young"]) {
      await store.changeTimes(name, (times) => kept[name] = times);
    }
    assert.deepEqual(kept, { old: [], young: [T0 + 10, T0] });
  },

  "rules() are those that were set last": async (store) => {
    assert.equal(await store.rules(), undefined);
    const rules = {
      require: "person",
      twoPersons: ["root@*"],
      grants: { longestMs: 8 * 3_600_000, ipv6Prefix: 64 },
      groups: new Map([["web", ["web*", "edge1"]]]),
    } as const;
    await store.setRules(rules);
    assert.deepEqual(await store.rules(), rules);
    await store.setRules({ ...rules, require: "link", groups: new Map() });
    assert.deepEqual(await store.rules(), { ...rules, require: "link", groups: new Map() });
  },

  "publicUrl() is what was set last": async (store) => {
    assert.equal(await store.publicUrl(), undefined);
    await store.setPublicUrl("https://a.example");
    await store.setPublicUrl("https://b.example");
    assert.equal(await store.publicUrl(), "https://b.example");
  },

  "probe() finds a working store in order": (store) => store.probe(),
};

testEveryStore(contract);
