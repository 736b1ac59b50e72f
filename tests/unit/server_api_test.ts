import { decodeJwt } from "jose";
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import * as v from "valibot";
import { Joined, LoginCreated, Problem } from "../../lib/core/api.ts";
import { sha256Hex } from "../../lib/core/encoding.ts";
import { checkVerdict } from "../../lib/core/verdict.ts";
import { T0 } from "../support/logins.ts";
import {
  HOST_TOKEN,
  KEY,
  NONCE,
  problemOf,
  PUBLIC_URL,
  TestServer,
} from "../support/server_app.ts";

const BEARER = { authorization: `Bearer ${HOST_TOKEN}` };

Deno.test("POST /api/v1/logins answers what the host needs", async () => {
  const server = await TestServer.start();
  const response = await server.ask();
  equal(response.status, 201);
  const body = v.parse(LoginCreated, await response.json());
  equal(response.headers.get("location"), `/api/v1/logins/${body.id}`);
  match(body.url, /^https:\/\/auth\.example\.com\/l\/[A-Za-z0-9_-]{16}$/);
  match(body.match ?? "", /^[1-9][0-9]$/);
  equal(body.expires_at, new Date(T0 + 60_000).toISOString());
  equal(body.state, "pending");
});

Deno.test("a stored login holds no secret that is in the answer", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const stored = await server.stored(login.id);
  ok(!JSON.stringify(stored).includes(login.secret));
  equal(stored.secretHash, await sha256Hex(login.secret));
});

Deno.test("timeout is honoured up to its limit", async () => {
  const server = await TestServer.start();
  const login = await server.create({ timeout: 300 });
  equal((await server.stored(login.id)).expiresAt, T0 + 300_000);
  await problemOf(await server.ask({ timeout: 301 }), 422);
});

Deno.test("an approved login's verdict satisfies the host's check", async () => {
  const server = await TestServer.start();
  const command = "systemctl restart nginx";
  const login = await server.create({ command, tty: false, requester: "bob" });
  await server.approve(login);
  const { state, verdict } = await (await server.poll(login)).json();
  equal(state, "approved");
  const expected = {
    aud: "web1",
    sub: "alice",
    jti: login.id,
    svc: "sshd",
    src: "192.0.2.7",
    cmd: await sha256Hex(command),
    nonce: NONCE,
  };
  const checked = await checkVerdict(verdict, [server.publicKey], expected, server.time.now());
  ok(checked.ok);
  const { cmd_shown, key, requester, tty } = decodeJwt(verdict);
  deepEqual([cmd_shown, key, requester, tty], [await sha256Hex(command), KEY, "bob", false]);
  deepEqual([checked.claims.iss, checked.claims.by, checked.claims.via], [
    PUBLIC_URL,
    "link",
    "link",
  ]);
});

Deno.test("the hash of a shortened command is the host's", async () => {
  const server = await TestServer.start();
  const hash = await sha256Hex("the whole command");
  const login = await server.create({ command: "the whole…", command_sha256: hash });
  const { commandHash, commandWhole } = await server.stored(login.id);
  deepEqual([commandHash, commandWhole], [hash, false]);
  const { errors } = await problemOf(await server.ask({ command_sha256: hash }), 422);
  deepEqual(errors, [{
    field: "command_sha256",
    message: "needs command, of which it is the hash",
  }]);
});

Deno.test("a command is whole when its hash says so, or none was sent", async () => {
  const server = await TestServer.start();
  const hash = await sha256Hex("uptime");
  for (const sent of [{}, { command: "uptime" }, { command: "uptime", command_sha256: hash }]) {
    const { id } = await server.create(sent);
    equal((await server.stored(id)).commandWhole, true, JSON.stringify(sent));
  }
});

Deno.test("a login of which nobody has said yet what it runs is no login for a shell", async () => {
  const server = await TestServer.start();
  const { id } = await server.create({ command: null });
  const { command, commandHash, commandWhole } = await server.stored(id);
  deepEqual([command, commandHash, commandWhole], [null, "", false]);
  await problemOf(await server.ask({ command: null, command_sha256: "0".repeat(64) }), 422);
});

Deno.test("who asks is kept, recorded, and part of what makes two logins one request", async () => {
  const server = await TestServer.start();
  const su = { user: "root", service: "su", command: null };
  const asked = [];
  for (const requester of ["alice", "bob", undefined, "bob"]) {
    asked.push(await server.create(requester === undefined ? su : { ...su, requester }));
  }
  const [alice, bob, nobody, again] = asked;
  deepEqual(
    [bob?.ticket === again?.ticket, new Set([alice, bob, nobody].map((l) => l?.ticket)).size],
    [true, 3],
  );
  equal((await server.stored(bob?.id ?? "")).requester, "bob");
  deepEqual(server.audited.map(({ requester }) => requester), ["alice", "bob", null, "bob"]);
});

Deno.test("a missing, unknown or revoked host token gets 401", async () => {
  const server = await TestServer.start();
  const missing = await server.json("/api/v1/logins", {});
  equal(missing.headers.get("www-authenticate"), "Bearer");
  await problemOf(missing, 401);
  await problemOf(await server.ask({}, "ghh_guess"), 401);
  await server.memory.changeHost("web1", (host) => ({ ...host, revokedAt: T0 }));
  await problemOf(await server.ask(), 401);
});

Deno.test("a 422 lists every fault in our own words", async () => {
  const server = await TestServer.start();
  const body = {
    user: "",
    service: 3,
    source: "nowhere",
    tty: "yes",
    command: "x".repeat(16_000),
    key: "\u001b[2J",
    timeout: 1.5,
    surprise: 1,
  };
  const problem = await problemOf(await server.json("/api/v1/logins", body, BEARER), 422);
  v.parse(Problem, problem);
  deepEqual(problem.errors, [
    { field: "user", message: "length must be >=1" },
    { field: "service", message: "must be string" },
    { field: "source", message: "must be an IPv4 or IPv6 address" },
    { field: "tty", message: "must be boolean" },
    { field: "key", message: "must not contain control or invisible characters" },
    { field: "nonce", message: "missing" },
    { field: "timeout", message: "must be a whole number" },
    { field: "surprise", message: "unknown field" },
  ]);
});

Deno.test("a 10,000-character user name is refused and not repeated", async () => {
  const server = await TestServer.start();
  const response = await server.ask({ user: "a".repeat(10_000) });
  equal(response.status, 422);
  ok((await response.text()).length < 500);
});

Deno.test("malformed bodies get 400", async () => {
  const server = await TestServer.start();
  for (const body of ["", "{", "nul", '{"a":1}x', new Uint8Array([0x22, 0xff, 0x22])]) {
    const headers = { ...BEARER, "content-type": "application/json" };
    await problemOf(await server.fetch("POST", "/api/v1/logins", { headers, body }), 400);
  }
});

Deno.test("a body that is not JSON by its content type gets 415", async () => {
  const server = await TestServer.start();
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
    const response = await server.json("/api/v1/logins", {}, { ...BEARER, "content-type": type });
    equal(response.headers.get("accept-post"), "application/json");
    await problemOf(response, 415);
  }
});

Deno.test("a content type may have parameters", async () => {
  const server = await TestServer.start();
  const type = { "content-type": "Application/JSON; charset=utf-8" };
  const response = await server.json("/api/v1/join", { nonce: NONCE }, { ...BEARER, ...type });
  equal(response.status, 200);
});

Deno.test("a wrong method gets 405 and what is allowed", async () => {
  const server = await TestServer.start();
  const cases: [string, string, string][] = [
    ["PUT", "/api/v1/logins", "POST"],
    ["GET", "/api/v1/logins", "POST"],
    ["POST", "/api/v1/logins/abc", "GET, DELETE"],
    ["PATCH", "/api/v1/join", "POST"],
    ["OPTIONS", "/api/v1/join", "POST"],
    ["DELETE", "/healthz", "GET, HEAD"],
  ];
  for (const [method, path, allow] of cases) {
    const response = await server.fetch(method, path, { headers: BEARER });
    equal(response.headers.get("allow"), allow, `${method} ${path}`);
    await problemOf(response, 405);
  }
});

Deno.test("HEAD does not collect a verdict", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  await server.approve(login);
  const headers = { authorization: `Bearer ${login.secret}` };
  equal((await server.fetch("HEAD", `/api/v1/logins/${login.id}`, { headers })).status, 405);
  equal((await (await server.poll(login)).json()).state, "approved");
});

Deno.test("an unknown address gets 404", async () => {
  const server = await TestServer.start();
  for (const path of ["/api/v1/nothing", "/api/v2/logins", "/start_login", "/%ff%00"]) {
    await problemOf(await server.fetch("GET", path), 404);
  }
});

Deno.test("a body that says it is too large is not read", async () => {
  const server = await TestServer.start();
  let pulled = 0;
  const body = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 });
  const headers = { ...BEARER, "content-type": "application/json", "content-length": "16385" };
  await problemOf(await server.fetch("POST", "/api/v1/logins", { headers, body }), 413);
  equal(pulled, 0);
});

Deno.test("a body without length is read up to the limit", async () => {
  const server = await TestServer.start();
  let pulled = 0;
  const body = new ReadableStream({
    pull: (stream) => {
      pulled++;
      stream.enqueue(new Uint8Array(1_000));
    },
  }, { highWaterMark: 0 });
  const headers = { ...BEARER, "content-type": "application/json" };
  await problemOf(await server.fetch("POST", "/api/v1/logins", { headers, body }), 413);
  equal(pulled, 17);
});

Deno.test("a body that does not come in time gets 408", async () => {
  const server = await TestServer.start();
  const asked = Promise.withResolvers<void>();
  const body = new ReadableStream({ pull: () => asked.resolve() }, { highWaterMark: 0 });
  const headers = { ...BEARER, "content-type": "application/json" };
  const answer = server.fetch("POST", "/api/v1/logins", { headers, body });
  await asked.promise;
  server.time.advance(10_000);
  await problemOf(await answer, 408);
  equal(server.time.timers, 0);
});

Deno.test("connections of one request share link and number", async () => {
  const server = await TestServer.start();
  const first = await server.create();
  server.time.advance(10_000);
  const second = await server.create();
  const other = await server.create({ source: "192.0.2.8" });
  deepEqual([second.ticket, second.match], [first.ticket, first.match]);
  notEqual(second.id, first.id);
  notEqual(second.secret, first.secret);
  notEqual(other.ticket, first.ticket);
});

Deno.test("what begins later, or is no terminal, is a request of its own with a number of its own", async () => {
  const server = await TestServer.start();
  const eve = await server.create();
  const command = await server.create({ command: "uptime", tty: false });
  server.time.advance(10_001);
  const alice = await server.create();
  equal(new Set([eve, command, alice].map(({ ticket }) => ticket)).size, 3);
  equal((await server.approve(alice)).status, 200);
  for (const { id } of [eve, command]) equal((await server.stored(id)).state, "pending");
});

Deno.test("without a key nobody is let in with somebody else", async () => {
  const server = await TestServer.start();
  const owner = await server.create({ key: undefined });
  const other = await server.create({ key: undefined });
  const withKey = await server.create();
  equal(new Set([owner, other, withKey].map(({ ticket }) => ticket)).size, 3);
  equal((await server.approve(owner)).status, 200);
  for (
    const [login, state] of [[owner, "approved"], [other, "pending"], [withKey, "pending"]] as const
  ) {
    equal((await server.stored(login.id)).state, state);
  }
});

Deno.test("without a key each connection is one of the three that may wait", async () => {
  const server = await TestServer.start();
  for (let n = 0; n < 3; n++) await server.create({ key: undefined });
  await problemOf(await server.ask({ key: undefined }), 429);
});

Deno.test("an account may have three requests waiting, then 429 until one is over", async () => {
  const server = await TestServer.start();
  const logins = [];
  for (const last of [1, 2, 3]) logins.push(await server.create({ source: `192.0.2.${last}` }));
  const refused = await server.ask({ source: "192.0.2.4" });
  equal(refused.headers.get("retry-after"), "60");
  await problemOf(refused, 429);
  equal((await server.ask({ source: "192.0.2.4", user: "bob" })).status, 201);
  equal((await server.ask({ source: "192.0.2.3" })).status, 201);
  const [first] = logins;
  ok(first);
  await server.press(`/l/${first.ticket}/deny`, {});
  equal((await server.ask({ source: "192.0.2.4" })).status, 201);
});

Deno.test("one request takes 64 connections at most", async () => {
  const server = await TestServer.start();
  const answers = await Promise.all(Array.from({ length: 70 }, () => server.ask()));
  equal(answers.filter((answer) => answer.status === 201).length, 64);
  equal(answers.filter((answer) => answer.status === 429).length, 6);
});

Deno.test("a host that starts too many logins gets 429, others don't", async () => {
  const limits = {
    pendingPerAccount: 3,
    loginsPerMinutePerHost: 2,
    failuresPerMinutePerSource: 30,
    requestsAtOnce: 100,
  };
  const server = await TestServer.start({ limits });
  await server.addHost("web2", "ghh_other");
  await server.create();
  await server.create();
  const refused = await server.ask();
  equal(refused.headers.get("retry-after"), "30");
  await problemOf(refused, 429);
  equal((await server.ask({}, "ghh_other")).status, 201);
  server.time.advance(30_000);
  equal((await server.ask()).status, 201);
});

Deno.test("failures are slowed down by source, who is right is not", async () => {
  const server = await TestServer.start();
  for (let i = 0; i < 30; i++) await problemOf(await server.ask({}, "ghh_guess"), 401);
  const refused = await server.ask({}, "ghh_guess");
  equal(refused.headers.get("retry-after"), "2");
  await problemOf(refused, 429);
  const login = await server.create();
  await problemOf(await server.poll({ id: login.id, secret: "guess" }), 429);
  equal((await server.poll(login)).status, 200);
});

Deno.test("the failures that are logged are limited too", async () => {
  const server = await TestServer.start();
  for (let i = 0; i < 50; i++) await server.ask({}, "ghh_guess");
  equal(server.logged.filter(({ message }) => message === "request refused").length, 30);
  ok(!JSON.stringify(server.logged).includes("ghh_"));
});

Deno.test("polls need the login's own secret", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const other = await server.create({ user: "bob" });
  const bare = await server.fetch("GET", `/api/v1/logins/${login.id}`);
  equal(bare.headers.get("www-authenticate"), "Bearer");
  await problemOf(bare, 401);
  await problemOf(await server.poll({ id: login.id, secret: other.secret }), 401);
  await problemOf(await server.poll({ id: login.id, secret: login.ticket }), 401);
  await problemOf(await server.poll({ id: "unknown", secret: login.secret }), 404);
});

Deno.test("wait must be 0 to 60 seconds", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  for (const wait of ["61", "-1", "1.5", "", "9999999999", "abc"]) {
    const headers = { authorization: `Bearer ${login.secret}` };
    const path = `/api/v1/logins/${login.id}?wait=${wait}`;
    const { errors } = await problemOf(await server.fetch("GET", path, { headers }), 422);
    equal(errors[0].field, "wait");
  }
});

Deno.test("DELETE says why when a code was typed instead", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const remove = (reason: string) =>
    server.fetch("DELETE", `/api/v1/logins/${login.id}?reason=${reason}`, {
      headers: { authorization: `Bearer ${login.secret}` },
    });
  await problemOf(await remove("boredom"), 422);
  equal((await remove("code_used")).status, 204);
  deepEqual(await (await server.poll(login)).json(), { state: "cancelled", reason: "code_used" });
});

Deno.test("DELETE cancels, again and again, with the right secret only", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const hangUp = (secret: string) =>
    server.fetch("DELETE", `/api/v1/logins/${login.id}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
  await problemOf(await hangUp("guess"), 401);
  equal((await hangUp(login.secret)).status, 204);
  equal((await hangUp(login.secret)).status, 204);
  deepEqual(await (await server.poll(login)).json(), { state: "cancelled", reason: "hung_up" });
  deepEqual(server.audited.map(({ event }) => event), ["login.created", "login.cancelled"]);
});

Deno.test("POST /api/v1/join tells the key to pin and notes the time", async () => {
  const server = await TestServer.start();
  const response = await server.json("/api/v1/join", { nonce: NONCE }, BEARER);
  const joined = v.parse(Joined, await response.json());
  equal(joined.host, "web1");
  const [host] = await server.memory.hosts();
  equal(host?.joinedAt, T0);
  deepEqual(server.audited, [{ event: "host.joined", host: "web1", source: "127.0.0.1" }]);
  for (const body of [{}, { nonce: "short" }, { nonce: NONCE, extra: 1 }]) {
    await problemOf(await server.json("/api/v1/join", body, BEARER), 422);
  }
  await problemOf(
    await server.json("/api/v1/join", { nonce: NONCE }, { authorization: "Bearer x" }),
    401,
  );
});

Deno.test("a host's last login is noted at most once a minute", async () => {
  const server = await TestServer.start();
  await server.create();
  await server.create();
  server.time.advance(60_000);
  await server.create();
  equal(server.calls.filter((call) => call === "changeHost").length, 2);
  equal((await server.memory.hosts())[0]?.lastSeenAt, T0 + 60_000);
});

Deno.test("a browser on another site cannot use the API", async () => {
  const server = await TestServer.start();
  for (const origin of ["https://evil.example", "null", `${PUBLIC_URL}.evil.example`]) {
    await problemOf(
      await server.json("/api/v1/join", { nonce: NONCE }, { ...BEARER, origin }),
      403,
    );
  }
  equal(
    (await server.json("/api/v1/join", { nonce: NONCE }, { ...BEARER, origin: PUBLIC_URL })).status,
    200,
  );
});
