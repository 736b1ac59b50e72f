import assert from "node:assert/strict";
import {
  acceptHostCode,
  type CentralSettings,
  givesCodesTo,
  hasCodesSomewhere,
  type HostCodeJudged,
  type HostCodeTyped,
  takesCodes,
} from "../../lib/core/central_code.ts";
import { timeStep } from "../../lib/core/otp.ts";
import { acceptCode } from "../../lib/core/device_code.ts";
import { triesId } from "../../lib/core/device_tries.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import type { Store } from "../../lib/ports.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { aFreeze, all, anAuthenticator, aPasskey, aPerson, putting } from "../support/people.ts";
import { scratch } from "../support/scratch.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const STEP = timeStep(30, T0);
const SETTINGS: CentralSettings = { accounts: ["*@*"], twoPersons: [] };
const secrets = new Map([["d_app", RFC_BASE32]]);
const app = (changes: Parameters<typeof anAuthenticator>[0] = {}) =>
  anAuthenticator({ use: "hosts", ...changes });
const typed = (changes: Partial<HostCodeTyped> = {}): HostCodeTyped => {
  const account = { user: "alice", host: "web1", requester: null };
  return { ...account, code: codeOf(STEP), source: "192.0.2.7", secrets, ...changes };
};

async function withAlice(
  put: Parameters<typeof putting>[0] = {},
  store: Store = new MemoryStore(),
): Promise<Store> {
  await store.change(putting({ person: [aPerson()], device: [app()], ...put }));
  return store;
}

interface Try {
  readonly typed?: Partial<HostCodeTyped>;
  readonly login?: string;
  readonly settings?: CentralSettings;
  readonly now?: number;
}

async function accept(store: Store, { login, settings = SETTINGS, now = T0, ...more }: Try = {}) {
  return await store.change(acceptHostCode(typed(more.typed), "p_alice", login, settings, now));
}

const why = (judged: HostCodeJudged) => judged.ok ? "right" : judged.why;

Deno.test("acceptHostCode() says whose code it is, and spends it", async () => {
  const store = await withAlice();
  const used = app({ usedSteps: [STEP], lastUsedAt: T0 });
  assert.deepEqual(await accept(store), { ok: true, person: aPerson(), device: used });
  assert.deepEqual(await all(store, "device"), [used]);
  assert.equal(why(await accept(store, { typed: { host: "web2" } })), "spent");
});

Deno.test("acceptHostCode() approves the login that it was typed for, in the same step", async () => {
  const store = await withAlice();
  await store.addLogin(aLogin(), () => aLogin());
  const judged = await accept(store, { login: "login-1" });
  assert.ok(judged.ok);
  assert.deepEqual(
    [judged.login?.state, judged.login?.by, judged.login?.via],
    ["approved", "person:alice", "code"],
  );
  assert.deepEqual(await store.login("login-1"), judged.login);
  assert.equal(
    why(await accept(store, { login: "login-1", typed: { code: codeOf(STEP + 1) } })),
    "ended",
  );
  assert.deepEqual((await all(store, "device"))[0], app({ usedSteps: [STEP], lastUsedAt: T0 }));
});

Deno.test("acceptHostCode() judges nothing for a login that is over, unknown, or asks for a grant", async () => {
  const store = await withAlice();
  const preauth = { forMs: 60_000, commands: "any" } as const;
  for (const login of [aLogin({ id: "late" }), aLogin({ id: "ahead", preauth })]) {
    await store.addLogin(login, () => login);
  }
  assert.equal(why(await accept(store, { login: "late", now: T0 + 60_000 })), "ended");
  assert.equal(why(await accept(store, { login: "nobodys" })), "ended");
  assert.equal(why(await accept(store, { login: "ahead" })), "no_codes");
  assert.deepEqual([await all(store, "device"), await all(store, "tries")], [[app()], []]);
});

Deno.test("acceptHostCode() lets one of twenty in that come at once with one code", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(await folder.dir("data", 0o700), "server");
  await withAlice({}, store);
  const hosts = Array.from({ length: 20 }, (_, n) => `web${n}`);
  const all = await Promise.all(hosts.map((host) => accept(store, { typed: { host } })));
  assert.equal(all.filter(({ ok }) => ok).length, 1);
  await store.close();
});

Deno.test("acceptHostCode() takes no code of what signs in, and pages none of what is for hosts", async () => {
  const signIn = await withAlice({ device: [anAuthenticator()] });
  assert.equal(why(await accept(signIn)), "no_codes");
  const hosts = await withAlice();
  const onPage = { name: "alice", code: codeOf(STEP), source: "192.0.2.7", secrets };
  const answer = await hosts.change(acceptCode(onPage, "p_alice", T0));
  assert.deepEqual(answer, { ok: false, why: "wrong" });
  assert.equal(why(await accept(hosts)), "right");
});

Deno.test("takesCodes() takes them for the person's own account alone, and while nothing keeps it out", async () => {
  const account = { user: "alice", host: "web1", requester: null };
  const frozen = (changes = {}) => [aFreeze(changes)];
  const cases: [boolean, ...Parameters<typeof takesCodes>][] = [
    [true, aPerson(), account, [], SETTINGS],
    [true, aPerson({ name: "Alice" }), account, [], SETTINGS],
    [false, aPerson(), { ...account, user: "root" }, [], SETTINGS],
    [false, aPerson(), { ...account, user: "ALICE" }, [], SETTINGS],
    // Administrators answer for all accounts; that is for the page.
    [false, aPerson({ administrator: true }), { ...account, user: "root" }, [], SETTINGS],
    [false, aPerson({ state: "frozen" }), account, [], SETTINGS],
    [false, aPerson({ state: "removed" }), account, [], SETTINGS],
    [false, aPerson(), account, frozen(), SETTINGS],
    [false, aPerson(), { ...account, requester: "bob" }, frozen({ user: "bob" }), SETTINGS],
    [true, aPerson(), account, frozen({ host: "web2" }), SETTINGS],
    [true, aPerson(), account, frozen({ liftedAt: T0 }), SETTINGS],
    [false, aPerson(), account, [], { ...SETTINGS, accounts: [] }],
    [false, aPerson(), account, [], { ...SETTINGS, accounts: ["*@db*", "bob@*"] }],
    [true, aPerson(), account, [], { ...SETTINGS, accounts: ["*@db*", "a*@web?"] }],
    // Others' accounts are none of theirs, whatever the settings say.
    [false, aPerson(), { ...account, user: "bob" }, [], { ...SETTINGS, accounts: ["bob@*"] }],
    [false, aPerson(), account, [], { ...SETTINGS, twoPersons: ["alice@*"] }],
  ];
  for (const [takes, ...given] of cases) {
    assert.equal(takesCodes(...given), takes, JSON.stringify(given));
    const [person, { user, host, requester }, freeze, settings] = given;
    const store = await withAlice({ person: [person], freeze });
    const judged = await accept(store, { typed: { user, host, requester }, settings });
    assert.equal(why(judged), takes ? "right" : "no_codes");
  }
});

Deno.test("acceptHostCode() refuses once nothing usable is left", async () => {
  for (const device of [[], [aPasskey()], [app({ revokedAt: T0, seed: "" })]]) {
    assert.equal(why(await accept(await withAlice({ device }))), "no_codes");
  }
});

Deno.test("acceptHostCode() counts wrong codes by account and host, apart from those typed on pages", async () => {
  const store = await withAlice();
  const wrong = { code: codeOf(STEP + 400) };
  for (let time = 0; time < 3; time++) {
    assert.equal(why(await accept(store, { typed: wrong })), "wrong");
  }
  const judged = await accept(store);
  assert.deepEqual(judged, { ok: false, why: "limited", retryAt: T0 + 30_000 });
  const kept = (await all(store, "tries")).map(({ id }) => id).sort();
  assert.deepEqual(kept, [`HOSTS ${triesId("alice")}`, `HOSTS ${triesId("alice")} web1`]);
  assert.equal(why(await accept(store, { typed: { source: "198.51.100.1" } })), "right");
  const next = { code: codeOf(STEP + 1) };
  assert.equal(why(await accept(store, { typed: { ...next, host: "web2" } })), "right");
});

const DAY_MS = 86_400_000;

/** Wrong codes at that host, each from another network, until one has to wait. @returns how many */
async function guesses(store: Store, host: string, source: (n: number) => string): Promise<number> {
  const wrong = { code: codeOf(STEP + 400), host };
  for (let count = 0;; count++) {
    const judged = await accept(store, { typed: { ...wrong, source: source(count) }, now: T0 });
    if (!judged.ok && judged.why === "limited") return count;
  }
}

Deno.test("acceptHostCode() has one host wait alone, whatever addresses are named there", async () => {
  const store = await withAlice();
  const invented = (n: number) => `198.51.${n >> 8}.${n & 255}`;
  assert.equal(await guesses(store, "web1", invented), 30);
  assert.equal(why(await accept(store, { typed: { source: "203.0.113.9" } })), "limited");
  assert.equal(why(await accept(store, { typed: { host: "web2" } })), "right");
});

Deno.test("acceptHostCode() bounds a day's guesses at a host, also from where right codes came from", async () => {
  const store = await withAlice();
  const known = Array.from({ length: 8 }, (_, n) => `203.0.113.${n}`);
  for (const [n, source] of known.entries()) {
    const code = codeOf(STEP + 3 * n);
    assert.equal(
      why(await accept(store, { typed: { code, source }, now: T0 + n * 90_000 })),
      "right",
    );
  }
  let wrong = 0;
  const wait = 900_000;
  for (let now = T0 + wait; now < T0 + DAY_MS; now += wait) {
    for (let time = 0; time < 20; time++) {
      const source = known[time % 8] ?? "";
      const typed = { code: codeOf(STEP + 40_000), source };
      if (why(await accept(store, { typed, now })) === "wrong") wrong++;
    }
    // Right codes meanwhile forgive nothing of that.
    const code = codeOf(timeStep(30, now));
    await accept(store, { typed: { code, source: known[0] ?? "" }, now });
  }
  assert.equal(wrong, 150);
  assert.equal(why(await accept(store, { typed: { host: "web2" }, now: T0 + DAY_MS })), "wrong");
});

Deno.test("acceptHostCode() leaves hosts ten tries a day each, once many are guessed at", async () => {
  const store = await withAlice();
  const invented = (n: number) => `198.51.${n >> 8}.${n & 255}`;
  const hosts = Array.from({ length: 20 }, (_, n) => `web${n}`);
  const counts: number[] = [];
  for (const host of hosts) counts.push(await guesses(store, host, invented));
  // Thirty at each of eight, and ten of those of the ninth that make 250.
  assert.deepEqual(counts, [...Array(8).fill(30), ...Array(12).fill(10)]);
  const elsewhere = { host: "db1", source: "203.0.113.9" };
  assert.equal(why(await accept(store, { typed: elsewhere })), "right");
});

Deno.test("hasCodesSomewhere() goes by the user, givesCodesTo() by the host", () => {
  const accounts = ["alice@web*", "b?b@db1"];
  const has = ["alice", "Alice", "bob", "carol"].map((name) =>
    hasCodesSomewhere({ name }, accounts)
  );
  assert.deepEqual(has, [true, true, true, false]);
  const gets = ["web1", "db1", "db2"].map((host) => givesCodesTo(host, accounts));
  assert.deepEqual(gets, [true, true, false]);
  assert.deepEqual([hasCodesSomewhere(aPerson(), []), givesCodesTo("web1", [])], [false, false]);
});

Deno.test("a step is used up whichever phone showed its code", async () => {
  const store = await withAlice({ device: [app(), app({ id: "d_two" })] });
  const both = new Map([["d_app", RFC_BASE32], ["d_two", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"]]);
  assert.equal(
    why(await accept(store, { typed: { secrets: new Map([["d_two", RFC_BASE32]]) } })),
    "right",
  );
  assert.equal(why(await accept(store, { typed: { secrets: both } })), "spent");
  const twins = new Map([["d_app", RFC_BASE32], ["d_two", RFC_BASE32]]);
  const next = { code: codeOf(STEP + 1), secrets: twins };
  assert.equal(why(await accept(store, { typed: next })), "wrong");
});
