/** Invitations: what one sees, what uses them up, and what attackers try. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { base64url } from "../../lib/core/encoding.ts";
import { type Invitation, invitationHash } from "../../lib/core/invitation.ts";
import type { Person } from "../../lib/core/person.ts";
import { T0 } from "../support/logins.ts";
import { all, anInvitation, someone } from "../support/people.ts";
import { PUBLIC_URL, readableSealer, TestServer } from "../support/server_app.ts";
import { SoftPasskey } from "../support/soft_passkey.ts";
import {
  drafted,
  faultIn,
  headingOf,
  keep,
  shows,
  Visitor,
  withPasskey,
  withRecoveryCodes,
} from "../support/visitor.ts";

const ALICE = someone("alice");
const TOKEN = base64url(new Uint8Array(24).fill(1));
const OTHER = base64url(new Uint8Array(24).fill(2));

async function invited(
  server: TestServer,
  person: Person = ALICE,
  token = TOKEN,
  changes: Partial<Invitation> = {},
): Promise<void> {
  const id = `i_${person.name}`;
  const tokenHash = invitationHash(token);
  const made = anInvitation({ id, person: person.id, tokenHash, ...changes });
  await keep(server, person, { invitation: [made] });
}

/** By the page's script, with a passkey in software. */
async function register(
  visitor: Visitor,
  token = TOKEN,
  person: Person = ALICE,
  name = "phone",
): Promise<Response> {
  const challenge = await visitor.challenge(`/i/${token}/options`);
  const passkey = await SoftPasskey.make(PUBLIC_URL, person.id);
  return await visitor.post(`/i/${token}`, { name, passkey: await passkey.created({ challenge }) });
}

Deno.test("an invitation says who invites whom to what, and until when", async () => {
  const server = await TestServer.start();
  const approves = ["own", "deploy@web*", "<i>@db"];
  await invited(server, someone("alice", { approves }), TOKEN, { by: "person:carol" });
  const html = await (await new Visitor(server).get(`/i/${TOKEN}`)).text();
  for (
    const text of [
      "carol invites you",
      "<b>alice</b>",
      "logins to your own account",
      "deploy@web*",
      "&lt;i&gt;@db",
      "UTC</time>",
    ]
  ) ok(html.includes(text), text);
  ok(!html.includes("<i>@db"));
});

Deno.test("an invitation can be looked at as often as one likes: that changes nothing", async () => {
  const server = await TestServer.start();
  await invited(server);
  const visitor = new Visitor(server);
  server.calls.length = 0;
  for (const path of [`/i/${TOKEN}`, `/i/${TOKEN}/authenticator`]) {
    for (const method of ["GET", "HEAD"]) {
      equal((await server.fetch(method, path)).status, 200);
    }
  }
  deepEqual(new Set(server.calls), new Set(["find"]));
  equal((await register(visitor)).status, 200);
});

Deno.test("a passkey uses it up, signs in, and recovery codes are shown this once", async () => {
  const server = await TestServer.start();
  await invited(server);
  const alice = new Visitor(server);
  const answer = await register(alice);
  equal(answer.status, 200);
  equal(answer.headers.get("cache-control"), "no-store");
  const html = await answer.text();
  const codes = [...html.matchAll(/<li>([0-9A-Z]{5}-[0-9A-Z]{5})<\/li>/g)].map(([, code]) => code);
  equal(new Set(codes).size, 10);
  ok(html.includes("I have noted them"));

  const page = await (await alice.get("/devices")).text();
  ok(page.includes("phone") && page.includes("in use now") && page.includes("10 codes are left"));
  ok(!codes.some((code) => page.includes(code ?? "?")));
  deepEqual(server.audited.map(({ event }) => event), [
    "device.added",
    "person.signed_in",
    "recovery.made",
  ]);
  equal(server.audited[0]?.["invitation"], "i_alice");
  const [session] = await all(server.memory, "session");
  equal(session?.via, "invitation");

  const again = await alice.get(`/i/${TOKEN}`);
  deepEqual([again.status, await headingOf(again)], [410, "Used already"]);
  const fields = { way: "recovery", name: "alice", code: codes[3] ?? "" };
  equal((await new Visitor(server).post("/sign-in", fields)).status, 303);
});

Deno.test("an invitation whose use cannot be recorded is not used up", async () => {
  const server = await TestServer.start();
  await invited(server);
  server.failing = "append";
  equal((await register(new Visitor(server))).status, 503);
  deepEqual(await all(server.memory, "device"), []);
  deepEqual(await all(server.memory, "session"), []);
  server.failing = undefined;
  const alice = new Visitor(server);
  equal((await register(alice)).status, 200);
  equal((await alice.get("/devices")).status, 200);
});

Deno.test("an authenticator is confirmed by its code, which is spent then", async () => {
  const server = await TestServer.start();
  await invited(server);
  const alice = new Visitor(server);
  const path = `/i/${TOKEN}/authenticator`;
  const { html, secret, draft } = await drafted(alice, path);
  match(secret, /^[A-Z2-7]{32}$/);
  ok(html.includes(`otpauth://totp/gatehouse:alice@auth.example.com?secret=${secret}&amp;`));
  match(html, /<svg class="qr"/);
  const code = shows(secret, server.time.now());
  const answer = await alice.post(path, { draft, name: "app", code });
  equal(await headingOf(answer), "Your recovery codes");
  const [device] = await all(server.memory, "device");
  ok(device?.kind === "authenticator");
  deepEqual([device.name, device.use, device.person], ["app", "sign_in", "p_alice"]);
  ok(!JSON.stringify([server.audited, server.logged]).includes(secret));

  equal((await new Visitor(server).signInByCode("alice", code)).status, 401);
  server.time.advance(30_000);
  const next = shows(secret, server.time.now());
  equal((await new Visitor(server).signInByCode("alice", next)).status, 303);
});

/** A code that the secret shows at no time near that one. */
function foreign(secret: string, now: number): string {
  const near = new Set(
    Array.from({ length: 3_002 }, (_, n) => shows(secret, now + (n - 1_501) * 30_000)),
  );
  const codes = Array.from({ length: near.size + 1 }, (_, n) => String(n).padStart(6, "0"));
  return codes.find((code) => !near.has(code)) ?? "";
}

Deno.test("a code that does not fit says so, and the same secret is shown again", async () => {
  const server = await TestServer.start();
  await invited(server);
  const alice = new Visitor(server);
  const path = `/i/${TOKEN}/authenticator`;
  const { secret, draft } = await drafted(alice, path);
  const now = server.time.now();
  const cases = [
    ["12345", /A code has six digits/],
    [foreign(secret, now), /not a code of this secret/],
    [shows(secret, now + 600_000), /clock is about 10 minutes fast/],
    [shows(secret, now - 120_000), /clock is about 2 minutes slow/],
  ] as const;
  for (const [code, words] of cases) {
    const answer = await alice.post(path, { draft, name: "app", code });
    equal(answer.status, 422);
    const html = await answer.text();
    match(faultIn(html) ?? "", words);
    ok(html.replace(/\s/g, "").includes(secret));
  }
  const nameless = await alice.post(path, { draft, name: " ", code: shows(secret, now) });
  match(faultIn(await nameless.text()) ?? "", /1 to 64 characters/);
  deepEqual(await all(server.memory, "device"), []);
});

Deno.test("a sealed secret is good for one person, one invitation, and half an hour", async () => {
  const server = await TestServer.start();
  const bob = someone("bob");
  await invited(server);
  await invited(server, bob, OTHER);
  const alice = new Visitor(server);
  const { secret, draft } = await drafted(alice, `/i/${TOKEN}/authenticator`);
  const send = async (token: string, sealed: string) => {
    const code = shows(secret, server.time.now());
    const fields = { draft: sealed, name: "app", code };
    const answer = await alice.post(`/i/${token}/authenticator`, fields);
    return faultIn(await answer.text());
  };
  // At bob's invitation, and at a later one of her own; then for another purpose; then made up.
  match(await send(OTHER, draft) ?? "", /was too old/);
  const later = base64url(new Uint8Array(24).fill(3));
  const invitation = anInvitation({ id: "i_later", tokenHash: invitationHash(later) });
  await keep(server, ALICE, { invitation: [invitation] });
  match(await send(later, draft) ?? "", /was too old/);
  const content = { device: "d_x", secret, until: T0 + 1e9 };
  for (
    const row of ["draft i_alice p_alice hosts", "draft i_bob p_alice sign_in", "device d_x seed"]
  ) {
    const sealed = await readableSealer.seal(JSON.stringify(content), row);
    match(await send(TOKEN, sealed) ?? "", /was too old/);
  }
  for (
    const sealed of ["", "x", await readableSealer.seal("{}", "draft i_alice p_alice sign_in")]
  ) {
    match(await send(TOKEN, sealed) ?? "", /was too old/);
  }
  server.time.advance(30 * 60_000);
  match(await send(TOKEN, draft) ?? "", /was too old/);
  deepEqual(await all(server.memory, "device"), []);
});

Deno.test("a form that is sent twice registers one device", async () => {
  const server = await TestServer.start();
  await invited(server);
  const { secret, draft } = await drafted(new Visitor(server), `/i/${TOKEN}/authenticator`);
  const fields = { draft, name: "app", code: shows(secret, server.time.now()) };
  const answers = await Promise.all(
    [1, 2, 3].map(() => new Visitor(server).post(`/i/${TOKEN}/authenticator`, fields)),
  );
  deepEqual(answers.map(({ status }) => status).sort(), [200, 410, 410]);
  equal((await all(server.memory, "device")).length, 1);
});

Deno.test("what was signed for one person's invitation is worth nothing at another's", async () => {
  const server = await TestServer.start();
  const bob = someone("bob");
  await invited(server);
  await invited(server, bob, OTHER);
  const mallory = new Visitor(server);
  const challenge = await mallory.challenge(`/i/${TOKEN}/options`);
  const passkey = await (await SoftPasskey.make(PUBLIC_URL, "p_alice")).created({ challenge });
  const answer = await mallory.post(`/i/${OTHER}`, { name: "phone", passkey });
  equal(answer.status, 422);
  match(faultIn(await answer.text()) ?? "", /took too long/);
  deepEqual(await all(server.memory, "device"), []);
});

Deno.test("a passkey is registered once, and only unlocked, here, and in time", async () => {
  const server = await TestServer.start();
  await invited(server);
  const visitor = new Visitor(server);
  const soft = await SoftPasskey.make(PUBLIC_URL, "p_alice");
  const send = async (passkey: string) => {
    const answer = await visitor.post(`/i/${TOKEN}`, { name: "phone", passkey });
    return faultIn(await answer.text()) ?? "";
  };
  const ask = () => visitor.challenge(`/i/${TOKEN}/options`);
  match(await send(""), /was not made/);
  match(await send("{}"), /was not made/);
  for (const said of [{ flags: ["UP"] } as const, { origin: "https://evil.example" }]) {
    match(await send(await soft.created({ challenge: await ask(), ...said })), /cannot be used/);
  }
  const late = await soft.created({ challenge: await ask() });
  server.time.advance(120_000);
  match(await send(late), /took too long/);
  deepEqual(await all(server.memory, "device"), []);

  const once = await soft.created({ challenge: await ask() });
  await invited(server, someone("bob"), OTHER);
  equal(await send(once), "");
  const bob = new Visitor(server);
  const theft = await soft.created({ challenge: await bob.challenge(`/i/${OTHER}/options`) });
  const answer = await bob.post(`/i/${OTHER}`, { name: "phone", passkey: theft });
  match(faultIn(await answer.text()) ?? "", /registered already/);
});

const CLOSED = [
  ["used", { usedAt: T0 }, 410, "Used already"],
  ["expired", { expiresAt: T0 }, 410, "Expired"],
  ["of nobody", { person: "p_gone" }, 404, "No such invitation"],
] as const;
for (const [what, changes, status, title] of CLOSED) {
  Deno.test(`an invitation that is ${what} says so, whatever is sent to it`, async () => {
    const server = await TestServer.start();
    await invited(server, ALICE, TOKEN, changes);
    const visitor = new Visitor(server);
    for (const path of [`/i/${TOKEN}`, `/i/${TOKEN}/authenticator`]) {
      const shown = await visitor.get(path);
      deepEqual([shown.status, await headingOf(shown)], [status, title]);
      equal((await visitor.post(path, { name: "phone", passkey: "" })).status, status);
    }
    equal((await visitor.post(`/i/${TOKEN}/options`)).status, status);
  });
}

Deno.test("an invitation of who is frozen is as good as none", async () => {
  const server = await TestServer.start();
  await invited(server, someone("alice", { state: "frozen" }));
  equal((await new Visitor(server).get(`/i/${TOKEN}`)).status, 404);
});

Deno.test("who tries invitations is slowed down", async () => {
  const server = await TestServer.start({
    limits: {
      pendingPerAccount: 3,
      loginsPerMinutePerHost: 600,
      failuresPerMinutePerSource: 5,
      requestsAtOnce: 100,
    },
  });
  await invited(server);
  const mallory = new Visitor(server);
  const statuses: number[] = [];
  for (let n = 0; n < 7; n++) {
    const token = base64url(new Uint8Array(24).fill(100 + n));
    statuses.push((await mallory.get(`/i/${token}`)).status);
  }
  deepEqual(statuses, [404, 404, 404, 404, 404, 429, 429]);
  // Who has a link that is one is not kept out by a neighbour.
  equal((await mallory.get(`/i/${TOKEN}`)).status, 200);
});

Deno.test("an invitation hears only our own pages", async () => {
  const server = await TestServer.start();
  await invited(server);
  const visitor = new Visitor(server);
  const challenge = await visitor.challenge(`/i/${TOKEN}/options`);
  const soft = await SoftPasskey.make(PUBLIC_URL, "p_alice");
  const fields = { name: "phone", passkey: await soft.created({ challenge }) };
  const { secret, draft } = await drafted(visitor, `/i/${TOKEN}/authenticator`);
  const app = { name: "app", draft, code: shows(secret, server.time.now()) };
  const origin = "https://evil.example";
  equal((await visitor.post(`/i/${TOKEN}`, fields, { origin })).status, 403);
  equal((await visitor.post(`/i/${TOKEN}/options`, {}, { origin })).status, 403);
  equal((await visitor.post(`/i/${TOKEN}/authenticator`, app, { origin })).status, 403);
  deepEqual(await all(server.memory, "device"), []);
  equal((await visitor.post(`/i/${TOKEN}`, fields)).status, 200);
});

Deno.test("who has devices and codes keeps them, and is told where to revoke what is lost", async () => {
  const server = await TestServer.start();
  await withPasskey(server, ALICE);
  await withRecoveryCodes(server, ALICE);
  await invited(server);
  const alice = new Visitor(server);
  const html = await (await alice.get(`/i/${TOKEN}`)).text();
  ok(html.includes("Your other device stays."));
  const answer = await register(alice);
  const next = "/logins?done=registered";
  deepEqual([answer.status, answer.headers.get("location")], [303, next]);
  ok((await (await alice.get(next)).text()).includes("Your device is registered"));
  equal((await all(server.memory, "device")).length, 2);
  ok(!server.audited.some(({ event }) => event === "recovery.made"));
});

Deno.test("an invitation takes the place of whoever else is signed in with that browser", async () => {
  const server = await TestServer.start();
  const browser = new Visitor(server);
  await browser.signIn(await withPasskey(server, someone("carol")));
  const { cookie } = browser;
  await invited(server);
  equal((await register(browser)).status, 200);
  notEqual(browser.cookie, cookie);
  deepEqual((await all(server.memory, "session")).map(({ person }) => person), ["p_alice"]);
});

Deno.test("a device is called by what the browser says, or as its owner wants", async () => {
  const server = await TestServer.start();
  await invited(server);
  const visitor = new Visitor(server);
  const agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";
  const page = await visitor.get(`/i/${TOKEN}`, { "user-agent": agent });
  ok((await page.text()).includes('value="Chrome on Windows"'));
  const bad = await register(visitor, TOKEN, ALICE, "x".repeat(65));
  match(faultIn(await bad.text()) ?? "", /1 to 64 characters/);
  equal((await register(visitor, TOKEN, ALICE, " <b>my phone</b> ")).status, 200);
  const [device] = await all(server.memory, "device");
  equal(device?.name, "<b>my phone</b>");
  ok((await (await visitor.get("/devices")).text()).includes("<b>&lt;b&gt;my phone&lt;/b&gt;</b>"));
});

Deno.test("where there can be no passkeys, the page says why and offers an app", async () => {
  const server = await TestServer.start({ publicUrl: "http://gatehouse.lan:8080" });
  await invited(server, someone("alice", { language: "zh-CN" }));
  const html = await (await new Visitor(server).get(`/i/${TOKEN}`)).text();
  match(html, /普通 http/);
  ok(!html.includes("<script") && html.includes(`href="/i/${TOKEN}/authenticator"`));
});
