/** How a host tells its servers that the emergency code was used: briefly, and come what may. */
import assert from "node:assert/strict";
import * as v from "valibot";
import { type AlertRequest, AlertRequest as Schema } from "../../lib/core/api.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { sendAlert } from "../../lib/io/approval_alert.ts";
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
} from "../support/hostile_server.ts";
import { HOST_TOKEN, TestServer } from "../support/server_app.ts";

const TOKEN = "ghh_the-token-of-this-host";
const ALERT: AlertRequest = {
  kind: "emergency_code",
  user: "root",
  service: "sshd",
  source: "192.0.2.7",
};
const TAKEN = raw("HTTP/1.1 204 No Content\r\n\r\n");

Deno.test("the real server takes it, and has it on record", async () => {
  const server = await TestServer.start();
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => server.app.fetch(request, { remote: "127.0.0.1" }),
  );
  const at = { servers: [`http://127.0.0.1:${http.addr.port}`], token: HOST_TOKEN };
  assert.equal(await sendAlert(at, { ...ALERT, requester: "alice" }), undefined);
  assert.equal(server.audited[0]?.event, "host.emergency_code");
  assert.equal(server.audited[0]?.requester, "alice");
  assert.match(
    await sendAlert({ ...at, token: TOKEN }, ALERT) ?? "",
    /: unknown or revoked host token$/,
  );
  await http.shutdown();
});

Deno.test("it is said as the API wants it, with the host's token, once", async () => {
  await using server = new HostileServer().on("POST", TAKEN);
  assert.equal(await sendAlert({ servers: [server.url], token: TOKEN }, ALERT), undefined);
  const [request, ...more] = server.received;
  assert.deepEqual([request?.path, request?.authorization, more.length], [
    "/api/v1/alerts",
    `Bearer ${TOKEN}`,
    0,
  ]);
  assert.ok(v.is(Schema, JSON.parse(request?.body ?? "")));
});

Deno.test("the first server that takes it is enough, the next one is asked where one does not", async () => {
  const refusals: Behaviour[] = [hangUp, problem(503, "Unavailable"), json(200, {}), silence];
  for (const refusal of refusals) {
    await using first = new HostileServer().on("POST", refusal);
    await using second = new HostileServer().on("POST", TAKEN);
    await using third = new HostileServer().on("POST", TAKEN);
    const servers = [first.url, second.url, third.url];
    assert.equal(await sendAlert({ servers, token: TOKEN }, ALERT, 900), undefined);
    // The runtime may send it anew over a connection that was cut.
    assert.ok(first.count("POST") > 0);
    assert.deepEqual([second.count("POST"), third.count("POST")], [1, 0]);
  }
});

Deno.test("whatever a server does, the reason is one harmless line without the token", async () => {
  const odd: readonly (readonly [Behaviour, RegExp])[] = [
    [hangUp, /does not answer$/],
    [silence, /does not answer$/],
    [endless("HTTP/1.1 200 X\r\ncontent-type: application/json\r\n\r\n", "1"), /does not answer$/],
    [json(200, {}), /no usable answer \(HTTP 200\)$/],
    [json(500, { token: TOKEN }), /no usable answer \(HTTP 500\)$/],
    [answer(204, "text/plain", "x"), /./],
    [
      raw("HTTP/1.1 301 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"),
      /301/,
    ],
    [problem(429, "Too many requests", "this host raises too many alerts"), /too many alerts$/],
    [problem(422, "Not valid", "\x1b[2J\n<script>"), /: \\u\{1b\}\[2J\\u\{a\}<script>$/],
    [raw("nonsense\r\n\r\n"), /does not answer$/],
  ];
  for (const [behaviour, expected] of odd) {
    await using server = new HostileServer().on("POST", behaviour);
    const why = await sendAlert({ servers: [server.url], token: TOKEN }, ALERT, 300) ?? "taken";
    assert.match(why, expected);
    assert.ok(isPrintable(why) && !why.includes(TOKEN), why);
  }
});

Deno.test("servers that are silent share the time, and then it is over", async () => {
  await using first = new HostileServer().on("POST", silence);
  await using second = new HostileServer().on("POST", silence);
  const servers = [first.url, second.url];
  const why = await sendAlert({ servers, token: TOKEN }, ALERT, 200);
  assert.equal(why, `${second.url} does not answer`);
  assert.deepEqual([first.count("POST"), second.count("POST")], [1, 1]);
});

Deno.test("nobody listens, or nobody is to be told", async () => {
  const server = new HostileServer();
  const { url } = server;
  await server.stop();
  const why = await sendAlert({ servers: [url], token: TOKEN }, ALERT);
  assert.equal(why, `${url} does not answer`);
  const none = await sendAlert({ servers: [], token: TOKEN }, ALERT);
  assert.equal(none, "no approval server is configured");
});
