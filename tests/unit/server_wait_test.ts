import { deepEqual, equal } from "node:assert/strict";
import { problemOf, TestServer } from "../support/server_app.ts";

Deno.test("a poll answers the moment the login is approved, without asking in between", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const { answer } = await server.waiting(login);
  server.time.advance(20_000);
  const reads = server.calls.filter((call) => call === "login").length;
  await server.approve(login);
  equal((await (await answer).json()).state, "approved");
  equal(reads, 1);
  equal(server.watchers, 0);
  equal(server.time.timers, 0);
});

Deno.test("a poll answers pending after its wait and reads the store once", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const { answer } = await server.waiting(login, 25);
  server.time.advance(24_999);
  equal(server.watchers, 1);
  server.time.advance(1);
  deepEqual(await (await answer).json(), { state: "pending" });
  equal(server.calls.filter((call) => call === "login").length, 1);
  equal(server.watchers, 0);
});

Deno.test("a poll without wait answers at once", async () => {
  const server = await TestServer.start();
  deepEqual(await (await server.poll(await server.create())).json(), { state: "pending" });
  equal(server.watchers, 0);
});

Deno.test("a poll that waits past the login's end answers expired, and it is recorded", async () => {
  const server = await TestServer.start();
  const login = await server.create({ timeout: 10 });
  const { answer } = await server.waiting(login, 60);
  server.time.advance(10_000);
  deepEqual(await (await answer).json(), { state: "expired", reason: "timeout" });
  equal((await server.stored(login.id)).state, "expired");
  equal(server.audited.at(-1)?.event, "login.expired");
});

Deno.test("a denial reaches the waiting host with its reason", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const { answer } = await server.waiting(login);
  await server.press(`/l/${login.ticket}/deny`, { not_me: "1" });
  deepEqual(await (await answer).json(), { state: "denied", reason: "not_me" });
});

Deno.test("hanging up wakes the poll of the same login", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const { answer } = await server.waiting(login);
  const headers = { authorization: `Bearer ${login.secret}` };
  await server.fetch("DELETE", `/api/v1/logins/${login.id}`, { headers });
  deepEqual(await (await answer).json(), { state: "cancelled", reason: "hung_up" });
});

Deno.test("a change by another process wakes the poll", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const { answer } = await server.waiting(login);
  await server.memory.changeLogins({ id: login.id }, ([found]) =>
    found === undefined ? [] : [{
      ...found,
      state: "approved",
      by: "admin:root",
      via: "terminal",
      decidedAt: server.time.now(),
    }]);
  equal((await (await answer).json()).state, "approved");
});

Deno.test("one of 100 racing collectors gets the verdict, the others 410", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  await server.approve(login);
  const answers = await Promise.all(Array.from({ length: 100 }, () => server.poll(login)));
  const verdicts = answers.filter((answer) => answer.status === 200);
  equal(verdicts.length, 1);
  for (const answer of answers.filter((a) => a.status !== 200)) await problemOf(answer, 410);
  equal(server.audited.filter(({ event }) => event === "login.collected").length, 1);
});

Deno.test("of 20 waiting collectors one gets the verdict", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const polls = [];
  for (let i = 0; i < 20; i++) polls.push((await server.waiting(login)).answer);
  equal(server.watchers, 20);
  await server.approve(login);
  const statuses = (await Promise.all(polls)).map((answer) => answer.status).sort();
  deepEqual(statuses, [200, ...Array(19).fill(410)]);
  equal(server.watchers, 0);
});

Deno.test("an approval that nobody collects within 30 s is void", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  await server.approve(login);
  server.time.advance(30_000);
  deepEqual(await (await server.poll(login)).json(), { state: "expired", reason: "not_collected" });
});

Deno.test("a client that goes away is forgotten and does not use up the verdict", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const client = new AbortController();
  const { answer } = await server.waiting(login, 60, client.signal);
  equal(server.watchers, 1);
  client.abort();
  await answer;
  equal(server.watchers, 0);
  equal(server.time.timers, 0);
  await server.approve(login);
  equal((await (await server.poll(login)).json()).state, "approved");
});

Deno.test("a client that goes away while the approval arrives does not use up the verdict", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const client = new AbortController();
  const { answer } = await server.waiting(login, 60, client.signal);
  const approval = server.approve(login);
  client.abort();
  await Promise.all([answer, approval]);
  equal((await server.stored(login.id)).collected, false);
});

Deno.test("polls with a wrong secret leave no watcher behind", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  await problemOf(await server.poll({ id: login.id, secret: "guess" }, 60), 401);
  equal(server.watchers, 0);
});

Deno.test("stop() answers who waits, and later polls, at once", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const { answer } = await server.waiting(login);
  server.app.stop();
  deepEqual(await (await answer).json(), { state: "pending" });
  deepEqual(await (await server.poll(login, 60)).json(), { state: "pending" });
  equal(server.watchers, 0);
});

Deno.test("sweep() expires what nobody waits for and forgets it a day later", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  await server.app.sweep();
  equal((await server.stored(login.id)).state, "pending");
  server.time.advance(60_000);
  await server.app.sweep();
  equal((await server.stored(login.id)).state, "expired");
  equal(server.audited.filter(({ event }) => event === "login.expired").length, 1);
  server.time.advance(24 * 3_600_000 - 60_000);
  await server.app.sweep();
  equal((await server.stored(login.id)).state, "expired");
  server.time.advance(1);
  await server.app.sweep();
  equal(await server.memory.login(login.id), undefined);
});

Deno.test("one login takes no more than 128 polls at once, and others' go on", async () => {
  const server = await TestServer.start();
  const [login, other] = [await server.create(), await server.create({ user: "bob" })];
  const polls = [];
  for (let n = 0; n < 128; n++) polls.push(await server.waiting(login));
  await problemOf(await server.poll(login, 5), 429);
  await problemOf(await server.poll(login), 429);
  equal((await server.poll(other)).status, 200);
  equal((await server.approve(login)).status, 200);
  const answers = await Promise.all(polls.map(async ({ answer }) => (await answer).status));
  // One has got the verdict.
  deepEqual(answers.toSorted(), [200, ...Array(127).fill(410)]);
  await problemOf(await server.poll(login), 410);
});
