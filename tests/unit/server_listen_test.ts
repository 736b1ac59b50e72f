import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { Failure } from "../../lib/core/errors.ts";
import { keepAlive } from "../../lib/io/keepalive.ts";
import { Listener } from "../../lib/io/listener.ts";
import { type Created, TestServer } from "../support/server_app.ts";
import { TEST_CERT, TEST_KEY } from "../support/tls.ts";

function listen(server: TestServer, onListen: (port: number) => void = () => {}): Listener {
  return Listener.open({
    hostname: "127.0.0.1",
    port: 0,
    answer: (request, remote) => server.app.fetch(request, { remote }),
    onListen,
    onRestart: () => {},
  });
}

function poll({ port }: Listener, login: Created, signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${login.secret}` };
  const init = signal === undefined ? { headers } : { headers, signal };
  return fetch(`http://127.0.0.1:${port}/api/v1/logins/${login.id}?wait=60`, init);
}

async function exchange({ port }: Listener, text: string, sent?: () => void): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  sent?.();
  const bytes = new Uint8Array(4_096);
  return new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
}

Deno.test("over a real connection an approval wakes the waiting poll", async () => {
  const server = await TestServer.start();
  const listener = listen(server);
  const login = await server.create();
  const answer = poll(listener, login);
  await server.until(() => server.watchers === 1 && server.time.timers === 1);
  await server.approve(login);
  equal((await (await answer).json()).state, "approved");
  equal(server.watchers, 0);
  await listener.close();
});

Deno.test("a connection that breaks while waiting leaves nothing behind", async () => {
  const server = await TestServer.start();
  const listener = listen(server);
  const login = await server.create();
  const client = new AbortController();
  const answer = poll(listener, login, client.signal).catch((error: Error) => error.name);
  await server.until(() => server.time.timers === 1);
  client.abort();
  equal(await answer, "AbortError");
  await server.until(() => server.watchers === 0);
  equal(server.time.timers, 0);
  await listener.close();
});

Deno.test({
  name: "a connection whose other end is silent is asked whether it is still there",
  sanitizeResources: false, // the C library stays open
  fn: async () => {
    const server = await TestServer.start();
    const listener = listen(server, keepAlive());
    using silent = await Deno.connect({ hostname: "127.0.0.1", port: listener.port });
    const [own, its] = [listener.port, silent.localAddr.port].map((port) =>
      `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`
    );
    // The server's end of it, established; 02 is the timer of keepalive (Linux, proc_net_tcp.rst).
    const table = await Deno.readTextFile("/proc/net/tcp");
    match(table, new RegExp(`: ${own} ${its} 01 \\S+ 02:`), table);
    await listener.close();
  },
});

Deno.test("100 clients race for one verdict over real connections", async () => {
  const server = await TestServer.start();
  const listener = listen(server);
  const login = await server.create();
  const answers = Array.from({ length: 100 }, async () => {
    const answer = await poll(listener, login);
    await answer.body?.cancel();
    return answer.status;
  });
  await server.until(() => server.time.timers === 100);
  await server.approve(login);
  deepEqual((await Promise.all(answers)).sort(), [200, ...Array(99).fill(410)]);
  await listener.close();
});

Deno.test("a stopping server answers who waits, then closes", async () => {
  const server = await TestServer.start();
  const listener = listen(server);
  const answer = poll(listener, await server.create());
  await server.until(() => server.time.timers === 1);
  server.app.stop();
  const closed = listener.close();
  deepEqual(await (await answer).json(), { state: "pending" });
  await closed;
});

Deno.test("a request whose body stops half-way gets 408", async () => {
  const server = await TestServer.start();
  const listener = listen(server);
  const request = "POST /api/v1/join HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n" +
    'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":';
  const half = request.replace("Bearer x", "Bearer ghh_test-token-of-web1");
  const answer = exchange(listener, half);
  await server.until(() => server.time.timers === 1);
  server.time.advance(10_000);
  match(await answer, /^HTTP\/1\.1 408 /);
  await listener.close();
});

Deno.test("what is no HTTP gets 4xx or nothing", async () => {
  const server = await TestServer.start();
  const listener = listen(server);
  const long = `GET /${"a".repeat(2_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`;
  for (const text of ["\x16\x03\x01\x00\x01\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"]) {
    match(await exchange(listener, text), /^(HTTP\/1\.1 4|$)/);
  }
  const answer = await exchange(listener, long).catch(() => "");
  match(answer, /^(HTTP\/1\.1 4|$)/);
  equal(await fetch(`http://127.0.0.1:${listener.port}/healthz`).then((r) => r.text()), "ok\n");
  await listener.close();
});

Deno.test("Listener speaks TLS, also after somebody connected without", async () => {
  const listener = Listener.open({
    hostname: "127.0.0.1",
    port: 0,
    tls: { cert: TEST_CERT, key: TEST_KEY },
    answer: () => Promise.resolve(new Response("safe")),
    onListen: () => {},
    onRestart: () => {},
  });
  await listener.check();
  using client = Deno.createHttpClient({ caCerts: [TEST_CERT] });
  const answer = await fetch(`https://127.0.0.1:${listener.port}/`, { client });
  equal(await answer.text(), "safe");
  await listener.close();
});

Deno.test("Listener.open() says what is wrong and what to do", async () => {
  const options = {
    hostname: "127.0.0.1",
    answer: () => Promise.resolve(new Response()),
    onListen: () => {},
    onRestart: () => {},
  };
  const listener = Listener.open({ ...options, port: 0 });
  const { port } = listener;
  const cases: [object, RegExp][] = [
    [{ port }, /127\.0\.0\.1 port \d+ is in use/],
    [{ port: 0, hostname: "203.0.113.1" }, /has no address 203\.0\.113\.1/],
    [{ port: 0, tls: { cert: "no", key: "no" } }, /no usable pair/],
    [{ port: 0, tls: { cert: TEST_CERT, key: "no" } }, /no usable pair/],
  ];
  for (const [change, message] of cases) {
    throws(() => Listener.open({ ...options, port: 0, ...change }), (error) => {
      ok(error instanceof Failure, String(error));
      match(error.message, message);
      return error.hint !== undefined;
    });
  }
  await listener.close();
});

Deno.test("Listener opens its port again after running out of descriptors", async () => {
  const script = new URL("../support/listener_without_files.ts", import.meta.url).pathname;
  const run = 'ulimit -n 60; exec "$0" run --allow-net --allow-env "$1"';
  const { stdout, code } = await new Deno.Command("/bin/sh", {
    args: ["-c", run, Deno.execPath(), script],
    env: { DENO_SERVE_ADDRESS: "tcp:127.0.0.1:1", NO_COLOR: "1" },
  }).output();
  equal(new TextDecoder().decode(stdout), "port closed\nrestarted\nhere\n");
  equal(code, 0);
});
