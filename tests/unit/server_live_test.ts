/** The events of the page of one's logins. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { addLogin, administrator, put, sessionOf, signedIn } from "../support/board.ts";
import { rewrite, someone } from "../support/people.ts";
import { TestServer } from "../support/server_app.ts";
import type { Visitor } from "../support/visitor.ts";

const alice = someone("alice");
const HEARTBEAT_MS = 25_000;
const GATHER_MS = 250;

/** A stream that is open, and what has come so far. */
class Events {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  private constructor(readonly answer: Response) {
    if (answer.body === null) throw new Error("no stream");
    this.#reader = answer.body.getReader();
  }

  static async open(visitor: Visitor): Promise<Events> {
    const events = new Events(await visitor.get("/logins/events"));
    equal(await events.next(), "retry: 5000\n\n");
    return events;
  }

  /** The next piece; undefined at the end. */
  async next(): Promise<string | undefined> {
    const { value } = await this.#reader.read();
    return value === undefined ? undefined : new TextDecoder().decode(value);
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}

Deno.test("events: of a new login and of each change, and nothing is in them", async () => {
  const server = await TestServer.start();
  const events = await Events.open(await signedIn(server, alice));
  const { headers } = events.answer;
  equal(headers.get("content-type"), "text/event-stream");
  ok(headers.get("cache-control")?.includes("no-store"));
  const login = await addLogin(server, "one");
  server.time.advance(GATHER_MS);
  equal(await events.next(), "event: changed\nid: 1\ndata: 1\n\n");
  await server.memory.changeLogins(
    { id: login.id },
    (found) => found.map((one) => ({ ...one, state: "denied" })),
  );
  server.time.advance(GATHER_MS);
  equal(await events.next(), "event: changed\nid: 2\ndata: 2\n\n");
  await events.close();
  equal(server.watchers, 0);
});

Deno.test("events: many changes at once are one event", async () => {
  const server = await TestServer.start();
  const events = await Events.open(await signedIn(server, alice));
  for (let index = 0; index < 200; index++) await addLogin(server, `login-${index}`);
  const before = server.calls.length;
  server.time.advance(GATHER_MS);
  equal(await events.next(), "event: changed\nid: 1\ndata: 1\n\n");
  ok(server.calls.length - before < 10, "nobody asks for each of them");
  await events.close();
});

Deno.test("events: the more pages are open, the longer changes are gathered", async () => {
  const server = await TestServer.start();
  const all: Events[] = [];
  const expected = [
    { persons: 2, gatherMs: GATHER_MS },
    { persons: 4, gatherMs: 2 * GATHER_MS },
    { persons: 16, gatherMs: 2_000 },
  ];
  for (const { persons, gatherMs } of expected) {
    while (all.length < 8 * persons) {
      const visitor = await signedIn(server, someone(`p${all.length / 8}`));
      for (let n = 0; n < 8; n++) all.push(await Events.open(visitor));
    }
    await addLogin(server, `of-${persons}`, { user: "p0" });
    const before = server.calls.length;
    server.time.advance(gatherMs - 1);
    equal(server.calls.length, before);
    server.time.advance(1);
    for (const events of all.slice(0, 8)) {
      ok((await events.next())?.startsWith("event: changed\n"), `${persons} persons`);
    }
  }
  for (const events of all) await events.close();
});

Deno.test("events: nothing tells a person of what is not theirs", async () => {
  const server = await TestServer.start();
  const [mine, bobs, admins] = await Promise.all([
    Events.open(await signedIn(server, alice)),
    Events.open(await signedIn(server, someone("bob"))),
    Events.open(await signedIn(server, administrator())),
  ]);
  await addLogin(server, "bobs", { user: "bob" });
  server.time.advance(GATHER_MS);
  equal(await bobs.next(), "event: changed\nid: 1\ndata: 1\n\n");
  equal(await admins.next(), "event: changed\nid: 1\ndata: 1\n\n");
  await addLogin(server, "alices");
  server.time.advance(GATHER_MS);
  // The first: it is numbered by what this person was told, not by what happened.
  equal(await mine.next(), "event: changed\nid: 1\ndata: 1\n\n");
  await Promise.all([mine.close(), bobs.close(), admins.close()]);
});

Deno.test("events: a sign of life every 25 seconds, and waiting asks the store nothing in between", async () => {
  const server = await TestServer.start();
  const events = await Events.open(await signedIn(server, alice));
  const before = server.calls.length;
  server.time.advance(HEARTBEAT_MS - 1);
  equal(server.calls.length, before);
  server.time.advance(1);
  equal(await events.next(), ": still here\n\n");
  server.time.advance(HEARTBEAT_MS);
  equal(await events.next(), ": still here\n\n");
  await events.close();
  equal(server.time.timers, 0);
});

Deno.test("events: end after signing out, and say so", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const events = await Events.open(me);
  await me.post("/sign-out");
  server.time.advance(HEARTBEAT_MS);
  equal(await events.next(), "event: ended\ndata: ended\n\n");
  equal(await events.next(), undefined);
  deepEqual([server.watchers, server.time.timers], [0, 0]);
});

Deno.test("events: whose session has ended learns of no change any more", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const events = await Events.open(me);
  await me.post("/sign-out");
  await addLogin(server, "one");
  server.time.advance(GATHER_MS);
  equal(await events.next(), "event: ended\ndata: ended\n\n");
  equal(await events.next(), undefined);
});

Deno.test("events: end when the person is frozen by an administrator", async () => {
  const server = await TestServer.start();
  const events = await Events.open(await signedIn(server, alice));
  const root = await signedIn(server, administrator());
  equal((await root.post("/admin/persons/p_alice/freeze")).status, 303);
  server.time.advance(HEARTBEAT_MS);
  equal(await events.next(), "event: ended\ndata: ended\n\n");
});

Deno.test("events: end when the person is not active, whatever the session says", async () => {
  const server = await TestServer.start();
  const events = await Events.open(await signedIn(server, alice));
  await rewrite(server.memory, "person", { ...alice, state: "frozen" });
  server.time.advance(HEARTBEAT_MS);
  equal(await events.next(), "event: ended\ndata: ended\n\n");
});

Deno.test("events: do not keep the session, which idles out", async () => {
  const server = await TestServer.start();
  const events = await Events.open(await signedIn(server, alice));
  const seen: (string | undefined)[] = [];
  while (seen.at(-1) !== undefined || seen.length === 0) {
    ok(seen.length < 60);
    server.time.advance(HEARTBEAT_MS);
    seen.push(await events.next());
  }
  // Fifteen minutes.
  equal(seen.filter((piece) => piece === ": still here\n\n").length, 35);
  equal(seen.at(-2), "event: ended\ndata: ended\n\n");
});

Deno.test("events: eight of one person, 128 in all; who leaves makes room", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const own = await Promise.all(Array.from({ length: 8 }, () => Events.open(me)));
  equal((await me.get("/logins/events")).status, 429);
  await own[0]?.close();
  const again = await Events.open(me);
  const others: Events[] = [];
  for (let person = 0; person < 15; person++) {
    const visitor = await signedIn(server, someone(`p${person}`));
    for (let tab = 0; tab < 8; tab++) others.push(await Events.open(visitor));
  }
  const late = await signedIn(server, someone("late"));
  equal((await late.get("/logins/events")).status, 429);
  await again.close();
  await (await Events.open(late)).close();
  await Promise.all([...own.slice(1), ...others].map((events) => events.close()));
  deepEqual([server.watchers, server.time.timers], [0, 0]);
});

Deno.test("events: HEAD opens none", async () => {
  const server = await TestServer.start();
  await signedIn(server, alice);
  const headers = { cookie: (await signedIn(server, someone("bob"))).cookie };
  const answer = await server.fetch("HEAD", "/logins/events", { headers });
  equal(answer.status, 200);
  equal(server.watchers, 0);
});

Deno.test("events: a store that fails ends them without a word of why", async () => {
  const server = await TestServer.start();
  const events = await Events.open(await signedIn(server, alice));
  server.failing = "find";
  server.time.advance(HEARTBEAT_MS);
  equal(await events.next(), undefined);
  equal(server.watchers, 0);
});

Deno.test("events: all end when the server stops", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const events = await Events.open(me);
  server.app.stop();
  equal(await events.next(), undefined);
  await put(server, { session: [{ ...sessionOf(alice, server), id: "s_2", tokenHash: "x" }] });
  equal((await me.get("/logins/events")).status, 429);
});
