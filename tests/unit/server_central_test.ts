/** Central codes at the server: what hosts fetch, spend, and try for logins that are open. */
import assert from "node:assert/strict";
import { type CentralSet, type HostKeyPair, openSet } from "../../lib/core/central_set.ts";
import { isRevocation } from "../../lib/core/revocation.ts";
import { checkJoin } from "../../lib/core/join_answer.ts";
import { type Authenticator, revokeDevice, seedRow } from "../../lib/core/device.ts";
import { makeHostKey, publicHostKey } from "../../lib/io/host_key.ts";
import { aFreeze, anAuthenticator, putting, someone } from "../support/people.ts";
import { FakeNotifier } from "../support/pins.ts";
import {
  type Created,
  HOST_TOKEN,
  NONCE,
  problemOf,
  readableSealer,
  TestServer,
} from "../support/server_app.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const OTHER = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const WEB2 = "ghh_test-token-of-web2";

/** Of that person, for hosts unless it says otherwise. */
async function app(
  name: string,
  secret = RFC_BASE32,
  changes: Partial<Authenticator> = {},
): Promise<Authenticator> {
  const id = changes.id ?? `d_${name}`;
  const seed = await readableSealer.seal(secret, seedRow(id));
  return anAuthenticator({ id, person: `p_${name}`, use: "hosts", seed, ...changes });
}

/** alice has an authenticator for hosts, bob one that signs in. */
async function start(...config: Parameters<typeof TestServer.start>): Promise<TestServer> {
  const server = await TestServer.start(...config);
  await server.addHost("web2", WEB2);
  await server.memory.change(putting({
    person: [someone("alice"), someone("bob")],
    device: [await app("alice"), await app("bob", OTHER, { use: "sign_in" })],
  }));
  return server;
}

const step = (server: TestServer) => Math.floor(server.time.now() / 30_000);
const code = (server: TestServer, off = 0) => codeOf(step(server) + off);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Joins as root does. @returns the host's key */
async function join(server: TestServer, token = HOST_TOKEN): Promise<HostKeyPair> {
  const key = await makeHostKey();
  const response = await joinWith(server, { codes_key: publicHostKey(key) }, token);
  assert.equal(response.status, 200);
  return key;
}

const joinWith = (server: TestServer, body: Record<string, unknown>, token = HOST_TOKEN) =>
  server.json("/api/v1/join", { nonce: NONCE, ...body }, bearer(token));

const fetchCodes = (server: TestServer, accounts: readonly string[], token = HOST_TOKEN) =>
  server.json("/api/v1/codes", { accounts, nonce: NONCE }, bearer(token));

async function fetched(
  server: TestServer,
  key: HostKeyPair,
  accounts: readonly string[] = ["root", "alice", "bob", "carol"],
  token = HOST_TOKEN,
): Promise<CentralSet> {
  const response = await fetchCodes(server, accounts, token);
  assert.equal(response.status, 200);
  const { sealed } = await response.json();
  const request = { host: token === WEB2 ? "web2" : "web1", nonce: NONCE, accounts };
  const opened = await openSet(sealed, request, key, [server.publicKey], server.time.now());
  assert.ok(opened.ok, JSON.stringify(opened));
  return opened.set;
}

const names = ({ accounts }: CentralSet) => accounts.map(({ name }) => name);

const spend = (server: TestServer, changes: Record<string, unknown> = {}, token = HOST_TOKEN) => {
  const body = { user: "alice", source: "192.0.2.7", code: code(server), ...changes };
  return server.json("/api/v1/codes/spend", body, bearer(token));
};

const tryCode = (server: TestServer, { id, secret }: Created, typed = code(server)) =>
  server.json(`/api/v1/logins/${id}/code`, { code: typed }, bearer(secret));

Deno.test("a host gets what its accounts' own persons registered for hosts, and nothing else", async () => {
  const server = await start();
  const key = await join(server);
  assert.deepEqual(await fetched(server, key), {
    valid_for: 30 * 86_400,
    accounts: [{ name: "alice", seeds: [RFC_BASE32], used: [] }],
  });
  assert.deepEqual(names(await fetched(server, key, ["root", "bob"])), []);
  assert.deepEqual(names(await fetched(server, key, [])), []);
});

Deno.test("that a token is worth nothing is signed, for the host gives up its codes then", async () => {
  const server = await start();
  const { revoked } = await problemOf(await fetchCodes(server, [], "ghh_unknown"), 401);
  const about = { token: "ghh_unknown", nonce: NONCE };
  const pinned = [server.publicKey];
  assert.ok(await isRevocation(`${revoked}`, about, pinned, server.time.now()));
  const odd = await server.json("/api/v1/codes", { nonce: "?" }, bearer("ghh_unknown"));
  assert.equal((await problemOf(odd, 401)).revoked, undefined);
  const without = await server.json("/api/v1/codes", { accounts: [], nonce: NONCE });
  assert.equal((await problemOf(without, 401)).revoked, undefined);
});

Deno.test("a host that joins is told whether it can fetch codes", async () => {
  const told = async (server: TestServer, body: Record<string, unknown>) =>
    (await (await joinWith(server, body)).json()).codes;
  const codes_key = publicHostKey(await makeHostKey());
  assert.equal(await told(await start(), { codes_key }), true);
  assert.equal(await told(await start(), {}), false);
  const others = await start({ codes: { accounts: ["*@db*"], validForMs: 3_600_000 } });
  assert.equal(await told(others, { codes_key }), false);
});

Deno.test("what is frozen, revoked or not its host's is not handed out", async () => {
  for (
    const put of [
      { person: [someone("alice", { state: "frozen" })] },
      { freeze: [aFreeze()] },
      { freeze: [aFreeze({ host: "web1" })] },
      { device: [await app("alice", RFC_BASE32, { revokedAt: 1, seed: "" })] },
    ] as const
  ) {
    const server = await start();
    const key = await join(server);
    await server.memory.change({
      wants: { person: [{ all: true }], device: [{ all: true }] },
      make: () => ({ answer: undefined, put }),
    });
    assert.deepEqual(names(await fetched(server, key)), [], JSON.stringify(put));
  }
  const some = await start({ codes: { accounts: ["al*@web2", "*@db*"], validForMs: 3_600_000 } });
  assert.deepEqual(names(await fetched(some, await join(some))), []);
  const set = await fetched(some, await join(some, WEB2), ["alice"], WEB2);
  assert.deepEqual([set.valid_for, names(set)], [3_600, ["alice"]]);
});

Deno.test("used steps go to all hosts", async () => {
  const server = await start();
  const key = await join(server);
  assert.equal((await spend(server, {}, WEB2)).status, 204);
  assert.deepEqual((await fetched(server, key)).accounts[0]?.used, [step(server)]);
  server.time.advance(20 * 60_000);
  assert.deepEqual(
    (await fetched(server, key)).accounts[0]?.used,
    [],
    "nobody needs that any more",
  );
});

Deno.test("what was handed out is on record, by account, without a secret, and not each time", async () => {
  const server = await start();
  const key = await join(server);
  const sent = () => server.audited.filter(({ event }) => event === "host.codes_sent");
  await fetched(server, key);
  await fetched(server, key);
  assert.deepEqual(sent(), [
    { event: "host.codes_sent", host: "web1", accounts: "alice", count: 1 },
  ]);
  const another = await app("alice", OTHER, { id: "d_new" });
  await server.memory.change(putting({ device: [another] }));
  await fetched(server, key);
  assert.equal(sent().length, 2);
  server.time.advance(86_400_000);
  await fetched(server, key);
  assert.equal(sent().length, 3);
  const all = JSON.stringify([server.audited, server.logged]);
  assert.ok(![RFC_BASE32, OTHER, key.d].some((secret) => all.includes(secret)));
});

Deno.test("nothing is handed out that could not be put on record", async () => {
  const server = await start();
  await join(server);
  server.failing = "append";
  assert.equal((await fetchCodes(server, ["alice"])).status, 503);
  server.failing = undefined;
  assert.equal((await fetchCodes(server, ["alice"])).status, 200);
  assert.ok(server.audited.some(({ event }) => event === "host.codes_sent"));
});

const ofKeys = ({ audited }: TestServer) =>
  audited.filter(({ event }) => String(event).startsWith("host.key_"));

Deno.test("a key is kept once, and a host that joins once more keeps it", async () => {
  const server = await start();
  const key = await join(server);
  // The same machine once more, or an account of it that reads host.toml.
  assert.equal((await joinWith(server, { codes_key: publicHostKey(key) })).status, 200);
  assert.equal((await joinWith(server, {})).status, 200);
  assert.deepEqual(names(await fetched(server, key)), ["alice"]);
  assert.deepEqual(ofKeys(server), []);
});

Deno.test("a host with two keys has none until it is added anew, and administrators are told", async () => {
  const notifier = new FakeNotifier();
  const server = await start({ alerts: new Map([["wecom", ["admin-chat"]]]) }, notifier);
  const first = await join(server);
  assert.deepEqual(names(await fetched(server, first)), ["alice"]);
  const second = { codes_key: publicHostKey(await makeHostKey()) };
  for (const body of [second, second, { codes_key: publicHostKey(first) }]) {
    const refused = await problemOf(await joinWith(server, body), 409);
    assert.equal(refused.reason, "other_codes_key");
  }
  assert.equal((await problemOf(await fetchCodes(server, ["alice"]), 409)).reason, "no_codes_key");
  await server.until(() => server.audited.some(({ event }) => event === "alert.sent"));
  const [about, ...more] = notifier.told;
  assert.deepEqual([about?.to, about?.message], ["admin-chat", {
    ...{ kind: "host_key_disputed", host: "web1", source: "127.0.0.1", at: server.time.now() },
  }]);
  assert.deepEqual(more, []);
  const fields = { host: "web1", source: "127.0.0.1" };
  assert.deepEqual(ofKeys(server), [
    { event: "host.key_disputed", ...fields },
    { event: "host.key_refused", ...fields },
  ]);
  await server.memory.changeHost("web1", (host) => ({ ...host, revokedAt: 1 }));
  await server.addHost("web1", "ghh_another-token");
  await join(server, "ghh_another-token");
  assert.equal((await fetchCodes(server, ["alice"], "ghh_another-token")).status, 200);
});

Deno.test("a key that cannot be forgotten on record stays", async () => {
  const server = await start();
  const first = await join(server);
  const second = { codes_key: publicHostKey(await makeHostKey()) };
  server.failing = "append";
  await problemOf(await joinWith(server, second), 503);
  server.failing = undefined;
  assert.deepEqual(names(await fetched(server, first)), ["alice"]);
  await problemOf(await joinWith(server, second), 409);
  await problemOf(await fetchCodes(server, ["alice"]), 409);
});

Deno.test("what is refused again and again is on record once an hour, and slowed down", async () => {
  const server = await start();
  await joinWith(server, {});
  const codes_key = publicHostKey(await makeHostKey());
  const statuses = new Set<number>();
  for (let time = 0; time < 20; time++) {
    statuses.add((await joinWith(server, { codes_key })).status);
  }
  assert.deepEqual([...statuses], [409, 429]);
  const limited = await joinWith(server, { codes_key });
  assert.equal(limited.headers.get("retry-after"), "6");
  assert.equal(ofKeys(server).length, 1);
  assert.equal((await joinWith(server, {}, WEB2)).status, 200, "others join");
  server.time.advance(59 * 60_000);
  await problemOf(await joinWith(server, { codes_key }), 409);
  assert.equal(ofKeys(server).length, 1);
  server.time.advance(60_000);
  await problemOf(await joinWith(server, { codes_key }), 409);
  assert.equal(ofKeys(server).length, 2);
});

Deno.test("a host's join is answered signed, with the key that it has from then on", async () => {
  const server = await start();
  const signed = async (body: Record<string, unknown>, codes_key: string | null, nonce = NONCE) => {
    const { signed } = await (await joinWith(server, body)).json();
    const wanted = { aud: "web1", nonce, codes_key };
    return await checkJoin(signed, wanted, server.publicKey, server.time.now());
  };
  const codes_key = publicHostKey(await makeHostKey());
  assert.equal(await signed({ codes_key }, codes_key), "right");
  assert.equal(await signed({ codes_key }, codes_key, "O".repeat(43)), "unsigned");
  assert.equal(await signed({ codes_key }, null), "other_key");
  assert.equal(await signed({}, codes_key), "right");
  assert.equal(await signed({}, null), "other_key");
});

Deno.test("a host that joined without a key gets none by its token", async () => {
  const server = await start();
  assert.equal((await joinWith(server, {})).status, 200);
  const key = await makeHostKey();
  await problemOf(await joinWith(server, { codes_key: publicHostKey(key) }), 409);
  assert.equal((await problemOf(await fetchCodes(server, ["alice"]), 409)).reason, "no_codes_key");
});

Deno.test("of two that join at once with one token, one is refused", async () => {
  const server = await start();
  const keys = await Promise.all([makeHostKey(), makeHostKey()]);
  const answers = await Promise.all(
    keys.map((key) => joinWith(server, { codes_key: publicHostKey(key) })),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
});

Deno.test("what is no key is not kept", async () => {
  const server = await start();
  const zero = `x25519:${"A".repeat(43)}`;
  for (const codes_key of [zero, "x25519:AAAA", `ed25519:${"A".repeat(43)}`, "", 5]) {
    await problemOf(await joinWith(server, { codes_key }), 422);
  }
  await join(server);
});

Deno.test("a revoked host gets nothing more, and one of that name begins anew", async () => {
  const server = await start();
  await join(server);
  await server.memory.changeHost("web1", (host) => ({ ...host, revokedAt: 1 }));
  for (const answer of [await fetchCodes(server, ["alice"]), await spend(server)]) {
    assert.equal((await problemOf(answer, 401)).title, "Not authorized");
  }
  await server.addHost("web1", "ghh_another-token");
  await problemOf(await fetchCodes(server, ["alice"], "ghh_another-token"), 409);
  await join(server, "ghh_another-token");
});

Deno.test("a host is asked for less than it could ask for", async () => {
  const server = await start();
  await join(server);
  const many = Array.from({ length: 501 }, (_, n) => `u${n}`);
  await problemOf(await fetchCodes(server, many), 422);
  await problemOf(await fetchCodes(server, ["ali\nce"]), 422);
  let status = 200;
  for (let count = 0; status === 200 && count < 100; count++) {
    status = (await fetchCodes(server, ["alice"])).status;
  }
  assert.equal(status, 429);
});

Deno.test("a code is good once among all hosts", async () => {
  const server = await start();
  assert.equal((await spend(server)).status, 204);
  for (const token of [HOST_TOKEN, WEB2]) {
    assert.equal((await problemOf(await spend(server, {}, token), 403)).reason, "spent_code");
  }
  const login = await server.create();
  assert.equal((await problemOf(await tryCode(server, login), 403)).reason, "spent_code");
  assert.deepEqual(server.audited.filter(({ event }) => event === "host.code_used"), [{
    event: "host.code_used",
    host: "web1",
    user: "alice",
    source: "192.0.2.7",
    person: "p_alice",
    name: "alice",
    device: "d_alice",
  }]);
});

Deno.test("a code is not let through that could not be put on record", async () => {
  const server = await start();
  server.failing = "append";
  await problemOf(await spend(server), 503);
  server.failing = undefined;
  assert.deepEqual(server.audited, []);
  // It is used up all the same: somebody has seen it.
  assert.equal((await problemOf(await spend(server), 403)).reason, "spent_code");
});

Deno.test("a host that fetches codes is seen, and its version is kept", async () => {
  const server = await start();
  await join(server);
  server.time.advance(3_600_000);
  const headers = { ...bearer(HOST_TOKEN), "user-agent": "gatehouse/9.8.7" };
  const body = { accounts: ["alice"], nonce: NONCE };
  assert.equal((await server.json("/api/v1/codes", body, headers)).status, 200);
  const host = (await server.memory.hosts()).find(({ name }) => name === "web1");
  assert.deepEqual([host?.lastSeenAt, host?.version], [server.time.now(), "9.8.7"]);
});

Deno.test("where no codes are configured a login asks nothing of persons and devices", async () => {
  const asked = async (server: TestServer) => {
    server.calls.length = 0;
    assert.equal((await server.ask()).status, 201);
    return server.calls.filter((call) => call === "find").length;
  };
  assert.equal(
    await asked(await start({ codes: { accounts: ["*@db*"], validForMs: 3_600_000 } })),
    0,
  );
  assert.notEqual(await asked(await start()), 0);
});

Deno.test("a lost phone's codes end at once", async () => {
  const server = await start();
  const login = await server.create();
  await server.memory.change(revokeDevice("p_alice", "d_alice", server.time.now()));
  for (const answer of [await spend(server), await tryCode(server, login)]) {
    assert.equal((await problemOf(answer, 422)).reason, "no_codes");
  }
});

Deno.test("the answer to a new login says whether a code can be typed for it", async () => {
  const server = await start();
  const says = async (changes: Record<string, unknown>) =>
    (await (await server.ask(changes)).json()).codes;
  assert.equal(await says({}), true);
  assert.equal(await says({ user: "bob" }), undefined);
  assert.equal(await says({ user: "root" }), undefined);
  const preauth = { for: 600, commands: "any" };
  assert.equal(await says({ service: "preauth", preauth }), undefined);
});

Deno.test("a right code approves its login, and the verdict comes to who waits for it", async () => {
  const server = await start();
  const login = await server.create();
  const { answer } = await server.waiting(login);
  const tried = await tryCode(server, login);
  assert.deepEqual([tried.status, await tried.json()], [200, { state: "approved" }]);
  const { state, verdict } = await (await answer).json();
  const { by, via } = JSON.parse(atob(String(verdict).split(".")[1] ?? ""));
  assert.deepEqual([state, by, via], ["approved", "person:alice", "code"]);
  assert.equal((await server.poll(login)).status, 410, "handed out once");
  // Typed again, it says what has become of it.
  assert.deepEqual(await (await tryCode(server, login)).json(), { state: "approved" });
  const approved = server.audited.find(({ event }) => event === "login.approved");
  assert.deepEqual([approved?.by, approved?.via], ["person:alice", "code"]);
});

Deno.test("a code approves the one connection that it was typed in", async () => {
  const server = await start();
  const logins = [await server.create(), await server.create()] as const;
  assert.equal(logins[0].url, logins[1].url);
  assert.equal((await tryCode(server, logins[1])).status, 200);
  const states = await Promise.all(logins.map(async ({ id }) => (await server.stored(id)).state));
  assert.deepEqual(states, ["pending", "approved"]);
});

Deno.test("whoever holds one host's token locks codes of an account there alone", async () => {
  const server = await start();
  const wrong = code(server, 400);
  let status = 403;
  for (let n = 0; status === 403; n++) {
    status = (await spend(server, { code: wrong, source: `198.51.100.${n}` })).status;
  }
  assert.equal(status, 429);
  assert.equal((await problemOf(await spend(server), 429)).reason, "too_many_codes");
  assert.equal((await tryCode(server, await server.create())).status, 429);
  assert.equal((await spend(server, {}, WEB2)).status, 204);
});

Deno.test("wrong codes are counted by account and host, durably, and the login stays open", async () => {
  const server = await start();
  const login = await server.create();
  const wrong = code(server, 400);
  for (let time = 0; time < 3; time++) {
    assert.equal((await problemOf(await tryCode(server, login, wrong), 403)).reason, "wrong_code");
  }
  server.restart();
  const limited = await tryCode(server, login);
  assert.equal(limited.headers.get("retry-after"), "30");
  assert.equal((await problemOf(limited, 429)).reason, "too_many_codes");
  await problemOf(await spend(server), 429);
  assert.equal((await server.stored(login.id)).state, "pending");
  server.time.advance(31_000);
  assert.equal((await tryCode(server, login)).status, 200);
});

Deno.test("a code for a login is tried by who started it, while it is open", async () => {
  const server = await start();
  const login = await server.create();
  await problemOf(await tryCode(server, { ...login, secret: "x" }), 401);
  await problemOf(await tryCode(server, { ...login, id: "none" }), 404);
  for (const typed of ["12345678", "", "12345x"]) {
    await problemOf(await tryCode(server, login, typed), 422);
  }
  server.time.advance(61_000);
  await server.app.sweep();
  const late = await tryCode(server, login);
  assert.deepEqual(await late.json(), { state: "expired", reason: "timeout" });
  assert.equal((await spend(server)).status, 204, "and the code was not used up");
});

Deno.test("approved without a trace is not approved", async () => {
  const server = await start();
  const login = await server.create();
  server.failing = "append";
  assert.equal((await tryCode(server, login)).status, 503);
  server.failing = undefined;
  assert.notEqual((await server.stored(login.id)).state, "approved");
});

Deno.test("an authenticator that cannot be opened takes only its own codes away", async () => {
  const server = await start();
  const key = await join(server);
  const moved = await readableSealer.seal(OTHER, seedRow("d_somebody"));
  await server.memory.change(putting({
    device: [await app("alice", OTHER, { id: "d_moved", seed: moved })],
  }));
  assert.deepEqual((await fetched(server, key)).accounts[0]?.seeds, [RFC_BASE32]);
  assert.ok(
    server.logged.some(({ level, fields }) => level === "error" && fields.device === "d_moved"),
  );
});
