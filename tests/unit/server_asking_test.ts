/** Who is asked by which channel, when, and what their messages say afterwards. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { OWN } from "../../lib/core/person.ts";
import { ALICE, AskingServer } from "../support/asking.ts";
import { ChatNotifier } from "../support/chat_notifier.ts";
import { rewrite, someone } from "../support/people.ts";
import { FakeNotifier } from "../support/pins.ts";
import { KEY, TestServer } from "../support/server_app.ts";
import { put, sessionOf, tokenOf } from "../support/board.ts";

const mail = () => new ChatNotifier({ name: "email", answers: false, updates: false });
const both = { contacts: { telegram: "1", email: "a@example.com" } };

Deno.test("a login that waits is told to the owner, with the link and the numbers to choose from", async () => {
  const { server, chat } = await AskingServer.start();
  const login = await server.create({ service: "sudo", command: "id", tty: false });
  const { first, to } = await chat.request();
  const { choices } = await server.stored(login.id);
  equal(to, "1");
  deepEqual(first, {
    kind: "request",
    ...{ user: "alice", host: "web1", service: "sudo", source: "192.0.2.7", requester: null },
    at: server.time.now(),
    ticket: login.ticket,
    url: login.url,
    command: "id",
    commandWhole: true,
    preauthMs: null,
    connections: 1,
    expiresAt: server.time.now() + 60_000,
    twoPersons: false,
    reader: "self",
    shared: false,
    escalated: false,
    answer: { by: "chat", number: { choices } },
  });
  ok(choices.includes(login.match));
  await server.until(() => server.audited.some(({ event }) => event === "login.asked"));
  const line = server.audited.find(({ event }) => event === "login.asked");
  deepEqual([line?.login, line?.channel, line?.to, line?.ok], [login.id, "telegram", "1", true]);
  const all = JSON.stringify([server.audited, server.logged]);
  ok(!all.includes(login.ticket) && !all.includes(login.secret), "the link is on no record");
});

Deno.test("a channel that hangs or is full of faults holds no login up", async () => {
  const chat = new ChatNotifier();
  chat.hangs = true;
  const broken = new ChatNotifier({ name: "email" });
  broken.send = () => Promise.reject(new Error("a fault of ours"));
  const { server } = await AskingServer.start([{ ...ALICE, ...both }], {}, [broken], chat);
  equal((await server.ask()).status, 201);
  server.time.advance(20_000);
  await server.until(() => server.logged.some(({ message }) => message === "login not asked"));
  equal((await server.ask({ source: "192.0.2.8" })).status, 201);
});

Deno.test("nobody is asked about what a PIN decides, what a grant has approved, or where it is frozen", async () => {
  const house = await AskingServer.start([someone("alice", { contacts: { telegram: "1" } })]);
  const { server, chat } = house;
  await server.ask({ timeout: 180, pin: { contacts: [] } });
  await put(server, {
    freeze: [{
      ...{ id: "f_1", user: "root", host: "*", since: 0, by: "admin:root", evidence: null },
      ...{ why: "administrator", liftedAt: null, liftedBy: null },
    }],
  });
  equal((await server.ask({ user: "root" })).status, 403);
  await house.quiesce();
  deepEqual(chat.asked, []);
});

Deno.test("the next contact is tried after a while, at once where one fails, never once it is decided", async () => {
  const email = mail();
  const house = await AskingServer.start([{ ...ALICE, ...both }], {}, [email]);
  const { server, chat } = house;
  await server.create();
  await chat.request();
  await house.pass(19_999);
  deepEqual(email.asked, []);
  await house.pass(1);
  deepEqual(email.asked, ["a@example.com"]);

  chat.unreachable.add("1");
  await server.create({ source: "192.0.2.8" });
  await house.quiesce();
  deepEqual(house.recorded.slice(-2), ["telegram 1 recipient", "email a@example.com sent"]);

  chat.unreachable.clear();
  const login = await server.create({ source: "192.0.2.9" });
  await house.quiesce();
  await server.press(`/l/${login.ticket}/deny`, {});
  await house.pass(30_000);
  equal(email.asked.length, 2, "nobody is asked about what is decided");
  await house.pass(60_000);
  equal(email.asked.length, 2);
});

Deno.test("each message speaks to who reads it, also when it is changed, and after a restart", async () => {
  const bob = someone("bob", { contacts: { telegram: "2" }, approves: ["alice@*", "root@*"] });
  const team = new ChatNotifier({ name: "team", reach: "group", answers: false });
  const escalations = [{ accounts: ["alice@*"], persons: ["bob"], afterMs: 5_000 }];
  const house = await AskingServer.start([ALICE, bob], {
    routing: { nextAfterMs: 20_000, escalations },
  }, [team]);
  const { server, chat } = house;
  await server.create({ command: "a", tty: false });
  const first = await chat.request();
  await house.pass(5_000);
  const second = await chat.request(1);
  const reading = (message: unknown) => {
    const { reader, shared, escalated } = message as typeof first.first;
    return [reader, shared, escalated];
  };
  deepEqual(reading(first.first), ["self", false, false]);
  deepEqual(reading(second.first), ["other", false, true]);
  deepEqual(reading((await team.request()).first), ["group", false, false]);

  for (const command of ["b", "c"]) {
    await server.create({ command, tty: false });
    await house.pass(1_000);
    const changed = [first, second].map(({ said }) => reading(said.at(-1)));
    deepEqual(changed, [["self", false, false], ["other", false, true]]);
    await house.restart();
  }
  deepEqual(first.said.length, 3);

  await server.create({ user: "root" });
  deepEqual(reading((await chat.request(2)).first), ["other", true, false]);
  await server.create({ user: "root", requester: "bob" });
  deepEqual(reading((await chat.request(3)).first), ["self", false, false]);
  await server.create({ requester: "mallory" });
  deepEqual(reading((await chat.request(4)).first), ["other", false, false]);
});

Deno.test("a channel that cannot be answered in is told the link alone", async () => {
  const email = mail();
  const one = { ...ALICE, contacts: { email: "a@example.com" } };
  const { server } = await AskingServer.start([one], {}, [email]);
  const login = await server.create();
  const { first } = await email.request();
  deepEqual(first.answer, { by: "link" });
  ok(!JSON.stringify(first).includes(`"${login.match}"`), "the number is not in it");
  deepEqual(await server.memory.find("message", { all: true }), [], "nothing to remember");
});

Deno.test("a group is told once, by the link, whoever reads it", async () => {
  const team = new ChatNotifier({ name: "team", reach: "group" });
  const one = { ...ALICE, contacts: { telegram: "1", team: "@alice" } };
  const { server, chat } = await AskingServer.start([one], {}, [team]);
  await server.create();
  const { first, to } = await team.request();
  deepEqual([to, first.answer], ["@alice", { by: "link" }]);
  await chat.request();
  equal(team.asked.length, 1);
});

Deno.test("without number matching, and where the number is to be typed, the message says so", async () => {
  const plain = await AskingServer.start([ALICE], { numberMatch: false });
  await plain.server.create();
  deepEqual((await plain.chat.request()).first.answer, { by: "chat", number: null });

  const { server, chat } = await AskingServer.start();
  for (let refused = 0; refused < 2; refused++) {
    const login = await server.create({ source: `192.0.2.${refused}` });
    await server.press(`/l/${login.ticket}/deny`, {});
  }
  await server.create();
  deepEqual((await chat.request(2)).first.answer, { by: "chat", number: "typed" });
});

Deno.test("connections that belong together are one message, which tells how many they are", async () => {
  const house = await AskingServer.start();
  const { server, chat } = house;
  const first = await server.create({ command: "a", tty: false });
  const shown = await chat.request();
  await house.quiesce();
  const others = [
    await server.create({ command: "b", tty: false }),
    await server.create({ command: "c", tty: false }),
  ];
  equal(others.every(({ ticket }) => ticket === first.ticket), true);
  await house.pass(1_000);
  deepEqual(chat.asked, ["1"]);
  const last = shown.said.at(-1);
  equal(shown.said.length, 2, "told of together");
  ok(last?.kind === "request");
  deepEqual([last.connections, last.commandWhole], [3, false], "one of several commands");
  const [message] = await server.memory.find("message", { ticket: first.ticket });
  deepEqual(message?.shown, [first, ...others].map(({ id }) => id));
});

Deno.test("a burst is one message; where changes ring it is told of once more, when it ends", async () => {
  const loud = new ChatNotifier({ name: "ntfy", answers: false, changesRing: true });
  const gate = Promise.withResolvers<void>();
  const house = await AskingServer.start([{ ...ALICE, contacts: { telegram: "1", ntfy: "t" } }], {
    routing: { nextAfterMs: 0, escalations: [] },
  }, [loud]);
  const { server, chat } = house;
  for (const channel of [chat, loud]) {
    const send = channel.send.bind(channel);
    channel.send = async (message, to) => {
      await gate.promise;
      return await send(message, to);
    };
  }
  const first = await server.create({ command: "a", tty: false });
  await house.quiesce();
  for (const command of ["b", "c"]) await server.create({ command, tty: false });
  await house.pass(1_500);
  gate.resolve();
  const [silent, ringing] = [await chat.request(), await loud.request()];
  await house.quiesce();
  for (const command of ["d", "e"]) await server.create({ command, tty: false });
  await house.pass(1_000);
  const told = () =>
    [silent, ringing].map(({ said }) =>
      said.map((one) => one.kind === "request" ? one.connections : one.kind)
    );
  deepEqual(told(), [[1, 5], [1]]);
  await server.press(`/l/${first.ticket}/deny`, {});
  await Promise.all([silent, ringing].map((shown) => chat.ended(shown)));
  await house.pass(60_000);
  deepEqual(told(), [[1, 5, "request_ended"], [1, "request_ended"]]);
});

Deno.test("who joins while a message is on its way is told of, although no more join", async () => {
  const house = await AskingServer.start();
  const { server, chat } = house;
  const gate = Promise.withResolvers<void>();
  const send = chat.send.bind(chat);
  chat.send = async (message, to) => {
    await gate.promise;
    return await send(message, to);
  };
  await server.create();
  await house.quiesce();
  await server.create();
  await house.pass(1_000);
  gate.resolve();
  const shown = await chat.request();
  await house.quiesce();
  await house.pass(1_000);
  const last = shown.said.at(-1);
  ok(last?.kind === "request");
  equal(last.connections, 2);
});

Deno.test("the first of two approvals is told of where changes ring, too", async () => {
  const approves = [OWN, "deploy@*"];
  const carol = someone("carol", { contacts: { telegram: "3" }, approves });
  const dave = someone("dave", { contacts: { ntfy: "d" }, approves });
  const loud = new ChatNotifier({ name: "ntfy", answers: false, changesRing: true });
  const house = await AskingServer.start([carol, dave], {
    approval: { twoPersons: ["deploy@*"] },
  }, [loud]);
  const { server } = house;
  const login = await server.create({ user: "deploy" });
  const { said } = await loud.request();
  await house.quiesce();
  await put(server, { session: [sessionOf(carol, server)] });
  const cookie = `__Host-gh=${tokenOf(carol)}`;
  await server.press(`/l/${login.ticket}/approve`, { match: login.match }, { cookie });
  await loud.until(() => said.length === 2);
  const last = said.at(-1);
  equal(last?.kind === "request" ? last.firstBy : undefined, "person:carol");
});

Deno.test("a message says what became of its request, wherever that was decided", async () => {
  const house = await AskingServer.start();
  const { server, chat } = house;
  const denied = await server.create();
  const first = await chat.request(0);
  await house.quiesce();
  await server.press(`/l/${denied.ticket}/deny`, {});
  const end = await chat.ended(first);
  deepEqual([end.outcome, end.by, end.user, end.ticket], [
    ...["denied", "link", "alice"],
    denied.ticket,
  ]);

  const cancelled = await server.create({ source: "192.0.2.8" });
  const second = await chat.request(1);
  await house.quiesce();
  const headers = { authorization: `Bearer ${cancelled.secret}` };
  await server.fetch("DELETE", `/api/v1/logins/${cancelled.id}`, { headers });
  equal((await chat.ended(second)).outcome, "cancelled");

  await server.create({ source: "192.0.2.9" });
  const third = await chat.request(2);
  await house.quiesce();
  await house.pass(60_000);
  equal(third.said.length, 1);
  await server.app.sweep();
  equal((await chat.ended(third)).outcome, "expired");
  await house.quiesce();
  equal(server.watchers, 0, "there is nothing to wait for any more");
  equal(server.time.timers, 0);
});

Deno.test("a request that ends while its message is on the way: the message says so", async () => {
  const chat = new ChatNotifier();
  const { promise, resolve } = Promise.withResolvers<void>();
  const send = chat.send.bind(chat);
  chat.send = async (message, to) => {
    await promise;
    return await send(message, to);
  };
  const house = await AskingServer.start([ALICE], {}, [], chat);
  const login = await house.server.create();
  await house.quiesce();
  await house.server.press(`/l/${login.ticket}/deny`, {});
  await house.quiesce();
  resolve();
  equal((await chat.ended(await chat.request())).outcome, "denied");
});

Deno.test("across a restart messages say what became of their requests, and nobody is asked twice", async () => {
  const house = await AskingServer.start();
  const { server, chat } = house;
  const during = await server.create();
  const after = await server.create({ source: "192.0.2.8" });
  const [one, two] = [await chat.request(0), await chat.request(1)];
  await house.quiesce();
  await server.app.stop();
  // By somebody else's process, while the server was not there.
  await server.memory.changeLogins({ ticket: during.ticket }, (found) =>
    found.map((login) => ({
      ...login,
      ...{ state: "denied", reason: "denied", by: "admin:root", via: "terminal" },
      decidedAt: server.time.now(),
    })));
  await house.quiesce();
  equal(one.said.length, 1);
  await house.restart();
  deepEqual((await chat.ended(one)).by, "admin:root");
  await server.press(`/l/${after.ticket}/deny`, {});
  equal((await chat.ended(two)).outcome, "denied");
  equal(chat.asked.length, 2);
});

Deno.test("what nobody has decided is told to those of the escalation, and a name of nobody is logged", async () => {
  const bob = someone("bob", { contacts: { telegram: "2" }, approves: ["alice@*"] });
  const escalations = [{ accounts: ["alice@*"], persons: ["bob", "mallory"], afterMs: 30_000 }];
  const routing = { nextAfterMs: 20_000, escalations };
  const house = await AskingServer.start([ALICE, bob], { routing });
  const { server, chat } = house;
  await server.create();
  await chat.request();
  await house.pass(29_999);
  deepEqual(chat.asked, ["1"]);
  await house.pass(1);
  deepEqual(chat.asked, ["1", "2"]);
  const warned = () =>
    server.logged.filter(({ message }) => message.startsWith("there is no active person"))
      .map(({ fields }) => fields.name);
  deepEqual(warned(), ["mallory"]);
  await house.quiesce();
  await server.create({ source: "192.0.2.8" });
  await house.quiesce();
  deepEqual(warned(), ["mallory"], "not again at each login");
  const start = server.logged.length;
  await house.restart();
  deepEqual(
    server.logged.slice(start).map(({ fields }) => fields.name),
    ["mallory"],
    "at each start",
  );
});

Deno.test("the first of two approvals has those of the escalation asked at once, and all told of it", async () => {
  const approves = [OWN, "deploy@*"];
  const [carol, dave, erin] = [
    someone("carol", { contacts: { telegram: "3" }, approves }),
    someone("dave", { contacts: { telegram: "4" }, approves }),
    someone("erin", { contacts: { telegram: "5" }, approves }),
  ];
  const escalations = [{ accounts: ["deploy@*"], persons: ["erin"], afterMs: 50_000 }];
  const house = await AskingServer.start([carol, dave, erin], {
    routing: { nextAfterMs: 20_000, escalations },
    approval: { twoPersons: ["deploy@*"] },
  });
  const { server, chat } = house;
  const login = await server.create({ user: "deploy" });
  const shown = await chat.request(1);
  await house.quiesce();
  deepEqual(chat.asked, ["3", "4"]);
  deepEqual([shown.first.answer, shown.first.twoPersons], [{ by: "link" }, true]);
  await put(server, { session: [sessionOf(carol, server)] });
  const cookie = `__Host-gh=${tokenOf(carol)}`;
  await server.press(`/l/${login.ticket}/approve`, { match: login.match }, { cookie });
  await chat.until(() => chat.asked.length === 3 && chat.messages[0]?.said.length === 2);
  deepEqual(chat.asked, ["3", "4", "5"]);
  for (const { said } of chat.messages) {
    const last = said.at(-1);
    ok(last?.kind === "request");
    equal(last.firstBy, "person:carol");
  }
  await house.pass(50_000);
  equal(chat.asked.length, 3, "not once more");
});

Deno.test("a person who is asked too often is left alone for a while, and others are not", async () => {
  const bob = someone("bob", { contacts: { telegram: "2" } });
  const limits = {
    ...{ pendingPerAccount: 50, loginsPerMinutePerHost: 600 },
    ...{ failuresPerMinutePerSource: 30, requestsAtOnce: 1_000 },
  };
  const house = await AskingServer.start([ALICE, bob], { limits });
  const { server, chat } = house;
  for (let count = 0; count < 12; count++) {
    await server.create({ source: `192.0.2.${count}`, key: `${KEY}${count}` });
  }
  await server.create({ user: "bob" });
  await house.quiesce();
  deepEqual([chat.asked.filter((to) => to === "1").length, chat.asked.at(-1)], [10, "2"]);
  const told = server.logged.filter(({ message }) => message.startsWith("a person is asked too"));
  deepEqual(told.map(({ fields }) => fields.person), ["p_alice", "p_alice"]);
  await house.pass(30_000);
  await server.create({ source: "198.51.100.1" });
  await house.quiesce();
  equal(chat.asked.length, 12);
});

Deno.test("who was frozen meanwhile is not asked by the next contact", async () => {
  const email = mail();
  const house = await AskingServer.start([{ ...ALICE, ...both }], {}, [email]);
  await house.server.create();
  await house.chat.request();
  await rewrite(house.server.memory, "person", { ...ALICE, ...both, state: "frozen" });
  await house.pass(20_000);
  deepEqual(email.asked, []);
});

Deno.test("a store or an audit log that fails holds no login up, and is logged", async () => {
  const house = await AskingServer.start([ALICE], { codes: { accounts: [], validForMs: 1 } });
  const { server } = house;
  // No host has codes, so the API asks for no records.
  server.failing = "find";
  const { status } = await server.ask();
  equal(status, 201);
  await house.quiesce();
  deepEqual(
    server.logged.filter(({ level }) => level === "error").map(({ message }) => message),
    ["people could not be told of a request"],
  );
});

Deno.test("how many messages were sent, and failed, is counted by channel", async () => {
  const house = await AskingServer.start([{ ...ALICE, ...both }], {}, [mail()]);
  const { server, chat } = house;
  await server.create();
  chat.unreachable.add("1");
  await server.create({ source: "192.0.2.8" });
  await house.quiesce();
  const text = await (await server.fetch("GET", "/metrics")).text();
  const lines = text.split("\n").filter((line) => line.startsWith("gatehouse_asked_total"));
  deepEqual(lines.sort(), [
    'gatehouse_asked_total{channel="email",outcome="sent"} 1',
    'gatehouse_asked_total{channel="telegram",outcome="failed"} 1',
    'gatehouse_asked_total{channel="telegram",outcome="sent"} 1',
  ]);
});

Deno.test("without channels nothing is watched or remembered", async () => {
  const server = await TestServer.start({}, new FakeNotifier({ sends: ["pin", "alert"] }));
  await server.create();
  equal(server.watchers, 0);
});

Deno.test("a stopped server asks nobody any more", async () => {
  const house = await AskingServer.start([{ ...ALICE, ...both }], {}, [mail()]);
  await house.server.create();
  await house.chat.request();
  await house.quiesce();
  equal(house.chat.listening, 1);
  await house.server.app.stop();
  deepEqual([house.chat.listening, house.server.watchers, house.server.time.timers], [0, 0, 0]);
});
