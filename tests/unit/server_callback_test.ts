/** What vendors send to us, over HTTP. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { CallbackReply, CallbackRequest } from "../../lib/core/chat.ts";
import { AskingServer } from "../support/asking.ts";
import { ChatNotifier } from "../support/chat_notifier.ts";
import { someone } from "../support/people.ts";
import { problemOf } from "../support/server_app.ts";

const REPLY: CallbackReply = { status: 200, type: "application/json", text: '{"ok":true}' };

/** A channel "cards" that reads callbacks: the body is a ticket, which is denied. */
function cards() {
  const seen: CallbackRequest[] = [];
  const chat = new ChatNotifier({ name: "cards" });
  chat.receive = async (request, answer) => {
    seen.push(request);
    if (request.headers["x-signature"] !== "right") {
      return { refused: 401, why: "a wrong signature" };
    }
    if (request.body !== "") {
      const act = { kind: "deny" } as const;
      await answer({ from: "1", ticket: request.body, handle: null, act });
    }
    return REPLY;
  };
  return { chat, seen };
}

const SIGNED = { "x-signature": "right" };

async function start(limit = 30) {
  const { chat, seen } = cards();
  const limits = {
    ...{ pendingPerAccount: 3, loginsPerMinutePerHost: 600 },
    ...{ failuresPerMinutePerSource: limit, requestsAtOnce: 1_000 },
  };
  const alice = someone("alice", { contacts: { cards: "1" } });
  const house = await AskingServer.start([alice], { limits }, [new ChatNotifier()], chat);
  const post = (body: string, headers: Record<string, string> = SIGNED, path = "/callback/cards") =>
    house.server.fetch("POST", path, { headers, body });
  return { house, server: house.server, chat, seen, post };
}

Deno.test("a callback reaches its channel as it came, and is answered exactly as that says", async () => {
  const { house, server, chat, seen, post } = await start();
  const login = await server.create();
  await chat.request();
  await house.quiesce();
  // As from a browser of another site: it is no page's matter.
  const headers = { ...SIGNED, origin: "https://vendor.example", "content-type": "text/xml" };
  const answer = await post(login.ticket, headers, "/callback/cards?a=1&a=2");
  deepEqual([answer.status, answer.headers.get("content-type"), await answer.text()], [
    200,
    "application/json",
    '{"ok":true}',
  ]);
  deepEqual(seen.map(({ method, query, body }) => [method, query.getAll("a"), body]), [
    ["POST", ["1", "2"], login.ticket],
  ]);
  equal(seen[0]?.headers["content-type"], "text/xml");
  equal((await server.stored(login.id)).state, "denied");
  equal(answer.headers.get("set-cookie"), null);
});

Deno.test("a GET is the channel's too, and an answer may have no body", async () => {
  const { server, chat, seen } = await start();
  chat.receive = (request) => {
    seen.push(request);
    return Promise.resolve({ status: 204, type: "text/plain", text: "" });
  };
  const answer = await server.fetch("GET", "/callback/cards?echostr=x");
  deepEqual([answer.status, await answer.text()], [204, ""]);
  deepEqual([seen[0]?.method, seen[0]?.query.get("echostr"), seen[0]?.body], ["GET", "x", ""]);
  equal((await server.fetch("PUT", "/callback/cards", { body: "" })).status, 405);
});

Deno.test("channels that take nothing, and unknown ones, are not there", async () => {
  const { post } = await start();
  for (const name of ["telegram", "nobody", "..%2fcards"]) {
    await problemOf(await post("x", SIGNED, `/callback/${name}`), 404);
  }
});

Deno.test("what is refused is told to the log alone, and too much of it from one source ends", async () => {
  const { server, post } = await start(3);
  for (let count = 0; count < 3; count++) {
    const problem = await problemOf(await post("x", { "x-signature": "wrong" }), 401);
    equal(problem.detail, "this is not what the channel takes");
  }
  await problemOf(await post("x", { "x-signature": "wrong" }), 429);
  const why = server.logged.filter(({ message }) => message === "callback refused");
  equal(why.length, 3, "what is above the limit has no line of its own");
  deepEqual(why[0]?.fields, { channel: "cards", why: "a wrong signature" });
  const wrong = async (count: number) => {
    for (let sent = 0; sent < count; sent++) await post("x", { "x-signature": "wrong" });
    return server.logged.filter(({ message }) => message === "more callbacks refused")
      .map(({ fields }) => fields.count);
  };
  deepEqual(await wrong(20), [1], "once a minute");
  server.time.advance(60_000);
  deepEqual(await wrong(4), [1, 21]);
  equal((await post("")).status, 200, "the vendor's own are taken all the same");
});

Deno.test("a body may have 64 KiB and no more", async () => {
  const { seen, post } = await start();
  const kib = (count: number) => "x".repeat(count * 1024);
  equal((await post(kib(64), {})).status, 401);
  equal(seen.length, 1);
  await problemOf(await post(`${kib(64)}x`, {}), 413);
  const { status } = await post(kib(65), {});
  deepEqual([status, seen.length], [413, 1]);
});

Deno.test("a channel that throws is a fault of ours, and says nothing of it", async () => {
  const { server, chat, post } = await start();
  chat.receive = () => Promise.reject(new Error("secret detail"));
  const problem = await problemOf(await post("x"), 500);
  ok(!JSON.stringify(problem).includes("secret"));
  ok(server.logged.some(({ fields }) => String(fields.error).includes("secret detail")));
});
