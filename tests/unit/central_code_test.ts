import assert from "node:assert/strict";
import {
  acceptHostCode,
  type CentralSettings,
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
const SETTINGS: CentralSettings = { hosts: ["*"], twoPersons: [] };
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
    [false, aPerson(), account, [], { ...SETTINGS, hosts: [] }],
    [false, aPerson(), account, [], { ...SETTINGS, hosts: ["db*"] }],
    [true, aPerson(), account, [], { ...SETTINGS, hosts: ["db*", "web?"] }],
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

Deno.test("acceptHostCode() counts wrong codes by account, apart from those typed on pages", async () => {
  const store = await withAlice();
  const wrong = { code: codeOf(STEP + 400) };
  for (let time = 0; time < 3; time++) {
    assert.equal(why(await accept(store, { typed: { ...wrong, host: `web${time}` } })), "wrong");
  }
  const judged = await accept(store);
  assert.deepEqual(judged, { ok: false, why: "limited", retryAt: T0 + 30_000 });
  assert.equal(why(await accept(store, { typed: { source: "198.51.100.1" } })), "right");
  const names = (await all(store, "tries")).map(({ id }) => id);
  assert.deepEqual(names, [`HOSTS ${triesId("alice")}`]);
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
