/** The approval page speaks to who reads it: the one who logs in, somebody else, or nobody known. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { alertOf, Approver, controls, headingOf } from "../support/approver.ts";
import { FakeNotifier } from "../support/pins.ts";
import { type AppChanges, type Created, TestServer } from "../support/server_app.ts";

const OWN = "Is this you signing in?";
const NOT_ME = "This wasn&#39;t me";
const SUSPICIOUS = "Suspicious: freeze the account";
const HAND_OVER = "Somebody else approves this login. You may hand them this page, or your phone.";
const FOLD = '<details class="fold"><summary>Approve it as somebody else</summary><form';

/** Who has just signed in, at another login of their own. */
async function signedIn(
  server: TestServer,
  name: string,
  changes: Parameters<typeof Approver.join>[2] = {},
): Promise<Approver> {
  const person = await Approver.join(server, name, changes);
  equal((await person.touch(await server.create({ user: name, key: "SHA256:own" }))).status, 200);
  return person;
}

function start(changes: AppChanges["approval"] = {}, more: AppChanges = {}): Promise<TestServer> {
  return TestServer.start({ ...more, approval: { require: "person", ...changes } });
}

async function shown(who: Approver, login: Pick<Created, "ticket">): Promise<string> {
  return await (await who.open(login)).text();
}

async function anybodys(server: TestServer, { ticket }: Created): Promise<string> {
  const headers = { accept: "text/html" };
  return await (await server.fetch("GET", `/l/${ticket}`, { headers })).text();
}

Deno.test("whose account it is is asked whether it is they, and so is whoever has the link", async () => {
  const server = await start();
  const alice = await signedIn(server, "alice");
  const login = await server.create();
  for (const html of [await shown(alice, login), await anybodys(server, login)]) {
    equal(headingOf(html), OWN);
    ok(controls(html).includes(NOT_ME) && !controls(html).includes(SUSPICIOUS));
  }
  const su = await server.create({ user: "root", service: "su", requester: "alice" });
  const root = await signedIn(server, "root");
  equal(headingOf(await shown(root, su)), "alice wants to sign in. Do you approve?");
});

Deno.test("an administrator is asked about others, and freezes what is suspicious", async () => {
  const server = await start();
  const carol = await signedIn(server, "carol", { administrator: true });
  const login = await server.create();
  const html = await shown(carol, login);
  equal(headingOf(html), "alice wants to sign in. Do you approve?");
  deepEqual(controls(html), ["Approve", "Deny", SUSPICIOUS]);
  ok(html.includes("“Suspicious” also freezes alice on all hosts."));
  const frozen = await (await carol.press(`/l/${login.ticket}/deny`, { not_me: "1" })).text();
  equal(headingOf(frozen), "Denied, and alice is frozen");
  ok(frozen.includes("until an administrator lifts it. Somebody may have its password"), frozen);

  const asked = { service: "preauth", command: null, user: "bob" };
  const ahead = await server.create({ ...asked, preauth: { for: 600, commands: "any" } });
  equal(headingOf(await shown(carol, ahead)), "Let the next logins of bob in?");
});

Deno.test("who is signed in and may not approve it can hand it over", async () => {
  const server = await start();
  const bob = await signedIn(server, "bob");
  const login = await server.create();
  const html = await shown(bob, login);
  equal(headingOf(html), OWN, "it is for somebody else to read");
  equal(alertOf(html), undefined);
  ok(html.includes(`<p class="note">${HAND_OVER}</p>${FOLD}`));
  deepEqual(controls(html).slice(-2), ["Deny", NOT_ME]);
  // What somebody has typed there is to be seen.
  const alice = await Approver.join(server, "alice");
  const typed = { name: "alice", code: alice.wrongCode };
  const wrong = await (await bob.approve(login, typed)).text();
  ok(wrong.includes('<details class="fold" open="">'));
  equal((await bob.approve(login, alice.typed)).status, 200);
  equal((await server.stored(login.id)).by, "person:alice");
});

Deno.test("of two persons the one who logs in hands it over, and is told why", async () => {
  const server = await start({ twoPersons: ["alice@*"] });
  const alice = await Approver.join(server, "alice", { approves: ["own", "deploy@*"] });
  await alice.touch(await server.create({ user: "deploy", key: "SHA256:own" }));
  const html = await shown(alice, await server.create());
  const why = "This account takes two persons, and neither may be the one who logs in.";
  ok(html.includes(`<p class="note">${why}</p>${FOLD}`));
});

Deno.test("that administrators are told is said only where there is one to be told", async () => {
  const told = "alerts administrators.";
  const nobody = await start();
  const without = await anybodys(nobody, await nobody.create());
  ok(!without.includes(told) && without.includes("denies it as well, and keeps a record of it."));
  const contacts = { wecom: "CarolW" };
  for (
    const [alerts, person, is] of [
      [[], {}, false],
      [[], { contacts }, false],
      [[], { contacts, administrator: true }, true],
      [[], { contacts, administrator: true, state: "frozen" }, false],
      [["AliceLi"], {}, true],
    ] as const
  ) {
    const server = await TestServer.start(
      { approval: { require: "person" }, alerts: new Map([["wecom", alerts]]) },
      new FakeNotifier(),
    );
    await Approver.join(server, "carol", person);
    const html = await anybodys(server, await server.create());
    equal(html.includes(told), is, JSON.stringify([alerts, person]));
  }
});

Deno.test("where there are no passkeys, nobody is told to lift a freeze with one", async () => {
  const itself = "or you with passkey and recovery code";
  for (const publicUrl of ["https://auth.example.com", "http://gatehouse.lan"]) {
    const server = await start({}, { publicUrl });
    const alice = await Approver.join(server, "alice");
    const login = await server.create();
    const deny = (fields: Record<string, string>) =>
      server.press(`/l/${login.ticket}/deny`, { not_me: "1", ...fields }, { origin: publicUrl });
    const offer = await (await deny({})).text();
    const frozen = await (await deny(alice.typed)).text();
    equal(headingOf(frozen), "Denied, and alice is frozen");
    const may = publicUrl.startsWith("https:");
    deepEqual([offer.includes(itself), frozen.includes(itself)], [may, may], publicUrl);
  }
});
