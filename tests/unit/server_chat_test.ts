/** What people answer in chats: for whom it counts, and what becomes of it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { ChatAct } from "../../lib/core/chat_act.ts";
import type { Person } from "../../lib/core/person.ts";
import { ALICE, AskingServer } from "../support/asking.ts";
import { put } from "../support/board.ts";
import { ChatNotifier, type Shown } from "../support/chat_notifier.ts";
import { rewrite, someone } from "../support/people.ts";
import type { AppChanges, Created } from "../support/server_app.ts";

const BOB = someone("bob", { contacts: { telegram: "2" }, approves: ["root@*"] });
const DENY: ChatAct = { kind: "deny" };
const NOT_ME: ChatAct = { kind: "not_me" };
const WORDS = { ticket: null, handle: null, act: { kind: "words" } } as const;
const approve = (match: string | null): ChatAct => ({ kind: "approve", match });

interface Asked {
  readonly house: AskingServer;
  readonly server: AskingServer["server"];
  readonly chat: ChatNotifier;
  readonly login: Created;
  readonly shown: Shown;
}

/** With one request whose message has arrived. */
async function asked(
  persons: readonly Person[] = [ALICE, BOB],
  changes: AppChanges = {},
  chat = new ChatNotifier(),
): Promise<Asked> {
  const house = await AskingServer.start(persons, changes, [], chat);
  const login = await house.server.create();
  const shown = await chat.request();
  await house.quiesce();
  return { house, server: house.server, chat, login, shown };
}

const stateOf = async ({ server, login }: Pick<Asked, "server" | "login">) => {
  const { state, reason, by, via } = await server.stored(login.id);
  return [state, reason, by, via];
};

/** Why answers were refused, as it is on record. */
function refusals({ server }: Pick<Asked, "server">): unknown[] {
  return server.audited.filter(({ event }) => event === "chat.refused")
    .map(({ channel, contact, why }) => `${channel} ${contact} ${why}`);
}

Deno.test("the right number lets in, by that person and that channel, and the message says so once", async () => {
  const all = await asked();
  const { house, server, chat, login, shown } = all;
  const outcome = await chat.press(shown, approve(login.match));
  equal(outcome.text, "Approved.");
  deepEqual(await stateOf(all), ["approved", null, "person:alice", "telegram"]);
  equal((await (await server.poll(login)).json()).state, "approved");
  await house.quiesce();
  deepEqual(shown.said.map(({ kind }) => kind), ["request", "request_ended"]);
  const { outcome: what, by, via, decidedAt } = await chat.ended(shown);
  deepEqual([what, by, via], ["approved", "person:alice", "telegram"]);
  equal(decidedAt, server.time.now());
  const line = server.audited.find(({ event }) => event === "login.approved");
  deepEqual([line?.by, line?.via], ["person:alice", "telegram"]);
});

Deno.test("a wrong number denies", async () => {
  const all = await asked();
  const { chat, login, shown } = all;
  const wrong = (await all.server.stored(login.id)).choices.find((one) => one !== login.match);
  const outcome = await chat.press(shown, approve(wrong ?? ""));
  equal(outcome.text, "Denied: that is not the number on the terminal.");
  deepEqual(await stateOf(all), ["denied", "wrong_number", "person:alice", "telegram"]);
  equal(outcome.ended?.outcome, "wrong_number");
});

Deno.test("without a number where there is one, nothing is decided", async () => {
  const all = await asked();
  const outcome = await all.chat.press(all.shown, approve(null));
  deepEqual([outcome.ended, (await stateOf(all))[0]], [null, "pending"]);
  ok(outcome.text.endsWith("Nothing was decided."));
});

Deno.test("a typed number finds its request by the message that it replies to", async () => {
  const all = await asked();
  const { server, chat, house } = all;
  await server.press(`/l/${all.login.ticket}/deny`, {});
  const second = await server.create({ source: "192.0.2.8" });
  await server.press(`/l/${second.ticket}/deny`, {});
  const login = await server.create({ source: "192.0.2.9" });
  const shown = await chat.request(chat.requests.length - 1);
  await house.quiesce();
  const typed = chat.requests.at(-1) ?? shown;
  const [first] = typed.said;
  ok(first?.kind === "request");
  deepEqual([first.ticket, first.answer], [login.ticket, { by: "chat", number: "typed" }]);
  equal((await chat.reply(typed, login.match)).text, "Approved.");
  deepEqual(await stateOf({ server, login }), ["approved", null, "person:alice", "telegram"]);

  equal((await chat.reply(typed, login.match)).text, "This request waits no more.");
});

Deno.test("denying denies; it wasn't me freezes the account", async () => {
  const first = await asked();
  equal((await first.chat.press(first.shown, DENY)).text, "Denied.");
  deepEqual(await stateOf(first), ["denied", "denied", "person:alice", "telegram"]);
  equal((await first.chat.press(first.shown, DENY)).text, "This request waits no more.");

  const second = await asked();
  const { chat, server, shown } = second;
  const outcome = await chat.press(shown, NOT_ME);
  equal(outcome.text, "Denied, and alice is frozen on all hosts.");
  equal(outcome.ended?.outcome, "not_me");
  deepEqual(await stateOf(second), ["denied", "not_me", "person:alice", "telegram"]);
  equal((await server.ask()).status, 403);
});

Deno.test("what was not sent to somebody is not theirs to answer, whatever they show", async () => {
  const carol = someone("carol", { contacts: { telegram: "3" }, administrator: true });
  const all = await asked([ALICE, BOB, carol]);
  const { chat, login, shown, server } = all;
  for (const act of [approve(login.match), DENY, NOT_ME]) {
    // Passed on, as a card is; by a stranger; made up, with and without another message's name.
    await chat.press(shown, act, "2");
    await chat.press(shown, act, "3");
    await chat.press(shown, act, "99");
    await chat.act({ from: "3", ticket: login.ticket, handle: null, act });
    await chat.act({ from: "1", ticket: "A".repeat(16), handle: null, act });
    await chat.act({ from: "1", ticket: null, handle: "1:99", act });
    await chat.act({ from: "1", ticket: null, handle: null, act });
  }
  deepEqual(await stateOf(all), ["pending", null, null, null]);
  deepEqual(refusals(all).slice(0, 5), [
    "telegram 2 never_asked",
    "telegram 3 never_asked",
    "telegram 99 unknown",
    "telegram 3 never_asked",
    "telegram 1 never_asked",
  ]);
  const told = await chat.press(shown, DENY, "99");
  deepEqual(told, { text: "This is not for you to answer. Nothing was decided.", ended: null });
  const text = await (await server.fetch("GET", "/metrics")).text();
  ok(text.includes('gatehouse_chat_refused_total{channel="telegram"} 22\n'));
});

Deno.test("refused answers do not fill the audit log", async () => {
  const all = await asked();
  for (let count = 0; count < 100; count++) {
    await all.chat.press(all.shown, DENY, `x\u001b${count}`);
  }
  equal(refusals(all).length, 60);
  equal(refusals(all)[0], "telegram x\\u{1b}0 unknown");
  await all.chat.act({ from: "2", ticket: all.login.ticket, handle: null, act: DENY });
  equal(refusals(all).at(-1), "telegram 2 never_asked", "a stranger's replies hide no person's");
});

Deno.test("a contact that two persons have is nobody's", async () => {
  const twin = someone("twin", { contacts: { telegram: "1" }, state: "frozen" });
  const all = await asked([ALICE, twin]);
  const { text } = await all.chat.press(all.shown, approve(all.login.match));
  deepEqual([refusals(all), (await stateOf(all))[0]], [["telegram 1 ambiguous"], "pending"]);
  ok(text.startsWith("Several persons have this contact"), text);
  const line = all.server.audited.find(({ event }) => event === "chat.refused");
  equal(line?.persons, "alice, twin");
  ok(all.server.logged.some(({ fields }) => fields.persons === "alice, twin"));
  equal((await all.chat.act({ ...WORDS, from: "1" })).text, text);
});

Deno.test("whoever writes something learns who they are here, and how a number is given", async () => {
  const frozen = someone("frozen", { contacts: { telegram: "3" }, state: "frozen" });
  const all = await asked([ALICE, { ...BOB, language: "zh-CN" }, frozen]);
  const { chat, shown } = all;
  const said = async (from: string, handle: string | null = null) =>
    (await chat.act({ ...WORDS, from, handle })).text;
  equal(await said("1"), "You are registered here as alice: requests come to this chat.");
  equal(await said("2"), "您在这里登记为 bob：登录请求会发送到此聊天。");
  equal(await said("99"), "", "the channel tells them who they are there");
  equal(await said("3"), "You may not approve any more. Ask an administrator.");
  const digits = "Reply to that message with the two digits on the terminal, and nothing else.";
  equal(await said("1", shown.handle), digits);
  equal(await said("2", shown.handle), await said("2"), "it was not for them");
  deepEqual([refusals(all), (await stateOf(all))[0]], [[], "pending"]);
  await chat.press(shown, DENY);
  equal(await said("1", shown.handle), await said("1"), "it waits no more");
});

Deno.test("who was frozen, or has another contact now, answers nothing any more", async () => {
  const frozen = await asked();
  await rewrite(frozen.server.memory, "person", { ...ALICE, state: "frozen" });
  await frozen.chat.press(frozen.shown, approve(frozen.login.match));
  deepEqual(refusals(frozen), ["telegram 1 not_active"]);
  equal((await stateOf(frozen))[0], "pending");

  const other = await asked();
  await put(other.server, {
    person: [{ ...ALICE, contacts: { telegram: "7" } }, { ...BOB, contacts: { telegram: "1" } }],
  });
  await other.chat.press(other.shown, DENY);
  deepEqual(refusals(other), ["telegram 1 never_asked"], "it was for somebody else");
});

Deno.test("case counts in a contact, but for members of WeCom", async () => {
  const alice = someone("alice", { contacts: { slack: "U0ABC" } });
  const slack = await asked([alice], {}, new ChatNotifier({ name: "slack" }));
  await slack.chat.press(slack.shown, DENY, "u0abc");
  deepEqual(refusals(slack), ["slack u0abc unknown"]);

  const member = someone("alice", { contacts: { work: "ZhangSan" } });
  const chat = new ChatNotifier({ name: "work", type: "wecom" });
  const wecom = await asked([member], {}, chat);
  await wecom.chat.press(wecom.shown, DENY, "zhangsan");
  deepEqual(await stateOf(wecom), ["denied", "denied", "person:alice", "work"]);
});

Deno.test("a channel without buttons proves nobody", async () => {
  const chat = new ChatNotifier({ answers: false });
  const all = await asked([ALICE], {}, chat);
  await chat.press(all.shown, approve(all.login.match));
  await chat.press(all.shown, DENY);
  deepEqual(refusals(all), ["telegram 1 not_on", "telegram 1 not_on"]);
  equal((await stateOf(all))[0], "pending");
});

Deno.test("a message that had the link alone cannot be approved by, and can be denied by", async () => {
  const dave = someone("dave", { contacts: { telegram: "4" }, approves: ["alice@*"] });
  const erin = someone("erin", { contacts: { telegram: "5" }, approves: ["alice@*"] });
  const all = await asked([dave, erin], { approval: { twoPersons: ["alice@*"] } });
  const { chat, login, shown } = all;
  const outcome = await chat.press(shown, approve(login.match));
  equal(outcome.text, "Open the page to decide this one. Nothing was decided.");
  equal((await stateOf(all))[0], "pending");
  deepEqual(await all.server.memory.find("approval", { ticket: login.ticket }), []);
  equal((await chat.press(shown, DENY)).ended?.outcome, "denied");
});

Deno.test("rights that were taken away meanwhile are none; denying is anybody's who has the link", async () => {
  const root = await AskingServer.start([BOB]);
  const login = await root.server.create({ user: "root" });
  const shown = await root.chat.request();
  await root.quiesce();
  await rewrite(root.server.memory, "person", { ...BOB, approves: [] });
  const refused = await root.chat.press(shown, approve(login.match));
  equal(refused.text, "Logins of this account are not yours to decide.");
  equal(refused.ended, null);
  const reported = await root.chat.press(shown, NOT_ME);
  equal(reported.text, "Denied. Nothing is frozen; administrators are told.");
  deepEqual(await stateOf({ server: root.server, login }), ["denied", "not_me", "link", "link"]);
  deepEqual(await root.server.memory.find("freeze", { all: true }), []);
});

Deno.test("it counts for the connections that the message told of, and says that others wait", async () => {
  const all = await asked();
  const { house, chat, server, login, shown } = all;
  const second = await server.create();
  equal(second.ticket, login.ticket);
  const outcome = await chat.press(shown, approve(login.match));
  deepEqual([outcome.text, outcome.ended], [
    "Approved. Another connection has asked and still waits.",
    null,
  ]);
  deepEqual([(await server.stored(login.id)).state, (await server.stored(second.id)).state], [
    "approved",
    "pending",
  ]);
  await house.pass(1_000);
  const last = shown.said.at(-1);
  ok(last?.kind === "request", "it asks about the other one");
  equal((await chat.press(shown, approve(login.match))).text, "Approved.");
  equal((await server.stored(second.id)).state, "approved");
});

Deno.test("after a restart the buttons and replies of before still count", async () => {
  const all = await asked();
  await all.house.restart();
  equal((await all.chat.reply(all.shown, all.login.match)).text, "Approved.");
  deepEqual((await stateOf(all)).slice(0, 1), ["approved"]);
});

Deno.test("people are answered in their own language", async () => {
  const all = await asked([{ ...ALICE, language: "zh-CN" }]);
  const outcome = await all.chat.press(all.shown, approve(all.login.match));
  deepEqual([outcome.text, outcome.ended?.language], ["已批准。", "zh-CN"]);
});

Deno.test("an approval that cannot be recorded is none, and the person is told", async () => {
  const all = await asked();
  all.server.failing = "append";
  const outcome = await all.chat.press(all.shown, approve(all.login.match));
  deepEqual(outcome, {
    text: "It could not be recorded, so nothing was approved. Try again shortly.",
    ended: null,
  });
  all.server.failing = undefined;
  const [state] = await stateOf(all);
  equal(state, "denied");
  equal((await all.chat.ended(all.shown)).outcome, "denied", "the message follows");
});
