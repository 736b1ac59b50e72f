/** What leaves the server for vendors, and what comes back: nothing secret is told, nothing is too much. */
import assert from "node:assert/strict";
import type { AnswerChat } from "../../lib/core/chat.ts";
import { VendorHttp } from "../../lib/io/vendor_http.ts";
import { VendorNotifier } from "../../lib/io/vendor_notifier.ts";
import type { TokenCache } from "../../lib/io/vendor_sender.ts";
import type { HttpDialect, Inbox, InboxItem } from "../../lib/notify/channel.ts";
import { CHANNEL_TYPES } from "../../lib/notify/channels.ts";
import { refusing, retryAfter } from "../../lib/notify/refusal.ts";
import { FixedClock, seededRandom } from "../support/fakes.ts";
import { aPin, LINK, TICKET } from "../support/letters.ts";
import {
  answer,
  asked,
  type Behaviour,
  HostileServer,
  json,
  silence,
} from "../support/hostile_server.ts";
import { FakeTime } from "../support/server_app.ts";
import { TOY_REQUEST, toyChannel, toyDialect } from "../support/toy_channel.ts";
import { VENDORS } from "../support/vendors/all.ts";
import { opened } from "../support/vendors/opened.ts";
import { QuickTime } from "../support/quick_time.ts";

const VENDOR_TOKEN = "t-0ken-that-the-vendor-gave";

class World implements AsyncDisposable {
  readonly server = new HostileServer();
  readonly logged: string[] = [];
  #notifiers: VendorNotifier[] = [];

  open(
    dialect: HttpDialect,
    time: Pick<FakeTime, "after"> & { readonly clock: { now(): number } },
    tokens: TokenCache = {
      get: () => Promise.resolve({ ok: true, token: VENDOR_TOKEN, validMs: 1 }),
    },
  ): VendorNotifier {
    const notifier = VendorNotifier.open(toyChannel(dialect), {
      ...{ clock: time.clock, after: time.after, random: seededRandom(1), tokens },
      log: (...line) => this.logged.push(JSON.stringify(line)),
    });
    this.#notifiers.push(notifier);
    return notifier;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const notifier of this.#notifiers) await notifier[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** A clock and timers of which none runs by itself. */
function stillTime() {
  const time = new FakeTime();
  return Object.assign(time, { clock: { now: time.now } });
}

/** All of the request again, wherever a vendor may say something. */
function echoing(status: number): Behaviour {
  return asked(({ authorization, body, headers, path }) => {
    const all = `${path} ${decodeURIComponent(path)} ${authorization} ${body} ${
      [...headers].join()
    }`;
    const text = JSON.stringify({
      ...{ ok: false, success: false, errcode: 1, errmsg: all, code: 1, msg: all, message: all },
      ...{ description: all, error: all, error_description: all, errors: [all], Code: all },
      ...{ Message: all, Response: { Error: { Code: all, Message: all } }, more_info: all },
    });
    const safe = encodeURIComponent(all).slice(0, 2_000);
    return Promise.resolve(
      answer(status, "application/json", text, `location: /x?${safe}\r\nretry-after: ${safe}\r\n`),
    );
  });
}

for (const { type, start } of VENDORS) {
  Deno.test(`${type}: whatever the vendor says of a message, none of its secrets is told`, async () => {
    await using world = new World();
    const clock = new FixedClock();
    const vendor = start(clock);
    const settings = vendor.settings(world.server.url);
    const channel = CHANNEL_TYPES.find((one) => one.type === type);
    assert.ok(channel !== undefined);
    const { to } = vendor;
    const secrets = channel.secrets.map((name) => settings[name]).filter((one) =>
      one !== undefined
    );
    const hidden = [...secrets.map(String), VENDOR_TOKEN, "012345", TICKET, LINK, "127.0.0.1"];
    const asking: TokenCache = {
      get: async (source, ask) => {
        const got = await ask(source.request(clock.now()));
        return "ok" in got ? got : source.read(got);
      },
    };
    for (const status of [200, 302, 400, 401, 403, 404, 429, 500]) {
      for (const method of ["GET", "POST", "PUT", "PATCH"]) {
        world.server.on(method, echoing(status));
      }
      for (const tokens of [undefined, asking]) {
        const notifier = world.open(opened(channel, settings), new QuickTime(), tokens);
        const sent = [await notifier.send(aPin(), to), await notifier.update(aPin(), to, "1:2")];
        const said = JSON.stringify([sent.filter(({ ok }) => !ok), world.logged]);
        for (const secret of hidden) assert.ok(!said.includes(secret), `${status}: ${said}`);
        if (type !== "webhook") assert.ok(sent.every(({ ok }) => !ok), `${status} is no success`);
      }
    }
    assert.ok(world.server.received.length >= 16, "it was asked");
    assert.ok(world.server.received.every(({ path }) => !path.startsWith("/x?")), "redirected");
  });
}

for (const { type, start } of VENDORS) {
  Deno.test(`${type}: a page that refuses one message leaves the channel open`, async () => {
    await using world = new World();
    const vendor = start(new FixedClock());
    const channel = CHANNEL_TYPES.find((one) => one.type === type);
    assert.ok(channel !== undefined);
    for (const method of ["GET", "POST", "PUT"]) {
      world.server.on(method, answer(403, "text/html", "<h1>Request blocked</h1>"));
    }
    const dialect = opened(channel, vendor.settings(world.server.url));
    const notifier = world.open(dialect, new QuickTime());
    for (let sent = 1; sent <= 5; sent++) {
      const delivery = await notifier.send({ ...TOY_REQUEST, user: `<script>${sent}` }, vendor.to);
      assert.ok(!delivery.ok);
      assert.match(delivery.why, /^(rejected|settings)$/);
      assert.match(delivery.hint, /url|log|address/);
      assert.equal(world.server.received.length, sent);
    }
  });
}

Deno.test("an answer longer than 64 KiB is none, however good it looks", async () => {
  await using world = new World();
  const good = (length: number) => json(200, { code: 0, id: "m1", more: "x".repeat(length) });
  world.server.on("POST", good(60_000), good(70_000));
  const notifier = world.open(toyDialect(world.server.url), new QuickTime());
  assert.equal((await notifier.send(TOY_REQUEST, "alice")).ok, true);
  const delivery = await notifier.send(TOY_REQUEST, "alice");
  assert.ok(!delivery.ok);
  assert.deepEqual([delivery.why, delivery.mayArrive], ["unusable", true]);
});

Deno.test("what was given up before it began is not sent", async () => {
  await using server = new HostileServer();
  server.on("POST", json(200, {}));
  using http = new VendorHttp(null);
  const limits = { withinMs: 60_000, longest: 10, signals: [AbortSignal.abort()] };
  const came = await http.exchange({ method: "POST", url: server.url }, limits);
  assert.deepEqual([came, server.received], ["time", []]);
});

const refuse = refusing("toy", {
  ...{ recipient: "r", rate_limited: "l", settings: "s", address: "a" },
  ...{ unavailable: "u", unusable: "n", rejected: "j" },
});

Deno.test("what may have arrived once may have arrived, whatever the next try comes to", async () => {
  await using world = new World();
  world.server.on("POST", json(200, 1), json(200, 2));
  const changes: Partial<HttpDialect> = {
    sent: ({ json }) =>
      json === 1
        ? refuse("unavailable", "is busy", { mayArrive: true, retryAfterMs: null })
        : refuse("recipient", "knows nobody of that name"),
  };
  const notifier = world.open(toyDialect(world.server.url, { changes }), new QuickTime());
  const delivery = await notifier.send(TOY_REQUEST, "alice");
  assert.deepEqual([delivery.ok, !delivery.ok && delivery.mayArrive, world.server.count("POST")], [
    false,
    true,
    2,
  ]);
});

Deno.test("a message that waits for its next try ends with its limit, or with the channel", async () => {
  for (const end of ["limit", "close"]) {
    await using world = new World();
    const time = stillTime();
    world.server.on("POST", json(200, { code: 1 }));
    const waits = Promise.withResolvers<void>();
    const after = time.after;
    let timers = 0;
    time.after = (ms, run) => {
      if (++timers === 2) waits.resolve();
      return after(ms, run);
    };
    const notifier = world.open(toyDialect(world.server.url), time);
    const sending = notifier.send(TOY_REQUEST, "alice");
    await waits.promise;
    if (end === "limit") time.advance(30_000);
    else await notifier[Symbol.asyncDispose]();
    const delivery = await sending;
    assert.equal(!delivery.ok && delivery.why, "unavailable");
    assert.equal(world.server.count("POST"), 1, end);
    assert.equal(time.timers, 0, "no timer is left");
  }
});

Deno.test("a probe that fails is followed by another one, later", async () => {
  await using world = new World();
  const time = new QuickTime();
  world.server.on("POST", answer(502, "text/plain", "nothing"));
  const notifier = world.open(toyDialect(world.server.url), time);
  const send = async (passed: number) => {
    time.clock.at += passed;
    await notifier.send(TOY_REQUEST, "alice");
    return world.server.count("POST");
  };
  const counts = [];
  for (const passed of [0, 0, 0, 0, 30_000, 30_000, 30_000, 120_000]) {
    counts.push(await send(passed));
  }
  assert.deepEqual(counts, [1, 2, 3, 3, 4, 4, 5, 6]);
  world.server.on("POST", json(200, { code: 0, id: "m" }));
  assert.deepEqual([await send(240_000), await send(0), notifier.leftAloneUntil()], [7, 8, null]);
});

Deno.test("Retry-After is seconds, of some days at most, or a date by the vendor's own clock", () => {
  const of = (value: string, date?: string) => {
    const headers = { "retry-after": value, ...(date === undefined ? {} : { date }) };
    return retryAfter({ status: 429, headers, json: null, text: "" });
  };
  const [now, later] = ["Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:29:30 GMT"];
  assert.deepEqual([of(later, now), of(now, later), of(now, now)], [90_000, 0, 0]);
  assert.deepEqual([of(later), of(later, "now"), of("Sun, 99 Abc 2015 07:28:00 GMT", now)], [
    ...[null, null, null],
  ]);
  assert.equal(of("Wed, 21 Oct 2099 07:28:00 GMT", now), null);
  assert.deepEqual([of("0"), of("7"), of("999999")], [0, 7_000, 999_999_000]);
  for (
    const none of ["", "-1", "1.5", "1e9", "Infinity", "1000000", "Wed, 21 Oct 2026 07:28:00 GMT"]
  ) {
    assert.equal(of(none), null, none);
  }
});

function inboxOf(
  server: HostileServer,
  cursors: readonly (string | null)[],
  item: InboxItem,
): Inbox {
  let read = 0;
  return {
    waitMs: 20_000,
    request: () => ({ method: "GET", url: server.url }),
    read: ({ json }) => ({
      ok: true,
      items: Array.isArray(json) ? [item] : [],
      cursor: cursors[read++] ?? null,
    }),
    skip: () => null,
  };
}

Deno.test("an inbox that says the same again is not asked without a pause, and may say much at once", async () => {
  await using world = new World();
  const time = new QuickTime();
  const answers: unknown[] = [];
  const given = { from: "a", ticket: TICKET, handle: null, act: { kind: "deny" } } as const;
  const item: InboxItem = {
    answer: given,
    reply: () => [{ method: "POST", url: world.server.url }],
    courtesyTo: () => null,
  };
  const much = json(200, ["x".repeat(200_000)]);
  world.server.on("GET", much, much, much, silence).on("POST", json(200, {}));
  const inbox = inboxOf(world.server, ["1", "1", "1"], item);
  const notifier = world.open(toyDialect(world.server.url, { changes: { inbox } }), time);
  const answerChat: AnswerChat = (one) => {
    answers.push(one);
    return Promise.reject(new Error("it cannot be answered"));
  };
  const stop = notifier.listen?.(answerChat);
  await world.server.wait("GET", 4);
  await stop?.();
  assert.deepEqual(answers, [given, given, given]);
  assert.deepEqual(time.waits, [1_000, 1_000], "not after the first, which was news");
  assert.equal(world.server.count("POST"), 0, "there is nothing to say");
});
