/** What the host makes of a server's first answer, however hostile. */
import assert from "node:assert/strict";
import * as v from "valibot";
import { LoginRequest } from "../../lib/core/api.ts";
import { sha256Hex } from "../../lib/core/encoding.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { VERSION } from "../../lib/core/version.ts";
import type { Asked } from "../../lib/login/doors.ts";
import { anAttempt } from "../support/fakes.ts";
import {
  answer,
  type Behaviour,
  endless,
  hangUp,
  HostileServer,
  json,
  problem,
  raw,
  silence,
  stall,
} from "../support/hostile_server.ts";
import { created, opened, PinnedServer, SECRET, TOKEN } from "../support/pinned_server.ts";

/** Long enough for any answer that comes at all, short where none comes. */
const NO_ANSWER_MS = 150;

async function ask(behaviour: Behaviour, connectTimeoutMs = 2_000): Promise<Asked> {
  await using server = await PinnedServer.start();
  server.on("POST", behaviour);
  const asked = await server.client({ connectTimeoutMs }).ask(server.attempt);
  const said = JSON.stringify(asked);
  assert.ok(!said.includes(TOKEN) && !said.includes(SECRET), said);
  if ("detail" in asked) assert.ok(isPrintable(asked.detail), said);
  return asked;
}

Deno.test("a login takes two requests on one connection", async () => {
  await using server = await PinnedServer.start();
  server.on("GET", async (wire, request) => {
    const verdict = await server.verdict();
    await json(200, { state: "approved", verdict })(wire, request);
  });
  const request = opened(await server.client().ask(server.attempt));
  assert.equal(request.url, "https://auth.example.com/l/ticket-1");
  assert.equal(request.match, "42");
  assert.deepEqual(await request.ended(new AbortController().signal), {
    state: "approved",
    by: "bob",
  });
  assert.deepEqual(
    server.received.map(({ method, path, authorization, userAgent, connection }) => [
      `${method} ${path}`,
      authorization,
      userAgent,
      connection,
    ]),
    [
      ["POST /api/v1/logins", `Bearer ${TOKEN}`, `gatehouse/${VERSION}`, 1],
      ["GET /api/v1/logins/login-1?wait=25", `Bearer ${SECRET}`, `gatehouse/${VERSION}`, 1],
    ],
  );
  assert.equal(server.connections, 1);
});

Deno.test("a login is described as the API wants it, with a nonce of its own", async () => {
  await using server = await PinnedServer.start();
  const long = "echo " + "ä".repeat(5_000);
  const attempts = [
    anAttempt(),
    anAttempt({ command: "uptime\n", key: "SHA256:abc", tty: false, source: "fe80::1%eth0" }),
    anAttempt({ command: long }),
    anAttempt({ command: "" }),
    anAttempt({ command: undefined, service: "su", requester: "ali\u202ece" }),
  ];
  for (const attempt of attempts) await server.client().ask(attempt);
  const sent = server.received.map(({ body }) => JSON.parse(body));
  for (const body of sent) assert.ok(v.is(LoginRequest, body), JSON.stringify(body));
  assert.equal(new Set(sent.map(({ nonce }) => nonce)).size, attempts.length);
  const [shell, command, shortened, empty, unknown] = sent;
  for (const name of ["command", "key", "requester"]) assert.equal(name in shell, false);
  assert.deepEqual(
    { command: command.command, key: command.key, timeout: command.timeout },
    { command: "uptime\n", key: "SHA256:abc", timeout: 60 },
  );
  assert.equal(shortened.command, long.slice(0, 2_000));
  assert.equal(shortened.command_sha256, await sha256Hex(long));
  assert.equal(empty.command, "");
  assert.deepEqual([unknown.command, unknown.requester], [null, "ali\\u{202e}ce"]);
  assert.equal("command_sha256" in unknown, false);
});

Deno.test("a server that cannot be reached, or does not answer in time, is unreachable", async () => {
  const behaviours: Behaviour[] = [
    silence,
    stall("HTTP/1.1 201 Created\r\ncontent-ty"),
    stall("HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{"),
    stall("HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n"),
  ];
  for (const behaviour of behaviours) {
    const asked = await ask(behaviour, NO_ANSWER_MS);
    assert.equal(asked.kind, "unreachable");
    assert.match("detail" in asked ? asked.detail : "", /^http:\S+ does not answer$/);
  }
  const cut: Behaviour[] = [
    hangUp,
    raw("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
    raw("\x00\x01\x02\x03\r\n\r\n"),
    (wire, request) =>
      raw("HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{")(wire, request).then(wire.close),
  ];
  for (const behaviour of cut) assert.equal((await ask(behaviour)).kind, "unreachable");

  const server = await PinnedServer.start();
  await server.stop();
  assert.equal((await server.client().ask(server.attempt)).kind, "unreachable");
});

Deno.test("headers without end are no answer", async () => {
  const asked = await ask(endless("HTTP/1.1 201 Created\r\n", `x: ${"y".repeat(8_000)}\r\n`));
  assert.equal(asked.kind, "unreachable");
});

Deno.test("an answer that makes no sense is unusable", async () => {
  const html = "<!doctype html><title>Sign in to the hotel's wifi</title>";
  const behaviours: [behaviour: Behaviour, detail: RegExp][] = [
    [answer(201, "application/json", "{"), /no usable answer \(HTTP 201\)$/],
    [answer(201, "application/json", ""), /HTTP 201/],
    [answer(201, "application/json", "null"), /HTTP 201/],
    [answer(201, "application/json", "[]"), /HTTP 201/],
    [answer(200, "text/html", html), /HTTP 200/],
    [answer(403, "text/html", html), /HTTP 403/],
    [answer(429, "text/html", html), /HTTP 429/],
    [problem(500, "oops"), /HTTP 500/],
    [problem(401, "Unauthorized"), /does not know this host's token$/],
    [problem(422, "Unprocessable"), /does not accept this login's description$/],
    [endless("HTTP/1.1 201 Created\r\n\r\n", "x".repeat(10_000)), /answers without end$/],
    [endless("HTTP/1.1 201 Created\r\n\r\n[", "[".repeat(10_000)), /answers without end$/],
  ];
  for (const [behaviour, detail] of behaviours) {
    const asked = await ask(behaviour);
    assert.equal(asked.kind, "unusable", JSON.stringify(asked));
    assert.match("detail" in asked ? asked.detail : "", detail);
  }
});

Deno.test("a redirect is not followed: the token is for this server alone", async () => {
  await using other = new HostileServer();
  for (const status of [301, 302, 307, 308]) {
    const asked = await ask(answer(status, "text/plain", "", `location: ${other.url}/\r\n`));
    assert.equal(asked.kind, "unusable");
  }
  assert.equal(other.connections, 0);
});

Deno.test("a created login with a wrong or dangerous member is unusable", async () => {
  const changes: Record<string, unknown>[] = [
    { id: undefined },
    { id: 5 },
    { id: "../../x" },
    { id: ".." },
    { secret: undefined },
    { secret: "a\r\nx: y" },
    { secret: "密码" },
    { url: 5 },
    { url: "https://a.example/\x1b[2J" },
    { url: "https://a.example/\u009b2J" },
    { url: "https://a.example/\u202e" },
    { url: "javascript:alert(1)" },
    { match: "\x1b[2J" },
    { match: 42 },
    { match: "421" },
    { state: "open" },
    { state: 1 },
    { expires_at: 5 },
  ];
  for (const change of changes) {
    assert.equal((await ask(created(change))).kind, "unusable", JSON.stringify(change));
  }
});

Deno.test("a login without number matching has no number", async () => {
  for (const match of [null, undefined]) {
    assert.equal(opened(await ask(created({ match }))).match, null);
  }
});

Deno.test("a refusal is passed on, without control characters", async () => {
  assert.deepEqual(await ask(problem(403, "Frozen", "the account is frozen")), {
    kind: "refused",
    why: "frozen",
    detail: "the account is frozen",
    retryAfterS: undefined,
    twoPersons: false,
  });
  assert.deepEqual(await ask(problem(429, "too many\x1b[2J\n")), {
    kind: "refused",
    why: "busy",
    detail: "too many\\u{1b}[2J\\u{a}",
    retryAfterS: undefined,
    twoPersons: false,
  });
  for (const [reason, why] of [["quiet", "quiet"], ["busy", "busy"], ["new", "busy"]] as const) {
    for (const twoPersons of [false, true]) {
      const more = { reason, ...(twoPersons ? { two_persons: true } : {}) };
      const later = problem(429, "Later", "later", more, "retry-after: 841\r\n");
      assert.deepEqual(await ask(later), {
        kind: "refused",
        why,
        detail: "later",
        retryAfterS: 841,
        twoPersons,
      });
    }
  }
  const long = await ask(problem(403, "x".repeat(10_000)));
  assert.ok("detail" in long && long.detail.length <= 256);
});

Deno.test("the first server that serves is taken, and the others are not asked", async () => {
  await using dead = await PinnedServer.start();
  await using mad = new HostileServer();
  await using good = await PinnedServer.start();
  await using spare = await PinnedServer.start();
  await dead.stop();
  dead.restart();
  dead.on("POST", silence);
  mad.on("POST", answer(200, "text/html", "<p>"));
  const servers = [dead, mad, good, spare].map((server) => server.url);
  const client = good.client({ servers, connectTimeoutMs: NO_ANSWER_MS * 4 });
  assert.equal((await client.ask(good.attempt)).kind, "open");
  assert.deepEqual([dead, mad, good, spare].map((server) => server.count("POST")), [1, 1, 1, 0]);
});

Deno.test("a refusal counts for all servers: no other one is asked to let in after all", async () => {
  await using strict = await PinnedServer.start();
  await using lax = await PinnedServer.start();
  strict.on("POST", problem(403, "Frozen"));
  const client = lax.client({ servers: [strict.url, lax.url] });
  assert.equal((await client.ask(lax.attempt)).kind, "refused");
  assert.equal(lax.connections, 0);
});

Deno.test("of servers that all fail, one that answered says more than one that did not", async () => {
  await using mad = new HostileServer();
  mad.on("POST", answer(500, "text/plain", ""));
  await using gone = new HostileServer();
  await gone.stop();
  gone.restart();
  gone.on("POST", hangUp);
  await using server = await PinnedServer.start();
  for (const servers of [[mad.url, gone.url], [gone.url, mad.url]]) {
    assert.equal((await server.client({ servers }).ask(server.attempt)).kind, "unusable");
  }
  assert.equal((await server.client({ servers: [] }).ask(server.attempt)).kind, "unreachable");
});

Deno.test("cancelling tells the server, and never fails nor takes long", async () => {
  await using server = await PinnedServer.start();
  const request = opened(await server.client().ask(server.attempt));
  await request.cancel("hung_up");
  const told = server.received.at(-1);
  assert.deepEqual(
    [told?.method, told?.path, told?.authorization],
    ["DELETE", "/api/v1/logins/login-1", `Bearer ${SECRET}`],
  );
  for (
    const behaviour of [
      hangUp,
      silence,
      problem(500, "oops"),
      endless("HTTP/1.1 200 X\r\n\r\n", "x"),
    ]
  ) {
    server.on("DELETE", behaviour);
    await request.cancel("hung_up");
  }
  await server.stop();
  await request.cancel("hung_up");
  server.restart();
});
