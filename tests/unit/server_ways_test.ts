/** People who are reached in several ways: alerts, and codes by chat. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { FailedDelivery } from "../../lib/core/delivery.ts";
import type { Person } from "../../lib/core/person.ts";
import { AlertsHouse } from "../support/alerts.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { aFreeze, aPasskey, putting, someone } from "../support/people.ts";
import { FAILED, FakeNotifier, PinServer, SENT } from "../support/pins.ts";
import { problemOf } from "../support/server_app.ts";

const MINUTE = 60_000;
const DOWN: FailedDelivery = { ...FAILED, why: "unavailable", detail: "it is down" };
const down = () => Promise.resolve(DOWN);

const phone = () => new FakeNotifier({ name: "sms_twilio", contact: /^\+[0-9]{5,15}$/ });
const chat = () => new FakeNotifier({ name: "telegram", contact: /^[0-9]{5,15}$/ });
const robot = (changes = {}) =>
  new FakeNotifier({ name: "robot", reach: "group", sends: ["request", "alert"], ...changes });

const boss = (contacts: Record<string, string>, name = "boss") =>
  someone(name, { administrator: true, contacts });
const toldBy = ({ told }: FakeNotifier) => told.map(({ message, to }) => `${message.kind} ${to}`);

Deno.test("an administrator is told by the first way that works", async () => {
  const [telegram, sms] = [chat(), phone()];
  const house = new AlertsHouse([], true, [sms, telegram]);
  await house.has({
    person: [boss({ telegram: "12345", sms_twilio: "+4912345", wecom: "boss-chat" })],
  });
  telegram.answer = down;
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  deepEqual([toldBy(telegram), toldBy(sms), house.told], [
    ["frozen 12345"],
    ["frozen +4912345"],
    [],
  ]);
  const tried = house.audited.map(({ event, channel, to, why }) => [event, channel, to, why]);
  deepEqual(tried, [
    ["alert.not_sent", "telegram", "12345", "unavailable"],
    ["alert.sent", "sms_twilio", "+4912345", undefined],
  ]);
});

Deno.test("a channel that hangs keeps nobody else from being told", async () => {
  const [telegram, group] = [chat(), robot()];
  telegram.answer = () => new Promise(() => {});
  const house = new AlertsHouse(["zhangsan"], true, [telegram, group]);
  await house.has({
    person: [boss({ telegram: "12345", wecom: "boss-chat" }), boss({ wecom: "eve-chat" }, "eve")],
  });
  for (let n = 0; n < 3; n++) house.alerts.frozen(aFreeze());
  await house.quiesce();
  equal(house.told.filter((line) => line === "frozen eve-chat").length, 3);
  equal(house.told.filter((line) => line === "frozen zhangsan").length, 3);
  deepEqual(toldBy(group), ["frozen ", "frozen ", "frozen "]);
});

Deno.test("what reached nobody is told again by all ways, until somebody is reached", async () => {
  const [telegram, sms] = [chat(), phone()];
  const house = new AlertsHouse([], true, [telegram, sms]);
  await house.has({ person: [boss({ telegram: "12345", sms_twilio: "+4912345" })] });
  for (const channel of [telegram, sms]) channel.answer = down;
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  house.restart();
  await house.sweep();
  deepEqual([telegram.summaries.length, sms.summaries.length], [1, 1]);
  sms.answer = () => Promise.resolve(SENT);
  await house.sweep(MINUTE);
  deepEqual([telegram.summaries.length, sms.summaries.length], [2, 2]);
  await house.sweep(120 * MINUTE);
  deepEqual([telegram.summaries.length, sms.summaries.length], [2, 2], "told");
});

Deno.test("a group is told what administrators are, once, and nothing of a person's own", async () => {
  const [group, silent] = [robot(), robot({ name: "silent", sends: ["request"] })];
  const house = new AlertsHouse([], true, [group, silent]);
  const alice = someone("alice", { contacts: { wecom: "alice-chat" } });
  await house.has({
    person: [boss({ robot: "boss", wecom: "boss-chat" }), boss({ robot: "eve" }, "eve"), alice],
  });
  house.alerts.frozen(aFreeze());
  house.alerts.newDevice(alice, aPasskey(), { invitation: false, source: "192.0.2.9" });
  await house.quiesce();
  deepEqual([toldBy(group), toldBy(silent)], [["frozen "], []]);
  deepEqual(house.told, ["frozen boss-chat", "new_device alice-chat"]);
});

Deno.test("nobody gets an alert twice by one channel, however they are named", async () => {
  const telegram = chat();
  const house = new AlertsHouse(["BOSS-chat"], true, [telegram]);
  telegram.answer = down;
  await house.has({
    person: [boss({ telegram: "12345", wecom: "boss-chat" }), boss({ wecom: "Boss-Chat" }, "eve")],
  });
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  deepEqual(house.told.map((line) => line.toLowerCase()), ["frozen boss-chat"]);
  equal(house.audited.length, 2);
});

Deno.test("what is no contact of a channel, or of one that sends no alerts, is no way", async () => {
  const mute = new FakeNotifier({ name: "mute", sends: ["request", "pin"] });
  const telegram = chat();
  const house = new AlertsHouse([], true, [mute, telegram]);
  const nowhere = boss({ mute: "boss", gone: "boss", telegram: "@everybody", constructor: "a" });
  await house.has({ person: [nowhere] });
  house.alerts.frozen(aFreeze());
  await house.quiesce();
  deepEqual([mute.told, telegram.told, house.told], [[], [], []]);
  const line = house.logged.find(({ message }) => message === "nobody is told of it");
  match(String(line?.fields.hint), /give administrators a contact/);
});

const denied = (changes = {}) =>
  aLogin({ state: "denied", reason: "denied", decidedAt: T0, by: "person:boss", ...changes });

Deno.test("whose login another one denied is told so, and nobody else", async () => {
  const house = new AlertsHouse([], true);
  const alice = someone("alice", { contacts: { wecom: "alice-chat" } });
  await house.has({ person: [boss({ wecom: "boss-chat" }), alice] });
  // Two connections of one request.
  house.alerts.ended([denied({ id: "a" }), denied({ id: "b" })]);
  await house.quiesce();
  deepEqual(house.told, ["denied alice-chat"]);
  const { user, host, service, source, requester, createdAt: at } = aLogin();
  deepEqual(house.notifier.told[0]?.message, {
    ...{ kind: "denied", user, host, service, source, requester, at },
    ...{ by: "person:boss", reason: "denied", own: false },
  });
  house.alerts.ended([denied({ by: "link", ticket: "B".repeat(16) })]);
  house.alerts.ended([denied({ by: "person:alice", reason: "wrong_number" })]);
  await house.quiesce();
  equal(house.told.length, 3);
  const last = house.notifier.told.at(-1)?.message;
  deepEqual(last?.kind === "denied" && [last.own, last.reason], [true, "wrong_number"]);
});

Deno.test("what the owner denied, the server took back, or ended by itself is told to nobody", async () => {
  const house = new AlertsHouse(["zhangsan"], true);
  await house.has({ person: [someone("alice", { contacts: { wecom: "alice-chat" } })] });
  house.alerts.ended([
    denied({ by: "person:alice", ticket: "A" }),
    denied({ by: "gatehouse", ticket: "B" }),
    denied({ by: null, reason: "too_many_codes", ticket: "C" }),
    denied({ reason: "not_me", ticket: "D" }),
    aLogin({ state: "expired", reason: "timeout", decidedAt: T0, ticket: "E" }),
  ]);
  await house.quiesce();
  deepEqual(house.told.filter((line) => line.startsWith("denied")), []);
});

Deno.test("of an account that is nobody's administrators are told, not too often", async () => {
  const house = new AlertsHouse(["zhangsan"], true);
  for (let n = 0; n < 15; n++) {
    house.alerts.ended([denied({ user: "deploy", ticket: `T${n}` })]);
    await house.quiesce();
  }
  equal(house.told.filter((line) => line === "denied zhangsan").length, 10);
  await house.sweep(MINUTE);
  deepEqual(house.summaries, ["5 denied zhangsan"]);
});

async function start(
  others: readonly FakeNotifier[],
  ...person: readonly Person[]
): Promise<PinServer> {
  const limits = {
    ...{ pendingPerAccount: 99, loginsPerMinutePerHost: 600 },
    ...{ failuresPerMinutePerSource: 30, requestsAtOnce: 99 },
  };
  const pins = await PinServer.start({ limits }, others);
  await pins.server.memory.change(putting({ person }));
  return pins;
}

const alice = someone("alice", { contacts: { sms_twilio: "+4912345", wecom: "alice-chat" } });
const ofPin = ({ sent }: FakeNotifier) => sent.map(({ to }) => to);

Deno.test("a PIN goes by the person's first way, and by the next at once when that fails", async () => {
  const sms = phone();
  const pins = await start([sms], alice);
  const first = await pins.create([]);
  deepEqual([ofPin(sms), ofPin(pins.notifier)], [["+4912345"], []]);
  equal((await (await pins.try(first, sms.last.pin)).json()).state, "approved");
  equal((await pins.server.stored(first.id)).by, "sms_twilio:+4912345");

  sms.answer = down;
  const second = await pins.create([]);
  deepEqual([ofPin(sms).length, ofPin(pins.notifier)], [2, ["alice-chat"]]);
  equal(sms.last.pin, pins.notifier.last.pin);
  equal((await (await pins.try(second, sms.last.pin)).json()).state, "approved");
  equal((await pins.server.stored(second.id)).by, "alice-chat");
  const tried = pins.server.audited.filter(({ login, event }) =>
    login === second.id && /pin_(not_)?sent/.test(event)
  );
  deepEqual(tried.map(({ event, channel, to }) => [event, channel, to]), [
    ["login.pin_not_sent", "sms_twilio", "+4912345"],
    ["login.pin_sent", "wecom", "alice-chat"],
  ]);

  pins.notifier.answer = down;
  const answer = await (await pins.ask([])).json();
  deepEqual([answer.state, answer.reason, answer.pin.delivery], [
    "denied",
    "not_delivered",
    "failed",
  ]);
});

Deno.test("a host names the channel, or leaves it to the first that fits", async () => {
  const [sms, telegram] = [phone(), chat()];
  const pins = await start([sms, telegram]);
  const deploy = { user: "deploy" };
  await pins.create(["sms_twilio:+4912345", "zhangsan", "telegram:12345", "12345"], deploy);
  deepEqual([ofPin(sms), ofPin(telegram), ofPin(pins.notifier)], [
    ["+4912345"],
    ["12345"],
    ["zhangsan", "12345"],
  ]);
  const login = await pins.create(["sms_twilio:+4912345", "zhangsan"], deploy);
  await pins.try(login, sms.last.pin);
  equal((await pins.server.stored(login.id)).by, "sms_twilio:+4912345|zhangsan");
});

Deno.test("WeCom comes before others for a bare contact, then the first that takes it", async () => {
  const deploy = { user: "deploy" };
  const wecom = new FakeNotifier({ name: "office", type: "wecom" });
  const mail = new FakeNotifier({ name: "email", contact: /@/ });
  for (
    const [channels, to, by] of [
      [[chat(), mail, wecom], "12345", "office"],
      [[robot({ sends: ["pin"] }), mail, chat()], "12345", "telegram"],
      [[chat(), mail], "a@example.com", "email"],
    ] as const
  ) {
    const pins = await PinServer.startWith(channels);
    await pins.create([to], deploy);
    deepEqual(pins.server.audited.find(({ event }) => event === "login.pin_sent")?.channel, by);
  }
});

Deno.test("a contact that no channel takes reaches nobody, and the log says so", async () => {
  const pins = await start([phone()]);
  for (const to of ["telegram:12345", "sms_twilio:12345", "wecom:@all"]) {
    const problem = await problemOf(await pins.ask([to], { user: "deploy" }), 422);
    equal(problem.reason, "no_contact");
    const line = pins.server.logged.at(-1);
    deepEqual([line?.level, line?.fields.to], ["warning", to]);
  }
  await pins.create(["telegram:12345", "zhangsan"], { user: "deploy" });
  deepEqual(ofPin(pins.notifier), ["zhangsan"]);
});

Deno.test("a server whose channels send no PINs says so", async () => {
  const pins = await PinServer.startWith([robot(), new FakeNotifier({ sends: ["alert"] })]);
  equal((await problemOf(await pins.ask(["zhangsan"]), 422)).reason, "no_channel");
});

Deno.test("a frozen person's contact is one by its channel alone", async () => {
  const frozen = someone("bob", { state: "frozen", contacts: { sms_twilio: "+4900000" } });
  const sms = phone();
  const pins = await start([sms], frozen);
  const deploy = { user: "deploy" };
  equal((await problemOf(await pins.ask(["sms_twilio:+4900000"], deploy), 403)).reason, "frozen");
  await pins.create(["sms_twilio:+4900000", "sms_twilio:+4911111"], deploy);
  deepEqual(ofPin(sms), ["+4911111"]);
});

Deno.test("a way that has had its PINs is passed over; ways that were not used have not", async () => {
  const sms = phone();
  const pins = await start([sms], alice);
  // Of another account, to the same telephone.
  const deploy = (n: number) => pins.create(["sms_twilio:+4912345"], { user: `deploy${n}` });
  await pins.create([]);
  for (let n = 1; n < 10; n++) await deploy(n);
  deepEqual([ofPin(sms).length, ofPin(pins.notifier)], [10, []]);
  for (let n = 0; n < 3; n++) await pins.create([]);
  deepEqual([ofPin(sms).length, ofPin(pins.notifier)], [10, Array(3).fill("alice-chat")]);
  // Those to the telephone have not counted for the chat.
  for (let n = 0; n < 7; n++) await pins.create(["alice-chat"], { user: `other${n}` });
  const refused = await problemOf(await pins.ask(["alice-chat"], { user: "last" }), 429);
  equal(refused.reason, "too_many_pins");
  equal((await problemOf(await pins.ask([]), 429)).reason, "too_many_pins");
});

Deno.test("a channel that sends nothing holds up nobody who has another", async () => {
  const sms = phone();
  sms.answer = down;
  const pins = await start([sms], alice);
  for (let n = 0; n < 30; n++) await pins.ask(["sms_twilio:+4999999"], { user: `deploy${n}` });
  const one = await problemOf(await pins.ask(["sms_twilio:+4999999"], { user: "more" }), 429);
  equal(one.reason, "pins_unsent");
  const before = ofPin(sms).length;
  await pins.create([]);
  deepEqual([ofPin(sms).length, ofPin(pins.notifier)], [before, ["alice-chat"]]);
  ok((await pins.ask(["zhangsan"], { user: "others" })).ok);
});
