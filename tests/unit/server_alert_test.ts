/** What a host has administrators told of, at the server's API. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { AuditEvent } from "../../lib/core/audit.ts";
import type { Delivery } from "../../lib/core/delivery.ts";
import { ChannelToken } from "../../lib/io/channel_token.ts";
import { VendorNotifier } from "../../lib/io/vendor_notifier.ts";
import { wecom } from "../../lib/notify/wecom.ts";
import { seededRandom } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { putting, someone } from "../support/people.ts";
import { FAILED, FakeNotifier, SENT } from "../support/pins.ts";
import { scratch } from "../support/scratch.ts";
import { HOST_TOKEN, problemOf, readableSealer, TestServer } from "../support/server_app.ts";
import { opened } from "../support/vendors/opened.ts";
import { VendorServer } from "../support/vendors/server.ts";
import { wecomVendor } from "../support/vendors/wecom.ts";

const ALERT = { kind: "emergency_code", user: "root", service: "login", source: "127.0.0.1" };

function raise(server: TestServer, changes: Record<string, unknown> = {}, token = HOST_TOKEN) {
  const body = { ...ALERT, ...changes };
  return server.json("/api/v1/alerts", body, { authorization: `Bearer ${token}` });
}

async function start(alerts: readonly string[] = ["zhangsan"]) {
  const notifier = new FakeNotifier();
  return {
    server: await TestServer.start({ alerts: new Map([["wecom", alerts]]) }, notifier),
    notifier,
  };
}

const FACTS = { host: "web1", user: "root", service: "login", source: "127.0.0.1" };
const RECORDED = { ...FACTS, requester: null };
const ABOUT = { alert: "emergency_code", ...FACTS, channel: "wecom" };

Deno.test("an alert is on record and sent to every administrator once", async () => {
  const { server, notifier } = await start(["zhangsan", "lisi", "ZhangSan"]);
  const response = await raise(server);
  deepEqual([response.status, await response.text()], [204, ""]);
  await server.until(() => server.audited.length === 3);
  deepEqual(server.audited, [
    { event: "host.emergency_code", ...RECORDED },
    { event: "alert.sent", ...ABOUT, to: "zhangsan" },
    { event: "alert.sent", ...ABOUT, to: "lisi" },
  ]);
  deepEqual(notifier.alerts.map(({ to }) => to), ["zhangsan", "lisi"]);
  const { kind, ...rest } = ALERT;
  deepEqual(notifier.alerts[0]?.message, { kind, ...rest, host: "web1", requester: null, at: T0 });
  const used = server.logged.find(({ message }) => message === "emergency code used");
  equal(used?.level, "warning");
});

Deno.test("who asked for it is told and recorded, too", async () => {
  const { server, notifier } = await start();
  equal((await raise(server, { service: "su", requester: "alice" })).status, 204);
  deepEqual([notifier.alerts[0]?.message.requester, server.audited[0]?.requester], [
    "alice",
    "alice",
  ]);
});

Deno.test("a host tells that it let somebody in without asking, and when", async () => {
  const { server, notifier } = await start();
  const what = { kind: "fail_open", why: "offline", service: "sshd", source: "192.0.2.7" };
  const day = 24 * 3_600_000;
  for (const [at, is] of [[undefined, T0], [T0 - day, T0 - day], [T0 + day, T0]] as const) {
    const when = at === undefined ? {} : { at: new Date(at).toISOString() };
    equal((await raise(server, { ...what, ...when })).status, 204);
    const told = notifier.told.at(-1)?.message;
    deepEqual(told, { ...FACTS, ...what, requester: null, at: is });
    const line = server.audited.findLast(({ event }) => event === "host.fail_open");
    deepEqual([line?.why, line?.at], [
      "offline",
      is === T0 ? undefined : new Date(is).toISOString(),
    ]);
  }
  equal(notifier.told.length, 3);
});

Deno.test("what a host could not tell for long is not forgotten at once when nobody hears it", async () => {
  const { server, notifier } = await start();
  notifier.answer = () => Promise.resolve(FAILED);
  const at = new Date(T0 - 30 * 24 * 3_600_000).toISOString();
  equal((await raise(server, { at })).status, 204);
  await server.until(() => server.calls.includes("changeTimes"));
  await server.app.sweep();
  notifier.answer = () => Promise.resolve(SENT);
  server.time.advance(60_000);
  await server.app.sweep();
  await server.until(() => notifier.summaries.length === 1);
});

Deno.test("the host is answered before the channel has taken the message", async () => {
  const { server, notifier } = await start();
  const slow = Promise.withResolvers<Delivery>();
  notifier.answer = () => slow.promise;
  equal((await raise(server)).status, 204);
  deepEqual(server.audited.map(({ event }) => event), ["host.emergency_code"]);
  slow.resolve(SENT);
  await server.until(() => server.audited.length === 2);
});

Deno.test("a message that arrives nowhere is recorded with the reason, and its log has the hint", async () => {
  const { server, notifier } = await start(["zhangsan", "lisi"]);
  notifier.answer = (to) =>
    to === "lisi" ? Promise.resolve(FAILED) : Promise.reject(new Error("secret disk detail"));
  equal((await raise(server)).status, 204);
  await server.until(() => server.audited.length === 3);
  deepEqual(
    server.audited.slice(1).map(({ event, to, why }) => [event, to, why]).toSorted(),
    [
      ["alert.not_sent", "lisi", "recipient"],
      ["alert.not_sent", "zhangsan", "unavailable"],
    ],
  );
  const lost = server.logged.filter(({ message }) => message === "alert not sent");
  ok(lost.every(({ level, fields }) => level === "error" && fields.hint !== undefined));
  ok(!JSON.stringify([server.logged, server.audited]).includes("secret"));
});

Deno.test("an alert that cannot be recorded is no 204, and nobody is told what is not on record", async () => {
  const { server, notifier } = await start();
  server.failing = "append";
  await problemOf(await raise(server), 503);
  deepEqual(notifier.alerts, []);
});

Deno.test("what became of a message may fail to be recorded: the log says so", async () => {
  const { server, notifier } = await start();
  notifier.answer = () => {
    server.failing = "append";
    return Promise.resolve(SENT);
  };
  equal((await raise(server)).status, 204);
  const unrecorded = "what became of an alert could not be recorded";
  await server.until(() => server.logged.some(({ message }) => message === unrecorded));
  equal(server.logged.at(-1)?.level, "error");
});

Deno.test("without a channel or administrators it is recorded, and the log says what to set", async () => {
  const without = await TestServer.start({ alerts: new Map([["wecom", ["zhangsan"]]]) });
  const { server: nobody, notifier } = await start([]);
  for (const server of [without, nobody]) {
    equal((await raise(server)).status, 204);
    deepEqual(server.audited.map(({ event }) => event), ["host.emergency_code"]);
    const line = server.logged.find(({ message }) => message === "nobody is told of it");
    match(String(line?.fields.hint), /alerts under \[\[notify\]\]/);
  }
  deepEqual(notifier.alerts, []);
});

Deno.test("only a host that joined raises alerts, and only those that are described", async () => {
  const { server, notifier } = await start();
  await problemOf(await raise(server, {}, "ghh_of-nobody"), 401);
  await problemOf(await server.json("/api/v1/alerts", ALERT), 401);
  const wrong: readonly (readonly [Record<string, unknown>, field: string])[] = [
    [{ kind: "fire" }, "kind"],
    [{ user: "" }, "user"],
    [{ user: "a\u202eb" }, "user"],
    [{ service: "x".repeat(65) }, "service"],
    [{ source: "web1.example.com" }, "source"],
    [{ requester: "a\nb" }, "requester"],
    [{ host: "db1" }, "host"],
    [{ to: "lisi" }, "to"],
    [{ why: "offline" }, "why"],
    [{ kind: "fail_open" }, "why"],
    [{ kind: "fail_open", why: "asleep" }, "why"],
    [{ at: "yesterday" }, "at"],
    [{ at: "2026-01-01T00:00:00+08" }, "at"],
  ];
  for (const [changes, field] of wrong) {
    const problem = await problemOf(await raise(server, changes), 422);
    deepEqual(problem.errors.map((error: { field: string }) => error.field), [field]);
  }
  const get = await server.fetch("GET", "/api/v1/alerts");
  deepEqual([get.status, get.headers.get("allow")], [405, "POST"]);
  deepEqual([server.audited, notifier.alerts], [[], []]);
});

/** As many as a host may have told one by one. */
async function exhaust(server: TestServer): Promise<void> {
  for (let n = 0; n < 10; n++) equal((await raise(server)).status, 204);
}

/** What was sent so far: single alerts, then the summaries. */
function told({ alerts, summaries }: FakeNotifier) {
  return [alerts.length, ...summaries.map(({ message: { count } }) => count)];
}

Deno.test("what is too much for messages is recorded and told in one, when there may be one again", async () => {
  const { server, notifier } = await start();
  const other = "ghh_test-token-of-db1";
  await server.addHost("db1", other);
  await exhaust(server);
  server.time.advance(1_000);
  for (let n = 0; n < 3; n++) {
    equal((await raise(server, { user: `user${n}` })).status, 204);
    server.time.advance(1_000);
  }
  equal((await raise(server, {}, other)).status, 204, "another host is not held up");
  await server.app.sweep();
  deepEqual(told(notifier), [11]);
  const used = server.audited.filter(({ event }) => event === "host.emergency_code");
  deepEqual(used.slice(10, 13).map(({ user }) => user), ["user0", "user1", "user2"]);

  server.time.advance(56_000);
  await server.app.sweep();
  deepEqual(notifier.summaries, [{
    to: "zhangsan",
    message: {
      kind: "summary",
      of: "emergency_code",
      audience: "administrators",
      host: "web1",
      count: 3,
      since: T0 + 1_000,
    },
  }]);
  const what = { alert: "emergency_code", host: "web1", count: 3 };
  const record = { ...what, since: "2026-01-01T00:00:01.000Z", channel: "wecom", to: "zhangsan" };
  await server.until(() => server.audited.at(-1)?.event === "alert.sent");
  deepEqual(server.audited.at(-1), { event: "alert.sent", ...record });
  server.time.advance(60_000);
  await server.app.sweep();
  deepEqual(told(notifier), [11, 3], "once");
  equal((await raise(server)).status, 204);
  deepEqual(told(notifier), [12, 3], "and then one by one again");
});

Deno.test("those that keep coming do not hold back what waits to be told", async () => {
  const { server, notifier } = await start();
  await exhaust(server);
  await raise(server);
  server.time.advance(60_000);
  await raise(server);
  deepEqual(told(notifier), [10]);
  await server.app.sweep();
  deepEqual(told(notifier), [10, 2]);
  await raise(server);
  await server.app.sweep();
  deepEqual(told(notifier), [10, 2]);
  server.time.advance(60_000);
  await server.app.sweep();
  deepEqual(told(notifier), [10, 2, 1]);
});

Deno.test("what waits to be told outlasts the process, also a long while", async () => {
  const { server, notifier } = await start();
  await exhaust(server);
  await raise(server);
  await raise(server);
  server.restart();
  server.time.advance(48 * 3_600_000);
  await server.app.sweep();
  deepEqual(told(notifier), [10, 2]);
  await server.until(() => server.audited.at(-1)?.event === "alert.sent");
  server.restart();
  await server.app.sweep();
  deepEqual(told(notifier), [10, 2]);
});

Deno.test("a process that ends while it tells leaves that to the next one", async () => {
  const { server, notifier } = await start();
  await exhaust(server);
  await raise(server);
  server.time.advance(60_000);
  notifier.answer = () => new Promise(() => {});
  await server.app.sweep();
  notifier.answer = () => Promise.resolve(SENT);
  server.restart();
  await server.app.sweep();
  deepEqual(told(notifier), [10, 1, 1]);
});

Deno.test("what a process ends over before it has reached anybody is told by the next one, once", async () => {
  const { server, notifier } = await start();
  let arrive = (_: Delivery) => {};
  notifier.answer = () => new Promise((resolve) => arrive = resolve);
  equal((await raise(server)).status, 204);
  await server.app.sweep();
  deepEqual(told(notifier), [1], "it is on its way");
  notifier.answer = () => Promise.resolve(SENT);
  server.restart();
  await server.app.sweep();
  deepEqual(told(notifier), [1, 1]);

  notifier.answer = () => new Promise((resolve) => arrive = resolve);
  await raise(server, { user: "alice" });
  arrive(SENT);
  await server.until(() => server.audited.at(-1)?.user === "alice");
  for (const restart of [() => {}, () => server.restart()]) {
    restart();
    server.time.advance(60_000);
    await server.app.sweep();
    deepEqual(told(notifier), [2, 1], "it has arrived");
  }
});

Deno.test("while the store fails an alert is sent all the same, and kept once it works", async () => {
  const { server, notifier } = await start();
  server.failing = "changeTimes";
  notifier.answer = () => {
    server.failing = undefined;
    return Promise.resolve(FAILED);
  };
  equal((await raise(server)).status, 204);
  await server.until(() => server.audited.at(-1)?.event === "alert.not_sent");
  notifier.answer = () => Promise.resolve(SENT);
  server.time.advance(60_000);
  await server.app.sweep();
  deepEqual(told(notifier), [1, 1]);
});

Deno.test("while the store fails nothing that waits to be told is lost", async () => {
  const { server, notifier } = await start();
  await exhaust(server);
  await raise(server);
  await server.app.sweep();
  server.time.advance(60_000);
  server.failing = "changeTimes";
  await problemOf(await raise(server), 503);
  await server.app.sweep();
  const message = "alerts that are to be told could not be read, trying again";
  ok(server.logged.some((line) => line.message === message && line.level === "error"));
  server.failing = undefined;
  server.time.advance(60_000);
  await server.app.sweep();
  deepEqual(told(notifier), [10, 1]);
});

Deno.test("what was told and cannot be forgotten is told again, and the log says so", async () => {
  const { server, notifier } = await start();
  await exhaust(server);
  await raise(server);
  server.time.advance(60_000);
  notifier.answer = () => {
    server.failing = "changeTimes";
    return Promise.resolve(SENT);
  };
  await server.app.sweep();
  const message = "alerts that were told could not be forgotten and will be told again";
  await server.until(() => server.logged.some((line) => line.message === message));
});

Deno.test("a summary that arrives nowhere is recorded with the reason", async () => {
  const { server, notifier } = await start();
  await exhaust(server);
  await raise(server);
  server.time.advance(60_000);
  notifier.answer = () => Promise.resolve(FAILED);
  await server.app.sweep();
  await server.until(() => server.audited.at(-1)?.event === "alert.not_sent");
  const last = server.audited.at(-1);
  deepEqual([last?.count, last?.why], [1, "recipient"]);
});

Deno.test("the record takes sixty a minute about one user, and others' as well", async () => {
  const { server } = await start();
  for (let n = 0; n < 60; n++) equal((await raise(server)).status, 204);
  const response = await raise(server);
  equal(response.headers.get("retry-after"), "1");
  await problemOf(response, 429);
  equal((await raise(server)).status, 429);
  const lines = server.logged.filter(({ message }) => message === "a host raises too many alerts");
  deepEqual(lines.map(({ fields }) => fields.host), ["web1"], "logged once a minute");
  equal((await raise(server, { user: "alice" })).status, 204);
  equal((await raise(server, { kind: "fail_open", why: "offline" })).status, 204);
  equal((await raise(server, { at: new Date(T0 - 1_000).toISOString() })).status, 204);
  server.time.advance(1_000);
  equal((await raise(server)).status, 204);
});

Deno.test("made-up users use up neither the share of people nor that of what comes late; the record is bounded", async () => {
  const { server } = await start();
  await server.memory.change(putting({ person: [someone("alice")] }));
  const at = new Date(T0 - 1_000).toISOString();
  const count = async (changes: Record<string, unknown>) => {
    let taken = 0;
    while ((await raise(server, { user: `made-up${taken}`, ...changes })).status === 204) taken++;
    return taken;
  };
  equal(await count({}), 150);
  equal((await raise(server, { user: "bob" })).status, 429);
  equal((await raise(server, { user: "bob", at })).status, 204);
  equal((await raise(server, { user: "alice" })).status, 204);
  equal(await count({ at }), 149);
  equal((await raise(server, { user: "alice", at })).status, 204);
});

Deno.test("a refused body costs none of what a host may raise", async () => {
  const { server } = await start();
  for (let i = 0; i < 20; i++) await problemOf(await raise(server, { kind: "fire" }), 422);
  equal((await raise(server)).status, 204);
});

for (
  const [language, head, advice, summary] of [
    [
      "en",
      "The emergency code of web1 was used to log in",
      /set a new code there/,
      "2 more uses of the emergency code at web1 since 2026-01-01 08:00:00 UTC+08:00",
    ],
    [
      "zh-CN",
      "有人使用 web1 的应急码登录",
      /重新设置：gatehouse emergency set/,
      "自 2026-01-01 08:00:00 UTC+08:00 起，web1 的应急码又被使用 2 次",
    ],
  ] as const
) {
  Deno.test(`WeCom brings it in ${language}`, async () => {
    await using folder = await scratch();
    const clock = { now: () => T0 };
    await using vendors = new VendorServer(clock, [wecomVendor]);
    const { vendor, url } = vendors.served("wecom");
    await using notifier = VendorNotifier.open({
      ...{ name: "wecom", type: "wecom", reach: "person", answers: false, proxy: null },
      ...{ language, timeZone: "Asia/Shanghai", isContact: wecom.isContact },
      ...{ contactKey: wecom.contactKey },
      sends: new Set(["alert"]),
      dialect: opened(wecom, vendor.settings(url)),
    }, {
      clock,
      random: seededRandom(1),
      after: () => () => {},
      tokens: new ChannelToken("wecom", folder.path, { clock, sealer: readableSealer }),
      log: () => {},
    });
    const server = await TestServer.start(
      { alerts: new Map([["wecom", ["zhangsan", "nobody"]]]) },
      notifier,
    );
    equal((await raise(server, { requester: "<a href='x'>alice</a>" })).status, 204);
    await server.until(() => server.audited.length === 3);
    const [message, ...more] = vendor.arrived;
    deepEqual([message?.to, message?.links, more.length], ["zhangsan", [], 0]);
    const text = message?.text ?? "";
    ok(text.startsWith(`${head}\n`), text);
    match(text, advice);
    match(text, /root[^]*web1[^]*login[^]*127.0.0.1[^]*alice[^]*2026-01-01 08:00/);
    deepEqual(server.audited.map(({ event, to }) => [event, to]).slice(1).toSorted(), [
      ["alert.not_sent", "nobody"],
      ["alert.sent", "zhangsan"],
    ]);

    for (let n = 0; n < 11; n++) await raise(server);
    server.time.advance(60_000);
    await server.app.sweep();
    const isSummary = ({ event, count }: AuditEvent) => event === "alert.sent" && count === 2;
    await server.until(() => server.audited.some(isSummary));
    const later = vendor.arrived.find((arrived) => arrived.text.startsWith(summary))?.text ?? "";
    match(later, /gatehouse audit show/);
    match(later, advice);
  });
}
