/** What the host makes of a server's answers about PINs, however hostile; and with the real server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import * as v from "valibot";
import { LoginRequest } from "../../lib/core/api.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { PinClient } from "../../lib/io/approval_pin.ts";
import { systemRandom } from "../../lib/io/random.ts";
import type { PinAsked, PinRequest } from "../../lib/login/pin_request.ts";
import { anAttempt, FixedClock } from "../support/fakes.ts";
import {
  answer,
  asked,
  type Behaviour,
  endless,
  hangUp,
  HostileServer,
  json,
  problem,
} from "../support/hostile_server.ts";
import { T0 } from "../support/logins.ts";
import { created, newKey, PinnedServer, SECRET, TOKEN } from "../support/pinned_server.ts";
import { PinServer } from "../support/pins.ts";
import { HOST_TOKEN } from "../support/server_app.ts";

const status = { delivery: "sent", valid_for: 60, resend_after: 20, tries_left: 3 };
const pending = created({ url: null, match: null, pin: status });

function opened(asked: PinAsked): PinRequest {
  if (asked.kind === "open") return asked.request;
  throw new Error(`not open: ${JSON.stringify(asked)}`);
}

/** A request for which the next POST meets the behaviour. */
async function open(server: PinnedServer, ...behaviours: Behaviour[]): Promise<PinRequest> {
  server.on("POST", pending, ...behaviours);
  return opened(await server.pinClient().ask(server.attempt, ["zhangsan"]));
}

/** What the first answer comes to; neither secrets nor terminal controls are in the words for it. */
async function ask(behaviour: Behaviour, connectTimeoutMs = 2_000): Promise<PinAsked> {
  await using server = await PinnedServer.start();
  server.on("POST", behaviour);
  const asked = await server.pinClient({ connectTimeoutMs }).ask(server.attempt, ["zhangsan"]);
  const said = JSON.stringify(asked);
  assert.ok(!said.includes(TOKEN) && !said.includes(SECRET), said);
  if ("detail" in asked) assert.ok(isPrintable(asked.detail), said);
  return asked;
}

Deno.test("a login by PIN is described as the API wants it, with its contacts", async () => {
  await using server = await PinnedServer.start();
  server.on("POST", pending);
  const request = opened(await server.pinClient().ask(server.attempt, ["zhangsan", "lisi"]));
  const [{ body, authorization } = { body: "", authorization: "" }] = server.received;
  const sent = JSON.parse(body);
  assert.ok(v.is(LoginRequest, sent), body);
  assert.deepEqual(sent.pin, { contacts: ["zhangsan", "lisi"] });
  assert.equal(authorization, `Bearer ${TOKEN}`);
  const offer = { delivery: "sent", validForS: 60, resendAfterS: 20, triesLeft: 3 };
  assert.deepEqual(request.offer, offer);
});

Deno.test("only a verdict for just this login lets in", async () => {
  const stranger = await newKey();
  const approved = (verdict?: string) => json(200, { state: "approved", verdict });
  const cases: [name: string, make: (server: PinnedServer) => Promise<Behaviour>, lets: boolean][] =
    [
      ["true", async (s) => approved(await s.verdict({ via: "pin", by: "zhangsan" })), true],
      ["none", () => Promise.resolve(approved()), false],
      ["of a stranger", async (s) => approved(await s.verdict({}, stranger.signer)), false],
      ["of another login", async (s) => approved(await s.verdict({ jti: "x" })), false],
      ["of another nonce", async (s) => approved(await s.verdict({ nonce: "x" })), false],
    ];
  for (const [name, make, lets] of cases) {
    await using server = await PinnedServer.start();
    const request = await open(server, asked(() => make(server)));
    const tried = await request.try("123456");
    assert.ok(tried.kind === "ended", name);
    const { ending } = tried;
    assert.equal(ending.state, lets ? "approved" : "failed", name);
    if (ending.state === "approved") assert.equal(ending.by, "zhangsan");
    const { path, authorization, body } = server.received[1] ?? {};
    assert.deepEqual([path, authorization, body], [
      "/api/v1/logins/login-1/code",
      `Bearer ${SECRET}`,
      '{"code":"123456"}',
    ]);
  }
});

const CONNECT_MS = 100;

Deno.test("a server that waits for its channel is no dead one", async () => {
  const late: Behaviour = async (wire, request) => {
    // When the time to connect is over, which is all that a server without a channel has.
    await once(AbortSignal.timeout(2 * CONNECT_MS), "abort");
    await pending(wire, request);
  };
  assert.equal((await ask(late, CONNECT_MS)).kind, "open");
});

Deno.test("a wrong PIN says how many tries are left", async () => {
  await using server = await PinnedServer.start();
  const wrong = { reason: "wrong_code", tries_left: 2 };
  const request = await open(server, problem(403, "Forbidden", "no", wrong));
  assert.deepEqual(await request.try("123456"), { kind: "wrong", triesLeft: 2 });
});

Deno.test("a login that has ended says how", async () => {
  await using server = await PinnedServer.start();
  const denied = { state: "denied", reason: "too_many_codes" };
  const expired = { state: "expired", reason: "timeout" };
  const request = await open(
    server,
    json(200, denied),
    json(200, expired),
    json(200, { ...denied, pin: { ...status, delivery: "failed" } }),
  );
  assert.deepEqual(await request.try("123456"), { kind: "ended", ending: denied });
  assert.deepEqual(await request.try("123456"), { kind: "ended", ending: expired });
  assert.deepEqual(await request.resend(), { kind: "ended", ending: denied });
});

Deno.test("what is no PIN is not sent", async () => {
  await using server = await PinnedServer.start();
  const request = await open(server);
  for (const code of ["", "12345", "1234567", "12345a", "123456\n", "１２３４５６"]) {
    assert.deepEqual(await request.try(code), { kind: "malformed" });
  }
  assert.equal(server.count("POST"), 1);
});

const ODD: Behaviour[] = [
  hangUp,
  answer(200, "text/html", "<title>wifi</title>"),
  answer(502, "text/html", "<title>bad gateway</title>"),
  json(200, { state: "fine" }),
  json(200, { state: "pending" }),
  json(200, []),
  problem(429, "Too many requests"),
  problem(503, "Unavailable"),
  endless("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(9_000)),
];
Deno.test("an answer that makes no sense lets nobody in, and may be asked for again", async () => {
  for (const behaviour of ODD) {
    await using server = await PinnedServer.start();
    const request = await open(server, behaviour);
    assert.equal((await request.try("123456")).kind, "no_answer");
    assert.equal((await request.resend()).kind, "no_answer");
  }
});

Deno.test("a login that the server does not know any more is over", async () => {
  for (const gone of [401, 404, 410, 422]) {
    await using server = await PinnedServer.start();
    const request = await open(server, problem(gone, "no"));
    for (const tried of [await request.try("123456"), await request.resend()]) {
      assert.ok(tried.kind === "ended" && tried.ending.state === "failed", String(gone));
    }
  }
});

Deno.test("a new PIN comes with what can be said of it, or with why there is none", async () => {
  await using server = await PinnedServer.start();
  const refusal = (reason: string, after = "") => problem(429, "no", "not now", { reason }, after);
  const request = await open(
    server,
    json(200, { state: "pending", pin: { ...status, resend_after: null, tries_left: 1 } }),
    refusal("too_early", "retry-after: 12\r\n"),
    refusal("too_many_pins", "retry-after: 580\r\n"),
    refusal("pins_unsent", "retry-after: 60\r\n"),
    refusal("no_more_pins"),
  );
  assert.deepEqual(await request.resend(), {
    kind: "sent",
    offer: { delivery: "sent", validForS: 60, resendAfterS: null, triesLeft: 1 },
  });
  assert.equal(server.received[1]?.path, "/api/v1/logins/login-1/resend");
  const refused = { kind: "refused" };
  const expected = [
    ["too_early", 12],
    ["too_many_pins", 580],
    ["pins_unsent", 60],
    ["no_more_pins", undefined],
  ] as const;
  for (const [why, retryAfterS] of expected) {
    assert.deepEqual(await request.resend(), { ...refused, why, retryAfterS });
  }
});

Deno.test("a server that will not have this login says why", async () => {
  const reason = (reason: string) => ({ reason });
  const failed = { ...status, delivery: "failed" };
  const denied = { url: null, state: "denied", reason: "not_delivered", pin: failed };
  const cases: [behaviour: Behaviour, why: string, after?: number][] = [
    [problem(403, "Forbidden", "frozen\u001b[2J"), "frozen"],
    [
      problem(429, "Busy", "later", reason("too_many_pins"), "retry-after: 300\r\n"),
      "too_many_pins",
      300,
    ],
    [
      problem(429, "Busy", "later", reason("pins_unsent"), "retry-after: 9\r\n"),
      "pins_unsent",
      9,
    ],
    [problem(429, "Busy", "later", reason("something_new")), "busy"],
    [problem(429, "Busy"), "busy"],
    [problem(429, "Busy", "later", reason("quiet"), "retry-after: 841\r\n"), "quiet", 841],
    [problem(422, "Not valid", "no", reason("no_contact")), "no_contact"],
    [problem(422, "Not valid", "no", reason("no_channel")), "no_channel"],
    [problem(422, "Not valid", "no", reason("two_persons")), "two_persons"],
    [created(denied), "not_delivered"],
  ];
  for (const [behaviour, why, after] of cases) {
    const asked = await ask(behaviour);
    assert.ok(asked.kind === "refused", JSON.stringify(asked));
    assert.deepEqual([asked.why, asked.retryAfterS], [why, after]);
  }
});

Deno.test("a PIN is typed only for an answer that was signed, where answers are", async () => {
  const ask = async (signed: boolean, url: string | null) => {
    await using server = await PinnedServer.start();
    const answer = { url: null, match: null, pin: status };
    const offer = (body: string) => server.offer(body, { url, match: null });
    server.on(
      "POST",
      asked(async ({ body }) => created(signed ? { ...answer, offer: await offer(body) } : answer)),
    );
    const client = server.pinClient({ signedOffers: true });
    return (await client.ask(server.attempt, ["zhangsan"])).kind;
  };
  assert.equal(await ask(true, null), "open");
  assert.equal(await ask(true, "https://auth.example.com/l/ticket-1"), "unusable");
  assert.equal(await ask(false, null), "unusable");
});

Deno.test("a first answer that is of no use opens nothing", async () => {
  const cases: [behaviour: Behaviour, kind: string][] = [
    [created({ pin: status }), "unusable"], // a link where there is none to be
    [created({ url: null }), "unusable"],
    [created({ url: null, state: "approved", verdict: "x", pin: status }), "unusable"],
    [created({ url: null, pin: { ...status, delivery: "failed" } }), "unusable"],
    [created({ url: null, pin: { ...status, tries_left: -1 } }), "unusable"],
    [problem(422, "Not valid", "pin: unknown field"), "unusable"], // an older server
    [problem(401, "Not authorized"), "unusable"],
    [answer(200, "text/html", "<title>wifi</title>"), "unusable"],
    [hangUp, "unreachable"],
  ];
  for (const [behaviour, kind] of cases) assert.equal((await ask(behaviour)).kind, kind);
});

Deno.test("a server that does not answer is unreachable, and the next one is asked", async () => {
  await using server = await PinnedServer.start();
  await using gone = new HostileServer();
  server.on("POST", pending);
  gone.on("POST", hangUp);
  const client = server.pinClient({ servers: [gone.url, server.url] });
  opened(await client.ask(server.attempt, ["zhangsan"]));
  const stopped = await PinnedServer.start();
  await stopped.stop();
  assert.equal((await stopped.pinClient().ask(server.attempt, ["a"])).kind, "unreachable");
});

Deno.test("with the real server: created, tried, sent anew, approved", async () => {
  const pins = await PinServer.start();
  const { server } = pins;
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request, { remoteAddr }) => server.app.fetch(request, { remote: remoteAddr.hostname }),
  );
  try {
    const client = new PinClient(
      {
        servers: [`http://127.0.0.1:${http.addr.port}`],
        host: "web1",
        token: HOST_TOKEN,
        pinned: [server.publicKey],
        timeoutMs: 180_000,
        connectTimeoutMs: 10_000,
        signedOffers: false,
      },
      new FixedClock(T0 + 20_000),
      systemRandom,
    );
    const attempt = anAttempt({ service: "login" });
    const none = await client.ask(attempt, []);
    assert.equal(none.kind === "refused" && none.why, "no_contact");
    const request = opened(await client.ask(attempt, ["zhangsan"]));
    assert.deepEqual(await request.try(pins.notifier.wrong), { kind: "wrong", triesLeft: 2 });
    const early = await request.resend();
    assert.deepEqual(early, { kind: "refused", why: "too_early", retryAfterS: 20 });
    server.time.advance(20_000);
    const sent = await request.resend();
    assert.ok(sent.kind === "sent" && sent.offer.triesLeft === 2);
    const tried = await request.try(pins.notifier.last.pin);
    assert.deepEqual(tried, { kind: "ended", ending: { state: "approved", by: "zhangsan" } });
    await opened(await client.ask(attempt, ["zhangsan"])).cancel("hung_up");
    assert.equal(pins.events.at(-1), "login.cancelled");
  } finally {
    await http.shutdown();
  }
});
