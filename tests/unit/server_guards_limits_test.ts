/** Guessing: how many guesses anybody has, wherever they are made, and that restarts give no more. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { invitationHash } from "../../lib/core/invitation.ts";
import { base64url } from "../../lib/core/encoding.ts";
import { anInvitation, someone } from "../support/people.ts";
import { type Created, TestServer } from "../support/server_app.ts";
import {
  codeNow,
  keep,
  Visitor,
  withAuthenticator,
  withRecoveryCodes,
} from "../support/visitor.ts";

const ALICE = someone("alice");
const STRANGER = "203.0.113.66";
const HOME = "198.51.100.7";
const HOUR = 3_600_000;

interface Home {
  readonly server: TestServer;
  readonly login: Created;
  /** To be denied. */
  readonly other: Created;
}

async function start(): Promise<Home> {
  const server = await TestServer.start({ approval: { require: "person" } });
  await withAuthenticator(server, ALICE);
  await withRecoveryCodes(server, ALICE);
  const login = await server.create({ timeout: 300 });
  return { server, login, other: await server.create({ timeout: 300, source: "192.0.2.8" }) };
}

type Guess = (visitor: Visitor, home: Home) => Promise<Response>;

/** Everywhere where a code of hers can be typed. */
const GUESSES: readonly Guess[] = [
  (visitor) => visitor.signInByCode("alice", "000000"),
  (visitor, { login: { ticket, match } }) =>
    visitor.post(`/l/${ticket}/approve`, { match, name: "ALICE", code: "000000" }),
  (visitor) => visitor.post("/sign-in", { way: "recovery", name: " alice", code: "0123456789" }),
  (visitor, { other: { ticket } }) =>
    visitor.post(`/l/${ticket}/deny`, { not_me: "1", name: "Ａlice", code: "000000" }),
];

Deno.test("wrong codes count together, whichever page they are typed on", async () => {
  for (const [index] of GUESSES.entries()) {
    const home = await start();
    const { server, login: { ticket, match, id } } = home;
    const stranger = new Visitor(server, "en", STRANGER);
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) {
      const guess = GUESSES[(index + n) % GUESSES.length];
      const answer = await guess?.(stranger, home);
      statuses.push(answer?.status ?? 0);
    }
    deepEqual(statuses.map((status) => status === 429), [false, false, false, true], `${statuses}`);
    // Nor is the right one looked at now, wherever.
    equal((await stranger.signInByCode("alice", codeNow(server))).status, 429);
    const right = { match, name: "alice", code: codeNow(server) };
    equal((await stranger.post(`/l/${ticket}/approve`, right)).status, 429);
    equal((await server.stored(id)).state, "pending");
  }
});

Deno.test("a restart forgives nothing", async () => {
  const { server } = await start();
  const stranger = new Visitor(server, "en", STRANGER);
  for (let n = 0; n < 3; n++) {
    equal((await stranger.signInByCode("alice", "000000")).status, 401);
    server.restart();
  }
  equal((await stranger.signInByCode("alice", codeNow(server))).status, 429);
  server.time.advance(30_000);
  server.restart();
  equal((await stranger.signInByCode("alice", codeNow(server))).status, 303);
});

Deno.test("who guesses all day from one address has a hundred tries", async () => {
  const { server } = await start();
  const stranger = new Visitor(server, "en", STRANGER);
  let tries = 0;
  for (let time = 0; time < 24 * HOUR; time += 10_000) {
    if ((await stranger.signInByCode("alice", "000000")).status === 401) tries++;
    server.time.advance(10_000);
    if (time % HOUR === 0) server.restart();
  }
  // Ten in a quarter of an hour, until those of all addresses together are a hundred.
  ok(tries > 50 && tries <= 110, `${tries} tries`);
});

Deno.test("who guesses from ever new addresses has a hundred tries a day, and keeps nobody out", async () => {
  const { server } = await start();
  const alice = new Visitor(server, "en", HOME);
  equal((await alice.signInByCode("alice", codeNow(server))).status, 303);
  let tries = 0;
  for (let n = 0; n < 2_000; n++) {
    const stranger = new Visitor(server, "en", `203.0.${n >> 8}.${n & 255}`);
    if ((await stranger.signInByCode("alice", "000000")).status === 401) tries++;
    server.time.advance(40_000);
  }
  ok(tries > 90 && tries <= 110, `${tries} tries`);
  const elsewhere = new Visitor(server, "en", "192.0.2.200");
  equal((await elsewhere.signInByCode("alice", codeNow(server))).status, 429);
  server.restart();
  // From where a right code has come before.
  equal((await alice.signInByCode("alice", codeNow(server))).status, 303);
});

Deno.test("an IPv6 network is one address", async () => {
  const { server } = await start();
  const statuses: number[] = [];
  for (let n = 0; n < 4; n++) {
    const stranger = new Visitor(server, "en", `2001:db8:0:1::${n + 1}`);
    statuses.push((await stranger.signInByCode("alice", "000000")).status);
  }
  deepEqual(statuses, [401, 401, 401, 429]);
});

Deno.test("an address that a client makes up is not believed", async () => {
  const { server } = await start();
  const statuses: number[] = [];
  for (let n = 0; n < 4; n++) {
    const stranger = new Visitor(server, "en", STRANGER);
    const fields = { way: "code", name: "alice", code: "000000" };
    const made = { "x-forwarded-for": `192.0.2.${n}`, "x-real-ip": `192.0.2.${n}` };
    statuses.push((await stranger.post("/sign-in", fields, made)).status);
  }
  deepEqual(statuses, [401, 401, 401, 429]);
});

Deno.test("twenty guesses at once are no more than three", async () => {
  const home = await start();
  const stranger = new Visitor(home.server, "en", STRANGER);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => GUESSES[n % GUESSES.length]?.(stranger, home)),
  );
  const wrong = answers.filter((answer) => answer?.status !== 429);
  equal(wrong.length, 3);
});

/** What one who does not know it tries; @returns the path, for a made-up secret. */
const SECRETS: Readonly<Record<string, (secret: string) => [method: string, path: string]>> = {
  "invitations": (secret) => ["GET", `/i/${secret.padEnd(32, "x")}`],
  "invitations, to register": (secret) => ["POST", `/i/${secret.padEnd(32, "x")}`],
  "invitations, for their options": (secret) => ["POST", `/i/${secret.padEnd(32, "x")}/options`],
  "links": (secret) => ["GET", `/l/${secret.padEnd(16, "x")}`],
  "links, to deny": (secret) => ["POST", `/l/${secret.padEnd(16, "x")}/deny`],
  "SSH2FA's links": (secret) => ["GET", `/approve?token=${secret.padEnd(16, "x")}`],
};

for (const [what, secretAt] of Object.entries(SECRETS)) {
  Deno.test(`who tries ${what} is slowed down, and nobody who has one`, async () => {
    const server = await TestServer.start({ ssh2fa: true });
    const login = await server.create({ timeout: 300 });
    const token = base64url(crypto.getRandomValues(new Uint8Array(24)));
    const tokenHash = invitationHash(token);
    await keep(server, ALICE, { invitation: [anInvitation({ person: ALICE.id, tokenHash })] });
    const stranger = new Visitor(server, "en", STRANGER);
    let looked = 0;
    for (let n = 0; n < 100; n++) {
      const [method, path] = secretAt(`${n}x`);
      const answer = method === "GET" ? await stranger.get(path) : await stranger.post(path);
      if (answer.status === 404) looked++;
      else deepEqual([answer.status, answer.headers.has("retry-after")], [429, true]);
    }
    equal(looked, 30);
    // Not by the address: others may share it.
    equal((await stranger.get(`/i/${token}`)).status, 200);
    equal((await stranger.get(`/l/${login.ticket}`)).status, 200);
    // Nor does any of it fill the log.
    ok(server.logged.length <= 40, `${server.logged.length} lines`);
    deepEqual(server.audited.map(({ event }) => event), ["login.created"]);
  });
}

Deno.test("a number has one guess", async () => {
  const { server, login } = await start();
  const alice = new Visitor(server);
  await alice.signInByCode("alice", codeNow(server));
  const wrong = String((Number(login.match) + 1) % 100).padStart(2, "0");
  const path = `/l/${login.ticket}/approve`;
  await alice.post(path, { match: wrong });
  equal((await server.stored(login.id)).reason, "wrong_number");
  await alice.post(path, { match: login.match });
  equal((await server.stored(login.id)).state, "denied");
});

Deno.test("challenges for passkeys are few for one address, and end", async () => {
  const { server } = await start();
  const stranger = new Visitor(server, "en", STRANGER);
  let given = 0;
  for (let n = 0; n < 100; n++) {
    if ((await stranger.post("/sign-in/options")).status === 200) given++;
  }
  equal(given, 60);
  equal((await new Visitor(server, "en", HOME).post("/sign-in/options")).status, 200);
  server.time.advance(HOUR);
  await server.app.sweep();
  deepEqual(await server.memory.find("challenge", { all: true }), []);
});
