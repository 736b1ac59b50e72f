import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { AuditEvent } from "../../lib/core/audit.ts";
import type { Freeze } from "../../lib/core/freeze.ts";
import type { Login } from "../../lib/core/login.ts";
import type { ApprovalRules } from "../../lib/core/approval.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { Decisions } from "../../server/decisions.ts";
import type { AppConfig, Deps } from "../../server/deps.ts";
import { Unavailable } from "../../server/faults.ts";
import { Logins } from "../../server/logins.ts";
import { Metrics } from "../../server/metrics.ts";
import { PeopleRecords } from "../../server/people_records.ts";
import { Records } from "../../server/records.ts";
import { FixedClock, seededRandom } from "../support/fakes.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { aFreeze, aGrant, all, aPerson, putting, someone } from "../support/people.ts";

const NOW = T0 + 5_000;
const HOUR = { forMs: 3_600_000, commands: "any", scope: "host" } as const;
const passkey = { person: "p_alice", via: "passkey" };

/** Decisions over a store in memory: alice, who may approve deploy as well, bob, carol. */
class Desk {
  readonly store = new MemoryStore();
  readonly audited: AuditEvent[] = [];
  /** What administrators are told. */
  readonly told: (readonly [what: string, id: string])[] = [];
  /** Whether the audit log cannot be written. */
  broken = false;
  readonly decisions: Decisions;

  constructor(approval: Partial<ApprovalRules> = {}) {
    const clock = new FixedClock(NOW);
    const audit = {
      append: (event: AuditEvent) => {
        if (this.broken) return Promise.reject(new Unavailable(new Error("disk full")));
        this.audited.push(event);
        return Promise.resolve();
      },
    };
    const { store } = this;
    const ports = { store, clock, audit, random: seededRandom(1), log: () => {} };
    const deps = ports as unknown as Deps;
    const rules: ApprovalRules = {
      require: "person",
      twoPersons: ["deploy@*"],
      grants: { longestMs: 8 * 3_600_000, ipv6Prefix: 128 },
      groups: new Map(),
      ...approval,
    };
    const config = { approval: rules } as AppConfig;
    const alerts = {
      ended: () => {},
      quiet: () => {},
      frozen: ({ id }: Freeze) => void this.told.push(["frozen", id]),
      notMeUnproven: ({ id }: Login) => void this.told.push(["not me", id]),
    };
    const records = new Records(deps, new Metrics(clock), alerts);
    const asking = {
      created: () => {},
      joined: () => {},
      secondNeeded: ({ id }: Login) => void this.told.push(["second needed", id]),
    };
    const logins = new Logins(deps, config, records, alerts, asking);
    const people = new PeopleRecords(deps);
    this.decisions = new Decisions(deps, config, logins, records, people, alerts, asking);
  }

  static async with(
    logins: readonly Partial<Login>[],
    approval: Partial<ApprovalRules> = {},
  ): Promise<Desk> {
    const desk = new Desk(approval);
    const ops = { approves: ["deploy@*", "own"] };
    const person = [aPerson(ops), someone("bob", ops), someone("carol")];
    await desk.store.change(putting({ person }));
    for (const changes of logins) {
      const login = aLogin(changes);
      await desk.store.addLogin(login, () => login);
    }
    return desk;
  }

  async login(id = "login-1"): Promise<Login> {
    const login = await this.store.login(id);
    if (login === undefined) throw new Error(`no login ${id}`);
    return login;
  }

  async approve(changes: Partial<Parameters<Decisions["approveBy"]>[1]> = {}) {
    const login = await this.login();
    const asked = { ...passkey, match: login.match, shown: new Set([login.id]), remember: null };
    return await this.decisions.approveBy(login, { ...asked, ...changes });
  }

  async state(id = "login-1"): Promise<unknown[]> {
    const { state, by, via } = await this.login(id);
    return [state, by, via];
  }

  get events(): string[] {
    return this.audited.map(({ event }) => event);
  }
}

Deno.test("approveBy() approves, gives what is to be remembered, and records both", async () => {
  const desk = await Desk.with([{}]);
  let woken = 0;
  desk.store.watchLogin("login-1", () => woken++);
  equal((await desk.approve({ remember: HOUR })).outcome, "approved");
  deepEqual(await desk.state(), ["approved", "person:alice", "passkey"]);
  equal(woken, 1);
  deepEqual(desk.events, ["login.approved", "grant.given"]);
  const [grant] = await all(desk.store, "grant");
  deepEqual([grant?.person, grant?.by], ["p_alice", "person:alice"]);
  deepEqual(desk.audited[1]?.grant, grant?.id);
});

Deno.test("approveBy() with a wrong number denies, and records that", async () => {
  const desk = await Desk.with([{}]);
  equal((await desk.approve({ match: "17" })).outcome, "denied");
  deepEqual(desk.audited.map(({ event, reason }) => [event, reason]), [
    ["login.denied", "wrong_number"],
  ]);
});

Deno.test("approveBy() of who may not decides and records nothing", async () => {
  const desk = await Desk.with([{}]);
  deepEqual(await desk.approve({ person: "p_bob" }), { outcome: "refused", why: "not_theirs" });
  deepEqual(await desk.state(), ["pending", null, null]);
  deepEqual(desk.events, []);
});

Deno.test("approveBy() takes back what cannot be recorded, and its grant", async () => {
  const desk = await Desk.with([{}]);
  desk.broken = true;
  await rejects(desk.approve({ remember: HOUR }), Unavailable);
  deepEqual(await desk.state(), ["denied", "gatehouse", "passkey"]);
  const [grant] = await all(desk.store, "grant");
  deepEqual([grant?.ended, grant?.endedBy], ["revoked", "gatehouse"]);
});

Deno.test("approveBy() the first of two is on record once, and the second lets in", async () => {
  const desk = await Desk.with([{ user: "deploy" }]);
  for (let times = 0; times < 2; times++) {
    equal((await desk.approve()).outcome, "second_needed");
  }
  deepEqual(desk.audited.map(({ event, by, via }) => [event, by, via]), [
    ["login.approved_first", "person:alice", "passkey"],
  ]);
  equal((await desk.approve({ person: "p_bob", via: "code" })).outcome, "approved");
  deepEqual(await desk.state(), ["approved", "person:alice, person:bob", "code"]);
});

Deno.test("approveBy() the first of two counts for nothing when it cannot be recorded", async () => {
  const desk = await Desk.with([{ user: "deploy" }]);
  desk.broken = true;
  await rejects(desk.approve(), Unavailable);
  desk.broken = false;
  const second = await desk.approve({ person: "p_bob" });
  deepEqual(second, { outcome: "refused", why: "ended" });
  deepEqual(await desk.state(), ["denied", "gatehouse", "passkey"]);
});

Deno.test("approveByLink() approves only where the link is enough", async () => {
  const asked = { match: "42", remember: null, shown: undefined };
  const strict = await Desk.with([{}]);
  const login = await strict.login();
  ok(strict.decisions.needsProof(login));
  const needed = { outcome: "refused", why: "proof_needed" };
  deepEqual(await strict.decisions.approveByLink(login, asked), needed);
  deepEqual(strict.events, []);
  const trusting = await Desk.with([{}], { require: "link" });
  ok(!trusting.decisions.needsProof(login));
  equal((await trusting.decisions.approveByLink(login, asked)).outcome, "approved");
  deepEqual(await trusting.state(), ["approved", "link", "link"]);
  const two = await Desk.with([{ user: "deploy" }], { require: "link" });
  deepEqual(await two.decisions.approveByLink(await two.login(), asked), needed);
});

Deno.test("approveByLink() says where a login came from that shows no number", async () => {
  const ssh2fa = { nonce: "", match: null, choices: [] };
  const desk = await Desk.with([ssh2fa], { require: "link" });
  const asked = { match: null, remember: null, shown: undefined };
  await desk.decisions.approveByLink(await desk.login(), asked);
  deepEqual(await desk.state(), ["approved", "link", "ssh2fa"]);
});

Deno.test("denyBy() denies all of the request, also what nobody has collected yet", async () => {
  const approved = { state: "approved", decidedAt: T0, by: "link", via: "link" } as const;
  const desk = await Desk.with([{}, { id: "b", ...approved }, { id: "c", ticket: "t2" }]);
  const answer = await desk.decisions.denyBy(await desk.login(), passkey);
  deepEqual(answer.ok && answer.denied.map(({ id }) => id), ["login-1", "b"]);
  deepEqual(await desk.state("b"), ["denied", "person:alice", "passkey"]);
  deepEqual(await desk.state("c"), ["pending", null, null]);
  deepEqual(desk.events, ["login.denied", "login.denied"]);
});

Deno.test("denyBy() lets nobody deny what is somebody else's", async () => {
  const desk = await Desk.with([{}]);
  for (const person of ["p_bob", "p_none"]) {
    const answer = await desk.decisions.denyBy(await desk.login(), { person, via: "code" });
    deepEqual(answer, { ok: false, why: "not_theirs" });
  }
  deepEqual(await desk.state(), ["pending", null, null]);
});

Deno.test('denyByLink() denies; "not me" is told once, and freezes nothing', async () => {
  const desk = await Desk.with([{}, { id: "b", ticket: "t2" }]);
  await desk.decisions.denyByLink(await desk.login("b"), false);
  deepEqual(desk.told, []);
  for (let times = 0; times < 2; times++) {
    await desk.decisions.denyByLink(await desk.login(), true);
  }
  deepEqual(desk.told, [["not me", "login-1"]]);
  equal((await desk.login()).reason, "not_me");
  deepEqual(await desk.state(), ["denied", "link", "link"]);
  deepEqual(await all(desk.store, "freeze"), []);
});

Deno.test("reportNotMe() freezes, ends, records and tells, each once", async () => {
  const desk = await Desk.with([{}]);
  await desk.store.change(putting({ grant: [aGrant()] }));
  for (let times = 0; times < 2; times++) {
    equal((await desk.decisions.reportNotMe(await desk.login(), passkey)).ok, true);
  }
  const [freeze, second] = await all(desk.store, "freeze");
  ok(freeze !== undefined && second === undefined);
  deepEqual([freeze.host, freeze.user, freeze.by], ["*", "alice", "person:alice"]);
  deepEqual(desk.events.toSorted(), ["account.frozen", "grant.ended", "login.denied"]);
  deepEqual(desk.told, [["frozen", freeze.id]]);
  equal((await desk.login()).reason, "not_me");
});

Deno.test("reportNotMe() by somebody else changes nothing", async () => {
  const desk = await Desk.with([{}]);
  const by = { person: "p_bob", via: "passkey" };
  const answer = await desk.decisions.reportNotMe(await desk.login(), by);
  deepEqual(answer, { ok: false, why: "not_theirs" });
  deepEqual([desk.events, desk.told, await all(desk.store, "freeze")], [[], [], []]);
});

Deno.test("reportNotMe() holds and is told although it cannot be recorded", async () => {
  const desk = await Desk.with([{}]);
  desk.broken = true;
  await rejects(desk.decisions.reportNotMe(await desk.login(), passkey), Unavailable);
  equal((await all(desk.store, "freeze")).length, 1);
  equal(desk.told.length, 1);
  equal((await desk.login()).state, "denied");
});

Deno.test("freeze() and lift() are on record, and who they are by", async () => {
  const desk = await Desk.with([{}]);
  const { freeze } = await desk.decisions.freeze({ user: "alice", host: "web1" }, "person:carol");
  equal((await desk.login()).state, "denied");
  const lifted = await desk.decisions.lift(freeze.id, "person:carol");
  equal(lifted?.liftedBy, "person:carol");
  equal(await desk.decisions.lift(freeze.id, "person:carol"), undefined);
  deepEqual(desk.events.filter((event) => event.startsWith("account.")), [
    "account.frozen",
    "account.unfrozen",
  ]);
});

Deno.test("lift() leaves the account frozen when it cannot be recorded", async () => {
  const desk = await Desk.with([]);
  await desk.store.change(putting({ freeze: [aFreeze()] }));
  desk.broken = true;
  await rejects(desk.decisions.lift("f_1", "person:carol"), Unavailable);
  deepEqual(await all(desk.store, "freeze"), [aFreeze()]);
});
