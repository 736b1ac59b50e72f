/** What all channels that speak HTTP share, with a vendor that nobody has. */
import assert from "node:assert/strict";
import type { Delivery, FailedDelivery } from "../../lib/core/delivery.ts";
import { type VendorChannel, VendorNotifier } from "../../lib/io/vendor_notifier.ts";
import { SENDING_LIMITS, type TokenCache } from "../../lib/io/vendor_sender.ts";
import type { HttpDialect } from "../../lib/notify/channel.ts";
import { seededRandom } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { QuickTime } from "../support/quick_time.ts";
import {
  TOY_REQUEST,
  TOY_SECRET,
  toyCase,
  toyChannel,
  toyDialect,
  ToyVendor,
} from "../support/toy_channel.ts";
import { type Mode, VendorServer } from "../support/vendors/server.ts";

type Logged = readonly [level: string, message: string, fields: Record<string, unknown>];

class Toys implements AsyncDisposable {
  readonly vendor = new ToyVendor();
  readonly time = new QuickTime();
  readonly server = new VendorServer(this.time.clock, [toyCase(this.vendor)]);
  readonly served = this.server.served("toy");
  readonly logged: Logged[] = [];
  #notifiers: VendorNotifier[] = [];

  open(
    options: Parameters<typeof toyDialect>[1] = {},
    changes: Partial<VendorChannel> = {},
    limits = SENDING_LIMITS,
  ): VendorNotifier {
    const notifier = VendorNotifier.open(
      { ...toyChannel(toyDialect(this.served.url, options)), ...changes },
      {
        clock: this.time.clock,
        random: seededRandom(1),
        after: this.time.after,
        tokens: memoryTokens(),
        log: (level, message, fields) => this.logged.push([level, message, fields]),
      },
      limits,
    );
    this.#notifiers.push(notifier);
    return notifier;
  }

  /** Requests for messages, tokens left out. */
  get sends(): number {
    return this.served.calls.filter(({ path }) => path === "/send").length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const notifier of this.#notifiers) await notifier[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Keeps a token for as long as it is not refused. */
function memoryTokens(): TokenCache {
  let kept: string | undefined;
  return {
    async get(source, ask, refused) {
      if (kept !== undefined && kept !== refused) return { ok: true, token: kept, validMs: 1 };
      const answer = await ask(source.request(T0));
      const read = "ok" in answer ? answer : source.read(answer);
      kept = read.ok ? read.token : undefined;
      return read;
    },
  };
}

/** It failed, and says so in words that may be shown. */
function fault(delivery: Delivery): FailedDelivery {
  assert.ok(!delivery.ok, "delivered");
  const said = JSON.stringify(delivery);
  for (const secret of [TOY_SECRET, "127.0.0.1", "token-", "alice", "deploy", "http"]) {
    assert.ok(!said.includes(secret), said);
  }
  assert.match(delivery.detail, /^toy /);
  assert.ok(delivery.hint.length > 3);
  assert.deepEqual(Object.keys(delivery).sort(), ["detail", "hint", "mayArrive", "ok", "why"]);
  return delivery;
}

Deno.test("a message reaches the vendor, in the reader's language or else the channel's", async () => {
  await using toys = new Toys();
  const notifier = toys.open();
  assert.deepEqual(await notifier.send(TOY_REQUEST, "alice"), { ok: true, handle: "m1" });
  await notifier.send({ ...TOY_REQUEST, language: "zh-CN" }, "alice");
  assert.deepEqual(toys.vendor.taken.map(({ to, language }) => [to, language]), [
    ["alice", "en"],
    ["alice", "zh-CN"],
  ]);
  const [call] = toys.served.calls;
  assert.match(call?.headers.get("user-agent") ?? "", /^gatehouse\//);
  assert.match(call?.headers.get("content-type") ?? "", /^application\/json/);
});

Deno.test("a busy vendor is asked again, with the same id, three times in all", async () => {
  await using toys = new Toys();
  const notifier = toys.open();
  toys.vendor.codes.push(1, 1);
  assert.ok((await notifier.send(TOY_REQUEST, "alice")).ok);
  assert.equal(toys.sends, 3);
  const ids = new Set(toys.served.calls.map(({ body }) => JSON.parse(body).id));
  assert.equal(ids.size, 1);
  assert.match([...ids].join(), /^[0-9a-f]{32}$/);
  const [first = 0, second = 0] = toys.time.waits;
  assert.ok(first >= 400 && first <= 800 && second >= 1_600 && second <= 3_200);
  toys.vendor.codes.push(1, 1, 1);
  assert.equal(fault(await notifier.send(TOY_REQUEST, "alice")).why, "unavailable");
  assert.equal(toys.sends, 6);
  assert.notEqual(JSON.parse(toys.served.calls.at(-1)?.body ?? "").id, [...ids].join());
});

Deno.test("a vendor that wants to be left alone for a moment gets it", async () => {
  await using toys = new Toys();
  toys.vendor.codes.push(2);
  toys.vendor.waitMs = 7_000;
  assert.ok((await toys.open().send(TOY_REQUEST, "alice")).ok);
  assert.ok((toys.time.waits[0] ?? 0) >= 7_000);
});

Deno.test("one that wants it for longer is not asked before", async () => {
  await using toys = new Toys();
  const notifier = toys.open();
  toys.vendor.codes.push(2);
  toys.vendor.waitMs = 45_000;
  assert.equal(fault(await notifier.send(TOY_REQUEST, "alice")).why, "rate_limited");
  const held = fault(await notifier.send(TOY_REQUEST, "alice"));
  assert.deepEqual([held.why, held.detail, held.mayArrive, toys.sends], [
    "rate_limited",
    "toy wants nothing for this recipient for 45 s",
    false,
    1,
  ]);
  assert.equal(notifier.leftAloneUntil(), null);
  assert.ok((await notifier.send(TOY_REQUEST, "bob")).ok, "others get theirs");
  toys.time.clock.at += 45_000;
  assert.ok((await notifier.send(TOY_REQUEST, "alice")).ok);
});

Deno.test("where there is one place for all, or several have had too much, the channel waits", async () => {
  await using toys = new Toys();
  toys.vendor.waitMs = 45_000;
  const group = toys.open({}, { reach: "group" });
  toys.vendor.codes.push(2);
  await group.send(TOY_REQUEST, "alice");
  assert.equal(fault(await group.send(TOY_REQUEST, "bob")).why, "rate_limited");
  assert.deepEqual([toys.sends, group.leftAloneUntil()], [1, T0 + 45_000]);
  const notifier = toys.open();
  for (const to of ["alice", "bob", "carol"]) {
    toys.vendor.codes.push(2);
    await notifier.send(TOY_REQUEST, to);
  }
  const { detail } = fault(await notifier.send(TOY_REQUEST, "dave"));
  assert.equal(detail, "toy is left alone for 45 s as it asks");
  assert.deepEqual([toys.sends, notifier.leftAloneUntil()], [4, T0 + 45_000]);
});

Deno.test("an account whose messages fail, whatever is in them, stops its own alone", async () => {
  await using toys = new Toys();
  const notifier = toys.open();
  toys.served.mode = "gateway";
  for (const to of ["alice", "bob", "carol"]) {
    await notifier.send({ ...TOY_REQUEST, user: "<script>" }, to);
  }
  toys.served.mode = "normal";
  const own = fault(await notifier.send({ ...TOY_REQUEST, user: "<script>" }, "alice"));
  assert.equal(own.detail, "toy is left alone for 30 s after failures");
  assert.equal(notifier.leftAloneUntil(), null);
  assert.ok((await notifier.send(TOY_REQUEST, "alice")).ok);
});

Deno.test("what the vendor's rules do not allow is not tried again", async () => {
  await using toys = new Toys();
  const notifier = toys.open();
  for (const code of [4, 5] as const) {
    toys.vendor.codes.push(code);
    fault(await notifier.send(TOY_REQUEST, "alice"));
  }
  toys.served.mode = "gateway";
  assert.equal(fault(await notifier.send(TOY_REQUEST, "alice")).why, "unavailable");
  assert.equal(toys.sends, 3);
});

Deno.test("nothing arrived where nobody listens, so it is tried again", async () => {
  await using toys = new Toys();
  const notifier = toys.open();
  await toys.server.stop();
  const { why, mayArrive } = fault(await notifier.send(TOY_REQUEST, "alice"));
  assert.deepEqual([why, mayArrive, toys.time.waits.length], ["unavailable", false, 2]);
  toys.server.restart();
  assert.ok((await notifier.send(TOY_REQUEST, "alice")).ok);
});

Deno.test("a name that cannot be resolved is told apart", async () => {
  await using toys = new Toys();
  const notifier = toys.open({}, { dialect: toyDialect("http://vendor.invalid") });
  const { why, hint } = fault(await notifier.send(TOY_REQUEST, "alice"));
  assert.equal(why, "unavailable");
  assert.match(hint, /DNS/);
});

Deno.test("a connection that is closed instead of an answer: nobody knows what arrived", async () => {
  await using toys = new Toys();
  toys.served.mode = "closed";
  const { why, mayArrive } = fault(await toys.open().send(TOY_REQUEST, "alice"));
  assert.deepEqual([why, mayArrive, toys.time.waits], ["unavailable", true, []]);
});

const ODD: readonly (readonly [mode: Mode, why: string])[] = [
  ["page", "unusable"],
  ["gateway", "unavailable"],
  ["json", "unusable"],
  ["endless", "unusable"],
  ["redirect", "unusable"],
];
for (const [mode, why] of ODD) {
  Deno.test(`${mode} for an answer: ${why}, asked once, and it may have arrived`, async () => {
    await using toys = new Toys();
    toys.served.mode = mode;
    const delivery = fault(await toys.open().send(TOY_REQUEST, "alice"));
    assert.deepEqual([delivery.why, delivery.mayArrive, toys.served.calls.length], [why, true, 1]);
  });
}

Deno.test("an answer that does not come is not waited for", async () => {
  await using toys = new Toys();
  toys.served.mode = "slow";
  const notifier = toys.open({}, {}, { ...SENDING_LIMITS, request: 100 });
  const { detail, mayArrive } = fault(await notifier.send(TOY_REQUEST, "alice"));
  assert.deepEqual([detail, mayArrive], ["toy does not answer in time", true]);
});

Deno.test("the limit of a message ends it whatever it waits for", async () => {
  await using toys = new Toys();
  toys.served.mode = "slow";
  for (const [withToken, mayArrive] of [[false, true], [true, false]] as const) {
    const notifier = toys.open({ withToken });
    const called = toys.served.called;
    const sent = notifier.send(TOY_REQUEST, "alice");
    await called;
    toys.time.endLimits();
    assert.equal(fault(await sent).mayArrive, mayArrive);
  }
});

Deno.test("a token that is refused costs one more request, and no third", async () => {
  await using toys = new Toys();
  const notifier = toys.open({ withToken: true });
  toys.vendor.codes.push(3);
  assert.ok((await notifier.send(TOY_REQUEST, "alice")).ok);
  assert.deepEqual([toys.vendor.tokens, toys.sends], [2, 2]);
  const tokens = toys.served.calls.filter(({ path }) => path === "/send")
    .map(({ headers }) => headers.get("authorization"));
  assert.deepEqual(tokens, ["Bearer token-1", "Bearer token-2"]);
  toys.vendor.codes.push(3, 3, 3);
  assert.equal(fault(await notifier.send(TOY_REQUEST, "alice")).why, "settings");
  assert.equal(toys.sends, 4);
});

Deno.test("without a token no message is on its way", async () => {
  await using toys = new Toys();
  const wrong = fault(await toys.open({ withToken: true, secret: "x" }).send(TOY_REQUEST, "alice"));
  assert.deepEqual([wrong.why, wrong.mayArrive, toys.sends], ["settings", false, 0]);
  toys.served.mode = "page";
  const odd = fault(await toys.open({ withToken: true }).send(TOY_REQUEST, "alice"));
  assert.deepEqual([odd.why, odd.mayArrive, toys.sends], ["unusable", false, 0]);
});

Deno.test("a vendor that fails three times is left alone, then tried once", async () => {
  await using toys = new Toys();
  const notifier = toys.open();
  toys.served.mode = "gateway";
  for (let n = 0; n < 3; n++) await notifier.send(TOY_REQUEST, "alice");
  const { why, detail, mayArrive } = fault(await notifier.send(TOY_REQUEST, "alice"));
  assert.deepEqual([why, detail, mayArrive, toys.sends], [
    "unavailable",
    "toy is left alone for 30 s after failures",
    false,
    3,
  ]);
  toys.time.clock.at += 30_000;
  toys.served.mode = "slow";
  const called = toys.served.called;
  const probe = notifier.send(TOY_REQUEST, "alice");
  await called;
  fault(await notifier.send(TOY_REQUEST, "alice"));
  assert.equal(toys.sends, 4);
  toys.served.release();
  assert.ok((await probe).ok);
  toys.served.mode = "normal";
  assert.ok((await notifier.send(TOY_REQUEST, "alice")).ok);
});

Deno.test("what the channel itself refuses says nothing of its vendor", async () => {
  await using toys = new Toys();
  for (const withToken of [false, true]) {
    const notifier = toys.open({ withToken });
    assert.equal(fault(await notifier.send(TOY_REQUEST, "nobody-here")).why, "recipient");
    toys.served.mode = "gateway";
    await notifier.send(TOY_REQUEST, "alice");
    await notifier.send(TOY_REQUEST, "alice");
    await notifier.send(TOY_REQUEST, "nobody-here");
    await notifier.send(TOY_REQUEST, "alice");
    const { detail } = fault(await notifier.send(TOY_REQUEST, "alice"));
    assert.match(detail, /is left alone for 30 s after failures$/);
    toys.served.mode = "normal";
  }
});

Deno.test("a message is changed where the dialect can", async () => {
  await using toys = new Toys();
  const plain = toys.open();
  assert.equal(plain.updates, false);
  assert.equal(fault(await plain.update(TOY_REQUEST, "alice", "m1")).why, "rejected");
  const changes: Partial<HttpDialect> = {
    update: (_letter, to, handle) => ({
      method: "PATCH",
      url: `${toys.served.url}/send?key=${TOY_SECRET}`,
      body: { type: "application/json", text: JSON.stringify({ to, handle }) },
    }),
  };
  const able = toys.open({ changes });
  assert.equal(able.updates, true);
  assert.ok((await able.update(TOY_REQUEST, "alice", "m7")).ok);
  assert.deepEqual(toys.vendor.taken, [{ to: "alice", handle: "m7" }]);
});

Deno.test("a closed channel gives up what is under way", async () => {
  await using toys = new Toys();
  toys.served.mode = "slow";
  const notifier = toys.open();
  const called = toys.served.called;
  const sent = notifier.send(TOY_REQUEST, "alice");
  await called;
  await notifier[Symbol.asyncDispose]();
  assert.equal(fault(await sent).why, "unavailable");
});
