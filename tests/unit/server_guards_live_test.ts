/** Events for open pages: who hears of what, and when that ends. */
import { deepEqual, equal, match } from "node:assert/strict";
import { addLogin, administrator, put, sessionOf, signedIn } from "../support/board.ts";
import { changePerson } from "../../lib/core/person_change.ts";
import { revokeDevice } from "../../lib/core/device.ts";
import { signOut } from "../../lib/core/web_session.ts";
import { aPasskey, someone } from "../support/people.ts";
import { TestServer } from "../support/server_app.ts";
import type { Visitor } from "../support/visitor.ts";

const ALICE = someone("alice");
const BOB = someone("bob", { approves: ["own", "deploy@web*"] });

/** What a page that is open hears. */
class Ear {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";
  over = false;

  private constructor(answer: Response, private readonly server: TestServer) {
    if (answer.body === null) throw new Error("no stream");
    this.#reader = answer.body.getReader();
    void this.#listen();
  }

  static async open(visitor: Visitor, server: TestServer): Promise<Ear> {
    const answer = await visitor.get("/logins/events");
    equal(answer.status, 200);
    match(answer.headers.get("cache-control") ?? "", /no-store/);
    return new Ear(answer, server);
  }

  /** What came since the last time, once all that is due has happened. */
  async heard(): Promise<string> {
    this.server.time.advance(1_000);
    // Reading the store and the stream takes a few turns.
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    const text = this.#text;
    this.#text = "";
    return text;
  }

  async #listen(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.#text += new TextDecoder().decode(value);
    }
    this.over = true;
  }
}

const CHANGED = /^event: changed\nid: (\d+)\ndata: \1\n\n$/;
const ENDED = "event: ended\ndata: ended\n\n";

async function start(): Promise<{ server: TestServer; alice: Ear; bob: Ear; root: Ear }> {
  const server = await TestServer.start({ approval: { require: "person" } });
  await put(server, { device: [aPasskey()] });
  const visitors = [
    await signedIn(server, ALICE, { device: "d_key" }),
    await signedIn(server, BOB),
    await signedIn(server, administrator()),
  ] as const;
  const [alice, bob, root] = visitors;
  const ears = {
    alice: await Ear.open(alice, server),
    bob: await Ear.open(bob, server),
    root: await Ear.open(root, server),
  };
  for (const ear of Object.values(ears)) equal(await ear.heard(), "retry: 5000\n\n");
  return { server, ...ears };
}

Deno.test("a page hears of its own person's logins, and of no others", async () => {
  const { server, alice, bob, root } = await start();
  const cases = [
    [{ user: "alice" }, [true, false, true]],
    [{ user: "bob" }, [false, true, true]],
    [{ user: "deploy", host: "web2" }, [false, true, true]],
    [{ user: "deploy", host: "db1" }, [false, false, true]],
    [{ user: "root", requester: "alice" }, [true, false, true]],
  ] as const;
  for (const [index, [login, expected]] of cases.entries()) {
    await addLogin(server, `login-${index}`, login);
    const heard = [await alice.heard(), await bob.heard(), await root.heard()];
    deepEqual(heard.map((text) => CHANGED.test(text)), expected, JSON.stringify(login));
    // Nothing at all, and nothing of what has changed either.
    deepEqual(heard.map((text) => text !== ""), expected);
  }
});

Deno.test("a stream counts what its own person may see", async () => {
  const { server, alice } = await start();
  for (let n = 0; n < 3; n++) await addLogin(server, `of-bob-${n}`, { user: "bob" });
  equal(await alice.heard(), "");
  await addLogin(server, "of-alice", { user: "alice" });
  equal(await alice.heard(), "event: changed\nid: 1\ndata: 1\n\n");
});

const ENDS: Readonly<Record<string, (server: TestServer) => Promise<unknown>>> = {
  "the person is frozen": (server) => change(server, { state: "frozen" }),
  "the person is removed": (server) => change(server, { state: "removed" }),
  "the person's rights change": (server) => change(server, { approves: [] }),
  "the device is revoked": ({ memory, time }) =>
    memory.change(revokeDevice(ALICE.id, "d_key", time.now())),
  "the session is signed out": (server) =>
    server.memory.change(signOut(sessionOf(ALICE, server).id)),
};

function change(server: TestServer, patch: Parameters<typeof changePerson>[1]) {
  const now = server.time.now();
  return server.memory.change(changePerson(ALICE, patch, "admin:root", new Map(), now));
}

for (const [what, end] of Object.entries(ENDS)) {
  Deno.test(`a stream says nothing more and ends when ${what}`, async () => {
    const { server, alice, bob } = await start();
    await end(server);
    await addLogin(server, "one-more", { user: "alice" });
    equal(await alice.heard(), ENDED);
    equal(alice.over, true);
    await addLogin(server, "yet-another", { user: "alice" });
    equal(await alice.heard(), "");
    equal(bob.over, false);
  });

  Deno.test(`a stream in which nothing happens ends, too, when ${what}`, async () => {
    const { server, alice } = await start();
    await end(server);
    server.time.advance(25_000);
    equal(await alice.heard(), ENDED);
    equal(alice.over, true);
  });
}

Deno.test("a stream ends with its session's time", async () => {
  const { server, alice } = await start();
  for (let minutes = 0; minutes < 16 && !alice.over; minutes++) {
    for (let beat = 0; beat < 3; beat++) {
      server.time.advance(20_000);
      await alice.heard();
    }
  }
  equal(alice.over, true);
});

Deno.test("one person has few streams, so that others get theirs", async () => {
  const server = await TestServer.start();
  const alice = await signedIn(server, ALICE);
  const answers: Response[] = [];
  for (let n = 0; n < 10; n++) answers.push(await alice.get("/logins/events"));
  deepEqual(answers.map(({ status }) => status), [...Array(8).fill(200), 429, 429]);
  equal((await (await signedIn(server, BOB)).get("/logins/events")).status, 200);
  await answers[0]?.body?.cancel();
  equal((await alice.get("/logins/events")).status, 200);
  server.app.stop();
  equal(server.watchers, 0);
  equal(server.time.timers, 0);
});
