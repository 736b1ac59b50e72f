/** Denying and "this wasn't me" on the approval page: everybody may deny, persons freeze. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { alertOf, Approver, controls, headingOf } from "../support/approver.ts";
import { all } from "../support/people.ts";
import { type Created, PUBLIC_URL, TestServer } from "../support/server_app.ts";

async function start() {
  const server = await TestServer.start({ approval: { require: "person" } });
  const alice = await Approver.join(server, "alice");
  return { server, alice, login: await server.create() };
}

function notMe(who: Approver | TestServer, login: Created, fields: Record<string, string> = {}) {
  return who.press(`/l/${login.ticket}/deny`, { not_me: "1", ...fields });
}

async function frozen(server: TestServer): Promise<string[]> {
  return (await all(server.memory, "freeze")).map(({ user, host, by }) => `${user}@${host} ${by}`);
}

const OURS = ["alice@* person:alice"];
const TITLE = "Denied, and alice is frozen";

Deno.test("whoever has the link may deny it", async () => {
  const { server, login } = await start();
  equal(headingOf(await (await server.press(`/l/${login.ticket}/deny`, {})).text()), "Denied");
  const { by, via, reason } = await server.stored(login.id);
  deepEqual([by, via, reason], ["link", "link", "denied"]);
});

Deno.test("a denial names who is signed in", async () => {
  const { server, alice, login } = await start();
  await alice.touch(await server.create({ key: "SHA256:another" }));
  equal(headingOf(await (await alice.press(`/l/${login.ticket}/deny`, {})).text()), "Denied");
  const { by, via } = await server.stored(login.id);
  deepEqual([by, via], ["person:alice", "session"]);
  deepEqual(await frozen(server), []);
});

Deno.test("without a proof it is denied at once, freezes nothing, and can be proven then", async () => {
  const { server, login } = await start();
  const answer = await notMe(server, login);
  const html = await answer.text();
  equal(answer.status, 200);
  equal(headingOf(html), "Denied: not you");
  ok(html.includes("<h2>Freeze alice as well?</h2>"));
  deepEqual(controls(html), ["Freeze with passkey", "Freeze with code"]);
  deepEqual(await frozen(server), []);
  equal((await server.stored(login.id)).reason, "not_me");
  equal((await server.ask({ key: "SHA256:another" })).status, 201);
  // Also whoever comes back to the page.
  const later = await server.fetch("GET", `/l/${login.ticket}`);
  ok((await later.text()).includes("Freeze alice as well?"));
});

Deno.test("by a passkey it freezes the account on all hosts", async () => {
  const { server, alice, login } = await start();
  await notMe(server, login);
  const form = { not_me: "1", shown: login.id };
  const passkey = await alice.sign(login, { ...form, decision: "not_me" });
  const html = await (await notMe(alice, login, { ...form, passkey })).text();
  equal(headingOf(html), TITLE);
  ok(!html.includes("<form"));
  deepEqual(await frozen(server), OURS);
  equal((await server.ask()).status, 403);
  equal(headingOf(await (await alice.open(login)).text()), TITLE);
});

Deno.test("by a code too, and by a session at once", async () => {
  const one = await start();
  await notMe(one.server, one.login);
  equal(headingOf(await (await notMe(one.alice, one.login, one.alice.typed)).text()), TITLE);
  deepEqual(await frozen(one.server), OURS);

  const { server, alice, login } = await start();
  await alice.touch(await server.create({ key: "SHA256:another" }));
  const before = await (await alice.open(login)).text();
  ok(before.includes("also freezes alice on all hosts."));
  equal(headingOf(await (await notMe(alice, login)).text()), TITLE);
  deepEqual(await frozen(server), OURS);
  equal((await server.stored(login.id)).by, "person:alice");
});

Deno.test("who answers for an account of one host freezes it there, and the pages say so", async () => {
  const { server } = await start();
  const bob = await Approver.join(server, "bob", { approves: ["root@web1"] });
  await server.addHost("web2", "ghh_web2");
  await bob.touch(await server.create({ user: "root" }));
  const login = await server.create({ user: "root", key: "SHA256:another" });
  ok((await (await bob.open(login)).text()).includes("also freezes root on web1."));
  const html = await (await notMe(bob, login)).text();
  equal(headingOf(html), "Denied, and root is frozen");
  ok(html.includes("Nobody can approve logins of root on web1 until"));
  deepEqual(await frozen(server), ["root@web1 person:bob"]);
  equal((await server.ask({ user: "root" })).status, 403);
  equal((await server.ask({ user: "root" }, "ghh_web2")).status, 201);
});

Deno.test("who is signed in after the denial freezes with one press", async () => {
  const { server, alice, login } = await start();
  await notMe(server, login);
  await alice.touch(await server.create({ key: "SHA256:another" }));
  const html = await (await alice.open(login)).text();
  deepEqual(controls(html), ["Freeze the account"]);
  await notMe(alice, login);
  deepEqual(await frozen(server), OURS);
});

Deno.test("a wrong proof denies it all the same, and freezes nothing", async () => {
  const { server, alice, login } = await start();
  const answer = await notMe(alice, login, { name: "alice", code: alice.wrongCode });
  equal(answer.status, 403);
  const html = await answer.text();
  equal(headingOf(html), "Denied: not you");
  equal(
    alertOf(html),
    "The name or the code is wrong, or the code was used already. Wait for the next one. " +
      "2 tries left.",
  );
  deepEqual(await frozen(server), []);
  equal((await server.stored(login.id)).state, "denied");
});

Deno.test("a proof that cannot be looked at denies it too", async () => {
  const { server, alice, login } = await start();
  server.failing = "find";
  equal((await notMe(alice, login, alice.typed)).status, 503);
  equal((await server.stored(login.id)).state, "denied");
  // Who guesses too much is not listened to, but for this.
  const { server: busy, alice: other, login: asked } = await start();
  for (let guessed = 0; guessed < 30; guessed++) await busy.fetch("GET", "/l/unknown");
  const guess = { name: "alice", code: other.wrongCode };
  equal((await notMe(busy, asked, guess)).status, 429);
  equal((await busy.stored(asked.id)).state, "denied");
});

Deno.test("an approval's signature freezes nothing", async () => {
  const { server, alice, login } = await start();
  const passkey = await alice.sign(login, { match: login.match, shown: login.id });
  equal((await notMe(alice, login, { shown: login.id, passkey })).status, 403);
  deepEqual(await frozen(server), []);
});

Deno.test("somebody else's account cannot be frozen, only the login denied", async () => {
  const { server, login } = await start();
  const bob = await Approver.join(server, "bob");
  const answer = await notMe(bob, login, bob.typed);
  equal(answer.status, 403);
  equal(alertOf(await answer.text()), "Logins of this account are not yours to decide.");
  deepEqual(await frozen(server), []);
  const { state, by } = await server.stored(login.id);
  deepEqual([state, by], ["denied", "link"]);
  await bob.press(`/l/${(await server.create({ key: "SHA256:another" })).ticket}/deny`, {});
});

Deno.test("of the one who asks for root, not root's account is frozen", async () => {
  const { server, alice } = await start();
  const login = await server.create({ user: "root", service: "su", requester: "alice" });
  const offer = await (await notMe(server, login)).text();
  ok(offer.includes("<h2>Freeze the account as well?</h2>"));
  await notMe(alice, login, alice.typed);
  deepEqual(await frozen(server), OURS);
});

Deno.test("programs deny it and report it", async () => {
  const { server, alice, login } = await start();
  const send = (body: unknown) =>
    server.json(`/l/${login.ticket}/deny`, body, { origin: PUBLIC_URL });
  deepEqual(await (await send({})).json(), { state: "denied" });
  const wrong = await send({ not_me: true, name: "alice", code: alice.wrongCode });
  equal(wrong.status, 403);
  deepEqual(await frozen(server), []);
  deepEqual(await (await send({ not_me: true, ...alice.typed })).json(), { state: "denied" });
  deepEqual(await frozen(server), OURS);
});

Deno.test("an approval is taken back by whoever reports it in time", async () => {
  const { server, alice, login } = await start();
  await alice.touch(login);
  await notMe(alice, login);
  equal((await (await server.poll(login)).json()).state, "denied");
  deepEqual(await frozen(server), OURS);
});
