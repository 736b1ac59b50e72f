/** What people press and write in their chats with a Telegram bot, and what they are shown. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ChatAnswer } from "../../lib/core/chat.ts";
import { writeAct } from "../../lib/core/chat_act.ts";
import type { ChatResult, Inbox, InboxItem } from "../../lib/notify/channel.ts";
import { telegram } from "../../lib/notify/telegram.ts";
import { aLetter, anEnded, aRequest, TICKET } from "../support/letters.ts";
import { T0 } from "../support/logins.ts";
import { ask, VENDOR_URL } from "../support/vendors/direct.ts";
import { FakeTelegram } from "../support/vendors/telegram.ts";

const AT = { now: T0, token: "", id: "0".repeat(32) };
const REFUSED: ChatResult = { text: "It has ended already.", letter: null };
const DONE: ChatResult = { text: "Approved.", letter: aLetter(anEnded()) };
const TYPED = aRequest({ answer: { by: "chat", number: "typed" } });

class World {
  now = T0;
  readonly vendor = new FakeTelegram({ now: () => this.now });
  readonly inbox: Inbox;
  readonly #dialect;
  #cursor: string | null = null;

  constructor() {
    const settings = this.vendor.settings(VENDOR_URL);
    const dialect = telegram.open(settings, { buttons: true });
    assert.ok(dialect.via === "http" && dialect.inbox !== undefined);
    this.#dialect = dialect;
    this.inbox = dialect.inbox;
  }

  async sends(notification = aRequest(), to = this.vendor.to): Promise<string> {
    const made = await this.#dialect.send(aLetter(notification), to, AT);
    assert.ok("url" in made);
    const sent = this.#dialect.sent(await ask(this.vendor, made));
    assert.ok(sent.ok && sent.handle !== null);
    return sent.handle;
  }

  async fetch(): Promise<readonly InboxItem[]> {
    const read = this.inbox.read(await ask(this.vendor, this.inbox.request(this.#cursor, "some")));
    assert.ok(read.ok);
    this.#cursor = read.cursor;
    return read.items;
  }

  async replies(item: InboxItem | undefined, result: ChatResult | null): Promise<void> {
    for (const request of item?.reply(result) ?? []) {
      const answered = this.#dialect.sent(await ask(this.vendor, request));
      assert.ok(answered.ok, JSON.stringify(answered));
    }
  }
}

Deno.test("telegram: a press is an answer by who pressed, to that message", async () => {
  const acts = {
    [`a:${TICKET}:42`]: { kind: "approve", match: "42" },
    [`d:${TICKET}`]: { kind: "deny" },
    [`n:${TICKET}`]: { kind: "not_me" },
  };
  for (const [data, act] of Object.entries(acts)) {
    const world = new World();
    const handle = await world.sends();
    const shown = world.vendor.press(data);
    const [item, ...others] = await world.fetch();
    assert.deepEqual(item?.answer, { from: "123456789", ticket: TICKET, handle, act });
    assert.equal(others.length, 0);
    await world.replies(item, DONE);
    assert.deepEqual(await shown, { text: "Approved.", alert: false });
    const last = world.vendor.arrived.at(-1);
    assert.deepEqual([last?.replaces, last?.buttons], [handle, []]);
    assert.match(last?.text ?? "", /^Approved: alice/);
  }
});

Deno.test("telegram: a refusal has to be read, and leaves the message as it is", async () => {
  const world = new World();
  await world.sends();
  const shown = world.vendor.press(`d:${TICKET}`);
  const [item] = await world.fetch();
  await world.replies(item, REFUSED);
  assert.deepEqual(await shown, { text: REFUSED.text, alert: true });
  assert.equal(world.vendor.arrived.length, 1);
});

Deno.test("telegram: a press in a group, in another's chat or of no button of ours answers nothing", async () => {
  const world = new World();
  await world.sends();
  const shown = [
    world.vendor.press(`d:${TICKET}`, 123456789, -1001234567890),
    world.vendor.press(`d:${TICKET}`, 222222222),
  ];
  const items = await world.fetch();
  assert.deepEqual(items.map(({ answer }) => answer), [null, null]);
  for (const item of items) await world.replies(item, null);
  // Else it seems to be working on it.
  assert.deepEqual(await Promise.all(shown), Array(2).fill({ text: null, alert: false }));
});

Deno.test("telegram: what is fetched is not fetched again", async () => {
  const world = new World();
  await world.sends();
  const shown = [world.vendor.press(`d:${TICKET}`), world.vendor.press(`n:${TICKET}`)];
  const items = await world.fetch();
  assert.equal(items.length, 2);
  for (const item of items) await world.replies(item, REFUSED);
  await Promise.all(shown);
  const held = world.fetch();
  world.vendor.release();
  assert.deepEqual(await held, []);
});

Deno.test("telegram: an update wakes who waits for it, for 25 seconds at most", async () => {
  const world = new World();
  await world.sends();
  const held = world.fetch();
  const shown = world.vendor.press(`d:${TICKET}`);
  const [item] = await held;
  assert.equal(item?.answer?.act.kind, "deny");
  await world.replies(item, DONE);
  await shown;
  const { body } = world.inbox.request("7", "some");
  assert.deepEqual(JSON.parse(body?.text ?? ""), {
    offset: 7,
    limit: 10,
    timeout: 25,
    allowed_updates: ["message", "callback_query"],
  });
  assert.equal(world.inbox.waitMs, 25_000);
});

Deno.test("telegram: two digits that reply to a message of ours are the number", async () => {
  const world = new World();
  const handle = await world.sends(TYPED);
  world.vendor.replyWith(" 42 ");
  const [item] = await world.fetch();
  const act = { kind: "approve", match: "42" } as const;
  const answer: ChatAnswer = { from: "123456789", ticket: null, handle, act };
  assert.deepEqual(item?.answer, answer);
  await world.replies(item, { ...DONE, text: "Approved by <b>@bob</b>, see evil.example" });
  const [said, edited] = world.vendor.arrived.slice(1);
  assert.equal(said?.text, "Approved by <b>@bob</b>, see evil.example");
  assert.deepEqual([said.links, said.mentions], [[], []]);
  assert.equal(edited?.replaces, handle);
});

Deno.test("telegram: whoever writes something else is told their id, in their language", async () => {
  const world = new World();
  await world.sends(TYPED);
  world.vendor.write("/start");
  world.vendor.write("你好", 222222222);
  const items = await world.fetch();
  for (const item of items) await world.replies(item, null);
  assert.ok(items.every(({ answer }) => answer?.act.kind === "words"));
  const [first, second] = world.vendor.arrived.slice(1);
  assert.equal(
    first?.text,
    "Your id here is 123456789: an administrator enters it as your contact.",
  );
  assert.equal(second?.text, "您在这里的 ID 是 222222222，请管理员将其登记为您的联系方式。");
  assert.equal(second.to, "222222222");
});

Deno.test("telegram: what somebody known writes is answered as the server says, with what it replies to", async () => {
  const world = new World();
  const handle = await world.sends(TYPED);
  world.vendor.replyWith("yes");
  const [item] = await world.fetch();
  const from = { from: "123456789", ticket: null };
  assert.deepEqual(item?.answer, { ...from, handle, act: { kind: "words" } });
  await world.replies(item, { text: "You are registered here as <b>alice</b>", letter: null });
  assert.equal(world.vendor.arrived.at(-1)?.text, "You are registered here as <b>alice</b>");
  await world.replies(item, { text: "", letter: null });
  assert.match(world.vendor.arrived.at(-1)?.text ?? "", /^Your id here is 123456789:/);
});

Deno.test("telegram: where nobody writes a poll ends with nothing when its time is over", async () => {
  const timers: { readonly ms: number; readonly run: () => void }[] = [];
  const vendor = new FakeTelegram({ now: () => T0 }, (ms, run) => {
    timers.push({ ms, run });
    return () => {};
  });
  const dialect = telegram.open(vendor.settings(VENDOR_URL), { buttons: true });
  assert.ok(dialect.via === "http" && dialect.inbox !== undefined);
  const held = ask(vendor, dialect.inbox.request(null, "some"));
  const [timer, ...others] = timers;
  assert.deepEqual([timer?.ms, others.length], [dialect.inbox.waitMs, 0]);
  timer?.run();
  const read = dialect.inbox.read(await held);
  assert.ok(read.ok);
  assert.deepEqual([read.items, read.cursor], [[], null]);
});

Deno.test("telegram: a number that replies to nothing, or to somebody else, is no answer", async () => {
  const world = new World();
  await world.sends(TYPED);
  world.vendor.write("42");
  const own = { message_id: 5, from: { id: 222222222 } };
  world.vendor.write("42", 222222222, { reply_to_message: own });
  const items = await world.fetch();
  assert.deepEqual(items.map(({ answer }) => answer), [null, null]);
  for (const item of items) await world.replies(item, null);
  assert.match(world.vendor.arrived.at(-2)?.text ?? "", /reply to the message that asks/);
});

Deno.test("telegram: what anybody can make it say is told apart from what was decided", async () => {
  const world = new World();
  const handle = await world.sends(TYPED);
  void world.vendor.press(`d:${TICKET}`);
  world.vendor.replyWith("42");
  world.vendor.write("42");
  const items = await world.fetch();
  const courtesies = items.map((item) => [item.courtesyTo(REFUSED), item.courtesyTo(DONE)]);
  assert.deepEqual(courtesies, [
    [null, null],
    [handle, null],
    ["123456789", "123456789"],
  ]);
});

Deno.test("telegram: in a group nothing is answered", async () => {
  const world = new World();
  const group = { chat: { id: -1001234567890, type: "supergroup" } };
  world.vendor.write("/start", 123456789, group);
  assert.deepEqual(await world.fetch(), []);
});

Deno.test("telegram: what was written long ago is passed over", async () => {
  const world = new World();
  const handle = await world.sends(TYPED);
  world.vendor.replyWith("42");
  world.now += 10 * 60_000 + 1_000;
  world.vendor.replyWith("17");
  const items = await world.fetch();
  assert.deepEqual(items.map(({ answer }) => [answer?.handle, answer?.act]), [
    [handle, { kind: "approve", match: "17" }],
  ]);
});

Deno.test("telegram: a bot whose updates somebody else fetches says so", async () => {
  const world = new World();
  world.vendor.webhook = true;
  const read = world.inbox.read(await ask(world.vendor, world.inbox.request(null, "some")));
  assert.ok(!read.ok && read.why === "settings");
  assert.match(read.hint, /webhook/);
  const answer = { status: 200, headers: {}, json: { ok: true, result: "x" }, text: "" };
  const odd = world.inbox.read(answer);
  assert.ok(!odd.ok && odd.why === "unusable");
});

Deno.test("telegram: updates that we do not understand are passed over for good", () => {
  const { inbox } = new World();
  const headers = { date: new Date(T0).toUTCString() };
  fc.assert(fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (odd, inner) => {
    const update = { update_id: 41, callback_query: inner, message: inner };
    const json = { ok: true, result: [...odd, update, { update_id: 40, poll: inner }] };
    const read = inbox.read({ status: 200, headers, json, text: "" });
    assert.ok(read.ok);
    assert.deepEqual(read.items, []);
    assert.ok(Number(read.cursor) >= 42);
  }));
});

Deno.test("telegram: an answer is only what a button of ours could carry", () => {
  const { inbox } = new World();
  const from = { id: 123456789, language_code: "en" };
  const message = { message_id: 7, chat: { id: 123456789, type: "private" } };
  fc.assert(fc.property(fc.string(), (data) => {
    const json = {
      ok: true,
      result: [{ update_id: 1, callback_query: { id: "1", from, message, data } }],
    };
    const read = inbox.read({ status: 200, headers: {}, json, text: "" });
    assert.ok(read.ok);
    const [item] = read.items;
    const answer = item?.answer ?? null;
    if (answer === null) {
      assert.equal(item?.reply(null).length, 1);
    } else {
      assert.ok(answer.act.kind !== "words");
      assert.equal(writeAct(answer.ticket ?? "", answer.act), data);
    }
  }));
});

Deno.test("telegram: without buttons nothing is fetched", () => {
  const settings = new World().vendor.settings(VENDOR_URL);
  const dialect = telegram.open(settings, { buttons: false });
  assert.ok(dialect.via === "http" && dialect.inbox === undefined);
});
