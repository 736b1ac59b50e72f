/** Sessions: what a browser holds, what somebody else has put there, and where signing in leads. */
import { deepEqual, doesNotMatch, equal, match, notEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { invitationHash } from "../../lib/core/invitation.ts";
import { all, anInvitation, someone } from "../support/people.ts";
import { type Created, PUBLIC_URL, TestServer } from "../support/server_app.ts";
import { SoftPasskey } from "../support/soft_passkey.ts";
import {
  codeNow,
  drafted,
  keep,
  shows,
  Visitor,
  withAuthenticator,
  withPasskey,
  withRecoveryCodes,
} from "../support/visitor.ts";

const ALICE = someone("alice");
const INVITATION = "I".repeat(32);

interface Home {
  readonly server: TestServer;
  readonly passkey: SoftPasskey;
  readonly recovery: string;
  readonly login: Created;
}

async function start(): Promise<Home> {
  const server = await TestServer.start({ approval: { require: "person" } });
  const passkey = await withPasskey(server, ALICE);
  await withAuthenticator(server, ALICE);
  const [recovery = ""] = await withRecoveryCodes(server, ALICE);
  const tokenHash = invitationHash(INVITATION);
  await keep(server, ALICE, { invitation: [anInvitation({ person: ALICE.id, tokenHash })] });
  return { server, passkey, recovery, login: await server.create() };
}

async function touch(
  browser: Visitor,
  { login, passkey }: Home,
  decision: "approve" | "deny",
): Promise<Response> {
  const form = decision === "approve" ? { match: login.match, shown: login.id } : {
    shown: login.id,
    not_me: "1",
  };
  const asked = { ...form, decision: decision === "approve" ? decision : "not_me" };
  const challenge = await browser.challenge(`/l/${login.ticket}/options`, asked);
  const signed = await passkey.signed({ challenge });
  return await browser.post(`/l/${login.ticket}/${decision}`, { ...form, passkey: signed });
}

/** All ways in which a session begins. */
const WAYS: Readonly<Record<string, (browser: Visitor, home: Home) => Promise<Response>>> = {
  "a passkey": (browser, { passkey }) => browser.signIn(passkey),
  "a code": (browser, { server }) => browser.signInByCode("alice", codeNow(server)),
  "a recovery code": (browser, { recovery }) =>
    browser.post("/sign-in", { way: "recovery", name: "alice", code: recovery }),
  "an invitation": async (browser) => {
    const challenge = await browser.challenge(`/i/${INVITATION}/options`);
    const passkey = await SoftPasskey.make(PUBLIC_URL, ALICE.id);
    const fields = { name: "phone", passkey: await passkey.created({ challenge }) };
    return await browser.post(`/i/${INVITATION}`, fields);
  },
  "an invitation, with an app": async (browser, { server }) => {
    const path = `/i/${INVITATION}/authenticator`;
    const { secret, draft } = await drafted(browser, path);
    const fields = { draft, name: "app", code: shows(secret, server.time.now()) };
    return await browser.post(path, fields);
  },
  "approving by a passkey": (browser, home) => touch(browser, home, "approve"),
  "approving by a code": (browser, { server, login }) =>
    browser.post(`/l/${login.ticket}/approve`, {
      ...{ match: login.match, shown: login.id },
      ...{ name: "alice", code: codeNow(server) },
    }),
  "reporting by a passkey": (browser, home) => touch(browser, home, "deny"),
  "reporting by a code": (browser, { server, login }) =>
    browser.post(`/l/${login.ticket}/deny`, {
      ...{ not_me: "1", name: "alice", code: codeNow(server) },
    }),
};

for (const [way, begin] of Object.entries(WAYS)) {
  Deno.test(`${way} begins a session of its own, whatever cookie was planted`, async () => {
    const home = await start();
    const { server } = home;
    const mallory = new Visitor(server, "en", "203.0.113.66");
    await mallory.signIn(await withPasskey(server, someone("mallory")));
    for (const planted of [mallory.cookie, `__Host-gh=${"A".repeat(43)}`]) {
      const fresh = planted === mallory.cookie ? home : await start();
      const browser = new Visitor(fresh.server);
      // What began with another session may not be finished with it: each of these is done by the page.
      browser.cookie = planted;
      const answer = await begin(browser, fresh);
      ok(answer.status === 200 || answer.status === 303, `${answer.status}`);
      const [set = "", ...more] = answer.headers.getSetCookie();
      deepEqual(more, []);
      match(set, /^__Host-gh=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
      notEqual(browser.cookie, planted);
      equal((await browser.get("/devices")).status, 200);
      browser.cookie = planted;
      equal((await browser.get("/devices")).headers.get("location"), "/sign-in?to=%2Fdevices");
      const sessions = await all(fresh.server.memory, "session");
      deepEqual(sessions.map(({ person }) => person), ["p_alice"]);
    }
  });
}

Deno.test("a device that is added after a recovery code begins another session", async () => {
  const home = await start();
  const { server, recovery } = home;
  const browser = new Visitor(server);
  await browser.post("/sign-in", { way: "recovery", name: "alice", code: recovery });
  const before = browser.cookie;
  const { secret, draft } = await drafted(browser, "/devices/authenticator");
  const fields = { draft, name: "app", code: shows(secret, server.time.now()) };
  equal((await browser.post("/devices/authenticator", fields)).status, 303);
  notEqual(browser.cookie, before);
  const thief = new Visitor(server);
  thief.cookie = before;
  equal((await thief.get("/devices")).headers.get("location"), "/sign-in?to=%2Fdevices");
});

Deno.test("a session is worth nothing under two cookies, another name, or in an address", async () => {
  const { server, passkey } = await start();
  const alice = new Visitor(server);
  await alice.signIn(passkey);
  const token = alice.cookie.slice("__Host-gh=".length);
  const { cookie } = alice;
  const others = [
    ...[`gh=${token}`, `__host-gh=${token}`, `__Secure-gh=${token}`, `${cookie}x`],
    ...[`${cookie}; ${cookie}`, `__Host-gh=; ${cookie}`, `__Host-gh=${token.slice(1)}`],
    ...[`__Host-gh="${token}"`, `x${cookie}`],
  ];
  for (const other of others) {
    alice.cookie = other;
    equal((await alice.get("/devices")).status, 303, other);
  }
  alice.cookie = "";
  const headers = { authorization: `Bearer ${token}`, "x-session": token };
  equal((await alice.get(`/devices?__Host-gh=${token}&session=${token}`, headers)).status, 303);
  alice.cookie = cookie;
  equal((await alice.get("/devices")).status, 200);
});

Deno.test("a session ends after a quarter of an hour unused, and after eight hours", async () => {
  const { server, passkey } = await start();
  const alice = new Visitor(server);
  await alice.signIn(passkey);
  server.time.advance(15 * 60_000);
  equal((await alice.get("/devices")).status, 303);

  await alice.signIn(passkey);
  for (let minutes = 0; minutes < 8 * 60; minutes += 10) {
    equal((await alice.get("/devices")).status, 200, `after ${minutes} minutes`);
    server.time.advance(10 * 60_000);
  }
  equal((await alice.get("/devices")).status, 303);
});

Deno.test("a page that asks by itself keeps no session from ending", async () => {
  const { server, passkey } = await start();
  const alice = new Visitor(server);
  await alice.signIn(passkey);
  for (let minutes = 0; minutes < 14; minutes += 2) {
    equal((await alice.get("/logins/list")).status, 200);
    server.time.advance(2 * 60_000);
  }
  equal((await alice.get("/logins/list")).status, 200);
  server.time.advance(60_000);
  equal((await alice.get("/logins/list")).status, 303);
});

Deno.test("on http the cookie does without what browsers would refuse there", async () => {
  const publicUrl = "http://10.0.0.5:8080";
  const server = await TestServer.start({ publicUrl });
  await withAuthenticator(server, ALICE);
  const fields = { way: "code", name: "alice", code: codeNow(server) };
  const answer = await new Visitor(server).post("/sign-in", fields, { origin: publicUrl });
  match(
    answer.headers.get("set-cookie") ?? "",
    /^gh=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  );
});

Deno.test("signing out takes the cookie away as it was set", async () => {
  const { server, passkey } = await start();
  const alice = new Visitor(server);
  await alice.signIn(passkey);
  const answer = await alice.post("/sign-out");
  equal(
    answer.headers.get("set-cookie"),
    "__Host-gh=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict; Secure",
  );
  deepEqual(await all(server.memory, "session"), []);
});

const ELSEWHERE = [
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "https://evil.example",
  "https:evil.example",
  "https:/evil.example",
  "%2f%2fevil.example",
  "/%2fevil.example",
  "/%5cevil.example",
  "/logins//evil.example",
  "/logins/..//evil.example",
  "/logins@evil.example",
  ".evil.example",
  "/l/..%2f..%2f",
  "/logins\r\nlocation: https://evil.example",
  "/logins%0d%0aset-cookie:a=b",
  "/logins\u2028",
  "javascript:alert(1)",
  "data:text/html,x",
  "/sign-out",
  `/i/${INVITATION}`,
  "/logins?next=//evil.example",
  "/logins#//evil.example",
];

for (const publicUrl of [PUBLIC_URL, `${PUBLIC_URL}/gate`]) {
  Deno.test(`signing in at ${publicUrl} leads to our own pages and nowhere else`, async () => {
    const server = await TestServer.start({ publicUrl });
    const passkey = await withPasskey(server, ALICE);
    const alice = new Visitor(server);
    const own = new RegExp(
      `^${
        new URL(publicUrl).pathname.replace(/\/$/, "")
      }/(?:logins|grants|devices|frozen|admin|l)` +
        "(?:/[A-Za-z0-9._-]+)*$",
    );
    const leads = async (to: string) => {
      const query = new URLSearchParams({ to });
      const shown = await (await new Visitor(server).get(`/sign-in?${query}`)).text();
      const [, kept = ""] = /name="to" value="([^"]*)"/.exec(shown) ?? [];
      match(kept, /^\/[a-z]+(?:\/[A-Za-z0-9._-]+)*$/);
      await alice.signIn(passkey, to.slice(0, 200));
      return [
        await alice.get(`/sign-in?${query}`),
        await alice.signIn(passkey, to.slice(0, 200)),
      ].map(({ headers }) => headers.get("location") ?? "");
    };
    for (const to of ELSEWHERE) {
      for (const location of await leads(to)) match(location, own, to);
    }
    const anything = fc.oneof(
      fc.webUrl(),
      fc.webPath(),
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(...ELSEWHERE).chain((to) => fc.webPath().map((path) => to + path)),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (to) => {
        // So that one address may ask so often.
        server.time.advance(10_000);
        for (const location of await leads(to)) match(location, own);
      }),
      { numRuns: 100 },
    );
  });
}

Deno.test("what a page that needs a session is asked for does not lead elsewhere either", async () => {
  const { server } = await start();
  const visitor = new Visitor(server);
  const odd = ["//evil.example", "/%0d%0aset-cookie:a=b", "/%2f%2fevil.example", "/..%2f", "/%00"];
  for (
    const path of ["/devices", "/admin/persons", "/admin/hosts"].flatMap((start) =>
      odd.map((end) => `${start}${end}`)
    )
  ) {
    const answer = await visitor.get(path);
    deepEqual(answer.headers.getSetCookie(), [], path);
    const location = answer.headers.get("location");
    if (location === null) continue;
    match(location, /^\/sign-in\?to=%2F[^/\\]*$/, path);
    doesNotMatch(location, /[\r\n]/, path);
  }
});
