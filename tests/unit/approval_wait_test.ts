/** Waiting for the person: what ends it, and what does not. */
import assert from "node:assert/strict";
import {
  answer,
  asked,
  type Behaviour,
  endless,
  hangUp,
  json,
  problem,
  raw,
  silence,
  stall,
} from "../support/hostile_server.ts";
import { endingOf, opened, PinnedServer, SECRET, TOKEN } from "../support/pinned_server.ts";

const pending = json(200, { state: "pending" });

const approved = (server: PinnedServer): Behaviour =>
  asked(async () => json(200, { state: "approved", verdict: await server.verdict() }));

Deno.test("waiting ends with what the server says of the person", async () => {
  await using server = await PinnedServer.start();
  for (const state of ["denied", "expired", "cancelled"]) {
    server.on("GET", json(200, { state, reason: "why" }));
    assert.deepEqual(await endingOf(server), { state, reason: "why" });
    server.on("GET", json(200, { state }));
    assert.deepEqual(await endingOf(server), { state, reason: undefined });
  }
});

Deno.test("waiting goes on through long polls that bring nothing", async () => {
  await using server = await PinnedServer.start();
  server.on("GET", pending, pending, approved(server));
  assert.equal((await endingOf(server)).state, "approved");
  assert.deepEqual([server.count("GET"), server.connections], [3, 1]);
});

Deno.test("waiting goes on through whatever is no answer", async () => {
  const noise: Behaviour[] = [
    hangUp,
    raw("garbage\r\n\r\n"),
    answer(200, "application/json", "{"),
    answer(200, "text/html", "<p>approved"),
    json(200, { state: "APPROVED" }),
    json(200, { state: "pending", reason: "\x1b[2J" }),
    json(200, []),
    problem(500, "oops"),
    problem(502, "bad gateway"),
    problem(429, "slow down"),
    answer(302, "text/plain", "", "location: /x\r\n"),
    endless("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(10_000)),
    (wire, request) =>
      raw("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{")(wire, request).then(wire.close),
    (wire, request) =>
      raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")(wire, request)
        .then(wire.close),
  ];
  // Each by itself, for the pauses between tries grow.
  await Promise.all(noise.map(async (behaviour, index) => {
    await using server = await PinnedServer.start();
    server.on("GET", behaviour, approved(server));
    assert.equal((await endingOf(server)).state, "approved", `noise ${index}`);
    assert.equal(server.count("GET"), 2);
  }));
});

Deno.test("a server that dies while somebody waits, and comes back, loses nothing", async () => {
  await using server = await PinnedServer.start();
  server.on("GET", silence, approved(server));
  const ending = endingOf(server);
  await server.wait("GET", 1);
  await server.stop();
  server.restart();
  assert.deepEqual(await ending, { state: "approved", by: "bob" });
});

Deno.test("a login that the server no longer knows is over", async () => {
  await using server = await PinnedServer.start();
  for (const status of [400, 401, 403, 404, 410]) {
    server.on("GET", problem(status, "no", `${SECRET} ${TOKEN}`), approved(server));
    const before = server.count("GET");
    assert.deepEqual(await endingOf(server), {
      state: "failed",
      fault: "the server no longer knows this login",
    });
    assert.equal(server.count("GET"), before + 1);
  }
});

Deno.test("the end of the time ends the waiting, whatever the server is doing", async () => {
  const doing: Behaviour[] = [
    silence,
    stall("HTTP/1.1 200 OK\r\ncontent-ty"),
    stall("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"),
  ];
  for (const behaviour of doing) {
    await using server = await PinnedServer.start();
    server.on("GET", behaviour);
    const time = new AbortController();
    const ending = endingOf(server, server.client(), time.signal);
    await server.wait("GET", 1);
    time.abort();
    assert.deepEqual(await ending, { state: "expired", reason: undefined });
  }
});

Deno.test("the end of the time ends a pause between tries", async () => {
  await using server = await PinnedServer.start();
  server.on("GET", problem(500, "oops"));
  const time = new AbortController();
  const request = opened(await server.client().ask(server.attempt));
  const ending = request.ended(time.signal);
  await server.wait("GET", 3);
  time.abort();
  assert.deepEqual(await ending, { state: "expired", reason: undefined });
});

Deno.test("a time that has ended already asks nothing more", async () => {
  await using server = await PinnedServer.start();
  const ending = await endingOf(server, server.client(), AbortSignal.abort());
  assert.equal(ending.state, "expired");
  assert.equal(server.count("GET"), 0);
});

Deno.test("a server that keeps saying at once that nothing happened is not asked in a loop", async () => {
  await using server = await PinnedServer.start();
  server.on("GET", pending);
  await endingOf(server, server.client(), AbortSignal.timeout(600));
  // At once, after 100 ms, after 250 ms more: the next would come after 850 ms.
  assert.ok(server.count("GET") <= 3, `${server.count("GET")} requests`);
});
