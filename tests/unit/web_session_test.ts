import assert from "node:assert/strict";
import fc from "fast-check";
import {
  isFresh,
  isLive,
  isSeenLongAgo,
  sessionHash,
  signIn,
  signOut,
  useSession,
} from "../../lib/core/web_session.ts";
import {
  endedCookie,
  readSessionCookie,
  sessionCookie,
} from "../../lib/core/web_session_cookie.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { T0 } from "../support/logins.ts";
import { all, aPasskey, aPerson, aSession, putting, someone } from "../support/people.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TOKEN = "t".repeat(43);

async function withAlice(put: Parameters<typeof putting>[0] = {}): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.change(putting({ person: [aPerson()], device: [aPasskey()], ...put }));
  return store;
}

Deno.test("isLive() until it was idle for 15 minutes", () => {
  const session = aSession({ seenAt: T0 + HOUR });
  assert.ok(isLive(session, T0 + HOUR + 15 * MINUTE - 1));
  assert.ok(!isLive(session, T0 + HOUR + 15 * MINUTE));
});

Deno.test("isLive() for eight hours at most, however busy, and not before it began", () => {
  const busy = aSession({ seenAt: T0 + 8 * HOUR - 1 });
  assert.ok(isLive(busy, T0 + 8 * HOUR - 1));
  assert.ok(!isLive(busy, T0 + 8 * HOUR));
  assert.ok(!isLive(aSession(), T0 - 1));
});

Deno.test("isFresh() for five minutes after a proof, of a live session", () => {
  const session = aSession({ provenAt: T0 + HOUR, seenAt: T0 + HOUR });
  assert.ok(isFresh(session, T0 + HOUR + 5 * MINUTE - 1));
  assert.ok(!isFresh(session, T0 + HOUR + 5 * MINUTE));
  assert.ok(!isFresh(session, T0 + HOUR - 1));
  assert.ok(!isFresh(aSession({ provenAt: T0 + HOUR }), T0 + HOUR));
});

Deno.test("signIn() begins a session, and ends the one that the browser sent, whosever it was", async () => {
  const planted = aSession({ id: "s_planted", person: "p_mallory", tokenHash: sessionHash("x") });
  const other = aSession({ id: "s_other", tokenHash: sessionHash("y") });
  const store = await withAlice({ session: [planted, other] });
  assert.equal(await store.change(signIn(aSession(), sessionHash("x"))), true);
  assert.deepEqual(await all(store, "session"), [other, aSession()]);
});

Deno.test("signIn() begins none for who is not active, or with a device that is revoked or another's", async () => {
  const stores = {
    frozen: await withAlice({ person: [aPerson({ state: "frozen" })] }),
    removed: await withAlice({ person: [aPerson({ state: "removed" })] }),
    unknown: await withAlice({ person: [someone("bob")] }),
    revoked: await withAlice({ device: [aPasskey({ revokedAt: T0 })] }),
    "another's": await withAlice({ device: [aPasskey({ person: "p_bob" })] }),
    "no such device": await withAlice({ device: [] }),
  };
  for (const [what, store] of Object.entries(stores)) {
    assert.equal(await store.change(signIn(aSession(), undefined)), false, what);
    assert.deepEqual(await all(store, "session"), [], what);
  }
});

Deno.test("signIn() needs no device after a recovery code", async () => {
  const store = await withAlice({ device: [] });
  const session = aSession({ device: null, via: "recovery_code" });
  assert.equal(await store.change(signIn(session, undefined)), true);
});

Deno.test("useSession() keeps a live session from idling out, and revives none that has ended", async () => {
  const store = await withAlice({ session: [aSession()] });
  const used = await store.change(useSession("s_1", T0 + 10 * MINUTE));
  assert.deepEqual(used, aSession({ seenAt: T0 + 10 * MINUTE }));
  assert.equal(await store.change(useSession("s_1", T0 + 25 * MINUTE)), undefined);
  assert.equal(await store.change(useSession("s_2", T0)), undefined);
  assert.deepEqual(await all(store, "session"), [used]);
});

Deno.test("signOut() ends that session alone", async () => {
  const other = aSession({ id: "s_2", tokenHash: "2" });
  const store = await withAlice({ session: [aSession(), other] });
  await store.change(signOut("s_1"));
  await store.change(signOut("s_1"));
  assert.deepEqual(await all(store, "session"), [other]);
});

Deno.test("isSeenLongAgo() is worth a write once a minute", () => {
  assert.ok(!isSeenLongAgo(aSession(), T0 + MINUTE - 1));
  assert.ok(isSeenLongAgo(aSession(), T0 + MINUTE));
});

Deno.test("sessionCookie() is out of reach of scripts, other sites, and on https of neighbours", () => {
  assert.equal(
    sessionCookie(TOKEN, true),
    `__Host-gh=${TOKEN}; Path=/; HttpOnly; SameSite=Strict; Secure`,
  );
  assert.equal(sessionCookie(TOKEN, false), `gh=${TOKEN}; Path=/; HttpOnly; SameSite=Strict`);
  assert.equal(
    endedCookie(true),
    "__Host-gh=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict; Secure",
  );
});

Deno.test("readSessionCookie() finds it among others, under its own name alone", () => {
  const read = (header: string) => readSessionCookie(header, true);
  assert.equal(read(`__Host-gh=${TOKEN}`), TOKEN);
  assert.equal(read(`a=b; __Host-gh=${TOKEN};c=d`), TOKEN);
  for (const header of ["", "gh=" + TOKEN, `x__Host-gh=${TOKEN}`, `__Host-gh=${TOKEN}x`]) {
    assert.equal(read(header), undefined, header);
  }
  assert.equal(readSessionCookie(`gh=${TOKEN}`, false), TOKEN);
  assert.equal(readSessionCookie(`__Host-gh=${TOKEN}`, false), undefined);
});

Deno.test("readSessionCookie() chooses none of two: one of them was planted", () => {
  assert.equal(readSessionCookie(`gh=${TOKEN}; gh=${"u".repeat(43)}`, false), undefined);
});

Deno.test("readSessionCookie() never throws", () => {
  fc.assert(fc.property(fc.string(), fc.boolean(), (header, secure) => {
    const token = readSessionCookie(header, secure);
    assert.ok(token === undefined || /^[\w-]{43}$/.test(token));
  }));
});
