import assert from "node:assert/strict";
import { isTyped, placeLogin, type RequestRules } from "../../lib/core/account_request.ts";
import { accountOutcome } from "../../lib/core/fatigue.ts";
import { reportNotMe } from "../../lib/core/freeze.ts";
import { type Login, step } from "../../lib/core/login.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { placeId } from "../../lib/core/place.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { aFreeze, aGrant, aPerson, NOTHING_KNOWN, putting } from "../support/people.ts";

const MINUTE = 60_000;
const RULES: RequestRules = {
  pendingPerAccount: 3,
  connectionsPerRequest: 4,
  mayJoin: true,
  groups: ["web"],
  twoPersons: [],
  longestGrantMs: 8 * 3_600_000,
};
const asked = aLogin({ id: "new", ticket: "new", match: "55", choices: ["55", "56", "57"] });
const open = (ticket: string, changes: Partial<Login> = {}) =>
  aLogin({ id: `${ticket}-1`, ticket, source: `192.0.2.${ticket}`, ...changes });

const place = (
  pending: readonly Login[] = [],
  account: Partial<typeof NOTHING_KNOWN> = {},
  rules: Partial<RequestRules> = {},
  login = asked,
) => placeLogin(login, pending, { ...NOTHING_KNOWN, ...account }, { ...RULES, ...rules }, T0);

Deno.test("placeLogin() leaves a login alone that nothing is known against", () => {
  assert.deepEqual(place(), { login: asked, grant: null });
  assert.deepEqual(place([open("1"), open("2")]), { login: asked, grant: null });
});

Deno.test("placeLogin() refuses a frozen account before anything else", () => {
  const freeze = aFreeze();
  const account = { freezes: [freeze], grants: [aGrant()] };
  assert.deepEqual(place([], account), { refused: "frozen", freeze });
  const su = { ...asked, user: "root", requester: "alice" };
  assert.deepEqual(place([], account, {}, su), { refused: "frozen", freeze });
  const elsewhere = place([], { freezes: [aFreeze({ host: "web2" })] });
  assert.deepEqual(elsewhere, { login: asked, grant: null });
});

Deno.test("placeLogin() approves at once what a grant covers, also when all is quiet", () => {
  const refusals = Array(5).fill(T0);
  const pending = [open("1"), open("2"), open("3")];
  const other = aGrant({ id: "g_0", host: "web2" });
  const placed = place(pending, { refusals, grants: [other, aGrant()] });
  const decided = { state: "approved", decidedAt: T0, by: "grant:g_1", via: "grant" } as const;
  const login = { ...asked, ...decided, collected: true };
  assert.deepEqual(placed, { login, grant: aGrant() });
});

Deno.test("placeLogin() approves by a grant for a group that the host is in", () => {
  const grant = aGrant({ host: "group:web" });
  const covered = place([], { grants: [grant] });
  assert.ok("grant" in covered && covered.grant === grant);
  const other = place([], { grants: [grant] }, { groups: ["db"] });
  assert.deepEqual(other, { login: asked, grant: null });
});

Deno.test("placeLogin() forgets grants that could not be given now", () => {
  const account = { grants: [aGrant()] };
  const rules: Partial<RequestRules>[] = [
    { twoPersons: ["alice@web*"] },
    { longestGrantMs: 0 },
  ];
  for (const changes of rules) {
    assert.deepEqual(place([], account, changes), { login: asked, grant: null });
  }
  const shorter = { longestGrantMs: 30 * MINUTE };
  const grants = [aGrant({ createdAt: T0 - 30 * MINUTE })];
  assert.deepEqual(place([], { grants }, shorter), { login: asked, grant: null });
  const placed = place([], { grants: [aGrant({ createdAt: T0 - 29 * MINUTE })] }, shorter);
  assert.ok("grant" in placed && placed.grant !== null);
});

Deno.test("placeLogin() lets no grant approve what asks for one", () => {
  const preauth = { forMs: MINUTE, commands: "any" } as const;
  const login = { ...asked, service: "preauth", preauth };
  const placed = place([], { grants: [aGrant()] }, { mayJoin: false }, login);
  assert.deepEqual(placed, { login, grant: null });
});

Deno.test("placeLogin() lets no grant approve what a PIN is to decide", () => {
  const pin = {
    ...{ hash: "", contacts: [], sentTo: [], triesLeft: 3, count: 1 },
    ...{ madeAt: T0, expiresAt: T0 + MINUTE },
  };
  const placed = place([], { grants: [aGrant()] }, {}, { ...asked, pin });
  assert.ok("login" in placed && placed.login.state === "pending" && placed.grant === null);
});

Deno.test("placeLogin() makes connections that belong together one request, up to a limit", () => {
  const first = open("7", { match: "42", choices: ["17", "42", "85"] });
  const together = { ...asked, ticket: "7", match: "42", choices: ["17", "42", "85"] };
  assert.deepEqual(place([first]), { login: together, grant: null });
  assert.deepEqual(place([first], {}, { mayJoin: false }), { login: asked, grant: null });
  const four = [1, 2, 3, 4].map((n) => ({ ...first, id: `${n}` }));
  assert.deepEqual(place(four), { refused: "busy", retryAt: T0 + MINUTE });
  const byPin = { ...first, pin: { hash: "" } as Login["pin"] };
  assert.deepEqual(place([byPin]), { login: asked, grant: null });
});

Deno.test("placeLogin() lets none join later than ten seconds after the request's first", () => {
  const first = open("7");
  const joining = (pending: readonly Login[], now: number) => {
    const placed = placeLogin({ ...asked, createdAt: now }, pending, NOTHING_KNOWN, RULES, now);
    assert.ok("login" in placed);
    return placed.login;
  };
  const second = joining([first], T0 + 9_000);
  assert.deepEqual([second.ticket, second.requestedAt], ["7", T0]);
  assert.equal(joining([first], T0 + 10_001).ticket, "new");
  // One that joins does not hold the door open for the next, the first being gone or not.
  assert.equal(joining([first, second], T0 + 10_001).ticket, "new");
  assert.equal(joining([second], T0 + 10_001).ticket, "new");
  const fresh = open("8", {
    ...{ source: "192.0.2.7", createdAt: T0 + 8_000, requestedAt: T0 + 8_000 },
  });
  assert.equal(joining([first, fresh], T0 + 12_000).ticket, "8");
});

Deno.test("placeLogin() lets no command join a terminal, nor a terminal a command", () => {
  const command = { command: "rsync --server . /srv", tty: false };
  for (const [pending, next] of [[{}, command], [command, {}]] as const) {
    const placed = place([open("7", pending)], {}, {}, { ...asked, ...next });
    assert.ok("login" in placed && placed.login.ticket === "new");
  }
});

Deno.test("placeLogin() lets a connection join that belongs to a request, also when all is quiet", () => {
  const placed = place([open("7")], { refusals: Array(5).fill(T0) });
  assert.ok("login" in placed && placed.login.ticket === "7");
});

Deno.test("placeLogin() lets three requests wait, however many connections each has", () => {
  const ends = { expiresAt: T0 + 30_000 };
  const three = [open("1"), open("1", { id: "1-2" }), open("2", ends), open("3")];
  assert.deepEqual(place(three), { refused: "busy", retryAt: T0 + 30_000 });
  assert.deepEqual(place(three.slice(0, 3)), { login: asked, grant: null });
  const overdue = three.map((login) => ({ ...login, expiresAt: T0 }));
  assert.deepEqual(place(overdue), { login: asked, grant: null });
});

Deno.test("placeLogin() climbs the ladder: picked, typed, quiet", () => {
  const rung = (count: number) => place([], { refusals: Array(count).fill(T0) });
  for (const count of [0, 1]) assert.deepEqual(rung(count), { login: asked, grant: null });
  for (const count of [2, 3, 4]) {
    const placed = rung(count);
    assert.deepEqual(placed, { login: { ...asked, choices: [] }, grant: null });
    assert.ok("login" in placed && isTyped(placed.login));
  }
  assert.deepEqual(rung(5), { refused: "quiet", retryAt: T0 + 15 * MINUTE });
  assert.ok(!isTyped(asked) && !isTyped(aLogin({ match: null, choices: [] })));
});

const FROM_HERE = { id: placeId(asked) ?? "", user: "alice", at: T0 - 86_400_000 };

Deno.test("placeLogin() asks for who comes from a known place although all is quiet, one at a time", () => {
  const refusals = Array(5).fill(T0 - MINUTE);
  const account = { refusals, places: [FROM_HERE] };
  assert.deepEqual(place([], account), { login: { ...asked, choices: [] }, grant: null });
  const quiet = { refused: "quiet", retryAt: T0 + 14 * MINUTE } as const;
  assert.deepEqual(place([], { refusals }), quiet);
  const old = { ...FROM_HERE, at: T0 - 30 * 86_400_000 };
  assert.deepEqual(place([], { refusals, places: [old] }), quiet);
  const other = place([], account, {}, { ...asked, source: "192.0.2.8" });
  assert.deepEqual(other, quiet);
  assert.deepEqual(place([open("1")], account), quiet, "there is one already");
  const before = open("1", { createdAt: T0 - 2 * MINUTE, requestedAt: T0 - 2 * MINUTE });
  assert.deepEqual(
    place([before], account),
    place([], account),
    "what was there before counts not",
  );
});

Deno.test("placeLogin() is quiet for all once as many were refused again", () => {
  const refusals = (more: number) => [...Array(5).fill(T0 - MINUTE), ...Array(more).fill(T0)];
  const places = [FROM_HERE];
  assert.ok("login" in place([], { refusals: refusals(4), places }));
  assert.ok("refused" in place([], { refusals: refusals(5), places }));
});

Deno.test("placeLogin() asks for nothing in a quiet time that cannot have a typed number", () => {
  const account = { refusals: Array(5).fill(T0), places: [FROM_HERE] };
  const preauth = { forMs: MINUTE, commands: "any" } as const;
  const pin = { hash: "" } as Login["pin"];
  for (const changes of [{ match: null, choices: [] }, { preauth }, { pin }]) {
    const placed = place([], account, { mayJoin: false }, { ...asked, ...changes });
    assert.ok("refused" in placed && placed.refused === "quiet");
  }
});

/** A host that asks for alice, and a person who always does the same. */
class Attack {
  readonly store = new MemoryStore();
  now = T0;
  #count = 0;

  async ask(): Promise<string> {
    const id = `${++this.#count}`;
    const times = { createdAt: this.now, expiresAt: this.now + MINUTE };
    const login = aLogin({ id, ticket: id, source: `192.0.2.${id}`, ...times });
    let outcome = "";
    await this.store.addLogin(login, (pending, account) => {
      const placed = placeLogin(login, pending, account, RULES, this.now);
      if ("refused" in placed) {
        outcome = placed.refused;
        return undefined;
      }
      outcome = placed.grant !== null ? "granted" : isTyped(placed.login) ? "typed" : "picked";
      return placed.login;
    });
    return outcome;
  }

  async end(event: Parameters<typeof step>[1]): Promise<void> {
    const { id } = (await this.store.recentLogins(1))[0] ?? {};
    await this.store.changeLogins(
      { id: id ?? "" },
      (found) => found.map((login) => step(login, event, this.now).login),
    );
  }
}

const deny = { type: "deny", notMe: false, by: "person:alice", via: "passkey" } as const;

Deno.test("the ladder over a store: what is refused again and again is asked ever less", async () => {
  const attack = new Attack();
  const seen: string[] = [];
  for (let n = 0; n < 6; n++) {
    seen.push(await attack.ask());
    await attack.end(n % 2 === 0 ? deny : { type: "cancel" });
  }
  assert.deepEqual(seen, ["picked", "picked", "typed", "typed", "typed", "quiet"]);
  attack.now += 15 * MINUTE;
  assert.equal(await attack.ask(), "typed");
});

Deno.test("the ladder over a store: three wait, and time alone counts as refusing them", async () => {
  const attack = new Attack();
  const seen = [await attack.ask(), await attack.ask(), await attack.ask(), await attack.ask()];
  assert.deepEqual(seen, ["picked", "picked", "picked", "busy"]);
  attack.now += MINUTE;
  await attack.store.changeLogins(
    { expiredBy: attack.now },
    (found) => found.map((login) => step(login, { type: "expire" }, attack.now).login),
  );
  assert.equal(await attack.ask(), "typed");
});

Deno.test("the ladder over a store: an approval begins it anew", async () => {
  const attack = new Attack();
  for (let n = 0; n < 3; n++) {
    await attack.ask();
    await attack.end(deny);
    attack.now++;
  }
  assert.equal(await attack.ask(), "typed");
  await attack.end({ type: "approve", match: "42", by: "person:alice", via: "passkey" });
  attack.now++;
  assert.equal(await attack.ask(), "picked");
});

Deno.test("the ladder over a store: nothing gets in between a report and its freeze", async () => {
  const attack = new Attack();
  await attack.store.change(putting({ person: [aPerson()] }));
  await attack.ask();
  const [login] = await attack.store.recentLogins(1);
  assert.ok(login);
  const how = { freezeId: "f_1", person: "p_alice", via: "passkey" };
  const asks = [attack.ask(), attack.ask(), attack.ask()];
  await Promise.all([...asks, attack.store.change(reportNotMe(login, how, new Map(), attack.now))]);
  assert.equal(await attack.ask(), "frozen");
  const left = (await attack.store.recentLogins(9)).filter(({ state }) => state === "pending");
  assert.deepEqual(left, []);
});

Deno.test("accountOutcome() says nothing of what placeLogin() approved by a grant", () => {
  const placed = place([], { grants: [aGrant()] });
  assert.ok("login" in placed);
  assert.equal(accountOutcome(placed.login), undefined);
});
