import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { checkOffer } from "../../lib/core/offer.ts";
import { checkVerdict } from "../../lib/core/verdict.ts";
import { aFreeze, aGrant, all, putting } from "../support/people.ts";
import { T0 } from "../support/logins.ts";
import {
  HOST_TOKEN,
  KEY,
  NONCE,
  problemOf,
  PUBLIC_URL,
  TestServer,
} from "../support/server_app.ts";

const HOUR = 3_600_000;
const GROUPS = new Map([["web", ["web*"]]]);
const OTHER_TOKEN = "ghh_test-token-of-another-host";

/** Gives a grant for what `ask()` asks. */
function remember(server: TestServer, changes: Parameters<typeof aGrant>[0] = {}): Promise<void> {
  return server.memory.change(putting({ grant: [aGrant({ key: KEY, ...changes })] }));
}

const events = (server: TestServer) => server.audited.map(({ event }) => event);

Deno.test("a login that a grant covers is approved at once, with its verdict", async () => {
  const server = await TestServer.start();
  await remember(server);
  const { id, secret, url, state, verdict, offer } = await (await server.ask()).json();
  equal(state, "approved");
  const asked = {
    ...{ aud: "web1", sub: "alice", jti: id, svc: "sshd", src: "192.0.2.7", cmd: "" },
    ...{ nonce: NONCE, cmd_shown: "", key: KEY, requester: "", tty: true },
  };
  const checked = await checkVerdict(verdict, [server.publicKey], asked, T0);
  ok(checked.ok, JSON.stringify(checked));
  deepEqual([checked.claims.by, checked.claims.via], ["grant:g_1", "grant"]);
  const { match } = await server.stored(id);
  const offered = { host: "web1", nonce: NONCE, id, url, match, twoPersons: false };
  deepEqual(await checkOffer(offer, offered, [server.publicKey], T0), { ok: true });
  await problemOf(await server.poll({ id, secret }), 410);
});

Deno.test("a login that a grant covers is on record, with the grant", async () => {
  const server = await TestServer.start();
  await remember(server);
  const { id } = await server.create();
  deepEqual(server.audited.map(({ event, login }) => [event, login]), [
    ["login.created", id],
    ["login.approved", id],
    ["grant.used", id],
  ]);
  deepEqual(server.audited.map(({ by = null, grant = null }) => [by, grant]), [
    [null, null],
    ["grant:g_1", null],
    [null, "g_1"],
  ]);
  match(server.app.metrics.text(), /outcome="collected"} 1/);
  equal(server.app.metrics.pending(), 0);
});

Deno.test("nothing is handed out for a grant that cannot be recorded", async () => {
  const server = await TestServer.start();
  await remember(server);
  server.failing = "append";
  const answer = await server.ask();
  ok(!(await answer.clone().text()).includes("verdict"));
  await problemOf(answer, 503);
});

Deno.test("a grant covers no login that is not like it, and none after its time", async () => {
  const server = await TestServer.start();
  await remember(server);
  for (const changes of [{ key: "SHA256:other" }, { source: "192.0.2.8" }, { service: "sudo" }]) {
    const created = await server.create(changes);
    equal((await server.stored(created.id)).state, "pending", JSON.stringify(changes));
    await server.press(`/l/${created.ticket}/approve`, { match: created.match });
  }
  server.time.advance(HOUR);
  equal((await server.stored((await server.create()).id)).state, "pending", "its time is over");
});

Deno.test("a grant for a group covers the hosts that are in it", async () => {
  const server = await TestServer.start({ approval: { groups: GROUPS } });
  await server.addHost("web2", OTHER_TOKEN);
  await server.addHost("db1", `${OTHER_TOKEN}-db`);
  await remember(server, { host: "group:web" });
  const states = async (token: string) => (await (await server.ask({}, token)).json()).state;
  equal(await states(HOST_TOKEN), "approved");
  equal(await states(OTHER_TOKEN), "approved");
  equal(await states(`${OTHER_TOKEN}-db`), "pending");
});

Deno.test("a grant is worth nothing where two persons are needed now, or grants are off", async () => {
  for (
    const approval of [{ twoPersons: ["alice@web1"] }, {
      grants: { longestMs: 0, ipv6Prefix: 128 },
    }] as const
  ) {
    const server = await TestServer.start({ approval });
    await remember(server);
    equal((await (await server.ask()).json()).state, "pending", JSON.stringify(approval));
  }
});

Deno.test("a frozen account gets 403, whatever was granted", async () => {
  const server = await TestServer.start();
  await remember(server);
  await server.memory.change(putting({ freeze: [aFreeze()] }));
  const problem = await problemOf(await server.ask(), 403);
  deepEqual([problem.reason, problem.detail], ["frozen", "this account is frozen"]);
  const su = await problemOf(await server.ask({ user: "root", requester: "alice" }), 403);
  equal(su.reason, "frozen");
  equal((await server.memory.recentLogins(9)).length, 0);
  deepEqual(server.logged.at(-1)?.message, "login refused");
  deepEqual(events(server), []);
});

Deno.test("too many requests that wait get 429, and are told when the first ends", async () => {
  const server = await TestServer.start();
  for (const n of [1, 2, 3]) await server.create({ source: `192.0.2.${n}`, timeout: n * 20 });
  const answer = await server.ask();
  equal(answer.headers.get("retry-after"), "20");
  equal((await problemOf(answer, 429)).reason, "busy");
});

/** One more request that is denied. */
async function refuse(server: TestServer): Promise<void> {
  const created = await server.create();
  await server.press(`/l/${created.ticket}/deny`, {});
}

Deno.test("after two refusals the number is typed, after five nobody is asked for a while", async () => {
  const server = await TestServer.start();
  const choices = async () => {
    const created = await server.create();
    const login = await server.stored(created.id);
    await server.press(`/l/${created.ticket}/deny`, {});
    return login.choices.length;
  };
  const offered = [];
  for (let times = 0; times < 5; times++) offered.push(await choices());
  deepEqual(offered, [3, 3, 0, 0, 0]);
  server.restart();
  const answer = await server.ask();
  equal(answer.headers.get("retry-after"), String(15 * 60));
  equal((await problemOf(answer, 429)).reason, "quiet");
  await server.ask();
  await server.until(() => events(server).includes("account.quiet"));
  server.time.advance(15 * 60_000 - 1);
  await server.app.sweep();
  equal((await problemOf(await server.ask(), 429)).reason, "quiet");
  server.time.advance(1);
  const created = await server.create();
  equal((await server.stored(created.id)).choices.length, 0, "not at the bottom again");
  equal(events(server).filter((event) => event === "account.quiet").length, 1);
});

Deno.test("the ladder is the account's own", async () => {
  const server = await TestServer.start();
  for (let times = 0; times < 5; times++) await refuse(server);
  equal((await server.ask({ user: "bob" })).status, 201);
  equal((await server.ask()).status, 429);
});

const preauth = (changes: Record<string, unknown> = {}) => ({
  service: "preauth",
  command: null,
  preauth: { for: 1_800, commands: "any" },
  ...changes,
});

Deno.test("approving what asks ahead gives a grant, for logins that come like it", async () => {
  const server = await TestServer.start();
  const asked = await server.create(preauth());
  const { answer } = await server.waiting(asked);
  await server.approve(asked);
  const { state, verdict, granted_for } = await (await answer).json();
  deepEqual([state, granted_for], ["approved", 1_800]);
  const claims = {
    ...{ aud: "web1", sub: "alice", jti: asked.id, src: "192.0.2.7", cmd: "", nonce: NONCE },
  };
  const check = (svc: string) => checkVerdict(verdict, [server.publicKey], { ...claims, svc }, T0);
  ok((await check("preauth")).ok);
  for (const svc of ["ssh", "sshd"]) ok(!(await check(svc)).ok, `it lets in to ${svc}`);
  deepEqual(events(server).slice(1).toSorted(), [
    "grant.given",
    "login.approved",
    "login.collected",
  ]);
  const later = await (await server.ask()).json();
  equal(later.state, "approved");
  equal((await server.stored((await server.create({ key: "SHA256:other" })).id)).state, "pending");
  server.time.advance(1_800_000);
  equal((await server.stored((await server.create()).id)).state, "pending");
});

Deno.test("what asks ahead is one request each time, and no grant answers it", async () => {
  const server = await TestServer.start();
  await remember(server);
  const [one, two] = [await server.create(preauth()), await server.create(preauth())];
  notEqual(one.ticket, two.ticket);
  for (const { id } of [one, two]) equal((await server.stored(id)).state, "pending");
});

Deno.test("a grant that is asked for ahead is taken back when it cannot be recorded", async () => {
  const server = await TestServer.start();
  const asked = await server.create(preauth());
  server.failing = "append";
  equal((await server.approve(asked)).status, 503);
  server.failing = undefined;
  const [grant] = await all(server.memory, "grant");
  deepEqual([grant?.ended, grant?.endedBy], ["revoked", "gatehouse"]);
  equal((await server.stored(asked.id)).state, "denied");
});

Deno.test("what cannot be approved or granted so is refused at once, and nobody is asked", async () => {
  const off = { grants: { longestMs: 0, ipv6Prefix: 128 } } as const;
  const short = { grants: { longestMs: 1_200_000, ipv6Prefix: 128 } } as const;
  const cases = [
    [off, {}, "no_grants", "approvals are not remembered here"],
    [short, {}, "too_long", "approvals are remembered for 20 min at most"],
    [{ twoPersons: ["*@web1"] }, {}, "two_persons", "each login of this account takes two persons"],
    [
      { twoPersons: ["*@web1"] },
      { service: "sshd", preauth: undefined, pin: { contacts: ["alice"] } },
      "two_persons",
      "each login of this account takes two persons",
    ],
    [
      {},
      { source: "fe80::1%eth0" },
      "no_network",
      "approvals are not remembered for an address with a zone",
    ],
    [
      {},
      { key: undefined },
      "no_key",
      "approvals are not remembered for logins without an SSH key",
    ],
  ] as const;
  for (const [approval, changes, reason, detail] of cases) {
    const server = await TestServer.start({ approval });
    const problem = await problemOf(await server.ask(preauth(changes)), 422);
    deepEqual([problem.reason, problem.detail], [reason, detail]);
    equal((await server.memory.recentLogins(9)).length, 0);
  }
});

Deno.test("no login can call itself one that asks ahead, nor the other way round", async () => {
  const server = await TestServer.start();
  const bodies = [
    { service: "preauth" },
    preauth({ service: "sshd" }),
    preauth({ pin: { contacts: ["alice"] } }),
    preauth({ preauth: { for: 0, commands: "any" } }),
  ];
  for (const body of bodies) {
    const problem = await problemOf(await server.ask(body), 422);
    ok(problem.errors.length > 0, JSON.stringify(body));
  }
});

Deno.test("what the host shows is signed", async () => {
  const server = await TestServer.start();
  const { id, url, match, offer } = await (await server.ask()).json();
  const offered = { host: "web1", nonce: NONCE, id, url, match, twoPersons: false };
  const check = (changes = {}) =>
    checkOffer(offer, { ...offered, ...changes }, [server.publicKey], T0 + 59_999);
  deepEqual(await check(), { ok: true });
  ok(!(await check({ url: `${PUBLIC_URL}/l/another` })).ok);
  const joined = await (await server.ask()).json();
  notEqual(joined.id, id);
  const other = { ...offered, id: joined.id, url: joined.url, match: joined.match };
  deepEqual(await checkOffer(joined.offer, other, [server.publicKey], T0), { ok: true });
});

Deno.test("a host's version is kept, as it says itself", async () => {
  const server = await TestServer.start();
  const versionAfter = async (agent: string) => {
    server.time.advance(60_000);
    const headers = { authorization: `Bearer ${HOST_TOKEN}`, "user-agent": agent };
    equal((await server.json("/api/v1/join", { nonce: NONCE }, headers)).status, 200);
    return (await server.memory.hosts())[0]?.version;
  };
  equal(await versionAfter("curl/8.5.0"), null);
  equal(await versionAfter("gatehouse/0.2.0"), "0.2.0");
  equal(await versionAfter("gatehouse/0.3.0-rc.1+x (linux)"), "0.3.0-rc.1+x");
  for (
    const agent of ["gatehouse/", `gatehouse/${"1".repeat(33)}`, "gatehouse/<b>", "x gatehouse/9"]
  ) {
    equal(await versionAfter(agent), "0.3.0-rc.1+x", agent);
  }
});
