import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  type Created,
  HOST_TOKEN,
  problemOf,
  PUBLIC_URL,
  TestServer,
} from "../support/server_app.ts";

type Act = (server: TestServer, login: Created) => Promise<Response>;
const ask: Act = (server) => server.ask();
const show: Act = (server, login) => server.fetch("GET", `/l/${login.ticket}`);
const approve: Act = (server, login) => server.approve(login);
const poll: Act = (server, login) => server.poll(login);

const FAILING: [string, string, Act][] = [
  ["hostByToken", "starting a login", ask],
  ["addLogin", "starting a login", ask],
  ["append", "starting a login", ask],
  ["loginsByTicket", "the page", show],
  ["loginsByTicket", "approving", approve],
  ["change", "approving", approve],
  ["append", "approving", approve],
  ["login", "polling", poll],
];

for (const [method, what, act] of FAILING) {
  Deno.test(`${what} with a failing ${method} gets 503 and approves nothing`, async () => {
    const server = await TestServer.start();
    const login = await server.create();
    server.failing = method;
    const answer = await act(server, login);
    equal(answer.status, 503);
    ok(!/secret (disk|database)|Error/.test(await answer.text()));
    server.failing = undefined;
    const { state } = await (await server.poll(login)).json();
    ok(["pending", "denied"].includes(state), state);
  });
}

Deno.test("an approval that cannot be recorded is taken back", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  server.failing = "append";
  const headers = { "content-type": "application/json", origin: PUBLIC_URL };
  const answer = await server.json(`/l/${login.ticket}/approve`, { match: login.match }, headers);
  equal(answer.headers.get("retry-after"), "5");
  await problemOf(answer, 503);
  const { state, by } = await server.stored(login.id);
  deepEqual([state, by], ["denied", "gatehouse"]);
});

Deno.test("a verdict whose collection cannot be recorded is not handed out", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  await server.approve(login);
  server.failing = "append";
  await problemOf(await server.poll(login), 503);
  server.failing = undefined;
  await problemOf(await server.poll(login), 410);
});

Deno.test("a host's join that cannot be recorded is refused", async () => {
  const server = await TestServer.start();
  server.failing = "append";
  const headers = { authorization: `Bearer ${HOST_TOKEN}` };
  await problemOf(await server.json("/api/v1/join", { nonce: "N".repeat(43) }, headers), 503);
});

Deno.test("a failure is logged under the reference that the client gets", async () => {
  const server = await TestServer.start();
  server.failing = "hostByToken";
  const { detail } = await problemOf(await server.ask(), 503);
  const line = server.logged.find(({ level }) => level === "error");
  equal(detail, `nothing was decided, reference ${line?.fields.reference}`);
  match(String(line?.fields.error), /secret database detail/);
});

Deno.test("an unexpected exception gets 500 and a reference, no details", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  // A login that cannot be: the page fails to render it.
  await server.memory.changeLogins(
    { id: login.id },
    ([found]) => found === undefined ? [] : [{ ...found, createdAt: NaN }],
  );
  const answer = await server.fetch("GET", `/l/${login.ticket}`, {
    headers: { accept: "text/html" },
  });
  equal(answer.status, 500);
  const line = server.logged.find(({ level }) => level === "error");
  const html = await answer.text();
  ok(html.includes(String(line?.fields.reference)));
  ok(!/RangeError|Invalid/.test(html));
  ok(!JSON.stringify(server.logged).includes(login.ticket));
});

Deno.test("sweep() survives a failing store and tries again", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  server.time.advance(60_000);
  server.failing = "changeLogins";
  await server.app.sweep();
  equal(server.logged.at(-1)?.level, "error");
  server.failing = undefined;
  await server.app.sweep();
  equal((await server.stored(login.id)).state, "expired");
});

Deno.test("more requests at once than allowed get 503", async () => {
  const limits = {
    pendingPerAccount: 3,
    loginsPerMinutePerHost: 600,
    failuresPerMinutePerSource: 30,
    requestsAtOnce: 2,
  };
  const server = await TestServer.start({ limits });
  const login = await server.create();
  const first = await server.waiting(login);
  const second = await server.waiting(login);
  const refused = await server.fetch("GET", "/healthz");
  equal(refused.headers.get("retry-after"), "1");
  await problemOf(refused, 503);
  server.app.stop();
  await Promise.all([first.answer, second.answer]);
  equal((await server.fetch("GET", "/healthz")).status, 200);
});

const PATHS = [
  "/",
  "/api/v1/logins",
  "/api/v1/logins/x",
  "/api/v1/join",
  "/l/aaaaaaaaaaaaaaaa",
  "/l/aaaaaaaaaaaaaaaa/approve",
  "/l/aaaaaaaaaaaaaaaa/deny",
  "/start_login",
  "/check_status",
  "/approve",
  "/reject",
  "/healthz",
  "/metrics",
];

const headerValue = fc.string({ unit: "grapheme-ascii", maxLength: 60 })
  .map((text) => text.replace(/[^\x20-\x7e]/g, ""));

const hostileRequest = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"),
  path: fc.oneof(
    fc.constantFrom(...PATHS),
    fc.tuple(fc.constantFrom(...PATHS), fc.webQueryParameters()).map(([p, q]) => `${p}?${q}`),
    fc.webPath().map((path) => path.startsWith("/") ? path : `/${path}`),
    fc.tuple(fc.constantFrom(...PATHS), fc.constantFrom("%", "%ff", "%00", "/..%2f", "?wait=%"))
      .map(([a, b]) => a + b),
  ),
  headers: fc.record({
    "content-type": fc.oneof(
      fc.constantFrom("application/json", "application/x-www-form-urlencoded", "text/plain"),
      headerValue,
    ),
    authorization: fc.oneof(fc.constant(`Bearer ${HOST_TOKEN}`), headerValue),
    origin: fc.oneof(fc.constant(PUBLIC_URL), headerValue),
    accept: fc.oneof(fc.constantFrom("text/html", "application/json"), headerValue),
    "accept-language": headerValue,
    "x-forwarded-for": headerValue,
    "content-length": fc.constantFrom("0", "-1", "nonsense", "99999999999"),
  }, { requiredKeys: [] }),
  body: fc.oneof(
    fc.json(),
    fc.string({ unit: "binary" }),
    fc.webQueryParameters(),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
    fc.record({
      user: fc.string({ unit: "binary" }),
      service: fc.anything(),
      source: fc.ipV6(),
      tty: fc.boolean(),
      nonce: fc.constant("N".repeat(43)),
      __proto__: fc.anything(),
    }, { requiredKeys: [] }).map((value) => safeJson(value)),
  ),
});

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "{}"; // BigInt
  }
}

Deno.test("no request whatsoever gets a 5xx or repeats an exception", async () => {
  const server = await TestServer.start({ ssh2fa: true, trustedProxies: ["127.0.0.0/8"] });
  await fc.assert(
    fc.asyncProperty(hostileRequest, async ({ method, path, headers, body }) => {
      const withBody = method === "GET" || method === "HEAD" ? {} : { body };
      const answer = await server.fetch(method, path, { headers: clean(headers), ...withBody });
      ok(answer.status < 500, `${method} ${path}: ${answer.status}`);
      const type = answer.headers.get("content-type") ?? "";
      if (answer.status >= 400) match(type, /^(application\/problem\+json|text\/html)/);
    }),
    { numRuns: 1_000 },
  );
  equal(server.logged.filter(({ level }) => level === "error").length, 0);
});

/** Only what fetch() would send. */
function clean(headers: Record<string, string | undefined>): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all.set(name, value);
  }
  return all;
}
