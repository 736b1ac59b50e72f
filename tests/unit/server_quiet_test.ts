/** An account becomes quiet by the request that makes it so, and that is told at once. */
import { deepEqual, equal } from "node:assert/strict";
import { accountOutcome } from "../../lib/core/fatigue.ts";
import { errandName } from "../../lib/core/errand.ts";
import { step } from "../../lib/core/login.ts";
import { aFreeze, putting, someone } from "../support/people.ts";
import { Approver } from "../support/approver.ts";
import { FakeNotifier } from "../support/pins.ts";
import { type Created, TestServer } from "../support/server_app.ts";

const MINUTE = 60_000;

/** A server with alice, boss, who is an administrator, and what they are told. */
class House {
  private constructor(readonly server: TestServer, readonly notifier: FakeNotifier) {}

  static async start(): Promise<House> {
    const notifier = new FakeNotifier();
    const server = await TestServer.start({}, notifier);
    const boss = { administrator: true, contacts: { wecom: "boss-chat" } };
    const person = [
      someone("alice", { contacts: { wecom: "alice-chat" } }),
      someone("boss", boss),
    ];
    await server.memory.change(putting({ person }));
    return new House(server, notifier);
  }

  deny({ ticket }: Created): Promise<Response> {
    return this.server.press(`/l/${ticket}/deny`, {});
  }

  async denyOften(times: number): Promise<void> {
    for (let n = 0; n < times; n++) await this.deny(await this.server.create());
  }

  /** Until nothing happens any more: all stand-ins answer within the same turn of the event loop. */
  async quiesce(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 0);
    await promise;
  }

  get others() {
    return this.notifier.told.filter(({ message }) => message.kind !== "denied");
  }

  /** Who was told so far, but of what was denied, and what is on record. */
  async told() {
    await this.quiesce();
    const told = this.others.map(({ message, to }) => `${message.kind} ${to}`).toSorted();
    const recorded = this.server.audited.filter(({ event }) => event === "account.quiet").length;
    return { told, recorded };
  }
}

const NOTHING = { told: [], recorded: 0 };
const ONCE = { told: ["quiet alice-chat", "quiet boss-chat"], recorded: 1 };

const WAYS: Readonly<Record<string, (house: House, login: Created) => Promise<unknown>>> = {
  "is denied": (house, login) => house.deny(login),
  "gets a wrong number": ({ server }, { ticket, match }) =>
    server.press(`/l/${ticket}/approve`, { match: match === "10" ? "11" : "10" }),
  "is hung up": ({ server }, { id, secret }) =>
    server.fetch("DELETE", `/api/v1/logins/${id}`, {
      headers: { authorization: `Bearer ${secret}` },
    }),
  "expires and is swept": async ({ server }) => {
    server.time.advance(MINUTE);
    await server.app.sweep();
  },
  "expires under its poll": async ({ server }, login) => {
    server.time.advance(MINUTE);
    await server.poll(login);
  },
};

for (const [how, end] of Object.entries(WAYS)) {
  Deno.test(`the fifth request that ${how} is told at once, though nobody asks again`, async () => {
    const house = await House.start();
    const { server } = house;
    await house.denyOften(4);
    deepEqual(await house.told(), NOTHING);
    const login = await server.create();
    await end(house, login);
    equal(accountOutcome(await server.stored(login.id)), "refused");
    deepEqual(await house.told(), ONCE);
    const [told] = house.others;
    const { createdAt, decidedAt } = await server.stored(login.id);
    deepEqual(told?.message.kind === "quiet" && [told.message.at, told.message.until], [
      createdAt,
      (decidedAt ?? 0) + 15 * MINUTE,
    ]);

    equal((await server.ask()).status, 429);
    server.restart();
    equal((await server.ask()).status, 429);
    deepEqual(await house.told(), ONCE, "once");
  });
}

Deno.test("what was pending when the account became quiet is not told of once more", async () => {
  const house = await House.start();
  await house.denyOften(2);
  const sources = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
  const waiting = await Promise.all(sources.map((source) => house.server.create({ source })));
  const [first, ...others] = waiting;
  if (first !== undefined) await house.deny(first);
  await house.denyOften(1);
  for (const login of others) await house.deny(login);
  deepEqual(await house.told(), ONCE);
});

Deno.test("a request of many connections is one refusal", async () => {
  const house = await House.start();
  await house.denyOften(3);
  const [first] = await Promise.all([1, 2, 3].map(() => house.server.create()));
  if (first !== undefined) await house.deny(first);
  deepEqual(await house.told(), NOTHING);
});

Deno.test("who comes from where a person has approved before is asked about in the quiet, too", async () => {
  const server = await TestServer.start({ approval: { require: "person" } });
  const alice = await Approver.join(server, "alice");
  await alice.touch(await server.create());
  alice.cookie = "";
  const stranger = { source: "198.51.100.9", key: "SHA256:strangers" };
  server.time.advance(29 * 24 * 60 * MINUTE);
  await server.app.sweep();
  for (let n = 0; n < 5; n++) {
    await server.press(`/l/${(await server.create(stranger)).ticket}/deny`, {});
  }
  for (const other of [stranger, { key: stranger.key }, { source: stranger.source }]) {
    equal((await server.ask(other)).status, 429);
  }
  server.restart();
  const own = await server.create();
  equal((await server.stored(own.id)).choices.length, 0, "the number is to be typed");
  equal((await server.ask({ command: "true" })).status, 429, "one at a time");
  equal((await alice.touch(own)).status, 200);
  equal((await server.poll(own)).status, 200);
  equal((await server.ask(stranger)).status, 201, "an approval makes up for all before it");
});

Deno.test("the next quiet time is told as well", async () => {
  const house = await House.start();
  await house.denyOften(5);
  house.server.time.advance(15 * MINUTE);
  await house.denyOften(5);
  equal((await house.told()).recorded, 2);
});

Deno.test("it is told also where it cannot be recorded", async () => {
  const house = await House.start();
  await house.denyOften(4);
  const login = await house.server.create();
  house.server.failing = "append";
  await house.deny(login);
  deepEqual(await house.told(), { ...ONCE, recorded: 0 });
});

Deno.test("a process that dies over it leaves it to the next request", async () => {
  const house = await House.start();
  await house.denyOften(4);
  const login = await house.server.create();
  house.server.failing = "refusals";
  await house.deny(login);
  deepEqual(await house.told(), NOTHING);
  house.server.failing = undefined;
  await house.server.ask();
  deepEqual(await house.told(), ONCE);
});

Deno.test("nothing is looked up for what is approved, or ends by a code of the host", async () => {
  const { server } = await House.start();
  await server.approve(await server.create());
  const { id, secret } = await server.create();
  const headers = { authorization: `Bearer ${secret}` };
  await server.fetch("DELETE", `/api/v1/logins/${id}?reason=code_used`, { headers });
  equal(server.calls.includes("refusals"), false);
});

Deno.test("what is denied at the terminal counts, and the server tells", async () => {
  const house = await House.start();
  const { memory, app } = house.server;
  await house.denyOften(4);
  const { id } = await house.server.create();
  const deny = { type: "deny", notMe: false, by: "admin:root", via: "terminal" } as const;
  const now = house.server.time.now();
  await memory.changeLogins({ id }, (found) => found.map((each) => step(each, deny, now).login));
  await memory.changeTimes(errandName(["login", id]), () => [now]);
  await app.sweep();
  deepEqual(await house.told(), ONCE);
  await app.sweep();
  deepEqual(await house.told(), ONCE);
});

Deno.test("what is frozen at the terminal is told by the server, once, also the next one", async () => {
  const house = await House.start();
  const { server } = house;
  const freeze = aFreeze({ by: "admin:root", why: "administrator" });
  await server.memory.change(putting({ freeze: [freeze] }));
  const at = server.time.now();
  for (
    const name of [errandName(["freeze", "f_1"]), errandName(["person", "p_alice", "admin:x"])]
  ) {
    await server.memory.changeTimes(name, () => [at]);
  }
  server.failing = "timesUnder";
  await server.app.sweep();
  deepEqual((await house.told()).told, []);
  server.restart();
  server.failing = undefined;
  await server.app.sweep();
  await server.app.sweep();
  deepEqual((await house.told()).told, [
    "frozen boss-chat",
    "person_frozen alice-chat",
    "person_frozen boss-chat",
  ]);
  const messages = house.notifier.told.map(({ message }) => message);
  deepEqual(messages.filter(({ kind }) => kind === "person_frozen")[0], {
    ...{ kind: "person_frozen", person: "alice", by: "admin:x", at },
  });
});

Deno.test("errands that are none, or about what is gone, are no trouble", async () => {
  const house = await House.start();
  const { server } = house;
  const names = ["errand", "errand {", 'errand ["fire","x"]', errandName(["freeze", "f_gone"])];
  for (const name of names) await server.memory.changeTimes(name, () => [server.time.now()]);
  await server.app.sweep();
  deepEqual((await house.told()).told, []);
  deepEqual(server.logged.filter(({ level }) => level === "error"), []);
  equal((await server.memory.timesUnder("errand {")).size, 1, "another version's is left alone");
});
