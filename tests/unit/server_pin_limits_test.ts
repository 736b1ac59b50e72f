/** How many PINs the server sends: to an account, and in vain. */
import { deepEqual, equal } from "node:assert/strict";
import type { FailedDelivery } from "../../lib/core/delivery.ts";
import { FAILED, PinServer, SENT } from "../support/pins.ts";
import { problemOf } from "../support/server_app.ts";

const MINUTE = 60_000;

Deno.test("five PINs in ten minutes for one account, also across restarts", async () => {
  const pins = await PinServer.start();
  for (let n = 0; n < 5; n++) {
    const login = await pins.create();
    await pins.try(login, pins.notifier.last.pin);
    pins.server.time.advance(MINUTE);
  }
  const refused = await pins.ask(["zhangsan"]);
  equal(refused.headers.get("retry-after"), "300");
  equal((await problemOf(refused, 429)).reason, "too_many_pins");
  equal((await pins.ask(["zhangsan"], { user: "bob" })).status, 201);
  equal((await pins.server.ask()).status, 201, "an approval is no PIN");
  pins.server.time.advance(5 * MINUTE);
  equal((await pins.ask(["zhangsan"])).status, 201);
});

Deno.test("new PINs of one login count for the account's limit", async () => {
  const pins = await PinServer.start();
  for (let n = 0; n < 4; n++) await pins.try(await pins.create(), pins.notifier.last.pin);
  const login = await pins.create();
  pins.server.time.advance(20_000);
  const refused = await pins.resend(login);
  equal(refused.headers.get("retry-after"), "580");
  equal((await problemOf(refused, 429)).reason, "too_many_pins");
  equal((await (await pins.try(login, pins.notifier.last.pin)).json()).state, "approved");
});

/** Nothing else than the limits is to be met. */
const MANY = {
  pendingPerAccount: 99,
  loginsPerMinutePerHost: 600,
  failuresPerMinutePerSource: 30,
  requestsAtOnce: 99,
};

/** How many PINs the account can still be sent, by being sent them. */
async function pinsLeft(pins: PinServer): Promise<number> {
  pins.notifier.answer = () => Promise.resolve(SENT);
  for (let sent = 0;; sent++) {
    const answer = await pins.ask(["zhangsan"]);
    if (answer.status === 201) continue;
    equal((await problemOf(answer, 429)).reason, "too_many_pins");
    return sent;
  }
}

Deno.test("PINs that the channel did not take leave the account its five", async () => {
  const pins = await PinServer.start({ limits: MANY });
  equal(await pinsLeft(pins), 5);
  pins.server.time.advance(10 * MINUTE);
  pins.notifier.answer = () => Promise.resolve(FAILED);
  for (let n = 0; n < 3; n++) equal((await (await pins.ask(["a"])).json()).state, "denied");
  equal(await pinsLeft(pins), 5);
});

Deno.test("a PIN that one of its contacts got counts, and so does one that may have arrived", async () => {
  const unsure: FailedDelivery = { ...FAILED, why: "unavailable", mayArrive: true };
  for (const other of [SENT, unsure]) {
    const pins = await PinServer.start({ limits: MANY });
    pins.notifier.answer = (to) => Promise.resolve(to === "lisi" ? FAILED : other);
    await pins.ask(["lisi", "zhangsan"]);
    equal(await pinsLeft(pins), 4);
  }
});

Deno.test("a PIN that turns out to be undeliverable after its answer is given back", async () => {
  const pins = await PinServer.start({ limits: MANY });
  const { login, arrive } = await pins.onItsWay();
  const { answer } = await pins.server.waiting(login);
  arrive(FAILED);
  equal((await (await answer).json()).reason, "not_delivered");
  equal(await pinsLeft(pins), 5);
});

Deno.test("a new PIN that nobody is sent is given back", async () => {
  const pins = await PinServer.start({ limits: MANY });
  const login = await pins.create();
  pins.server.time.advance(20_000);
  await Promise.all([1, 2, 3].map(() => pins.resend(login)));
  pins.server.time.advance(20_000);
  pins.notifier.answer = () => Promise.resolve(FAILED);
  equal((await (await pins.resend(login)).json()).reason, "not_delivered");
  equal(await pinsLeft(pins), 3);
});

Deno.test("logins that may not wait use up no PINs", async () => {
  const pins = await PinServer.start({ limits: { ...MANY, pendingPerAccount: 1 } });
  const login = await pins.create();
  for (let n = 0; n < 9; n++) {
    equal((await problemOf(await pins.ask(["zhangsan"]), 429)).reason, "busy");
  }
  await pins.try(login, pins.notifier.last.pin);
  equal((await pins.ask(["zhangsan"])).status, 201);
});

Deno.test("a PIN that cannot be given back counts, and the log says so", async () => {
  const pins = await PinServer.start({ limits: MANY });
  pins.notifier.answer = () => {
    pins.server.failing = "changeTimes";
    return Promise.resolve(FAILED);
  };
  equal((await (await pins.ask(["zhangsan"])).json()).reason, "not_delivered");
  const line = pins.server.logged.find(({ message }) => message.includes("counts as one that was"));
  deepEqual([line?.level, line?.fields], ["error", { host: "web1", user: "alice" }]);
  pins.server.failing = undefined;
  equal(await pinsLeft(pins), 4);
});

Deno.test("the channel is not asked on and on for an account that cannot be reached", async () => {
  const pins = await PinServer.start({ limits: MANY });
  pins.notifier.answer = () => Promise.resolve(FAILED);
  for (let n = 0; n < 5; n++) equal((await pins.ask(["wangwu"])).status, 201);
  const refused = await pins.ask(["wangwu"]);
  equal(refused.headers.get("retry-after"), "60");
  const { reason, detail } = await problemOf(refused, 429);
  deepEqual([reason, detail], ["pins_unsent", "the last codes could not be sent"]);
  equal(pins.notifier.sent.length, 5);
  equal((await pins.ask(["wangwu"], { user: "bob" })).status, 201);
  pins.server.time.advance(MINUTE);
  equal(await pinsLeft(pins), 5);
});

Deno.test("a new PIN is not sent either where the last ones could not be", async () => {
  const pins = await PinServer.start({ limits: MANY });
  const login = await pins.create();
  pins.notifier.answer = () => Promise.resolve(FAILED);
  for (let n = 0; n < 5; n++) await pins.ask(["wangwu"]);
  pins.server.time.advance(20_000);
  equal((await problemOf(await pins.resend(login), 429)).reason, "pins_unsent");
  equal(
    (await (await pins.try(login, pins.notifier.sent[0]?.message.pin)).json()).state,
    "approved",
  );
});

Deno.test("a host with wrong contacts is held up alone, a broken channel all", async () => {
  const settings: FailedDelivery = { ...FAILED, why: "settings" };
  for (const [failure, other] of [[FAILED, 201], [settings, 429]] as const) {
    const pins = await PinServer.start({ limits: MANY });
    const { server } = pins;
    await server.addHost("web2", "ghh_test-token-of-web2");
    pins.notifier.answer = () => Promise.resolve(failure);
    for (let n = 0; n < 30; n++) {
      equal((await pins.ask(["wangwu"], { user: `user${n}` })).status, 201);
    }
    const refused = await pins.ask(["zhangsan"]);
    equal(refused.headers.get("retry-after"), "2");
    equal((await problemOf(refused, 429)).reason, "pins_unsent");
    const pin = { contacts: ["zhangsan"] };
    equal((await server.ask({ pin }, "ghh_test-token-of-web2")).status, other);
    equal(pins.notifier.sent.length, other === 201 ? 31 : 30);
  }
});

/** Hosts that name whom they like, each for accounts of its own. */
async function hosts(pins: PinServer): Promise<readonly string[]> {
  const names = ["web2", "web3", "web4"];
  for (const name of names) await pins.server.addHost(name, `ghh_test-token-of-${name}`);
  return names.map((name) => `ghh_test-token-of-${name}`);
}

Deno.test("a contact gets ten PINs in ten minutes, whichever hosts and accounts name it", async () => {
  const pins = await PinServer.start({ limits: MANY });
  const { server } = pins;
  const tokens = await hosts(pins);
  for (let n = 0; n < 10; n++) {
    const pin = { contacts: [n % 2 === 0 ? "zhangsan" : "ZhangSan"] };
    equal((await server.ask({ pin, user: `user${n}` }, tokens[n % 3])).status, 201);
    server.time.advance(6_000);
  }
  const refused = await pins.ask(["zhangsan"]);
  equal(refused.headers.get("retry-after"), "540");
  const { reason, detail } = await problemOf(refused, 429);
  deepEqual([reason, detail], ["too_many_pins", "too many codes for one of its contacts"]);
  equal(pins.notifier.sent.length, 10);
  const { level, message, fields } = server.logged.at(-1) ?? {};
  deepEqual([level, message, fields], ["warning", "a contact gets too many pins", {
    channel: "wecom",
    to: "zhangsan",
    host: "web1",
    user: "alice",
  }]);
  equal((await pins.ask(["lisi"])).status, 201, "others are not held up");
  server.time.advance(540_000);
  equal((await pins.ask(["zhangsan"])).status, 201);
});

Deno.test("a contact's limit holds for new PINs and across restarts, and leaves the account its own", async () => {
  const pins = await PinServer.start({ limits: MANY });
  const [token] = await hosts(pins);
  const login = await pins.create(["lisi", "zhangsan"]);
  for (let n = 0; n < 9; n++) {
    await pins.server.ask({ pin: { contacts: ["zhangsan"] }, user: `user${n}` }, token);
  }
  pins.server.restart();
  pins.server.time.advance(20_000);
  for (let n = 0; n < 9; n++) {
    equal((await problemOf(await pins.resend(login), 429)).reason, "too_many_pins");
  }
  for (let n = 0; n < 4; n++) equal((await pins.ask(["lisi"])).status, 201);
  equal((await problemOf(await pins.ask(["lisi"]), 429)).detail, "too many codes for this account");
});

Deno.test("a PIN counts for those of its contacts that may have got it alone", async () => {
  const pins = await PinServer.start({ limits: MANY });
  pins.notifier.answer = (to) => Promise.resolve(to === "gone" ? FAILED : SENT);
  for (let n = 0; n < 12; n++) {
    const contacts = ["gone", n < 6 ? "zhangsan" : "lisi"];
    equal((await pins.ask(contacts, { user: `user${n}` })).status, 201);
  }
});

Deno.test("PINs use up what the host may start", async () => {
  const limits = {
    pendingPerAccount: 9,
    loginsPerMinutePerHost: 2,
    failuresPerMinutePerSource: 30,
    requestsAtOnce: 99,
  };
  const pins = await PinServer.start({ limits });
  await pins.create();
  await pins.create();
  equal((await problemOf(await pins.ask(["zhangsan"]), 429)).reason, undefined);
});
