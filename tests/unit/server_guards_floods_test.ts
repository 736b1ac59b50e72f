/** Whoever has a host's token buries nobody, uses up nothing that others need, and learns no contacts. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import type { Delivery } from "../../lib/core/delivery.ts";
import { CHANNEL_TYPES } from "../../lib/notify/channels.ts";
import { AskingServer } from "../support/asking.ts";
import { put } from "../support/board.ts";
import { ChatNotifier } from "../support/chat_notifier.ts";
import { someone } from "../support/people.ts";
import { FAILED, FakeNotifier, PinServer } from "../support/pins.ts";
import { KEY, problemOf, TestServer } from "../support/server_app.ts";

const MINUTE = 60_000;
const LIMITS = {
  pendingPerAccount: 99,
  loginsPerMinutePerHost: 600,
  failuresPerMinutePerSource: 30,
  requestsAtOnce: 1_000,
};
const ADMIN = someone("boss", { administrator: true, contacts: { telegram: "9" } });

/** All that the server says: its log, its record, and what the host gets with that verdict. */
async function said({ server }: PinServer, answer: Response): Promise<string> {
  equal(answer.status, 200);
  const [, claims] = String((await answer.json()).verdict).split(".");
  const verdict = new TextDecoder().decode(
    Uint8Array.fromBase64(claims ?? "", { alphabet: "base64url" }),
  );
  return [JSON.stringify([server.logged, server.audited]), verdict].join("\n");
}

const ntfy = () =>
  new FakeNotifier({ name: "ntfy", secretContacts: true, contact: /^[a-z0-9-]{3,64}$/ });

Deno.test("a contact that is a secret reaches neither host nor log nor record", async () => {
  const channel = ntfy();
  const pins = await PinServer.startWith([channel], {
    alerts: new Map([["ntfy", ["admin-topic"]]]),
  }, channel);
  await put(pins.server, { person: [someone("alice", { contacts: { ntfy: "alice-topic" } })] });
  const own = await pins.create([]);
  const tried = await pins.try(own, channel.last.pin);
  equal((await pins.server.stored(own.id)).by, "person:alice");
  const text = await said(pins, tried);
  doesNotMatch(text, /alice-topic/);
  match(text, /"to":"ali…[0-9a-f]{6}"/);
  match(text, /"by":"person:alice","via":"pin"[^\n]*$/);

  channel.answer = (): Promise<Delivery> => Promise.resolve(FAILED);
  await pins.create(["ntfy:other-topic"], { user: "deploy" });
  channel.answer = () => Promise.resolve({ ok: true, handle: null });
  const named = await pins.create(["ntfy:other-topic"], { user: "deploy" });
  const answer = await pins.try(named, channel.last.pin);
  const { by } = await pins.server.stored(named.id);
  match(by ?? "", /^ntfy:oth…[0-9a-f]{6}$/);
  const alert = { kind: "emergency_code", user: "x", service: "sshd", source: "192.0.2.1" };
  const bearer = { authorization: "Bearer ghh_test-token-of-web1" };
  equal((await pins.server.json("/api/v1/alerts", alert, bearer)).status, 204);
  await pins.server.until(() => pins.events.includes("alert.sent"));
  const all = await said(pins, answer);
  doesNotMatch(all, /(alice|other|admin)-topic/);
  match(all, /"to":"adm…/);
});

Deno.test("who is asked by a secret contact is masked on record, and so is whom a limit is about", async () => {
  const channel = ntfy();
  const server = await TestServer.start(
    { approval: { require: "person" }, limits: LIMITS },
    channel,
  );
  await put(server, { person: [someone("alice", { contacts: { ntfy: "alice-topic" } })] });
  await server.create();
  await server.until(() => server.audited.some(({ event }) => event === "login.asked"));
  for (let n = 0; n < 11; n++) {
    await server.ask({ user: `u${n}`, pin: { contacts: ["ntfy:other-topic"] } });
  }
  await server.ask({ user: "deploy", pin: { contacts: ["ntfy:Other-topic"] } });
  const lines = JSON.stringify([server.logged, server.audited]);
  doesNotMatch(lines, /-topic/i);
  match(lines, /a contact gets too many pins/);
  match(lines, /no channel takes a contact/);
});

Deno.test("contacts by which others can read or write are secrets, and those of anybody are told apart", () => {
  const named = (which: "secretContacts" | "reachesAnyone") =>
    CHANNEL_TYPES.filter((type) => type[which]).map(({ type }) => type).toSorted();
  const sms = ["sms_aliyun", "sms_tencent", "sms_twilio"];
  deepEqual(named("secretContacts"), ["bark", "ntfy", "pushover", ...sms]);
  deepEqual(named("reachesAnyone"), ["email", ...sms]);
});

async function flooded(persons = [ADMIN]) {
  const team = new ChatNotifier({ name: "team", reach: "group", answers: false });
  const house = await AskingServer.start(persons, { limits: LIMITS }, [team]);
  const flood = async (count: number, token?: string) => {
    for (let n = 0; n < count; n++) {
      const what = { user: `svc${n}`, source: `192.0.2.${n}`, key: `${KEY}${n}` };
      equal((await house.server.ask(what, token)).status, 201);
    }
    await house.quiesce();
  };
  return { house, team, flood, chat: house.chat, server: house.server };
}

Deno.test("a group is told of few requests about nobody's accounts, and of a person's all the same", async () => {
  const { house, server, team, flood } = await flooded();
  await flood(25);
  equal(team.requests.length, 5);
  await server.create({ user: "boss" });
  await house.quiesce();
  equal(team.requests.length, 6);
  await server.addHost("web2", "ghh_test-token-of-web2");
  await flood(25, "ghh_test-token-of-web2");
  equal(team.requests.length, 10, "nine of nobody's from all hosts");
  await house.pass(MINUTE);
  const lines = server.logged.filter(({ message }) => message.startsWith("a group was not told"));
  deepEqual(lines.map(({ fields: { channel, host, count } }) => [channel, host, count]), [
    ["team", "web1", 20],
    ["team", "web2", 21],
  ]);
  await flood(25);
  equal(team.requests.length, 14, "four more a minute of one host");
});

Deno.test("what was not told is logged when the server stops, too", async () => {
  const { server, flood } = await flooded();
  await flood(8);
  await server.app.stop();
  const line = server.logged.find(({ message }) => message.startsWith("a group was not told"));
  equal(line?.fields.count, 3);
  equal(server.time.timers, 0);
});

Deno.test("of twelve requests a minute and a share for alerts no group gets more", async () => {
  const persons = Array.from({ length: 20 }, (_, n) => someone(`p${n}`));
  const { house, server, team } = await flooded(persons);
  for (const { name } of persons) await server.create({ user: name });
  await house.quiesce();
  equal(team.requests.length, 12);
  await server.addHost("web2", "ghh_test-token-of-web2");
  const raise = async (kind: string, token: string) => {
    const alert = { kind, user: "bob", service: "sshd", source: "192.0.2.1", why: "offline" };
    await server.json("/api/v1/alerts", alert, { authorization: `Bearer ${token}` });
    await house.quiesce();
  };
  for (let n = 0; n < 10; n++) await raise("fail_open", "ghh_test-token-of-web1");
  const ofFlood = team.messages.length - 12;
  equal(ofFlood > 0 && ofFlood < 8, true);
  await raise("fail_open", "ghh_test-token-of-web2");
  equal(team.messages.length - 12, ofFlood + 1, "another host's alert has its place");
  equal(team.messages.length <= 20, true);
});

Deno.test("requests about others' accounts leave a person those about the own, and another host's", async () => {
  const { house, server, chat, flood } = await flooded();
  await flood(12);
  equal(chat.requests.length, 10);
  await server.create({ user: "boss" });
  await house.quiesce();
  equal(chat.requests.length, 11);
  await server.addHost("web2", "ghh_test-token-of-web2");
  await flood(1, "ghh_test-token-of-web2");
  equal(chat.requests.length, 12);
});

Deno.test("a person whose only way is left alone is asked once it is not, while the login waits", async () => {
  class Held extends ChatNotifier {
    until_: number | null = null;
    leftAloneUntil = () => this.until_;
    override send(...message: Parameters<ChatNotifier["send"]>): Promise<Delivery> {
      return this.until_ === null ? super.send(...message) : Promise.resolve(FAILED);
    }
  }
  const chat = new Held();
  const house = await AskingServer.start(undefined, { limits: LIMITS }, [], chat);
  const { server } = house;
  chat.until_ = server.time.now() + 35_000;
  const login = await server.create();
  await house.quiesce();
  chat.until_ = null;
  await house.pass(34_999);
  equal(chat.requests.length, 0);
  await house.pass(1);
  deepEqual(chat.asked, ["1"]);
  await server.approve(login);
});

Deno.test("a person whose vendor has enough of them alone is asked later, while the login waits", async () => {
  class Limited extends ChatNotifier {
    full = true;
    until_ = 0;
    leftAloneUntil = (message?: { readonly about: string; readonly to: string }) =>
      message?.about === "alice" && message.to === "1" ? this.until_ : null;
    override send(...message: Parameters<ChatNotifier["send"]>): Promise<Delivery> {
      return this.full ? Promise.resolve(FAILED) : super.send(...message);
    }
  }
  const chat = new Limited();
  const house = await AskingServer.start(undefined, { limits: LIMITS }, [], chat);
  chat.until_ = house.server.time.now() + 20_000;
  await house.server.create();
  await house.quiesce();
  chat.full = false;
  await house.pass(20_000);
  deepEqual(chat.asked, ["1"]);
});

const sms = () =>
  new FakeNotifier({
    ...{ name: "sms", secretContacts: true, reachesAnyone: true },
    contact: /^\+[0-9]{6,15}$/,
  });

async function pumped(
  pins: PinServer,
  from: number,
  count: number,
  token?: string,
): Promise<number[]> {
  const got: number[] = [];
  for (let n = from; n < from + count; n++) {
    const pin = { contacts: [`sms:+44790000${100 + n}`] };
    got.push((await pins.server.ask({ user: `u${n}`, timeout: 180, pin }, token)).status);
  }
  return got;
}

Deno.test("a host sends ten codes an hour to numbers that are no person's, also across restarts", async () => {
  const channel = sms();
  const pins = await PinServer.startWith(
    [new FakeNotifier(), channel],
    { limits: LIMITS },
    channel,
  );
  const { server } = pins;
  await put(server, {
    person: [
      someone("alice", { contacts: { sms: "+447911111111" } }),
      someone("ops", { contacts: { sms: "+447922222222" } }),
    ],
  });
  const got = await pumped(pins, 0, 30);
  equal(got.filter((status) => status === 201).length, 10);
  equal(channel.sent.length, 10);
  const refused = await pins.ask(["sms:+447900000999"], { user: "late" });
  equal(refused.headers.get("retry-after"), "3600");
  equal((await problemOf(refused, 429)).reason, "too_many_pins");
  equal(server.logged.at(-1)?.message, "a host names too many contacts of nobody known");
  server.restart();
  deepEqual(await pumped(pins, 50, 1), [429]);
  equal((await pins.ask([])).status, 201, "to the account's owner");
  equal((await pins.ask(["sms:+447922222222"], { user: "shared" })).status, 201, "to a person");
  equal((await pins.ask(["zhangsan"], { user: "other" })).status, 201, "by WeCom, as ever");
  await server.addHost("web2", "ghh_test-token-of-web2");
  deepEqual(await pumped(pins, 60, 1, "ghh_test-token-of-web2"), [201], "another host has its own");
  server.time.advance(60 * MINUTE);
  deepEqual(await pumped(pins, 70, 1), [201]);
});

Deno.test("codes that reached nobody, or were refused for another reason, are given back to the host", async () => {
  const channel = sms();
  const pins = await PinServer.startWith([channel], { limits: LIMITS }, channel);
  channel.answer = () => Promise.resolve(FAILED);
  await pumped(pins, 0, 12);
  channel.answer = () => Promise.resolve({ ok: true, handle: null });
  const same = { user: "one" };
  for (let n = 0; n < 5; n++) equal((await pins.ask([`sms:+44791000000${n}`], same)).status, 201);
  for (let n = 5; n < 9; n++) equal((await pins.ask([`sms:+44791000000${n}`], same)).status, 429);
  const got = await pumped(pins, 20, 8);
  equal(got.filter((status) => status === 201).length, 5);
});
