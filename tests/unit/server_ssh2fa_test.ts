import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { aFreeze, putting } from "../support/people.ts";
import { problemOf, PUBLIC_URL, TestServer } from "../support/server_app.ts";

/** Does what SSH2FA's client does. */
class Client {
  session = "";
  display = "";

  private constructor(readonly server: TestServer) {}

  static async start(server: TestServer, username = "alice"): Promise<Client> {
    const client = new Client(server);
    const answer = await server.json("/start_login", { username });
    equal(answer.status, 200);
    const { success, session_token, display_token } = await answer.json();
    equal(success, true);
    client.session = session_token;
    client.display = display_token;
    return client;
  }

  async status(): Promise<string> {
    return (await (await this.server.json("/check_status", { token: this.session })).json()).status;
  }

  page(which: "approve" | "reject"): Promise<Response> {
    const headers = { accept: "text/html" };
    return this.server.fetch("GET", `/${which}?token=${this.display}`, { headers });
  }

  press(button: "approve" | "deny", fields: Record<string, string> = {}): Promise<Response> {
    return this.server.press(`/l/${this.display}/${button}`, fields);
  }
}

const on = () => TestServer.start({ ssh2fa: true });

Deno.test("SSH2FA's client gets in after a press on the page", async () => {
  const client = await Client.start(await on());
  match(client.session, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  notEqual(client.session, client.display);
  equal(await client.status(), "pending");
  const html = await (await client.page("approve")).text();
  ok(html.includes(`action="/l/${client.display}/approve"`));
  ok(html.includes("alice") && !html.includes('type="radio"'));
  equal((await client.press("approve")).status, 200);
  equal(await client.status(), "approved");
});

Deno.test("where a person is needed, a press on the page is not enough", async () => {
  const approval = { require: "person" } as const;
  const client = await Client.start(await TestServer.start({ ssh2fa: true, approval }));
  notEqual((await client.press("approve")).status, 200);
  equal(await client.status(), "pending");
  await client.press("deny");
  equal(await client.status(), "rejected");
});

Deno.test("a frozen account gets no link", async () => {
  const server = await on();
  await server.memory.change(putting({ freeze: [aFreeze()] }));
  const problem = await problemOf(await server.json("/start_login", { username: "alice" }), 403);
  equal(problem.reason, "frozen");
});

Deno.test("approved is said once", async () => {
  const client = await Client.start(await on());
  await client.press("approve");
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.status()));
  deepEqual(answers.sort(), ["approved", ...Array(19).fill("expired")]);
  deepEqual(client.server.audited.map(({ event, via }) => [event, via]), [
    ["login.created", null],
    ["login.approved", "ssh2fa"],
    ["login.collected", "ssh2fa"],
  ]);
});

Deno.test("its links approve and reject nothing by GET or HEAD", async () => {
  const client = await Client.start(await on());
  for (const which of ["approve", "reject"] as const) {
    equal((await client.page(which)).status, 200);
    const path = `/${which}?token=${client.display}`;
    equal((await client.server.fetch("HEAD", path)).status, 200);
    equal((await client.server.fetch("POST", path)).status, 403);
    const headers = { origin: PUBLIC_URL };
    equal((await client.server.fetch("POST", path, { headers })).status, 405);
  }
  equal(await client.status(), "pending");
});

Deno.test("a rejected login stays rejected", async () => {
  const client = await Client.start(await on());
  await client.press("deny", { not_me: "1" });
  equal(await client.status(), "rejected");
  await client.press("approve");
  equal(await client.status(), "rejected");
});

Deno.test("a login that nobody decides expires", async () => {
  const client = await Client.start(await on());
  client.server.time.advance(60_000);
  equal(await client.status(), "expired");
  await client.press("approve");
  equal(await client.status(), "expired");
});

Deno.test("an unknown token is expired, and guessing is slowed down", async () => {
  const server = await on();
  const guess = () => server.json("/check_status", { token: crypto.randomUUID() });
  for (let i = 0; i < 30; i++) deepEqual(await (await guess()).json(), { status: "expired" });
  await problemOf(await guess(), 429);
});

Deno.test("what the link holds does not collect, what collects is not in the link", async () => {
  const server = await on();
  const client = await Client.start(server);
  await client.press("approve");
  const byDisplay = await server.json("/check_status", { token: client.display });
  deepEqual(await byDisplay.json(), { status: "expired" });
  equal((await server.fetch("GET", `/approve?token=${client.session}`)).status, 404);
  equal(await client.status(), "approved");
});

Deno.test("only Unix user names are taken", async () => {
  const server = await on();
  for (const username of ["", "a b", "a\nb", "<b>", "-rf", "é", "x".repeat(100), 7, null]) {
    await problemOf(await server.json("/start_login", { username }), 422);
  }
  for (const username of ["alice", "a.b-c_d", "DOM\\alice", "alice@example.com", "machine$"]) {
    equal((await server.json("/start_login", { username })).status, 200, username);
  }
});

Deno.test("a fourth login of one account waits its turn", async () => {
  const server = await on();
  const clients = [];
  for (let i = 0; i < 3; i++) clients.push(await Client.start(server));
  await problemOf(await server.json("/start_login", { username: "alice" }), 429);
  equal(new Set(clients.map(({ display }) => display)).size, 3);
  await Client.start(server, "bob");
});

Deno.test("starting logins is limited by source, an IPv6 network counting as one", async () => {
  const limits = {
    pendingPerAccount: 3,
    loginsPerMinutePerHost: 2,
    failuresPerMinutePerSource: 30,
    requestsAtOnce: 100,
  };
  const server = await TestServer.start({ ssh2fa: true, limits });
  const start = (username: string, remote: string) =>
    server.json("/start_login", { username }, {}, remote);
  equal((await start("a", "2001:db8::1")).status, 200);
  equal((await start("b", "2001:db8::2")).status, 200);
  equal((await start("c", "2001:db8::3")).status, 429);
  equal((await start("d", "2001:db8:0:1::3")).status, 200);
});

Deno.test("without the setting there are no such routes", async () => {
  const server = await TestServer.start();
  await problemOf(await server.json("/start_login", { username: "alice" }), 404);
  await problemOf(await server.json("/check_status", { token: "x" }), 404);
  equal((await server.fetch("GET", "/approve?token=x")).status, 404);
});
