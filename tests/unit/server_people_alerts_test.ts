/** Who is told what of people and their accounts, and what becomes of it. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { AlertsHouse } from "../support/alerts.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { aFreeze, anAuthenticator, aPasskey, someone } from "../support/people.ts";
import { FAILED, FakeNotifier, SENT } from "../support/pins.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const UNTIL = T0 + 15 * MINUTE;

const at = (wecom: string) => ({ contacts: { wecom } });
const boss = someone("boss", { administrator: true, ...at("boss-chat"), language: "en" });
const alice = someone("alice", { ...at("alice-chat"), language: "zh-CN" });

Deno.test("administrators are those in server.toml, and active ones who have a contact", async () => {
  const house = new AlertsHouse(["zhangsan", "Boss-Chat"]);
  await house.has({
    person: [
      boss,
      alice,
      someone("elsewhere", { administrator: true, contacts: { mail: "e@example.com" } }),
      someone("frozen", { administrator: true, state: "frozen", ...at("frozen-chat") }),
      someone("gone", { administrator: true, state: "removed", ...at("gone-chat") }),
    ],
  });
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  deepEqual(house.told, ["frozen boss-chat", "frozen zhangsan"]);
  const languages = house.notifier.told.map(({ message, to }) => [to, message.language]);
  deepEqual(languages.toSorted(), [["boss-chat", "en"], ["zhangsan", undefined]]);
  const sent = { event: "alert.sent", alert: "frozen", user: "alice", channel: "wecom" };
  deepEqual(house.audited, [{ ...sent, to: "boss-chat" }, { ...sent, to: "zhangsan" }]);
});

Deno.test("of a freeze they get who froze what, and the login that was reported", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  const login = aLogin({ requester: "mallory", createdAt: T0 - MINUTE });
  const freeze = { user: "mallory", by: "person:alice", since: T0 };
  house.alerts.frozen(aFreeze({ ...freeze, evidence: login }));
  house.alerts.frozen(aFreeze({ host: "web1", by: "admin:root", why: "administrator" }));
  await house.quiesce();
  const { user, host, service, source, requester } = login;
  deepEqual(house.notifier.told.map(({ message }) => message), [
    {
      kind: "frozen",
      user: "mallory",
      host: null,
      by: "person:alice",
      login: { user, host, service, source, requester, at: T0 - MINUTE },
      at: T0,
    },
    { kind: "frozen", user: "alice", host: "web1", by: "admin:root", login: null, at: T0 },
  ]);
});

Deno.test("that an account is quiet is told and recorded once each time, also after a restart", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  await house.has({ person: [alice, someone("bob", at("bob-chat"))] });
  for (let n = 0; n < 3; n++) house.alerts.quiet(aLogin(), UNTIL);
  await house.quiesce();
  house.restart();
  house.alerts.quiet(aLogin(), UNTIL);
  await house.quiesce();
  deepEqual(house.told, ["quiet alice-chat", "quiet zhangsan"]);
  const quiet = {
    event: "account.quiet",
    host: "web1",
    user: "alice",
    refusals: 5,
    until: "2026-01-01T00:15:00.000Z",
  };
  deepEqual(house.audited.filter(({ event }) => event === "account.quiet"), [quiet]);

  house.alerts.quiet(aLogin({ host: "web2" }), UNTIL);
  house.alerts.quiet(aLogin(), UNTIL + HOUR);
  await house.quiesce();
  deepEqual(house.told.length, 6);
});

Deno.test("a request that is refused because all is quiet writes nothing", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  house.alerts.quiet(aLogin(), UNTIL);
  await house.quiesce();
  house.failing = "changeTimes";
  for (let n = 0; n < 3; n++) house.alerts.quiet(aLogin(), UNTIL + n);
  await house.quiesce();
  deepEqual(house.logged.filter(({ level }) => level === "error"), []);
  house.alerts.quiet(aLogin(), UNTIL + HOUR);
  await house.quiesce();
  equal(house.logged.filter(({ level }) => level === "error").length, 1);
});

Deno.test("who is an administrator and the one concerned is told once", async () => {
  const house = new AlertsHouse();
  await house.has({ person: [boss] });
  house.alerts.quiet(aLogin({ user: "boss" }), UNTIL);
  house.alerts.newDevice(boss, aPasskey(), { invitation: true, source: "192.0.2.9" });
  house.alerts.recoveryUsed(boss, 3, "192.0.2.9");
  await house.quiesce();
  deepEqual(house.told, ["new_device boss-chat", "quiet boss-chat", "recovery_used boss-chat"]);
});

Deno.test("a frozen person is told of the own account, a removed one is not", async () => {
  const house = new AlertsHouse();
  const frozen = { ...boss, state: "frozen" as const };
  await house.has({ person: [frozen, someone("gone", { state: "removed", ...at("gone-chat") })] });
  house.alerts.quiet(aLogin({ user: "boss" }), UNTIL);
  house.alerts.quiet(aLogin({ user: "gone" }), UNTIL);
  await house.quiesce();
  deepEqual(house.told, ["quiet boss-chat"]);
});

Deno.test('an unproven "not me" is for administrators alone', async () => {
  const house = new AlertsHouse();
  await house.has({ person: [boss, alice] });
  house.alerts.notMeUnproven(aLogin());
  await house.quiesce();
  deepEqual(house.told, ["not_me_unproven boss-chat"]);
});

Deno.test("a person learns of a device more and of a recovery code, which administrators do, too", async () => {
  const house = new AlertsHouse();
  await house.has({ person: [boss, alice] });
  house.alerts.newDevice(alice, anAuthenticator({ use: "hosts" }), {
    invitation: true,
    source: "192.0.2.9",
  });
  house.alerts.recoveryUsed(alice, 9, "192.0.2.9");
  await house.quiesce();
  deepEqual(house.told, [
    "new_device alice-chat",
    "recovery_used alice-chat",
    "recovery_used boss-chat",
  ]);
  deepEqual(house.notifier.told[0]?.message, {
    kind: "new_device",
    person: "alice",
    device: "app",
    type: "host_codes",
    invitation: true,
    source: "192.0.2.9",
    at: T0,
    language: "zh-CN",
  });
  ok(house.audited.every(({ event, name }) => event === "alert.sent" && name === "alice"));
});

Deno.test("a person without a contact holds nothing up, and is no administrator's matter", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  const nowhere = someone("nowhere");
  await house.has({ person: [nowhere] });
  house.alerts.newDevice(nowhere, aPasskey(), { invitation: false, source: "192.0.2.9" });
  await house.quiesce();
  deepEqual([house.told, house.logged], [[], []]);
});

Deno.test("where nobody can be told the log says what to set", async () => {
  for (const house of [new AlertsHouse(["zhangsan"], false), new AlertsHouse([])]) {
    house.alerts.frozen(aFreeze());
    await house.quiesce();
    await house.sweep();
    deepEqual([house.told, house.audited], [[], []]);
    const [line] = house.logged;
    deepEqual([line?.message, line?.fields.user], ["nobody is told of it", "alice"]);
    match(String(line?.fields.hint), /alerts under \[\[notify\]\]/);
  }
});

Deno.test("a flood about one host is told together, and holds back nothing else", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  await house.has({ person: [alice] });
  for (let n = 0; n < 200; n++) house.alerts.notMeUnproven(aLogin());
  await house.quiesce();
  equal(house.told.length, 10);
  house.alerts.notMeUnproven(aLogin({ host: "web2" }));
  house.alerts.quiet(aLogin(), UNTIL);
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  deepEqual(house.told.slice(0, 1), ["frozen zhangsan"]);
  deepEqual(house.told.slice(-2), ["quiet alice-chat", "quiet zhangsan"]);
  equal(house.told.length, 14);
  await house.sweep(MINUTE);
  deepEqual(house.notifier.summaries, [{
    to: "zhangsan",
    message: {
      kind: "summary",
      of: "not_me_unproven",
      audience: "administrators",
      host: "web1",
      count: 190,
      since: T0,
    },
  }]);
});

Deno.test("a person's flood is told to that person together, and to nobody else", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  await house.has({ person: [alice] });
  const source = "192.0.2.9";
  for (let n = 0; n < 12; n++) {
    house.alerts.newDevice(alice, aPasskey(), { invitation: false, source });
  }
  await house.quiesce();
  await house.sweep(MINUTE);
  deepEqual(house.summaries, ["2 new_device alice-chat"]);
  const [summary] = house.notifier.summaries;
  deepEqual([summary?.message.audience, summary?.message.host, summary?.message.language], [
    "person",
    null,
    "zh-CN",
  ]);
});

Deno.test("what reached nobody is told later, less and less often, and after a restart", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  house.notifier.answer = () => Promise.resolve(FAILED);
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  const tries = () => house.notifier.told.length + house.notifier.summaries.length;
  equal(tries(), 1);
  await house.sweep(MINUTE - 1);
  equal(tries(), 1);
  await house.sweep(1);
  equal(tries(), 2);
  await house.sweep(MINUTE);
  equal(tries(), 2);
  await house.sweep(MINUTE);
  equal(tries(), 3);
  for (let hours = 0; hours < 10; hours++) {
    const before = tries();
    await house.sweep(HOUR);
    equal(tries(), before + 1);
  }
  equal((await house.health()).untold, 1);

  house.restart();
  house.notifier.answer = () => Promise.resolve(SENT);
  await house.sweep();
  deepEqual(house.notifier.summaries.at(-1)?.message.count, 1);
  equal(house.notifier.summaries.at(-1)?.message.since, T0);
  const before = tries();
  await house.sweep(2 * HOUR);
  house.restart();
  await house.sweep();
  equal(tries(), before, "told once");
  equal((await house.health()).untold, 0);
});

Deno.test("what comes while the channel is down waits with it, and is told with it", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  house.notifier.answer = () => Promise.resolve(FAILED);
  for (let n = 0; n < 3; n++) {
    house.alerts.frozen(aFreeze());
    await house.quiesce();
  }
  equal(house.told.length, 1, "a dead channel is not asked for each");
  house.notifier.answer = () => Promise.resolve(SENT);
  await house.sweep(MINUTE);
  deepEqual(house.summaries, ["3 frozen zhangsan"]);
});

Deno.test("who was not reached is told later, and nobody else again", async () => {
  const house = new AlertsHouse(["zhangsan", "lisi"]);
  house.notifier.answer = (to) => Promise.resolve(to === "lisi" ? FAILED : SENT);
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  deepEqual(house.audited.map(({ event, to, why }) => [event, to, why]), [
    ["alert.sent", "zhangsan", undefined],
    ["alert.not_sent", "lisi", "recipient"],
  ]);
  equal((await house.health()).untold, 1);
  await house.sweep(MINUTE);
  house.restart();
  await house.sweep();
  deepEqual([house.told.length, house.summaries], [2, ["1 frozen lisi", "1 frozen lisi"]]);
  house.notifier.answer = () => Promise.resolve(SENT);
  await house.sweep(HOUR);
  deepEqual(house.summaries.length, 3);
  await house.sweep(2 * HOUR);
  house.restart();
  await house.sweep(2 * HOUR);
  deepEqual([house.summaries.length, (await house.health()).untold], [3, 0], "told once");
});

Deno.test("a contact that is wrong for good has nobody hear it again, and is given up after a day", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  await house.has({ person: [someone("typo", { administrator: true, ...at("nobody") })] });
  house.notifier.answer = (to) => Promise.resolve(to === "nobody" ? FAILED : SENT);
  for (let n = 0; n < 3; n++) {
    house.alerts.frozen(aFreeze());
    await house.quiesce();
  }
  const to = (name: string) => house.told.filter((line) => line.endsWith(name)).length;
  deepEqual([to("zhangsan"), to("nobody")], [3, 1], "what is wrong is not asked for each");
  for (let hours = 0; hours < 24; hours++) await house.sweep(HOUR);
  ok(house.summaries.length > 10 && house.summaries.every((line) => line === "3 frozen nobody"));
  await house.sweep(HOUR);
  equal((await house.health()).untold, 0);
  const tries = house.summaries.length;
  await house.sweep(2 * HOUR);
  deepEqual([house.summaries.length, to("zhangsan")], [tries, 3]);

  house.notifier.answer = () => Promise.resolve(SENT);
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  equal(to("nobody"), 2, "with the next one it is tried anew");
});

Deno.test("a program that takes it does not stand for the people, who are told when they can be", async () => {
  const hook = new FakeNotifier({ name: "webhook", reach: "group" });
  const house = new AlertsHouse(["zhangsan"], true, [hook]);
  await house.has({ person: [boss] });
  house.notifier.answer = () => Promise.resolve(FAILED);
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  deepEqual([hook.told.length, house.told], [1, ["frozen boss-chat", "frozen zhangsan"]]);
  equal((await house.health()).untold, 1, "one alert, whoever is left");
  // Who has another contact meanwhile is told there.
  await house.memory.change({
    wants: { person: [{ id: boss.id }] },
    make: () => ({ answer: undefined, put: { person: [{ ...boss, ...at("new-chat") }] } }),
  });
  house.notifier.answer = () => Promise.resolve(SENT);
  await house.sweep(HOUR);
  deepEqual(house.summaries.toSorted(), ["1 frozen new-chat", "1 frozen zhangsan"]);
  deepEqual([hook.told.length, hook.summaries.length], [1, 0]);
});

Deno.test("where only programs are told, one of them is enough", async () => {
  const hooks = ["webhook", "command"].map((name) => new FakeNotifier({ name, reach: "group" }));
  const house = new AlertsHouse([], true, hooks);
  const [first, second] = hooks;
  ok(first !== undefined && second !== undefined);
  first.answer = () => Promise.resolve(FAILED);
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  await house.sweep(HOUR);
  deepEqual([first, second].map(({ told, summaries }) => [told.length, summaries.length]), [
    [1, 0],
    [1, 0],
  ]);
  second.answer = () => Promise.resolve(FAILED);
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  equal((await house.health()).untold, 1);
  second.answer = () => Promise.resolve(SENT);
  await house.sweep(HOUR);
  deepEqual([second.summaries.length, (await house.health()).untold], [1, 0]);
});

Deno.test("who gets a contact later is told then", async () => {
  const house = new AlertsHouse();
  await house.has({ person: [boss] });
  house.notifier.answer = () => Promise.resolve(FAILED);
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  await house.memory.change({
    wants: { person: [{ id: boss.id }] },
    make: () => ({ answer: undefined, put: { person: [{ ...boss, contacts: {} }] } }),
  });
  await house.sweep(HOUR);
  await house.memory.change({
    wants: { person: [{ id: boss.id }] },
    make: () => ({ answer: undefined, put: { person: [{ ...boss, ...at("new-chat") }] } }),
  });
  house.notifier.answer = () => Promise.resolve(SENT);
  await house.sweep(HOUR);
  deepEqual(house.summaries, ["1 frozen new-chat"]);
});

Deno.test("without the store those in server.toml are told all the same", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  await house.has({ person: [boss] });
  house.failing = "find";
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  deepEqual(house.told, ["frozen zhangsan"]);
});

for (const failing of ["find", "changeTimes", "append", "refusals"]) {
  Deno.test(`while ${failing} fails no hook throws, and no log quotes why`, async () => {
    const house = new AlertsHouse();
    await house.has({ person: [boss, alice] });
    house.notifier.answer = () => Promise.reject(new Error("secret channel detail"));
    house.failing = failing;
    house.alerts.frozen(aFreeze());
    house.alerts.quiet(aLogin(), UNTIL);
    house.alerts.notMeUnproven(aLogin());
    house.alerts.newDevice(alice, aPasskey(), { invitation: true, source: "192.0.2.9" });
    house.alerts.recoveryUsed(alice, 0, "192.0.2.9");
    house.alerts.passkeyCloned(alice, aPasskey(), "192.0.2.9");
    house.alerts.personFrozen(alice, "person:boss", T0);
    house.alerts.ended([aLogin({ state: "denied", reason: "denied", decidedAt: T0 })]);
    await house.quiesce();
    await house.sweep(HOUR);
    ok(house.logged.some(({ level }) => level === "error"));
    ok(!JSON.stringify([house.logged, house.audited]).includes("secret"));
  });
}

Deno.test("what another version has kept is left alone", async () => {
  const house = new AlertsHouse(["zhangsan"]);
  for (const name of ["untold web1", 'untold ["fire","administrators",""]', "untold [1]"]) {
    await house.memory.changeTimes(name, () => [T0]);
  }
  await house.sweep();
  deepEqual([house.summaries, house.logged], [[], []]);
});

Deno.test("a channel's health is when it last worked, and what was last wrong", async () => {
  deepEqual(await new AlertsHouse([], false).health(), { channels: [], untold: 0 });
  const house = new AlertsHouse(["zhangsan"]);
  const people = ["b", "a", "frozen", "nowhere", "wrong"].map((name) =>
    someone(name, {
      contacts: name === "nowhere" ? { mail: "x" } : { wecom: name === "wrong" ? "@all" : name },
      state: name === "frozen" ? "frozen" : "active",
    })
  );
  await house.has({ person: people });
  const [b, a] = people;
  const wecom = {
    ...{ name: "wecom", type: "wecom", reach: "person", sends: ["request", "pin", "alert"] },
    ...{ answers: false, lastSentAt: null, lastFailure: null, leftAloneUntil: null },
    ...{ language: "en", persons: [a, b], shared: [], named: 1 },
  };
  deepEqual(await house.health(), { channels: [wecom], untold: 0 });
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  house.time.advance(1_000);
  house.notifier.answer = () => Promise.resolve(FAILED);
  house.alerts.frozen(aFreeze());
  house.alerts.notMeUnproven(aLogin());
  await house.quiesce();
  const { detail, hint } = FAILED;
  deepEqual(await house.health(), {
    channels: [{ ...wecom, lastSentAt: T0, lastFailure: { at: T0 + 1_000, detail, hint } }],
    untold: 2,
  });
});
