/** The WeCom channel against a WeCom that keeps to its documentation, and one that does not. */
import assert from "node:assert/strict";
import type { Delivery } from "../../lib/core/delivery.ts";
import type { PinNotification } from "../../lib/core/notification.ts";
import { systemClock } from "../../lib/io/clock.ts";
import { openSealer } from "../../lib/io/sealed.ts";
import type { VendorNotifier } from "../../lib/io/vendor_notifier.ts";
import { SENDING_LIMITS } from "../../lib/io/vendor_sender.ts";
import type { Sealer } from "../../lib/ports.ts";
import {
  answer,
  type Behaviour,
  endless,
  hangUp,
  HostileServer,
  json,
  silence,
  stall,
} from "../support/hostile_server.ts";
import { T0 } from "../support/logins.ts";
import { QuickTime } from "../support/quick_time.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import type { Settings } from "../support/vendors/vendor.ts";
import { FakeWecom, SECRET } from "../support/wecom.ts";
import { openWecom } from "../support/wecom_channel.ts";

const GETTOKEN = "/cgi-bin/gettoken";
const SEND = "/cgi-bin/message/send";
/** Long enough for any answer that comes at all, short where none comes. */
const NO_ANSWER_MS = 150;

const message: PinNotification = {
  kind: "pin",
  pin: "123456",
  user: "alice",
  host: "web1",
  service: "sshd",
  source: "192.0.2.7",
  requester: null,
  at: T0,
  validMs: 60_000,
};

class Channel implements AsyncDisposable {
  readonly time = new QuickTime();
  readonly clock = this.time.clock;
  readonly wecom = new FakeWecom(this.clock);
  readonly #notifiers: VendorNotifier[] = [];

  private constructor(readonly folder: Scratch, readonly sealer: Sealer) {}

  static async open(): Promise<Channel> {
    const folder = await scratch();
    return new Channel(folder, await openSealer(folder.path, undefined));
  }

  get tokenFile(): string {
    return `${this.folder.path}/channel_wecom_token.json`;
  }

  /** As a process of the server opens it. */
  notifier(
    changes: Settings = {},
    withinMs = SENDING_LIMITS.request,
    sealer = this.sealer,
  ): VendorNotifier {
    const { clock, folder, time, wecom } = this;
    const notifier = openWecom(
      { url: wecom.url, ...changes },
      folder.path,
      { clock, sealer, after: time.after },
      { ...SENDING_LIMITS, request: withinMs },
    );
    this.#notifiers.push(notifier);
    return notifier;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const notifier of this.#notifiers) await notifier[Symbol.asyncDispose]();
    await this.wecom[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

const DELIVERED = { ok: true, handle: null };

/** Why it was not delivered; nothing secret is in the words for that. */
function why(delivery: Delivery): string {
  if (delivery.ok) return "delivered";
  const said = JSON.stringify(delivery);
  assert.ok(!said.includes(SECRET) && !said.includes("123456") && !said.includes("token-"), said);
  assert.ok(!said.includes("127.0.0.1") && !said.includes("from ip"), said);
  return delivery.why;
}

/** As why(), of what certainly did not arrive. */
function whyNot(delivery: Delivery): string {
  assert.ok(!delivery.ok && !delivery.mayArrive);
  return why(delivery);
}

Deno.test("a PIN reaches the member, and no other", async () => {
  await using channel = await Channel.open();
  assert.deepEqual(await channel.notifier().send(message, "ZhangSan"), DELIVERED);
  const [sent, ...more] = channel.wecom.delivered;
  assert.deepEqual([sent?.to, more.length], ["zhangsan", 0]);
  assert.match(sent?.text ?? "", /^123456 is your code/);
});

Deno.test("one token serves twenty messages at once, and the next process too", async () => {
  await using channel = await Channel.open();
  const [one, other] = [channel.notifier(), channel.notifier()];
  const sent = await Promise.all(
    Array.from({ length: 20 }, (_, n) => (n % 2 ? one : other).send(message, "zhangsan")),
  );
  assert.ok(sent.every(({ ok }) => ok));
  assert.equal(channel.wecom.count(GETTOKEN), 1);
  assert.ok((await channel.notifier().send(message, "lisi")).ok);
  assert.equal(channel.wecom.count(GETTOKEN), 1);
});

Deno.test("processes that start at once ask for one token", async () => {
  await using channel = await Channel.open();
  channel.clock.at = systemClock.now();
  const outputs = await Promise.all(
    ["zhangsan", "lisi"].map((to) => sender([channel.wecom.url, channel.folder.path, to])),
  );
  assert.deepEqual(outputs, [DELIVERED, DELIVERED]);
  assert.equal(channel.wecom.count(GETTOKEN), 1);
  assert.deepEqual(channel.wecom.delivered.map(({ to }) => to).sort(), ["lisi", "zhangsan"]);
});

Deno.test("no proxy of the environment sees a request", async () => {
  await using channel = await Channel.open();
  await using proxy = new HostileServer();
  channel.clock.at = systemClock.now();
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
  const env = Object.fromEntries(
    names.flatMap((name) => [[name, proxy.url], [name.toLowerCase(), proxy.url]]),
  );
  const sent = await sender([channel.wecom.url, channel.folder.path, "zhangsan"], env);
  assert.deepEqual(sent, DELIVERED);
  assert.equal(proxy.connections, 0);
});

Deno.test("the token is used to shortly before its end, then another one is got", async () => {
  await using channel = await Channel.open();
  channel.wecom.tokenLifeS = 7_200;
  const notifier = channel.notifier();
  for (const [at, tokens] of [[0, 1], [6_899, 1], [6_900, 2], [7_199, 3], [7_200, 4]] as const) {
    channel.clock.at = T0 + at * 1000;
    assert.ok((await notifier.send(message, "zhangsan")).ok);
    assert.equal(channel.wecom.count(GETTOKEN), tokens, `${at} s`);
  }
  assert.equal(channel.wecom.count(SEND), 5);
});

Deno.test("a token that WeCom ends early, or calls expired, costs one more request", async () => {
  await using channel = await Channel.open();
  const notifier = channel.notifier();
  await notifier.send(message, "zhangsan");
  channel.wecom.revokeToken();
  assert.ok((await notifier.send(message, "zhangsan")).ok);
  assert.equal(channel.wecom.count(GETTOKEN), 2);
  channel.wecom.codes.set(SEND, [42001]);
  assert.ok((await notifier.send(message, "zhangsan")).ok);
  assert.equal(channel.wecom.delivered.length, 3);
});

Deno.test("many messages with a stale token get one new token between them", async () => {
  await using channel = await Channel.open();
  const notifier = channel.notifier();
  await notifier.send(message, "zhangsan");
  channel.wecom.revokeToken();
  const sent = await Promise.all(Array.from({ length: 10 }, () => notifier.send(message, "lisi")));
  assert.ok(sent.every(({ ok }) => ok));
  assert.equal(channel.wecom.count(GETTOKEN), 2);
});

Deno.test("a fresh token that is refused as well is not tried a third time", async () => {
  await using channel = await Channel.open();
  for (const code of [40014, 42001]) {
    channel.wecom.asked.length = 0;
    channel.wecom.codes.set(SEND, Array(9).fill(code));
    assert.equal(whyNot(await channel.notifier().send(message, "zhangsan")), "settings");
    assert.equal(channel.wecom.count(SEND), 2);
  }
});

Deno.test("refused credentials are told apart from all else", async () => {
  await using channel = await Channel.open();
  const wrong = [{ corpid: "ww1" }, { secret: "wrong" }, { agentid: 1 }];
  for (const change of wrong) {
    assert.equal(whyNot(await channel.notifier(change).send(message, "zhangsan")), "settings");
  }
  assert.deepEqual(channel.wecom.delivered, []);
});

Deno.test("changed settings never use the token of the old ones", async () => {
  await using channel = await Channel.open();
  await channel.notifier().send(message, "zhangsan");
  assert.equal(whyNot(await channel.notifier({ secret: "new" }).send(message, "lisi")), "settings");
  assert.equal(channel.wecom.count(GETTOKEN), 2);
  assert.ok((await channel.notifier().send(message, "zhangsan")).ok);
});

Deno.test("somebody whom WeCom does not know is a failure, also under errcode 0", async () => {
  await using channel = await Channel.open();
  const notifier = channel.notifier();
  for (const lenient of [false, true]) {
    channel.wecom.lenient = lenient;
    assert.equal(whyNot(await notifier.send(message, "wangwu")), "recipient");
  }
  assert.deepEqual(channel.wecom.delivered, []);
});

Deno.test("limits and a forbidden address are told apart, and cost no second try", async () => {
  await using channel = await Channel.open();
  for (const [code, fault] of [[45009, "rate_limited"], [60020, "address"]] as const) {
    channel.wecom.asked.length = 0;
    channel.wecom.codes.set(SEND, [code]);
    assert.equal(whyNot(await channel.notifier().send(message, "zhangsan")), fault);
    assert.equal(channel.wecom.count(SEND), 1);
  }
  channel.wecom.revokeToken();
  await Deno.remove(channel.tokenFile);
  channel.wecom.codes.set(GETTOKEN, [45009]);
  assert.equal(whyNot(await channel.notifier().send(message, "zhangsan")), "rate_limited");
});

Deno.test("a WeCom that is busy is asked again, as it says that one may", async () => {
  await using channel = await Channel.open();
  for (const code of [-1, 45033]) {
    channel.wecom.codes.set(SEND, [code]);
    assert.deepEqual(await channel.notifier().send(message, "zhangsan"), DELIVERED);
  }
  assert.equal(channel.wecom.delivered.length, 2);
});

const html = "<!doctype html><title>Sign in to the hotel's wifi</title>";
const half = stall('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"errcode');
const ODD: readonly (readonly [name: string, behaviour: Behaviour, fault: string])[] = [
  ["nothing", silence, "unavailable"],
  ["half an answer", half, "unavailable"],
  ["a closed connection", hangUp, "unavailable"],
  ["a page", answer(200, "text/html", html), "unusable"],
  ["a gateway's page", answer(502, "text/html", html), "unavailable"],
  ["a redirect", answer(302, "text/plain", "", "location: /elsewhere\r\n"), "unusable"],
  ["JSON of another kind", json(200, { status: "ok" }), "unusable"],
  ["an answer without end", endless("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(9_000)), "unusable"],
];
for (const [name, behaviour, fault] of ODD) {
  Deno.test(`${name} for an answer: ${fault}`, async () => {
    const token = json(200, { errcode: 0, errmsg: "ok", access_token: "t", expires_in: 7_200 });
    const withinMs = behaviour === silence || behaviour === half ? NO_ANSWER_MS : undefined;
    for (const first of [behaviour, token]) {
      await using channel = await Channel.open();
      await using hostile = new HostileServer();
      hostile.on("GET", first).on("POST", behaviour);
      const notifier = channel.notifier({ url: hostile.url }, withinMs);
      const delivery = await notifier.send(message, "zhangsan");
      assert.equal(why(delivery), fault);
      // Without a token nothing was sent; with one, nobody knows.
      assert.equal(!delivery.ok && delivery.mayArrive, first === token);
    }
  });
}

Deno.test("where nobody listens, nothing is delivered", async () => {
  await using channel = await Channel.open();
  const gone = new HostileServer();
  await gone.stop();
  assert.equal(why(await channel.notifier({ url: gone.url }).send(message, "lisi")), "unavailable");
});

Deno.test("a slow token is waited for once, not by each message anew", async () => {
  await using channel = await Channel.open();
  const { promise: go, resolve } = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  channel.wecom.hold = async (path) => {
    if (path !== GETTOKEN) return;
    asked.resolve();
    await go;
  };
  const notifier = channel.notifier();
  const sent = Promise.all(Array.from({ length: 5 }, () => notifier.send(message, "zhangsan")));
  await asked.promise;
  resolve();
  assert.ok((await sent).every(({ ok }) => ok));
  assert.equal(channel.wecom.count(GETTOKEN), 1);
});

Deno.test("the token is in a file that its owner alone can read", async () => {
  await using channel = await Channel.open();
  await channel.notifier().send(message, "zhangsan");
  assert.equal(((await Deno.stat(channel.tokenFile)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("the file gives neither the token nor the secret away", async () => {
  await using channel = await Channel.open();
  await channel.notifier().send(message, "zhangsan");
  const { settings, token, good_until } = JSON.parse(await Deno.readTextFile(channel.tokenFile));
  const opened = await channel.sealer.open(token, "channel wecom token");
  assert.match(opened, /^token-1-/);
  for (const text of [settings, token, String(good_until)]) {
    assert.ok(!text.includes("token-1") && !text.includes(SECRET), text);
  }
});

Deno.test("a token whose sealing key is gone, or that is not sealed, is as good as none", async () => {
  await using channel = await Channel.open();
  await channel.notifier().send(message, "zhangsan");
  await Deno.remove(`${channel.folder.path}/keys/secrets.key`);
  const sealer = await openSealer(channel.folder.path, undefined);
  const other = channel.notifier({}, undefined, sealer);
  assert.ok((await other.send(message, "zhangsan")).ok);
  assert.ok((await other.send(message, "zhangsan")).ok);
  assert.equal(channel.wecom.count(GETTOKEN), 2);

  const kept = JSON.parse(await Deno.readTextFile(channel.tokenFile));
  const token = await sealer.open(kept.token, "channel wecom token");
  await Deno.writeTextFile(channel.tokenFile, JSON.stringify({ ...kept, token }));
  assert.ok((await other.send(message, "zhangsan")).ok);
  assert.equal(channel.wecom.count(GETTOKEN), 3);
});

Deno.test("a damaged token file is as good as none", async () => {
  await using channel = await Channel.open();
  const notifier = channel.notifier();
  await notifier.send(message, "zhangsan");
  const whole = await Deno.readTextFile(channel.tokenFile);
  for (const text of ["", whole.slice(0, 40), "{}", "\0".repeat(9_000)]) {
    await Deno.writeTextFile(channel.tokenFile, text);
    assert.ok((await notifier.send(message, "zhangsan")).ok, JSON.stringify(text.slice(0, 50)));
  }
  await notifier.send(message, "zhangsan");
  assert.equal(channel.wecom.count(GETTOKEN), 5);
  assert.equal((await Deno.readTextFile(channel.tokenFile)).length, whole.length);
});

Deno.test("a token file that others can read is not used", async () => {
  await using channel = await Channel.open();
  const notifier = channel.notifier();
  await notifier.send(message, "zhangsan");
  await Deno.chmod(channel.tokenFile, 0o644);
  await assert.rejects(notifier.send(message, "zhangsan"), /is open to others/);
});

async function sender(args: readonly string[], env: Record<string, string> = {}): Promise<unknown> {
  const script = new URL("../support/wecom_sender.ts", import.meta.url).pathname;
  const { stdout, code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-lock", script, ...args],
    env,
    stdin: "null",
    stderr: "inherit",
  }).output();
  assert.equal(code, 0);
  return JSON.parse(new TextDecoder().decode(stdout));
}
