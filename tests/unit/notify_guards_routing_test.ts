/** Who is asked, and to whom a code or an alert goes, where names and contacts are the same. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { readAct, writeAct } from "../../lib/core/chat_act.ts";
import { CLOSED, noted, pass } from "../../lib/core/breaker.ts";
import type { MessageSort } from "../../lib/core/notification.ts";
import { type ApprovalSettings, OWN, type Person } from "../../lib/core/person.ts";
import {
  type ChannelFacts,
  type Escalation,
  unknownNames,
  wavesOf,
} from "../../lib/core/routing.ts";
import { FixedClock } from "../support/fakes.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { putting, someone } from "../support/people.ts";
import { FakeNotifier, PinServer } from "../support/pins.ts";
import { problemOf } from "../support/server_app.ts";
import { Channels } from "../../server/channels.ts";
import { Contacts } from "../../server/contacts.ts";

const ANY: ApprovalSettings = { twoPersons: [], groups: new Map() };
const ALL: ReadonlySet<MessageSort> = new Set(["request", "pin", "alert"]);
const channel = (name: string, changes: Partial<ChannelFacts> = {}): ChannelFacts => ({
  ...{ name, reach: "person", sends: ALL, isContact: () => true, contactKey: (to) => to },
  ...changes,
});
const CHAT = channel("telegram");
const TEAM = channel("team", { reach: "group" });
const LOGIN = { user: "alice", host: "web1", requester: null };

function waves(
  persons: readonly Person[],
  escalations: readonly Escalation[] = [],
  channels: readonly ChannelFacts[] = [CHAT],
): string[] {
  const all = wavesOf(LOGIN, persons, channels, { nextAfterMs: 20_000, escalations }, ANY);
  return all.flatMap(({ afterMs, asks }) =>
    asks.map(({ person, channel, to }) => `${afterMs / 1000} ${person} ${channel}=${to}`)
  );
}

const alice = someone("alice", { contacts: { telegram: "1" } });
const approves = [OWN, "alice@*"];
const bob = someone("bob", { contacts: { telegram: "2", team: "@bob" }, approves });
const escalation = (afterMs: number, ...persons: string[]): Escalation => ({
  ...{ accounts: ["alice@*"], persons, afterMs },
});

Deno.test("the owner alone is asked, whoever else may approve the account", () => {
  deepEqual(waves([bob, alice]), ["0 p_alice telegram=1"]);
});

Deno.test("who stands in several escalations is asked by the soonest, once", () => {
  deepEqual(waves([alice, bob], [escalation(50_000, "bob"), escalation(30_000, "bob", "bob")]), [
    "0 p_alice telegram=1",
    "30 p_bob telegram=2",
  ]);
});

Deno.test("who is asked at once is not asked later, too", () => {
  deepEqual(waves([alice, bob], [escalation(30_000, "alice", "bob")]), [
    "0 p_alice telegram=1",
    "30 p_bob telegram=2",
  ]);
});

Deno.test("a contact that two persons have is told once, as soon as it may be", () => {
  const twin = { ...bob, contacts: { telegram: "1" } };
  deepEqual(waves([twin, alice], [escalation(30_000, "bob")]), ["0 p_alice telegram=1"]);
});

Deno.test("a group mentions those who are asked at once, and is left out where it gets no requests", () => {
  const later = [escalation(30_000, "bob")];
  deepEqual(waves([alice, bob], later, [TEAM]), ["0 null team="]);
  const alerts = { ...TEAM, sends: new Set(["alert"] as const) };
  deepEqual(waves([alice, bob], later, [alerts]), []);
  deepEqual(waves([alice], [], [channel("constructor", { reach: "group" })]), [
    "0 null constructor=",
  ]);
});

Deno.test("a name of nobody is told once", () => {
  const escalations = [escalation(1, "mallory", "bob"), escalation(2, "mallory")];
  deepEqual(unknownNames(LOGIN, [alice, bob], { escalations }), ["mallory"]);
});

Deno.test("a button carries a number where it approves, and nowhere else", () => {
  const ticket = "abcdefgh-_012345";
  for (const letter of ["d", "n"]) {
    equal(readAct(`${letter}:${ticket}:42`), undefined);
    equal(readAct(`${letter}:${ticket}`)?.ticket, ticket);
  }
  const act = { kind: "approve", match: "42" } as const;
  deepEqual(readAct(writeAct(ticket, act)), { ticket, act });
  for (const more of ["\n", " ", "x", ":"]) equal(readAct(`d:${ticket}${more}`), undefined, more);
});

Deno.test("a vendor that asks for no wait at all is left alone for none, and failures that overlap add nothing", () => {
  const message = { about: "deploy", to: null, probe: false };
  const fails = { ok: false, why: "rate_limited", hint: "h", mayArrive: false } as const;
  equal(noted(CLOSED, message, { ...fails, waitMs: 0 }, 5).hold, null);
  const bad = { ...fails, why: "unavailable", waitMs: null } as const;
  let breaker = CLOSED;
  for (const now of [0, 0, 0, 20_000]) breaker = noted(breaker, message, bad, now);
  equal(pass(breaker, message, 30_000).ok, true, "those that had begun before do not prolong it");
});

async function pins(...person: Person[]): Promise<PinServer> {
  const all = await PinServer.start();
  await all.server.memory.change(putting({ person }));
  return all;
}

Deno.test("whoever is gone owns no account, and has no contact that a host could not name", async () => {
  const gone = someone("alice", { state: "removed", contacts: { wecom: "old" } });
  const all = await pins(gone);
  await all.create(["host-says"]);
  deepEqual(all.notifier.sent.map(({ to }) => to), ["host-says"]);
  // A contact of somebody who is gone alone is nobody's to get codes by.
  equal((await problemOf(await all.ask(["old"]), 422)).reason, "no_contact");
});

Deno.test("a code that arrives late says nothing of the one that took its place", async () => {
  const all = await PinServer.start();
  const { server, notifier } = all;
  const { login, arrive } = await all.onItsWay();
  server.time.advance(20_000);
  notifier.answer = () => new Promise(() => {});
  const resent = all.resend(login);
  await server.until(() => server.time.timers === 1);
  server.time.advance(1_500);
  equal((await resent).status, 200);
  arrive({ ok: true, handle: null });
  await server.until(() => all.events.includes("login.pin_sent"));
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  const { pin } = await server.stored(login.id);
  deepEqual([pin?.count, pin?.sentTo], [2, []]);
});

async function contacts(named: ReadonlyMap<string, readonly string[]>, ...person: Person[]) {
  const store = new MemoryStore();
  await store.change(putting({ person }));
  const channels = new Channels(
    [
      new FakeNotifier({ name: "wecom" }),
      new FakeNotifier({ name: "constructor" }),
      new FakeNotifier({ name: "quiet", sends: ["alert"] }),
    ],
    new FixedClock(),
    new Uint8Array(32),
  );
  return {
    all: new Contacts({ store, log: () => {} }, { alerts: named }, channels),
    channels,
    store,
  };
}

const reached = (reaches: Awaited<ReturnType<Contacts["administrators"]>>) =>
  reaches.map(({ ways }) => ways.map(({ channel, to }) => `${channel.name}:${to}`).join());

Deno.test("whoever is gone is told nothing, and whoever is frozen is", async () => {
  const { all } = await contacts(
    new Map(),
    someone("gone", { state: "removed", contacts: { wecom: "gone" } }),
    someone("held", { state: "frozen", contacts: { wecom: "held" } }),
  );
  deepEqual(reached(await all.person("p_gone")), []);
  deepEqual(reached(await all.person("p_held")), ["wecom:held"]);
});

Deno.test("where administrators cannot be read, those whom server.toml names are told; else it is a fault", async () => {
  for (const named of [new Map<string, readonly string[]>(), new Map([["wecom", ["boss"]]])]) {
    const { all, store } = await contacts(named);
    store.find = () => Promise.reject(new Error("the disk is gone"));
    if (named.size === 0) await rejects(all.administrators());
    else deepEqual(reached(await all.administrators()), ["wecom:boss"]);
  }
});

Deno.test("a channel that is called as what every object has, or that sends no codes, gives nobody a contact", async () => {
  const { all, channels } = await contacts(new Map(), someone("bob", { state: "frozen" }));
  deepEqual(reached(await all.forPin("deploy", ["constructor:x"])), ["constructor:x"]);
  equal(channels.wayForPin("quiet:x"), undefined);
  const [known] = all.all({ wecom: "-- no contact --" });
  equal(known?.sends, "no_contact");
});
