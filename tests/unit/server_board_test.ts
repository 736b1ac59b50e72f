/** One's own lists: what is there, what is done from there, and what others must not see. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { addLogin, administrator, fillDay, put, signedIn } from "../support/board.ts";
import { T0 } from "../support/logins.ts";
import { aFreeze, aGrant, all, someone } from "../support/people.ts";
import { TestServer } from "../support/server_app.ts";

const alice = someone("alice", { approves: ["own", "deploy@web*"] });

const eventsOf = (server: TestServer) => server.audited.map(({ event }) => event);

Deno.test("my logins: what I may decide, with the way to its page, and nobody else's", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const own = await addLogin(server, "own", { source: "192.0.2.71" });
  await addLogin(server, "shared", { user: "deploy", host: "web2", source: "192.0.2.72" });
  await addLogin(server, "su", { user: "root", requester: "alice", source: "192.0.2.73" });
  await addLogin(server, "bobs", { user: "bob", source: "198.51.100.1" });
  await addLogin(server, "elsewhere", { user: "deploy", host: "db1", source: "198.51.100.2" });
  await addLogin(server, "over", { user: "bob", state: "denied", source: "198.51.100.3" });
  const html = await (await me.get("/logins")).text();
  for (const source of ["192.0.2.71", "192.0.2.72", "192.0.2.73"]) ok(html.includes(source));
  ok(!html.includes("198.51.100") && !html.includes("bob"), "of others");
  ok(html.includes(`href="/l/${own.ticket}"`));
  ok(html.includes("3 logins are waiting for you"));
});

Deno.test("my logins: a request of several connections is one, and has no number to slip on", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const { ticket, match } = await addLogin(server, "one", { match: "73", choices: ["73"] });
  await addLogin(server, "two", { ticket, match, choices: ["73"] });
  const html = await (await me.get("/logins")).text();
  equal([...html.matchAll(/<article/g)].length, 1);
  ok(html.includes("2 connections"));
  ok(!html.includes("73"), "the number is on the request's own page");
});

Deno.test("my logins: not what a PIN decides, for that has no page", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const pin = {
    ...{ hash: "a".repeat(64), contacts: ["a"], sentTo: [], madeAt: T0, expiresAt: T0 + 60_000 },
    ...{ triesLeft: 3, count: 1 },
  };
  await addLogin(server, "by-pin", { pin });
  ok((await (await me.get("/logins")).text()).includes("No login is waiting for you"));
});

Deno.test("my logins: of who else decided, the names are for administrators", async () => {
  const server = await TestServer.start();
  const ended = { user: "deploy", state: "approved", collected: true, via: "passkey" } as const;
  await addLogin(server, "a", { ...ended, by: "person:someone-else" });
  await addLogin(server, "b", { ...ended, by: "person:alice" });
  const me = await signedIn(server, alice);
  const html = await (await me.get("/logins")).text();
  ok(!html.includes("someone-else"));
  ok(html.includes(">somebody else</td>") && html.includes(">you</td>"));
  const root = await signedIn(server, administrator());
  ok((await (await root.get("/admin/logins")).text()).includes("person:someone-else"));
});

Deno.test("my logins: what was remembered is by whoever gave the grant", async () => {
  const server = await TestServer.start();
  const ended = { state: "approved", collected: true, via: "grant" } as const;
  await put(server, {
    grant: [
      aGrant({ id: "g_own", by: "person:alice" }),
      aGrant({ id: "g_bobs", by: "person:bob", endedAt: T0, ended: "revoked", endedBy: "x" }),
      aGrant({ id: "g_link", person: "", by: "link" }),
    ],
  });
  const me = await signedIn(server, alice);
  for (
    const [by, whom] of [
      ["grant:g_own", "you"],
      ["grant:g_bobs", "somebody else"],
      ["grant:g_link", "by the link"],
      ["grant:g_gone", "an earlier approval"],
      ["person:bob, person:alice", "somebody else, you"],
    ]
  ) {
    await server.memory.forgetLogins(Infinity);
    await addLogin(server, "one", { ...ended, by: by ?? "" });
    ok((await (await me.get("/logins")).text()).includes(`<td class="by">${whom}</td>`), by);
  }
});

Deno.test("my logins: what is asked for ahead says for how long", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const ahead = { service: "preauth", command: null, commandWhole: false } as const;
  const preauth = { forMs: 8 * 3_600_000, commands: "any" } as const;
  await addLogin(server, "open", { ...ahead, preauth });
  const given = { forMs: 5_400_000, commands: "any" } as const;
  await addLogin(server, "over", { ...ahead, preauth: given, state: "approved", collected: true });
  const html = await (await me.get("/logins")).text();
  ok(html.includes("wants to connect for 8 hours without asking"));
  ok(html.includes(">a grant of 1 hour 30 minutes</td>"));
});

Deno.test("my logins: of an account that others use too, it is not 'this wasn't me'", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const summaries = async () => {
    const html = await (await me.get("/logins")).text();
    return [...html.matchAll(/<summary>(.*?)<\/summary>/g)].map(([, text]) => text);
  };
  await addLogin(server, "own", { state: "denied" });
  await addLogin(server, "su", { user: "root", requester: "alice", state: "denied" });
  deepEqual(await summaries(), ["This wasn&#39;t me", "This wasn&#39;t me"]);
  await server.memory.forgetLogins(Infinity);
  await addLogin(server, "shared", { user: "deploy", host: "web2" });
  deepEqual(await summaries(), ["Suspicious"]);
});

Deno.test("my logins: a frozen account says who can lift it, and nothing that does not work", async () => {
  const itself = "unfreeze it with a passkey and a recovery code";
  const other = "ask an administrator to unfreeze it.";
  for (
    const [publicUrl, why, person, text, link] of [
      ["https://auth.example.com", "not_me", alice, itself, "/frozen"],
      ["https://auth.example.com", "administrator", alice, other, undefined],
      ["http://gatehouse.lan", "not_me", alice, other, undefined],
      ["http://gatehouse.lan", "not_me", administrator("alice"), "unfreeze it.", "/admin/freezes"],
    ] as const
  ) {
    const server = await TestServer.start({ publicUrl });
    const me = await signedIn(server, person);
    if (publicUrl.startsWith("http:")) me.cookie = me.cookie.replace("__Host-gh", "gh");
    await put(server, { freeze: [aFreeze({ user: "alice", why })] });
    const html = await (await me.get("/logins")).text();
    const [card = ""] = /<section class="card alert".*?<\/section>/.exec(html) ?? [];
    ok(card.includes(text), card);
    equal(/<a href="([^"]*)">Unfreeze</.exec(card)?.[1], link);
  }
});

Deno.test("my logins: administrators see what waits for others, apart from what waits for them", async () => {
  const server = await TestServer.start();
  const root = await signedIn(server, administrator());
  await addLogin(server, "bobs", { user: "bob" });
  await addLogin(server, "old", { user: "bob", state: "denied", source: "198.51.100.3" });
  const html = await (await root.get("/logins")).text();
  ok(html.includes("No login is waiting for you") && html.includes("Waiting for others"));
  ok(html.includes(">bob<") && !html.includes("198.51.100.3"), "recent ones are their own only");
});

Deno.test("my logins: however many others ask for, none of mine is pushed out", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  await addLogin(server, "own", { state: "denied", source: "192.0.2.71" });
  const shared = { user: "deploy", host: "web2", state: "denied" } as const;
  await addLogin(server, "shared", { ...shared, source: "192.0.2.72" });
  server.time.advance(60_000);
  for (let n = 0; n < 2_100; n++) {
    await addLogin(server, `flood-${n}`, { user: `x${n}`, source: "198.51.100.1" });
  }
  for (let n = 0; n < 100; n++) {
    const asked = { user: `y${n}`, requester: "alice", state: "denied" } as const;
    await addLogin(server, `asked-${n}`, { ...asked, source: "198.51.100.2" });
  }
  const html = await (await me.get("/logins")).text();
  ok(html.includes("192.0.2.71") && html.includes("192.0.2.72"));
  ok(!html.includes("198.51.100.1"));
  equal([...html.matchAll(/198\.51\.100\.2</g)].length, 20);
});

Deno.test("my logins: text of others is only text", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const nasty = `<script>alert(1)</script>\u202e"'`;
  await addLogin(server, "nasty", { command: nasty, source: nasty, requester: nasty });
  await addLogin(server, "old", { command: nasty, source: nasty, state: "denied" });
  const html = await (await me.get("/logins")).text();
  ok(!html.includes("<script>alert") && !html.includes("\u202e"));
  ok(html.includes("&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}"));
});

Deno.test("not me: of an ended login too; the account is frozen, which is shown first with the way out", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  await addLogin(server, "ended", { state: "approved", collected: true, source: "203.0.113.9" });
  const waiting = await addLogin(server, "waiting");
  const answer = await me.post("/logins/not-me", { login: "ended" });
  deepEqual([answer.status, answer.headers.get("location")], [303, "/logins?done=reported"]);
  const [freeze] = await all(server.memory, "freeze");
  deepEqual([freeze?.user, freeze?.host, freeze?.by], ["alice", "*", "person:alice"]);
  equal((await server.stored(waiting.id)).state, "denied");
  ok(eventsOf(server).includes("account.frozen"));
  const html = await (await me.get("/logins")).text();
  ok(html.includes("alice is frozen") && html.includes("203.0.113.9"));
  ok(html.includes('href="/frozen"'));
  ok(html.indexOf("alice is frozen") < html.indexOf("The last 24 hours"));
});

Deno.test("not me: a login that is not theirs is as unknown as one that there is not", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  await addLogin(server, "bobs", { user: "bob" });
  const [foreign, missing] = await Promise.all([
    me.post("/logins/not-me", { login: "bobs" }),
    me.post("/logins/not-me", { login: "missing" }),
  ]);
  deepEqual([foreign.status, missing.status], [404, 404]);
  equal(await foreign.text(), await missing.text());
  equal((await all(server.memory, "freeze")).length, 0);
});

Deno.test("my logins: an account's freeze is shown to those whose it is", async () => {
  const server = await TestServer.start();
  await put(server, {
    freeze: [
      aFreeze({ id: "f_1", user: "bob", by: "person:bob" }),
      aFreeze({ id: "f_2", user: "deploy", host: "web1", by: "person:bob" }),
      aFreeze({ id: "f_3", user: "alice", liftedAt: T0, liftedBy: "person:root" }),
    ],
  });
  const me = await signedIn(server, alice);
  const html = await (await me.get("/logins")).text();
  ok(html.includes("deploy is frozen") && !html.includes("bob"));
  ok(!html.includes("alice is frozen"));
});

Deno.test("my grants: those I gave and those of my account, and nobody else's", async () => {
  const server = await TestServer.start();
  const open = { createdAt: T0, expiresAt: T0 + 3_600_000 };
  const other = { ...open, person: "p_bob", by: "person:bob" };
  await put(server, {
    grant: [
      aGrant({ ...open, id: "g_given", user: "deploy", key: "SHA256:given" }),
      aGrant({ ...other, id: "g_mine", user: "alice", key: "SHA256:mine" }),
      aGrant({ ...other, id: "g_bobs", user: "bob", key: "SHA256:bobs" }),
      aGrant({ ...open, id: "g_over", key: "SHA256:over", expiresAt: T0 }),
    ],
  });
  const me = await signedIn(server, alice);
  const html = await (await me.get("/grants")).text();
  ok(html.includes("SHA256:given") && html.includes("SHA256:mine"));
  ok(!html.includes("SHA256:bobs") && !html.includes("SHA256:over") && !html.includes("bob"));
});

Deno.test("my grants: taken back one by one or all at once, without a fresh proof, on record", async () => {
  const server = await TestServer.start();
  const open = { createdAt: T0, expiresAt: T0 + 8 * 3_600_000 };
  await put(server, {
    grant: [
      ...["g_1", "g_2", "g_3"].map((id) => aGrant({ ...open, id })),
      aGrant({ ...open, id: "g_bobs", user: "bob", person: "p_bob", by: "person:bob" }),
    ],
  });
  const me = await signedIn(server, alice, { provenAt: T0 - 3_600_000, createdAt: T0 - 3_600_000 });
  const still = async () =>
    (await all(server.memory, "grant")).filter(({ endedAt }) => endedAt === null)
      .map(({ id }) => id);

  const one = await me.post("/grants/revoke", { grant: "g_2" });
  deepEqual([one.status, one.headers.get("location")], [303, "/grants?done=revoked"]);
  deepEqual(await still(), ["g_1", "g_3", "g_bobs"]);
  deepEqual([(await me.post("/grants/revoke", { grant: "g_bobs" })).status], [404]);
  deepEqual([(await me.post("/grants/revoke", { grant: "g_none" })).status], [404]);
  await me.post("/grants/revoke", { grant: "all" });
  deepEqual(await still(), ["g_bobs"]);
  deepEqual(
    server.audited.map(({ event, grant, why, by }) => [event, grant, why, by]),
    ["g_2", "g_3", "g_1"].map((id) => ["grant.ended", id, "revoked", "person:alice"]),
  );
});

Deno.test("the lists of persons: nobody without a session, and no form from elsewhere", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const nobody = await signedIn(server, someone("nobody"), { id: "s_gone" });
  nobody.cookie = "";
  for (const path of ["/logins", "/logins/list", "/logins/events", "/grants"]) {
    const answer = await nobody.get(path);
    equal(answer.status, 303, path);
    ok(answer.headers.get("location")?.startsWith("/sign-in?to="), path);
  }
  for (const path of ["/logins/not-me", "/grants/revoke"]) {
    equal((await nobody.post(path, { grant: "all" })).status, 401, path);
    const foreign = await me.post(path, { grant: "all" }, { origin: "https://evil.example" });
    equal(foreign.status, 403, path);
    equal((await me.get(path)).status, 405, path);
  }
});

Deno.test("the list that is asked for anew by a script does not keep the session", async () => {
  const server = await TestServer.start();
  const me = await signedIn(server, alice);
  const seen = async () => (await all(server.memory, "session"))[0]?.seenAt;
  server.time.advance(120_000);
  equal((await me.get("/logins/list")).status, 200);
  equal(await seen(), T0);
  equal((await me.get("/logins")).status, 200);
  equal(await seen(), T0 + 120_000);
});

Deno.test("my logins stay small, in both languages, with all of style and script below 100 KB", async () => {
  const server = await TestServer.start();
  const crowd = { user: "alice", command: "x".repeat(500) };
  await fillDay(server, 200);
  for (let index = 0; index < 8; index++) await addLogin(server, `waiting-${index}`, crowd);
  const me = await signedIn(server, someone("alice", { approves: ["*@*"] }));
  for (const language of ["en", "zh-CN"]) {
    const page = await me.get("/logins", { "accept-language": language });
    equal(page.headers.get("content-language"), language);
    const html = await page.text();
    const [, script = ""] = /<script[^>]* src="([^"]+)"/.exec(html) ?? [];
    const code = await (await me.get(script)).text();
    const size = new TextEncoder().encode(html).length;
    ok(size < 60_000, `${size}`);
    ok(size + code.length < 100_000 && code.length > 500);
  }
});
