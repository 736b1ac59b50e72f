/** Logins that a PIN by chat decides, at the server's API. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import * as v from "valibot";
import { LoginStatus, PinCreated, PinResent, Problem } from "../../lib/core/api.ts";
import { pinHash } from "../../lib/core/pin.ts";
import { checkVerdict } from "../../lib/core/verdict.ts";
import { T0 } from "../support/logins.ts";
import { FAILED, PinServer, SENT } from "../support/pins.ts";
import { HOST_TOKEN, NONCE, problemOf, TestServer } from "../support/server_app.ts";

const MINUTE = 60_000;

Deno.test("a login by PIN is created, and the PIN goes to its contact with what it is for", async () => {
  const pins = await PinServer.start();
  const response = await pins.ask(["zhangsan"]);
  equal(response.status, 201);
  const body = v.parse(PinCreated, await response.json());
  deepEqual([body.url, body.match, body.state, body.expires_at], [
    null,
    null,
    "pending",
    new Date(T0 + 180_000).toISOString(),
  ]);
  deepEqual(body.pin, { delivery: "sent", valid_for: 60, resend_after: 20, tries_left: 3 });
  const [{ message, to } = { message: undefined, to: "" }, ...more] = pins.notifier.sent;
  match(message?.pin ?? "", /^[0-9]{6}$/);
  deepEqual([to, more.length], ["zhangsan", 0]);
  deepEqual({ ...message, pin: "" }, {
    kind: "pin",
    pin: "",
    user: "alice",
    host: "web1",
    service: "sshd",
    source: "192.0.2.7",
    requester: null,
    at: T0,
    validMs: MINUTE,
  });
});

Deno.test("the PIN is in no answer, record, log or audit line; what is kept is its keyed hash", async () => {
  const pins = await PinServer.start();
  const response = await pins.ask(["zhangsan"]);
  const text = await response.text();
  const login = JSON.parse(text);
  const { pin } = pins.notifier.last;
  await pins.try(login, pins.notifier.wrong);
  const stored = await pins.server.stored(login.id);
  const all = { text, stored, audited: pins.server.audited, logged: pins.server.logged };
  for (const [where, value] of Object.entries(all)) {
    // Ids and hashes are hexadecimal and may hold any six digits by chance.
    const said = JSON.stringify(value).replace(/[0-9A-Za-z_-]{32,}/g, "");
    ok(!said.includes(pin) && !said.includes(pins.notifier.wrong), where);
  }
  equal(stored.pin?.hash, await pinHash(new Uint8Array(32).fill(7), login.id, pin));
});

Deno.test("the right PIN brings a verdict that satisfies the host's check", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  const answer = await pins.try(login, pins.notifier.last.pin);
  equal(answer.status, 200);
  const { state, verdict = "" } = v.parse(LoginStatus, await answer.json());
  equal(state, "approved");
  const expected = {
    aud: "web1",
    sub: "alice",
    jti: login.id,
    svc: "sshd",
    src: "192.0.2.7",
    cmd: "",
    nonce: NONCE,
  };
  const { publicKey, time } = pins.server;
  const checked = await checkVerdict(verdict, [publicKey], expected, time.now());
  ok(checked.ok);
  deepEqual([checked.claims.by, checked.claims.via], ["zhangsan", "pin"]);
  deepEqual(pins.events, [
    "login.created",
    "login.pin_sent",
    "login.approved",
    "login.collected",
  ]);
  const [, sent, approved] = pins.server.audited;
  equal(sent?.to, "zhangsan");
  deepEqual([approved?.by, approved?.via], ["zhangsan", "pin"]);
});

Deno.test("a PIN is good for one login, once", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  const { pin } = pins.notifier.last;
  const other = await pins.create();
  const state = pins.notifier.last.pin === pin ? 200 : 403;
  equal((await pins.try(other, pin)).status, state);
  equal((await pins.try(login, pin)).status, 200);
  await problemOf(await pins.try(login, pin), 410);
});

Deno.test("a wrong PIN is told with the tries that are left, the last one ends the login", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  for (const tries of [2, 1]) {
    const problem = await problemOf(await pins.try(login, pins.notifier.wrong), 403);
    v.parse(Problem, problem);
    deepEqual([problem.reason, problem.tries_left], ["wrong_code", tries]);
  }
  const denied = { state: "denied", reason: "too_many_codes" };
  for (const code of [pins.notifier.wrong, pins.notifier.last.pin]) {
    deepEqual(await (await pins.try(login, code)).json(), denied);
  }
  deepEqual(pins.events.slice(2), [...Array(3).fill("login.pin_wrong"), "login.denied"]);
  deepEqual(
    pins.server.audited.filter(({ event }) => event === "login.pin_wrong").map((e) => e.tries_left),
    [2, 1, 0],
  );
});

Deno.test("of a hundred guesses at once three count", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  const { pin } = pins.notifier.last;
  const guesses = Array.from({ length: 100 }, (_, n) => String(n).padStart(6, "0"))
    .filter((guess) => guess !== pin);
  const answers = await Promise.all(guesses.map((guess) => pins.try(login, guess)));
  equal(answers.filter(({ status }) => status === 403).length, 2);
  deepEqual(await (await pins.try(login, pin)).json(), {
    state: "denied",
    reason: "too_many_codes",
  });
  equal(pins.events.filter((event) => event === "login.pin_wrong").length, 3);
});

Deno.test("the right PIN sent twenty times at once brings one verdict", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  const { pin } = pins.notifier.last;
  const answers = await Promise.all(Array.from({ length: 20 }, () => pins.try(login, pin)));
  const statuses = answers.map(({ status }) => status).sort();
  deepEqual(statuses, [200, ...Array(19).fill(410)]);
  equal(pins.events.filter((event) => event === "login.approved").length, 1);
});

Deno.test("a code that is none costs no try", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  for (const code of ["", "12345", "1234567", "12345a", "１２３４５６", 123456, null, undefined]) {
    await problemOf(await pins.try(login, code), 422);
  }
  equal((await pins.server.stored(login.id)).pin?.triesLeft, 3);
});

Deno.test("a PIN is too late after its time, and then the login is over", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  pins.server.time.advance(MINUTE);
  const expired = { state: "expired", reason: "timeout" };
  deepEqual(await (await pins.try(login, pins.notifier.last.pin)).json(), expired);
  deepEqual(await (await pins.server.poll(login)).json(), expired);
  equal(pins.events.at(-1), "login.expired");
});

Deno.test("a login whose own time is up takes no PIN", async () => {
  const pins = await PinServer.start({ pin: { ttlMs: 5 * MINUTE, tries: 3 } });
  const login = await pins.create(["zhangsan"], { timeout: 30 });
  pins.server.time.advance(30_000);
  const answer = await (await pins.try(login, pins.notifier.last.pin)).json();
  deepEqual(answer, { state: "expired", reason: "timeout" });
});

Deno.test("ttl and tries are as configured", async () => {
  const pins = await PinServer.start({ pin: { ttlMs: 15_000, tries: 1 } });
  const response = await pins.ask(["zhangsan"]);
  const { pin, ...login } = await response.json();
  deepEqual(pin, { delivery: "sent", valid_for: 15, resend_after: 20, tries_left: 1 });
  equal(pins.notifier.last.validMs, 15_000);
  equal((await (await pins.try(login, pins.notifier.wrong)).json()).reason, "too_many_codes");
});

Deno.test("every contact gets the same PIN once, and the verdict names those it reached", async () => {
  const pins = await PinServer.start();
  pins.notifier.answer = (to) => Promise.resolve(to === "lisi" ? FAILED : SENT);
  const login = await pins.create(["zhangsan", "lisi", "ZhangSan", "wangwu"]);
  const { sent } = pins.notifier;
  deepEqual(sent.map(({ to }) => to.toLowerCase()).sort(), ["lisi", "wangwu", "zhangsan"]);
  equal(new Set(sent.map(({ message }) => message.pin)).size, 1);
  await pins.try(login, pins.notifier.last.pin);
  match((await pins.server.stored(login.id)).by ?? "", /^zhangsan\|wangwu$/i);
  const failed = pins.server.audited.find(({ event }) => event === "login.pin_not_sent");
  deepEqual([failed?.to, failed?.why], ["lisi", "recipient"]);
});

Deno.test("without a contact nothing is created, nor is it said whom to ask", async () => {
  const pins = await PinServer.start();
  const problem = await problemOf(await pins.ask([]), 422);
  deepEqual([problem.reason, problem.detail], ["no_contact", "this account has no contact"]);
  deepEqual(await pins.server.memory.recentLogins(9), []);
});

Deno.test("without a channel nothing is created", async () => {
  const server = await TestServer.start();
  const problem = await problemOf(await server.ask({ pin: { contacts: ["zhangsan"] } }), 422);
  equal(problem.reason, "no_channel");
  deepEqual(await server.memory.recentLogins(9), []);
});

Deno.test("contacts that are none, or that would reach many, are refused", async () => {
  const pins = await PinServer.start();
  const nine = Array.from({ length: 9 }, (_, n) => `user${n}`);
  for (
    const contacts of [["@all"], ["a|b"], [""], ["a b"], ["a".repeat(65)], [7], nine, "a", null]
  ) {
    await problemOf(await pins.server.ask({ pin: { contacts } }), 422);
  }
  await problemOf(await pins.server.ask({ pin: {} }), 422);
  await problemOf(await pins.server.ask({ pin: { contacts: ["a"], more: 1 } }), 422);
  deepEqual(pins.notifier.sent, []);
});

Deno.test("a PIN that reaches nobody ends the login, and administrators learn why", async () => {
  const pins = await PinServer.start();
  pins.notifier.answer = () => Promise.resolve(FAILED);
  const body = v.parse(PinCreated, await (await pins.ask(["wangwu"])).json());
  deepEqual([body.state, body.reason, body.pin.delivery], ["denied", "not_delivered", "failed"]);
  deepEqual(pins.events, ["login.created", "login.pin_not_sent", "login.denied"]);
  const line = pins.server.logged.find(({ message }) => message === "login pin not sent");
  deepEqual([line?.level, line?.fields.to, line?.fields.detail], [
    "error",
    "wangwu",
    "wecom knows no such user",
  ]);
  deepEqual(await (await pins.try(body, "123456")).json(), {
    state: "denied",
    reason: "not_delivered",
  });
});

Deno.test("a channel that throws is one that does not deliver", async () => {
  const pins = await PinServer.start();
  pins.notifier.answer = () => Promise.reject(new Error("secret disk detail"));
  const body = await (await pins.ask(["zhangsan"])).json();
  equal(body.reason, "not_delivered");
  ok(!JSON.stringify([pins.server.logged, pins.server.audited, body]).includes("secret disk"));
});

Deno.test("a slow channel holds nobody up: the PIN counts, and the host learns what becomes of it", async () => {
  const pins = await PinServer.start();
  const { login, arrive } = await pins.onItsWay();
  deepEqual([login.state, login.pin.delivery], ["pending", "sending"]);
  const { answer } = await pins.server.waiting(login);
  arrive(FAILED);
  deepEqual(await (await answer).json(), { state: "denied", reason: "not_delivered" });
});

Deno.test("a PIN that is typed before the channel has answered counts", async () => {
  const pins = await PinServer.start();
  const { login, arrive } = await pins.onItsWay();
  equal((await (await pins.try(login, pins.notifier.last.pin)).json()).state, "approved");
  arrive(SENT);
  await pins.server.until(() => pins.events.includes("login.pin_sent"));
  equal((await pins.server.stored(login.id)).by, "zhangsan");
});

Deno.test("a new PIN takes the place of the old one, and brings no new tries", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  const old = pins.notifier.last.pin;
  await pins.try(login, pins.notifier.wrong);
  pins.server.time.advance(20_000);
  const response = await pins.resend(login);
  equal(response.status, 200);
  deepEqual(v.parse(PinResent, await response.json()), {
    state: "pending",
    pin: { delivery: "sent", valid_for: 60, resend_after: 20, tries_left: 2 },
  });
  const fresh = pins.notifier.last.pin;
  if (fresh !== old) equal((await (await pins.try(login, old)).json()).tries_left, 1);
  pins.server.time.advance(59_999);
  equal((await (await pins.try(login, fresh)).json()).state, "approved");
});

Deno.test("a new PIN after the old one's time goes on with the login", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  pins.server.time.advance(90_000);
  equal((await pins.resend(login)).status, 200);
  equal((await (await pins.try(login, pins.notifier.last.pin)).json()).state, "approved");
});

Deno.test("a new PIN may be asked for after 20 s, three times", async () => {
  const pins = await PinServer.start();
  const login = await pins.create(["zhangsan"], { timeout: 300 });
  for (const next of [20, 20, null]) {
    pins.server.time.advance(19_999);
    const early = await pins.resend(login);
    equal(early.headers.get("retry-after"), "1");
    equal((await problemOf(early, 429)).reason, "too_early");
    pins.server.time.advance(1);
    equal((await (await pins.resend(login)).json()).pin.resend_after, next);
  }
  pins.server.time.advance(20_000);
  const problem = await problemOf(await pins.resend(login), 429);
  equal(problem.reason, "no_more_pins");
  equal(pins.notifier.sent.length, 4);
});

Deno.test("of several requests for a new PIN at once one is heard", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  pins.server.time.advance(20_000);
  const answers = await Promise.all([1, 2, 3].map(() => pins.resend(login)));
  deepEqual(answers.map(({ status }) => status).sort(), [200, 429, 429]);
  equal(pins.notifier.sent.length, 2);
});

/** Does that once, after a request for a new PIN has read the login and before it changes it. */
function meanwhile({ server: { memory } }: PinServer, act: () => Promise<unknown>): void {
  const changeTimes = memory.changeTimes.bind(memory);
  memory.changeTimes = async (...args) => {
    memory.changeTimes = changeTimes;
    await act();
    return await changeTimes(...args);
  };
}

Deno.test("a request for a new PIN gives back no try that was taken meanwhile", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  const { wrong } = pins.notifier;
  pins.server.time.advance(20_000);
  meanwhile(pins, async () => equal((await pins.try(login, wrong)).status, 403));
  const { pin } = v.parse(PinResent, await (await pins.resend(login)).json());
  equal(pin.tries_left, 2);
  equal((await pins.server.stored(login.id)).pin?.triesLeft, 2);
});

Deno.test("a new PIN that another request has had sent meanwhile is not sent twice", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  pins.server.time.advance(20_000);
  meanwhile(pins, async () => equal((await pins.resend(login)).status, 200));
  equal((await problemOf(await pins.resend(login), 429)).reason, "too_early");
  equal(pins.notifier.sent.length, 2);
  equal((await (await pins.try(login, pins.notifier.last.pin)).json()).state, "approved");
});

Deno.test("a request for a new PIN brings back no login that has ended meanwhile", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  const { wrong } = pins.notifier;
  pins.server.time.advance(20_000);
  meanwhile(pins, async () => {
    for (let count = 0; count < 3; count++) await pins.try(login, wrong);
  });
  const { state, pin } = await (await pins.resend(login)).json();
  deepEqual([state, pin.delivery, pins.notifier.sent.length], ["denied", "failed", 1]);
});

Deno.test("a login too short for another PIN says so", async () => {
  const pins = await PinServer.start();
  const { pin } = await (await pins.ask(["zhangsan"], { timeout: 20 })).json();
  deepEqual([pin.valid_for, pin.resend_after], [20, null]);
});

Deno.test("a new PIN for a login that has ended is not sent", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  pins.server.time.advance(180_000);
  const body = await (await pins.resend(login)).json();
  deepEqual([body.state, body.reason, body.pin.delivery], ["expired", "timeout", "failed"]);
  equal(pins.notifier.sent.length, 1);
});

Deno.test("the first PIN's failure does not end a login whose second one may arrive", async () => {
  const pins = await PinServer.start();
  const { login, arrive } = await pins.onItsWay();
  pins.notifier.answer = () => Promise.resolve(SENT);
  pins.server.time.advance(20_000);
  equal((await (await pins.resend(login)).json()).pin.delivery, "sent");
  arrive(FAILED);
  await pins.server.until(() => pins.events.includes("login.pin_not_sent"));
  equal((await (await pins.try(login, pins.notifier.last.pin)).json()).state, "approved");
});

Deno.test("what a PIN decides has no page, and no approval request joins it", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  const { ticket } = await pins.server.stored(login.id);
  const request = await pins.server.create();
  ok(request.ticket !== ticket);
  match(request.match, /^[1-9][0-9]$/);
  const again = await pins.create();
  ok(![ticket, request.ticket].includes((await pins.server.stored(again.id)).ticket));
});

Deno.test("an administrator's approval reaches the host with its next try", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  await pins.server.memory.changeLogins({ id: login.id }, (found) =>
    found.map((it) => ({
      ...it,
      state: "approved",
      decidedAt: pins.server.time.now(),
      by: "root",
      via: "terminal",
    })));
  equal((await (await pins.try(login, pins.notifier.wrong)).json()).state, "approved");
});

Deno.test("only who collects may try and ask anew, and guessing that is limited", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  const { pin } = pins.notifier.last;
  for (const secret of ["wrong", HOST_TOKEN]) {
    await problemOf(await pins.try({ ...login, secret }, pin), 401);
    await problemOf(await pins.resend({ ...login, secret }), 401);
  }
  await problemOf(await pins.try({ ...login, id: "none" }, pin), 404);
  const path = `/api/v1/logins/${login.id}/code`;
  await problemOf(await pins.server.json(path, { code: pin }), 401);
  for (let n = 0; n < 30; n++) await pins.try({ ...login, secret: "wrong" }, pin);
  await problemOf(await pins.try({ ...login, secret: "wrong" }, pin), 429);
  equal((await (await pins.try(login, pin)).json()).state, "approved");
});

Deno.test("a login that a person approves takes no PIN", async () => {
  const pins = await PinServer.start();
  const login = await pins.server.create();
  equal((await problemOf(await pins.try(login, "123456"), 422)).reason, "no_codes");
  equal((await problemOf(await pins.resend(login), 422)).reason, "no_pin");
});

Deno.test("approved without a trace is not approved", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  pins.server.failing = "append";
  await problemOf(await pins.try(login, pins.notifier.last.pin), 503);
  pins.server.failing = undefined;
  equal((await pins.server.stored(login.id)).state, "denied");
  equal((await (await pins.try(login, pins.notifier.last.pin)).json()).state, "denied");
});

Deno.test("a PIN whose sending leaves no trace is not sent, for all that counts", async () => {
  const pins = await PinServer.start();
  pins.notifier.answer = () => {
    pins.server.failing = "append";
    return Promise.resolve(SENT);
  };
  const { state, reason } = await (await pins.ask(["zhangsan"])).json();
  deepEqual([state, reason], ["denied", "not_delivered"]);
});

Deno.test("where the store fails, no PIN is sent and none is right", async () => {
  for (const method of ["changeTimes", "addLogin"]) {
    const pins = await PinServer.start();
    pins.server.failing = method;
    await problemOf(await pins.ask(["zhangsan"]), 503);
    deepEqual(pins.notifier.sent, []);
  }
  const pins = await PinServer.start();
  const login = await pins.create();
  pins.server.failing = "changeLogins";
  await problemOf(await pins.try(login, pins.notifier.last.pin), 503);
});

Deno.test("a host that hangs up takes its PIN with it", async () => {
  const pins = await PinServer.start();
  const login = await pins.create();
  const headers = { authorization: `Bearer ${login.secret}` };
  await pins.server.fetch("DELETE", `/api/v1/logins/${login.id}`, { headers });
  const answer = await (await pins.try(login, pins.notifier.last.pin)).json();
  deepEqual(answer, { state: "cancelled", reason: "hung_up" });
});
