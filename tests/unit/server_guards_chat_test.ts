/** What people are asked and answer in chats: each guard by itself, whatever else would hold it up. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { ChatAct } from "../../lib/core/chat_act.ts";
import type { Delivery } from "../../lib/core/delivery.ts";
import type { Ask } from "../../lib/core/routing.ts";
import { Round } from "../../server/ask_round.ts";
import { ALICE, AskingServer } from "../support/asking.ts";
import { put, sessionOf, tokenOf } from "../support/board.ts";
import { ChatNotifier } from "../support/chat_notifier.ts";
import { aGrant, rewrite, someone } from "../support/people.ts";
import { FAILED } from "../support/pins.ts";
import { FakeTime, KEY } from "../support/server_app.ts";

const DENY: ChatAct = { kind: "deny" };
const approve = (match: string | null): ChatAct => ({ kind: "approve", match });
const mail = () => new ChatNotifier({ name: "email", answers: false, updates: false });
const both = { ...ALICE, contacts: { telegram: "1", email: "a@example.com" } };

function refusals({ server }: AskingServer): unknown[] {
  return server.audited.filter(({ event }) => event === "chat.refused").map(({ why }) => why);
}

/** What went wrong, but that a message has not arrived. */
function faults({ server }: AskingServer): string[] {
  return server.logged.filter(({ level }) => level === "error").map(({ message }) => message)
    .filter((message) => message !== "login not asked");
}

/** A request, with all that is sent about it at once. */
async function created(house: AskingServer, changes: Record<string, unknown> = {}) {
  const login = await house.server.create(changes);
  await house.pass(0);
  return login;
}

const stateOf = async ({ server }: AskingServer, id: string) => (await server.stored(id)).state;

Deno.test("who is gone takes nobody's contact away", async () => {
  const gone = someone("gone", { contacts: { telegram: "1" }, state: "removed" });
  const house = await AskingServer.start([ALICE, gone]);
  const login = await created(house);
  equal(
    (await house.chat.press(await house.chat.request(), approve(login.match))).text,
    "Approved.",
  );
});

Deno.test("a channel may be called as what every object has", async () => {
  const chat = new ChatNotifier({ name: "constructor", type: "wecom" });
  const team = new ChatNotifier({ name: "valueof", reach: "group" });
  const house = await AskingServer.start(
    [someone("alice", { contacts: { constructor: "Alice" } }), someone("bob")],
    {},
    [team],
    chat,
  );
  const login = await created(house);
  equal((await team.request()).to, "");
  equal((await chat.press(await chat.request(), approve(login.match))).text, "Approved.");
});

Deno.test("an answer counts on the channel alone that the message went by", async () => {
  const other = new ChatNotifier({ name: "other" });
  const alice = { ...ALICE, contacts: { telegram: "1", other: "1" } };
  const house = await AskingServer.start([alice], {}, [other]);
  const login = await created(house);
  const shown = await house.chat.request();
  await house.quiesce();
  await other.press(shown, approve(login.match));
  await other.reply(shown, login.match);
  deepEqual([refusals(house), await stateOf(house, login.id)], [
    ["never_asked", "never_asked"],
    "pending",
  ]);
});

Deno.test("a message that went to somebody's old contact is not answered from the new one", async () => {
  const house = await AskingServer.start();
  const login = await created(house);
  const shown = await house.chat.request();
  await house.quiesce();
  await rewrite(house.server.memory, "person", { ...ALICE, contacts: { telegram: "7" } });
  for (const from of ["1", "7"]) await house.chat.press(shown, DENY, from);
  deepEqual([refusals(house), await stateOf(house, login.id)], [
    ["unknown", "never_asked"],
    "pending",
  ]);
});

Deno.test("what fails while an answer is worked on is told in our own words", async () => {
  const house = await AskingServer.start();
  await created(house);
  const shown = await house.chat.request();
  await house.quiesce();
  const before = house.server.logged.length;
  house.server.failing = "find";
  const { ended, text } = await house.chat.press(shown, DENY);
  equal(ended, null);
  house.server.memory.find = () => {
    throw new TypeError("secret of a fault of ours");
  };
  house.server.failing = undefined;
  const other = await house.chat.press(shown, DENY);
  equal(other.text, text);
  const said = JSON.stringify([text, house.server.logged.slice(before)]);
  ok(!said.includes("secret"), said);
});

Deno.test("what a grant has approved is asked about nowhere, and that is no fault", async () => {
  const house = await AskingServer.start();
  const { server, chat } = house;
  await put(server, { grant: [aGrant({ key: KEY })] });
  const login = await created(house);
  await house.quiesce();
  equal(await stateOf(house, login.id), "approved");
  deepEqual([chat.asked, faults(house), server.watchers], [[], [], 0]);
});

Deno.test("nobody is asked about what has run out of time, noted down or not", async () => {
  const bob = someone("bob", { contacts: { telegram: "2" }, approves: ["alice@*"] });
  const escalations = [{ accounts: ["alice@*"], persons: ["bob"], afterMs: 70_000 }];
  const routing = { nextAfterMs: 20_000, escalations };
  const house = await AskingServer.start([ALICE, bob], { routing });
  await created(house, { timeout: 60 });
  await house.chat.request();
  await house.pass(70_000);
  deepEqual([house.chat.asked, faults(house)], [["1"], []]);
});

async function twoPersons(contacts: Readonly<Record<string, string>>, team?: ChatNotifier) {
  const approves = ["deploy@*"];
  const [carol, erin] = [
    someone("carol", { contacts: { telegram: "3", email: "c@example.com" }, approves }),
    someone("erin", { contacts, approves }),
  ];
  const escalations = [{ accounts: ["deploy@*"], persons: ["erin"], afterMs: 50_000 }];
  const email = mail();
  const house = await AskingServer.start([carol, erin, someone("dave", { approves })], {
    routing: { nextAfterMs: 20_000, escalations },
    approval: { twoPersons: ["deploy@*"] },
  }, team === undefined ? [email] : [email, team]);
  const login = await created(house, { user: "deploy" });
  await house.quiesce();
  deepEqual(house.chat.asked, ["3"]);
  return {
    ...{ house, email, login, chat: house.chat, server: house.server },
    approveBy: async (person: typeof carol) => {
      await put(house.server, { session: [sessionOf(person, house.server)] });
      const cookie = `__Host-gh=${tokenOf(person)}`;
      const { ticket, match } = login;
      await house.server.press(`/l/${ticket}/approve`, { match }, { cookie });
      await house.quiesce();
      const given = await house.server.memory.find("approval", { ticket });
      deepEqual(given.map(({ by }) => by), [`person:${person.name}`]);
    },
    ...{ carol, erin },
  };
}

Deno.test("who has given the first of two approvals is not asked for the second", async () => {
  const first = await twoPersons({ telegram: "5" });
  await first.approveBy(first.erin);
  deepEqual(first.chat.asked, ["3"], "not as one of the escalation");
  await first.house.pass(50_000);
  deepEqual(first.chat.asked, ["3"], "nor when its time comes");

  const second = await twoPersons({ telegram: "5" });
  await second.approveBy(second.carol);
  deepEqual(second.chat.asked, ["3", "5"]);
  await second.house.pass(20_000);
  deepEqual(second.email.asked, [], "nor by the next contact");
});

Deno.test("who was asked before a restart is not asked again after it", async () => {
  const all = await twoPersons({ telegram: "5" });
  await all.house.pass(50_000);
  deepEqual(all.chat.asked, ["3", "5"]);
  await all.house.restart();
  await all.approveBy(all.carol);
  deepEqual(all.chat.asked, ["3", "5"]);
});

Deno.test("a group is not told who has approved", async () => {
  const team = new ChatNotifier({ name: "team", reach: "group" });
  const all = await twoPersons({ telegram: "5" }, team);
  const shown = await team.request();
  await all.approveBy(all.carol);
  equal(shown.said.length, 1, "for there is nothing new to say");
  await created(all.house, { user: "deploy" });
  await all.house.pass(1_000);
  ok(shown.said.length > 0 && !JSON.stringify(shown.said).includes("carol"));
});

Deno.test("one contact text on two channels is two ways", async () => {
  const other = new ChatNotifier({ name: "other" });
  const alice = { ...ALICE, contacts: { telegram: "1", other: "1" } };
  const house = await AskingServer.start([alice], {}, [other]);
  await created(house);
  await house.chat.request();
  await house.pass(20_000);
  deepEqual(other.asked, ["1"]);
});

Deno.test("a message that may have arrived can be answered, and is not changed by a name that nobody knows", async () => {
  const chat = new ChatNotifier();
  const send = chat.send.bind(chat);
  chat.send = async (message, to) => {
    const delivery = await send(message, to);
    return delivery.ok && message.kind === "request" ? { ...FAILED, mayArrive: true } : delivery;
  };
  const house = await AskingServer.start([ALICE], {}, [], chat);
  const login = await created(house);
  const shown = await chat.request();
  await house.quiesce();
  const [message] = await house.server.memory.find("message", { all: true });
  deepEqual([message?.handle, message?.to], [null, "1"]);
  equal((await chat.press(shown, approve(login.match))).text, "Approved.");
  const second = await created(house, { source: "192.0.2.8" });
  await house.quiesce();
  await house.server.press(`/l/${second.ticket}/deny`, {});
  await house.quiesce();
  deepEqual(faults(house), []);
});

Deno.test("of a message that has not arrived nothing is kept", async () => {
  const house = await AskingServer.start();
  house.chat.unreachable.add("1");
  await created(house);
  await house.quiesce();
  deepEqual(await house.server.memory.find("message", { all: true }), []);
});

Deno.test("a channel that cannot change messages is not asked to", async () => {
  const chat = new ChatNotifier({ updates: false });
  const send = chat.send.bind(chat);
  chat.send = async (message, to): Promise<Delivery> => ({
    ...await send(message, to),
    ok: true,
    handle: "h",
  });
  chat.update = () => Promise.reject(new Error("it cannot"));
  const house = await AskingServer.start([ALICE], {}, [], chat);
  const login = await created(house);
  await house.quiesce();
  await house.server.press(`/l/${login.ticket}/deny`, {});
  await house.quiesce();
  deepEqual(
    house.server.logged.map(({ message }) => message).filter((text) => /message/.test(text)),
    [],
  );
  equal(house.server.watchers, 0);
});

Deno.test("changes of one message go one after the other, so that the last is true", async () => {
  const chat = new ChatNotifier();
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const update = chat.update.bind(chat);
  chat.update = async (message, to, handle) => {
    begun.push(message.kind);
    if (message.kind === "request") await gate.promise;
    return await update(message, to, handle);
  };
  const house = await AskingServer.start([ALICE], {}, [], chat);
  const login = await created(house);
  const shown = await chat.request();
  await house.quiesce();
  await created(house);
  await house.pass(1_000);
  await house.server.press(`/l/${login.ticket}/deny`, {});
  await house.quiesce();
  deepEqual(begun, ["request"]);
  gate.resolve();
  equal((await chat.ended(shown)).outcome, "denied");
  deepEqual(shown.said.map(({ kind }) => kind), ["request", "request", "request_ended"]);
});

Deno.test("what cannot be recorded has arrived all the same, so no other way is tried", async () => {
  const email = mail();
  const house = await AskingServer.start([both], {}, [email]);
  const send = house.chat.send.bind(house.chat);
  house.chat.send = (message, to) => {
    house.server.failing = "append";
    return send(message, to);
  };
  await created(house);
  await house.chat.request();
  await house.quiesce();
  deepEqual(email.asked, []);
  deepEqual(faults(house), ["what became of a message could not be recorded"]);
});

Deno.test("what was approved and never collected is taken back in the message, too", async () => {
  const house = await AskingServer.start();
  const login = await created(house);
  const shown = await house.chat.request();
  await house.quiesce();
  await house.chat.press(shown, approve(login.match));
  await house.quiesce();
  equal((await house.chat.ended(shown)).outcome, "approved");
  await house.pass(3_600_000);
  await house.server.app.sweep();
  await house.quiesce();
  equal((await house.chat.ended(shown)).outcome, "cancelled");
  equal(house.server.watchers, 0);
});

Deno.test("a server that stops, or cannot read its messages, waits for nothing", async () => {
  const house = await AskingServer.start();
  const { server, chat } = house;
  await created(house);
  await chat.request();
  await house.quiesce();
  const before = server.time.timers;
  for (let count = 0; count < 2; count++) await created(house);
  await house.quiesce();
  equal(server.time.timers, before + 1, "all that join are told of together");
  await server.app.stop();
  deepEqual([server.time.timers, server.watchers], [0, 0]);
  await created(house, { source: "192.0.2.9" });
  await house.quiesce();
  deepEqual([chat.asked.length, server.time.timers, server.watchers], [1, 0, 0]);

  server.restart();
  server.failing = "find";
  await server.app.start();
  await house.quiesce();
  ok(
    server.logged.some(({ message }) =>
      message === "messages of before the start could not be read"
    ),
  );
});

const askOf = (to: string, person: string | null = "p_a", channel = "c"): Ask => ({
  ...{ person, channel, to, language: null },
});

function round(
  arrives: (to: string) => Promise<boolean> | boolean,
  { admits = () => true, aloneMs = () => null }: {
    readonly admits?: (who: string | null) => boolean;
    readonly aloneMs?: (to: string) => number | null;
  } = {},
) {
  const time = new FakeTime();
  const sent: string[] = [];
  const admitted: (string | null)[] = [];
  const one = new Round(
    time.after,
    async ({ to }) => {
      sent.push(to);
      return await arrives(to);
    },
    ({ person }) => {
      admitted.push(person);
      return admits(person);
    },
    ({ to }) => aloneMs(to),
  );
  return { one, time, sent, admitted };
}

/** Until all that was to happen without time passing has. */
const turns = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

Deno.test("a round that has ended begins nothing and tries no other way", async () => {
  const gate = Promise.withResolvers<boolean>();
  const { one, sent, time } = round(() => gate.promise);
  one.begin([{ afterMs: 0, asks: [askOf("1")] }, { afterMs: 5, asks: [askOf("2")] }]);
  one.end();
  gate.resolve(false);
  await turns();
  one.begin([{ afterMs: 0, asks: [askOf("3")] }, { afterMs: 5, asks: [askOf("4")] }]);
  time.advance(10);
  await turns();
  deepEqual([sent, time.timers], [["1"], 0]);
});

Deno.test("whether a person or group is asked is asked once for a request", async () => {
  const { one, admitted, sent, time } = round(() => true, { admits: (who) => who !== "p_b" });
  one.begin([
    { afterMs: 0, asks: [askOf("1"), askOf("4", "p_b"), askOf("", null, "team")] },
    { afterMs: 5, asks: [askOf("2"), askOf("5", "p_b")] },
  ]);
  time.advance(5);
  await turns();
  deepEqual([admitted, sent], [["p_a", "p_b", null], ["1", "", "2"]]);
});

Deno.test("where a message fails, the next of that person goes at once, and nobody else's", async () => {
  const { one, sent, time } = round((to) => !["1", "g"].includes(to));
  one.begin([
    { afterMs: 0, asks: [askOf("1"), askOf("g", null, "team")] },
    { afterMs: 5, asks: [askOf("9", "p_b"), askOf("h", null, "team"), askOf("2")] },
  ]);
  await turns();
  deepEqual(sent, ["1", "g", "2"]);
  time.advance(5);
  await turns();
  deepEqual(sent, ["1", "g", "2", "9", "h"], "and not again when its time comes");
});

Deno.test("who has no other way is asked again once one is not left alone any more", async () => {
  const alone = new Map([["1", 30], ["2", 10], ["3", 5]]);
  let works = false;
  const { one, sent, time } = round((to) => works && to !== "3", {
    aloneMs: (to) => works ? null : alone.get(to) ?? null,
  });
  one.begin([{ afterMs: 0, asks: [askOf("1"), askOf("g", null, "team")] }, {
    afterMs: 50,
    asks: [askOf("2")],
  }]);
  await turns();
  deepEqual(sent, ["1", "g", "2"]);
  time.advance(9);
  await turns();
  equal(sent.length, 3, "not before its time");
  time.advance(1);
  await turns();
  deepEqual(sent.slice(3), ["2"], "the soonest; and it is still left alone");
  works = true;
  time.advance(10);
  await turns();
  deepEqual(sent.slice(3), ["2", "2"]);
  time.advance(100);
  await turns();
  deepEqual([sent.length, time.timers], [5, 0], "it has arrived");
});

Deno.test("what nobody waits for any more is not tried again, nor what was refused for good", async () => {
  const held = round(() => false, { aloneMs: () => 10 });
  held.one.begin([{ afterMs: 0, asks: [askOf("1")] }]);
  await turns();
  equal(held.time.timers, 1);
  held.one.end();
  held.time.advance(10);
  await turns();
  deepEqual([held.sent, held.time.timers], [["1"], 0]);
  const refused = round(() => false);
  refused.one.begin([{ afterMs: 0, asks: [askOf("1")] }]);
  await turns();
  deepEqual([refused.sent, refused.time.timers], [["1"], 0]);
});
