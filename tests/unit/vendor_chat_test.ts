/** Answers that people give in a chat, as every channel takes them in. */
import assert from "node:assert/strict";
import type { AnswerChat, CallbackRequest, ChatAnswer } from "../../lib/core/chat.ts";
import type { EndedNotification } from "../../lib/core/notification.ts";
import { VendorNotifier } from "../../lib/io/vendor_notifier.ts";
import type {
  CallbackRead,
  HttpDialect,
  Inbox,
  InboxItem,
  Refusal,
  VendorRequest,
} from "../../lib/notify/channel.ts";
import { seededRandom } from "../support/fakes.ts";
import { telegram } from "../../lib/notify/telegram.ts";
import {
  answer,
  asked,
  type Behaviour,
  endless,
  HostileServer,
  json,
  type Received,
  silence,
} from "../support/hostile_server.ts";
import { T0 } from "../support/logins.ts";
import { QuickTime } from "../support/quick_time.ts";
import { toyChannel, toyDialect } from "../support/toy_channel.ts";

const GIVEN: ChatAnswer = {
  from: "alice",
  ticket: "AAAAAAAAAAAAAAAA",
  handle: null,
  act: { kind: "approve", match: "42" },
};
const ENDED: EndedNotification = {
  kind: "request_ended",
  user: "deploy",
  host: "web1",
  service: "sshd",
  source: "192.0.2.7",
  requester: null,
  at: T0,
  ticket: "AAAAAAAAAAAAAAAA",
  outcome: "approved",
  by: "person:alice",
  via: "passkey",
  decidedAt: T0,
};
const CALLED: CallbackRequest = {
  method: "POST",
  query: new URLSearchParams(),
  headers: {},
  body: "x",
};
const SECRET = "S3cret";

class Chat implements AsyncDisposable {
  readonly server = new HostileServer();
  readonly time = new QuickTime();
  readonly logged: string[] = [];
  readonly answers: ChatAnswer[] = [];
  #notifier: VendorNotifier | undefined;
  #said = Promise.withResolvers<void>();

  /** Resolves with the next line of the log. */
  get said(): Promise<void> {
    return this.#said.promise;
  }

  open(changes: Partial<HttpDialect>, answers = true): VendorNotifier {
    const dialect = toyDialect(this.server.url, { changes });
    return this.#notifier = VendorNotifier.open({ ...toyChannel(dialect), answers }, {
      clock: this.time.clock,
      random: seededRandom(1),
      after: this.time.after,
      tokens: { get: () => Promise.reject(new Error("there is no token")) },
      log: (level, message, fields) => {
        this.logged.push(`${level}: ${message} ${JSON.stringify(fields)}`);
        this.#said.resolve();
        this.#said = Promise.withResolvers();
      },
    });
  }

  answer: AnswerChat = (given) => {
    this.answers.push(given);
    return Promise.resolve({ text: "Approved", ended: ENDED });
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#notifier?.[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

function calling(read: CallbackRead): Partial<HttpDialect> {
  return { callback: () => read };
}

Deno.test("a callback is answered with what became of it", async () => {
  await using chat = new Chat();
  const shown = { method: "POST" as const, url: `${chat.server.url}/show` };
  chat.server.on("POST", json(200, {}));
  const notifier = chat.open(calling({
    kind: "answer",
    answer: GIVEN,
    reply: ({ text, letter }, { now, token }) => ({
      status: 200,
      type: "text/plain",
      text: [text, letter?.kind, now - T0, token].join(),
    }),
    after: () => shown,
  }));
  const called = chat.server.wait("POST", 1);
  const reply = await notifier.receive?.(CALLED, chat.answer);
  assert.deepEqual(reply, { status: 200, type: "text/plain", text: "Approved,ended,0," });
  assert.deepEqual(chat.answers, [GIVEN]);
  await called;
});

Deno.test("a handshake, and what is not the vendor's, is no answer", async () => {
  await using chat = new Chat();
  const reply = { status: 200, type: "text/plain", text: "challenge" };
  const shaken = chat.open(calling({ kind: "reply", reply }));
  assert.deepEqual(await shaken.receive?.(CALLED, chat.answer), reply);
  await shaken[Symbol.asyncDispose]();
  const forged = chat.open(calling({ kind: "refused", refused: 401, why: "toy: forged" }));
  const refusal = await forged.receive?.(CALLED, chat.answer);
  assert.deepEqual(refusal, { refused: 401, why: "toy: forged" });
  assert.deepEqual(chat.answers, []);
});

Deno.test("nothing is taken in where server.toml does not say so", async () => {
  await using chat = new Chat();
  const reply = { status: 200, type: "text/plain", text: "" };
  const notifier = chat.open(
    { ...calling({ kind: "reply", reply }), inbox: inboxOf(chat, []) },
    false,
  );
  assert.deepEqual([notifier.receive, notifier.listen], [undefined, undefined]);
});

Deno.test("what cannot be shown afterwards is logged without the address", async () => {
  await using chat = new Chat();
  chat.server.on("POST", answer(403, "text/plain", SECRET));
  const after: (() => VendorRequest)[] = [
    () => ({ method: "POST", url: `${chat.server.url}/${SECRET}` }),
    () => {
      throw new Error(SECRET);
    },
  ];
  const notifiers = after.map((make) =>
    chat.open(calling({
      kind: "answer",
      answer: GIVEN,
      reply: () => ({ status: 200, type: "text/plain", text: "" }),
      after: make,
    }))
  );
  for (const notifier of notifiers) {
    const said = chat.said;
    await notifier.receive?.(CALLED, chat.answer);
    await said;
    await notifier[Symbol.asyncDispose]();
  }
  assert.equal(chat.logged.length, 2);
  assert.match(chat.logged[0] ?? "", /"channel":"toys","status":403/);
  for (const line of chat.logged) assert.ok(!line.includes(SECRET) && !line.includes("127"), line);
});

/** Fetches by GET; each answer is a list of items, or a refusal. */
function inboxOf(chat: Chat, items: readonly InboxItem[]): Inbox {
  let read = 0;
  return {
    waitMs: 20_000,
    request: (cursor) => ({ method: "GET", url: `${chat.server.url}/${SECRET}?after=${cursor}` }),
    read: ({ status, json }) => {
      if (status === 200) {
        return { ok: true, items: Array.isArray(json) ? items : [], cursor: String(++read) };
      }
      const refusal: Refusal = {
        ok: false,
        why: "unavailable",
        detail: `toy answers HTTP ${status}`,
        hint: "wait",
        mayArrive: false,
        ...(status === 429 ? { retryAfterMs: 120_000 } : {}),
      };
      return refusal;
    },
    skip: () => null,
  };
}

function itemOf(chat: Chat, answer: ChatAnswer | null): InboxItem {
  return {
    answer,
    reply: (result) => [{
      method: "POST",
      url: `${chat.server.url}/reply`,
      body: { type: "text/plain", text: `${result?.text} ${result?.letter?.kind}` },
    }],
    courtesyTo: () => null,
  };
}

/** Each request meets the next behaviour, and those after the last one no answer. */
function listening(chat: Chat, ...behaviours: Behaviour[]): void {
  chat.server.on("GET", ...behaviours, silence).on("POST", json(200, {}));
}

Deno.test("an inbox is fetched from where it was left, and what is in it is answered", async () => {
  await using chat = new Chat();
  listening(chat, json(200, ["item"]), json(200, ["item"]));
  const items = [itemOf(chat, GIVEN), itemOf(chat, null)];
  const stop = chat.open({ inbox: inboxOf(chat, items) }).listen?.(chat.answer);
  await Promise.all([chat.server.wait("GET", 3), chat.server.wait("POST", 4)]);
  await stop?.();
  const gets = chat.server.received.filter(({ method }) => method === "GET");
  assert.deepEqual(gets.map(({ path }) => path.split("=")[1]), ["null", "1", "2"]);
  const posts = chat.server.received.filter(({ method }) => method === "POST");
  assert.deepEqual(posts.map(({ body }) => body).sort(), [
    "Approved ended",
    "Approved ended",
    "undefined undefined",
    "undefined undefined",
  ]);
  assert.deepEqual(chat.answers, [GIVEN, GIVEN]);
  assert.deepEqual(chat.logged, []);
});

Deno.test("an inbox that fails is asked ever more seldom, and the log has one line", async () => {
  await using chat = new Chat();
  const failures = Array.from({ length: 8 }, () => answer(502, "text/plain", SECRET));
  listening(chat, ...failures, answer(429, "text/plain", ""), json(200, ["item"]));
  const items = [itemOf(chat, GIVEN)];
  const stop = chat.open({ inbox: inboxOf(chat, items) }).listen?.(chat.answer);
  await chat.server.wait("POST", 1);
  await stop?.();
  const seconds = [1, 2, 4, 8, 16, 32, 60, 60, 120];
  assert.deepEqual(chat.time.waits, seconds.map((each) => each * 1000));
  assert.deepEqual(chat.logged.map((line) => line.split(" {")[0]), [
    "warning: answers in a chat cannot be fetched",
    "warning: answers in a chat cannot be fetched",
    "info: answers in a chat are fetched again",
  ]);
  for (const line of chat.logged) assert.ok(!line.includes(SECRET) && !line.includes("127"), line);
});

Deno.test("an inbox that holds nothing back is not asked without a pause", async () => {
  await using chat = new Chat();
  listening(chat, ...Array.from({ length: 5 }, () => json(200, [])), json(200, "none"));
  const stop = chat.open({ inbox: inboxOf(chat, []) }).listen?.(chat.answer);
  await chat.server.wait("GET", 7);
  await stop?.();
  assert.deepEqual(chat.time.waits, Array(6).fill(1_000));
});

Deno.test("what anybody can make it say is said once a minute to each, what was answered always", async () => {
  await using chat = new Chat();
  const help = (courtesyTo: string): InboxItem => ({
    answer: null,
    reply: () => [{ method: "POST", url: `${chat.server.url}/help/${courtesyTo}` }],
    courtesyTo: () => courtesyTo,
  });
  const strangers = Array.from({ length: 40 }, (_, n) => help(`s${n}`));
  const [own, answered] = [Array(40).fill(help("a")), itemOf(chat, GIVEN)];
  const rounds = [[...own, ...strangers, answered], [...own, answered]];
  listening(chat, json(200, ["item"]), async (wire, request) => {
    chat.time.clock.at += 60_000;
    await json(200, ["item"])(wire, request);
  });
  const read: Inbox["read"] = () => {
    const items = rounds.shift() ?? [];
    return { ok: true, items, cursor: String(rounds.length) };
  };
  const stop = chat.open({ inbox: { ...inboxOf(chat, []), read } }).listen?.(chat.answer);
  await Promise.all([chat.server.wait("GET", 3), chat.server.wait("POST", 23)]);
  await stop?.();
  const posts = chat.server.received.filter(({ method }) => method === "POST");
  const helped = posts.filter(({ path }) => path.startsWith("/help/"));
  assert.equal(helped.filter(({ path }) => path === "/help/a").length, 2);
  assert.deepEqual([helped.length, posts.length], [21, 23]);
});

Deno.test("words are looked at as seldom as they are answered, and decisions always", async () => {
  await using chat = new Chat();
  const words: ChatAnswer = { ...GIVEN, act: { kind: "words" } };
  const seldom = (answer: ChatAnswer): InboxItem => ({
    ...itemOf(chat, answer),
    courtesyTo: () => "alice",
  });
  const items = [seldom(words), seldom(words), seldom(GIVEN), seldom(GIVEN)];
  listening(chat, json(200, ["item"]));
  const stop = chat.open({ inbox: inboxOf(chat, items) }).listen?.(chat.answer);
  await Promise.all([chat.server.wait("GET", 2), chat.server.wait("POST", 1)]);
  await stop?.();
  assert.deepEqual(chat.answers, [words, GIVEN, GIVEN]);
  assert.equal(chat.server.count("POST"), 1);
});

Deno.test("one thing that cannot be answered does not keep the others from it", async () => {
  await using chat = new Chat();
  listening(chat, json(200, ["item"]));
  const broken: InboxItem = {
    answer: null,
    reply: () => {
      throw new Error(SECRET);
    },
    courtesyTo: () => null,
  };
  const inbox = inboxOf(chat, [broken, itemOf(chat, GIVEN)]);
  const stop = chat.open({ inbox }).listen?.(chat.answer);
  await chat.server.wait("GET", 2);
  await stop?.();
  assert.deepEqual(chat.answers, [GIVEN]);
  assert.deepEqual(chat.logged, [
    'error: something in a chat could not be handled {"channel":"toys"}',
  ]);
});

const TELEGRAM = { token: `110201543:${"A".repeat(35)}` };
const BEGUN = '{"ok":true,"result":[{"update_id":41,"message":{"text":"';

function telegramInbox(url: string): Inbox {
  const dialect = telegram.open({ ...TELEGRAM, url }, { buttons: true });
  assert.ok(dialect.via === "http" && dialect.inbox !== undefined);
  return dialect.inbox;
}

/** A Telegram whose first update, by the id 41, is written so; behind it is a button that was pressed. */
function telegramWith(chat: Chat, odd: Behaviour): Inbox {
  const message = { message_id: 5, chat: { id: 7, type: "private" } };
  const press = { id: "1", from: { id: 7 }, message, data: `d:${"A".repeat(16)}` };
  const good = json(200, { ok: true, result: [{ update_id: 42, callback_query: press }] });
  const next: Readonly<Record<number, Behaviour>> = { 42: good, 43: silence };
  const behaviour = ({ body, path }: Received) =>
    path.endsWith("/getUpdates")
      ? next[JSON.parse(body).offset] ?? odd
      : json(200, { ok: true, result: true });
  chat.server.on("POST", asked((request) => Promise.resolve(behaviour(request))));
  return telegramInbox(chat.server.url);
}

const UNREADABLE: Readonly<Record<string, Behaviour>> = {
  "longer than any": endless(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n${BEGUN}`,
    "\\u4e00".repeat(10_000),
  ),
  "not JSON": answer(200, "application/json", `${BEGUN}\u0001`),
};
for (const [what, odd] of Object.entries(UNREADABLE)) {
  Deno.test(`an update that is ${what} is passed over, and what is behind it is answered`, async () => {
    await using chat = new Chat();
    const inbox = telegramWith(chat, odd);
    const answered = Promise.withResolvers<ChatAnswer>();
    const stop = chat.open({ inbox }).listen?.((given) => {
      answered.resolve(given);
      return chat.answer(given);
    });
    assert.equal((await answered.promise).act.kind, "deny");
    await stop?.();
    const bodies = chat.server.received.filter(({ path }) => path.endsWith("/getUpdates"))
      .map(({ body }) => JSON.parse(body));
    const first = bodies.slice(0, 3).map(({ limit, offset }) => [limit, offset]);
    assert.deepEqual(first, [[10, undefined], [1, undefined], [10, 42]]);
    assert.deepEqual([chat.time.waits, chat.logged], [[], [
      'warning: something in a chat cannot be read, and is passed over {"channel":"toys"}',
    ]]);
  });
}

Deno.test("what people write is no update's id", () => {
  const { skip } = telegramInbox("https://vendor.test");
  const of = (text: string) => skip({ status: 200, headers: {}, json: undefined, text });
  assert.equal(of(`{"ok":true,"result":[{"message":${JSON.stringify('"update_id":7,')},`), null);
  assert.equal(of(BEGUN), "42");
  for (const none of ["", "<html>", '{"update_id":"7"}', '{"update_id":1e9}', '{"update_id":-7}']) {
    assert.equal(of(none), null, none);
  }
});

Deno.test("an answer that cannot be handled does not end the listening", async () => {
  await using chat = new Chat();
  listening(chat, json(200, ["item"]));
  const items = [itemOf(chat, GIVEN), itemOf(chat, null)];
  const notifier = chat.open({ inbox: inboxOf(chat, items) });
  const stop = notifier.listen?.(() => Promise.reject(new Error(SECRET)));
  await chat.server.wait("GET", 2);
  await stop?.();
  assert.deepEqual(chat.logged, [
    'error: an answer in a chat could not be handled {"channel":"toys"}',
  ]);
});

Deno.test("listening stops at once, while it waits for an answer or after a failure", async () => {
  await using chat = new Chat();
  listening(chat);
  const stop = chat.open({ inbox: inboxOf(chat, []) }).listen?.(chat.answer);
  await chat.server.wait("GET", 1);
  await stop?.();
  assert.equal(chat.server.count("GET"), 1);

  await using waiting = new Chat();
  waiting.server.on("GET", answer(502, "text/plain", ""));
  const paused = Promise.withResolvers<void>();
  const never = { ...waiting.time, after: () => (paused.resolve(), () => {}) };
  Object.assign(waiting, { time: never });
  const stopWaiting = waiting.open({ inbox: inboxOf(waiting, []) }).listen?.(waiting.answer);
  await paused.promise;
  await stopWaiting?.();
  assert.equal(waiting.server.count("GET"), 1);
});
