/** How approval servers look to the doctor: the real one's routes, and others that answer oddly. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { HostKeyPair } from "../../lib/core/central_set.ts";
import { VERSION } from "../../lib/core/version.ts";
import { type AskingHost, lookAtServer } from "../../lib/io/approval_look.ts";
import { makeHostKey, publicHostKey } from "../../lib/io/host_key.ts";
import { systemClock } from "../../lib/io/clock.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { HOST_TOKEN, NONCE, TestServer } from "../support/server_app.ts";
import { TEST_CERT, TEST_KEY } from "../support/tls.ts";

type Handler = (request: Request) => Response | Promise<Response>;

interface Looked {
  readonly asking?: Partial<AskingHost>;
  readonly clock?: { now(): number };
  readonly tls?: boolean;
}

/** Asks a server that is only there for that. */
async function look(handler: Handler, { asking, clock = systemClock, tls }: Looked = {}) {
  const where = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = tls
    ? Deno.serve({ ...where, cert: TEST_CERT, key: TEST_KEY }, handler)
    : Deno.serve(where, handler);
  const address = `${tls ? "https" : "http"}://127.0.0.1:${server.addr.port}`;
  const host = { host: "web1", token: HOST_TOKEN, pinned: [], pair: undefined, ...asking };
  try {
    return await lookAtServer(address, host, clock, systemRandom);
  } finally {
    await server.shutdown();
  }
}

const to = (server: TestServer): Handler => (request) => {
  const { pathname } = new URL(request.url);
  return server.app.fetch(new Request(`https://auth.example.com${pathname}`, request), {
    remote: "127.0.0.1",
  });
};

async function join(server: TestServer): Promise<HostKeyPair> {
  const pair = await makeHostKey();
  const body = { nonce: NONCE, codes_key: publicHostKey(pair) };
  const headers = { authorization: `Bearer ${HOST_TOKEN}` };
  equal((await server.json("/api/v1/join", body, headers)).status, 200);
  return pair;
}

Deno.test("a host that has joined is known, and its server's key proven, without any login", async () => {
  const server = await TestServer.start();
  const pair = await join(server);
  server.calls.length = 0;
  const looked = await look(to(server), { asking: { pair, pinned: [server.publicKey] } });
  deepEqual(looked.token, { kind: "proven", version: VERSION });
  equal(looked.answered?.ready, true);
  equal(looked.certificateEnds, undefined);
  deepEqual(server.calls.filter((name) => /login/i.test(name)), []);
});

Deno.test("a server whose key is not pinned is not believed", async () => {
  const server = await TestServer.start();
  const pair = await join(server);
  const { token } = await look(to(server), { asking: { pair, pinned: [new Uint8Array(32)] } });
  equal(token.kind, "unsigned");
});

Deno.test("what is sealed to another key than this host's says so", async () => {
  const server = await TestServer.start();
  await join(server);
  const pair = await makeHostKey();
  const { token } = await look(to(server), { asking: { pair, pinned: [server.publicKey] } });
  ok(token.kind === "unsigned");
  match(token.fault, /not sealed to this host's key/);
});

Deno.test("a host without a key is known all the same", async () => {
  const server = await TestServer.start();
  deepEqual((await look(to(server))).token, { kind: "known", version: undefined });
  await join(server);
  deepEqual((await look(to(server))).token, { kind: "known", version: VERSION });
});

Deno.test("a token that the server does not know is told from one that it cannot judge", async () => {
  const server = await TestServer.start();
  const { token } = await look(to(server), { asking: { token: "ghh_another" } });
  deepEqual(token, { kind: "unknown" });
  // A proxy that refuses everything is no server of ours.
  const refusing = (request: Request) =>
    request.url.endsWith("/readyz") ? new Response("ready\n") : new Response("", { status: 401 });
  equal((await look(refusing)).token.kind, "odd");
});

Deno.test("a server that asks for patience is busy", async () => {
  const busy = (request: Request) =>
    request.url.endsWith("/readyz") ? new Response("ready\n") : Response.json(
      { type: "about:blank", title: "Too Many Requests", status: 429 },
      { status: 429, headers: { "retry-after": "7" } },
    );
  deepEqual((await look(busy)).token, { kind: "busy" });
});

Deno.test("a server that is not ready is not asked for anything else", async () => {
  const asked: string[] = [];
  const { answered, token } = await look((request) => {
    asked.push(new URL(request.url).pathname);
    return new Response("no database", { status: 503 });
  });
  deepEqual([answered?.ready, token, asked], [false, { kind: "unasked" }, ["/readyz"]]);
});

Deno.test("clocks are compared by the Date that the server sends", async () => {
  const clock = { now: () => Date.parse("2026-01-01T00:00:00Z") };
  const date = "Thu, 01 Jan 2026 00:01:40 GMT";
  const looked = await look(() => new Response("ready\n", { headers: { date } }), { clock });
  // In the middle of its second.
  equal(looked.answered?.ahead, 100_500);
  const odd = await look(() => new Response("", { headers: { date: "yesterday" } }));
  equal(odd.answered?.ahead, undefined);
});

Deno.test("a certificate that is not trusted is told, and when it ends", async () => {
  const looked = await look(() => new Response("ready\n"), { tls: true });
  equal(looked.answered, undefined);
  equal(looked.certificateFault, true);
  match(looked.hint, /certificate is not trusted/);
  equal(looked.certificateEnds, Date.parse("2120-01-01T00:00:00Z"));
});

Deno.test("where nothing listens there is no answer", async () => {
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = gone.addr;
  gone.close();
  const host = { host: "web1", token: HOST_TOKEN, pinned: [], pair: undefined };
  for (const scheme of ["http", "https"]) {
    const address = `${scheme}://127.0.0.1:${port}`;
    const looked = await lookAtServer(address, host, systemClock, systemRandom);
    deepEqual(
      [looked.answered, looked.certificateFault, looked.certificateEnds, looked.token.kind],
      [undefined, false, undefined, "unasked"],
    );
  }
});

Deno.test("an answer without end is given up", async () => {
  const endless = () => {
    const chunk = new TextEncoder().encode("x".repeat(65_536));
    return new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }),
    );
  };
  equal((await look(endless)).answered, undefined);
});

Deno.test("an answer of more than 64 KiB is given up at once", async () => {
  const ready = async (length: number) =>
    (await look(() => new Response("x".repeat(length)))).answered?.ready;
  equal(await ready(65_536), true);
  equal(await ready(65_537), undefined);
});

Deno.test("a server that sends elsewhere is not followed, and not ready", async () => {
  const asked: string[] = [];
  const { answered } = await look((request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    if (pathname !== "/readyz") return new Response("ready\n");
    return new Response(null, { status: 302, headers: { location: "/elsewhere" } });
  });
  deepEqual([answered?.ready, asked], [false, ["/readyz"]]);
});
