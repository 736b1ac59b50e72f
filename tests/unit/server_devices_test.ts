/** My devices: what a person sees and changes, and what others cannot. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { seedRow } from "../../lib/core/device.ts";
import type { Change } from "../../lib/core/store_change.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { all, anAuthenticator, aPasskey, someone } from "../support/people.ts";
import { FakeNotifier } from "../support/pins.ts";
import { PUBLIC_URL, TestServer } from "../support/server_app.ts";
import { SoftPasskey } from "../support/soft_passkey.ts";
import {
  codeNow,
  drafted,
  faultIn,
  headingOf,
  keep,
  shows,
  Visitor,
  withAuthenticator,
  withPasskey,
  withRecoveryCodes,
} from "../support/visitor.ts";

const ALICE = someone("alice");
const REGISTERED = "Your device is registered.";

/** Alice, who has just signed in by her passkey. */
async function signedIn(server: TestServer, language = "en"): Promise<Visitor> {
  const alice = new Visitor(server, language);
  await alice.signIn(await withPasskey(server, ALICE));
  return alice;
}

async function usable(server: TestServer): Promise<string[]> {
  return (await all(server.memory, "device")).filter(({ revokedAt }) => revokedAt === null)
    .map(({ name }) => name);
}

Deno.test("the page lists what one signs in with, and nothing of others", async () => {
  const server = await TestServer.start();
  await withPasskey(server, someone("bob"));
  const bobs = anAuthenticator({ id: "d_bobs", person: "p_bob", name: "bobs app" });
  await keep(server, someone("bob"), { device: [bobs] });
  const alice = await signedIn(server);
  const more = [
    anAuthenticator({ id: "d_2", name: "<i>app" }),
    anAuthenticator({ id: "d_3", name: "hosts app", use: "hosts" }),
    anAuthenticator({ id: "d_4", name: "old app", revokedAt: 1 }),
    aPasskey({ id: "d_5", name: "laptop" }, { id: "bGFwdG9w", backedUp: true }),
  ];
  await keep(server, ALICE, { device: more });
  const html = await (await alice.get("/devices")).text();
  for (
    const text of [
      "<b>phone</b>",
      "<b>&lt;i&gt;app</b>",
      "hosts app",
      "For hosts",
      "Backed up by",
      "On this one device only",
      "0 codes are left",
      "Nothing yet. An administrator can give you a contact.",
    ]
  ) ok(html.includes(text), text);
  for (const text of ["bobs app", "old app"]) ok(!html.includes(text), text);
});

Deno.test("a second passkey is added, used, renamed and revoked", async () => {
  const server = await TestServer.start();
  await withRecoveryCodes(server, ALICE);
  const alice = await signedIn(server);
  const challenge = await alice.challenge("/devices/passkey/options", { name: "laptop" });
  const soft = await SoftPasskey.make(PUBLIC_URL, "p_alice");
  const passkey = await soft.created({ challenge });
  const added = await alice.post("/devices/passkey", { name: "laptop", passkey });
  deepEqual([added.status, added.headers.get("location")], [303, "/devices?done=registered"]);
  ok((await (await alice.get("/devices?done=registered")).text()).includes(REGISTERED));
  ok(!(await (await alice.get("/devices")).text()).includes(REGISTERED));
  const laptop = new Visitor(server);
  equal((await laptop.signIn(soft)).status, 303);

  const device = (await all(server.memory, "device")).find(({ name }) => name === "laptop");
  const renamed = await alice.post(`/devices/${device?.id}/rename`, { name: " old laptop " });
  equal(renamed.status, 303);
  deepEqual(await usable(server), ["phone", "old laptop"]);

  equal((await alice.post(`/devices/${device?.id}/revoke`)).status, 303);
  deepEqual(await usable(server), ["phone"]);
  equal((await laptop.get("/devices")).status, 303, "its session is over");
  equal((await laptop.signIn(soft)).status, 401);
  const events = server.audited.map(({ event }) => event);
  deepEqual(events.filter((event) => event.startsWith("device.")), [
    "device.added",
    "device.renamed",
    "device.revoked",
  ]);
  equal(server.audited.find(({ event }) => event === "device.added")?.["invitation"], null);
});

Deno.test("the last device is revoked by who ticks the box, and then signs in no more", async () => {
  const server = await TestServer.start();
  const alice = await signedIn(server);
  await withAuthenticator(server, ALICE, "hosts");
  const refused = await alice.post("/devices/d_key_alice/revoke");
  equal(refused.status, 422);
  match(faultIn(await refused.text()) ?? "", /Without another device you cannot sign in/);
  equal((await usable(server)).length, 2);
  equal((await alice.post("/devices/d_app_alice/revoke")).status, 303);
  equal((await alice.post("/devices/d_key_alice/revoke", { last: "1" })).status, 303);
  deepEqual(await usable(server), []);
  equal((await alice.get("/devices")).headers.get("location"), "/sign-in?to=%2Fdevices");
});

Deno.test("an authenticator is added, for pages or for hosts, and one secret makes one", async () => {
  const server = await TestServer.start();
  await withRecoveryCodes(server, ALICE);
  const alice = await signedIn(server);
  const made: string[] = [];
  for (const path of ["/devices/authenticator", "/devices/host-codes"]) {
    const { secret, draft } = await drafted(alice, path);
    const fields = { draft, name: path, code: shows(secret, server.time.now()) };
    equal((await alice.post(path, fields)).status, 303);
    // Sent again, also when it was revoked meanwhile: it does not come back.
    server.time.advance(30_000);
    const again = { ...fields, code: shows(secret, server.time.now()) };
    match(faultIn(await (await alice.post(path, again)).text()) ?? "", /registered already/);
    const device = (await all(server.memory, "device")).find(({ name }) => name === path);
    ok(device?.kind === "authenticator");
    deepEqual(JSON.parse(device.seed), [seedRow(device.id), secret]);
    made.push(device.use);
    equal((await alice.post(`/devices/${device.id}/revoke`)).status, 303);
    match(faultIn(await (await alice.post(path, again)).text()) ?? "", /registered already/);
  }
  deepEqual(made, ["sign_in", "hosts"]);
  deepEqual(await usable(server), ["phone"]);
});

Deno.test("a secret for pages does not become one for hosts, nor one of another session", async () => {
  const server = await TestServer.start();
  const alice = await signedIn(server);
  const { secret, draft } = await drafted(alice, "/devices/authenticator");
  const fields = { draft, name: "app", code: shows(secret, server.time.now()) };
  match(faultIn(await (await alice.post("/devices/host-codes", fields)).text()) ?? "", /too old/);
  const bob = new Visitor(server);
  await bob.signIn(await withPasskey(server, someone("bob")));
  match(faultIn(await (await bob.post("/devices/authenticator", fields)).text()) ?? "", /too old/);
  await withAuthenticator(server, ALICE);
  const elsewhere = new Visitor(server);
  await elsewhere.signInByCode("alice", codeNow(server));
  const there = await elsewhere.post("/devices/authenticator", fields);
  match(faultIn(await there.text()) ?? "", /too old/);
  deepEqual(await usable(server), ["phone", "phone", "app"]);
});

Deno.test("codes for hosts are offered to those who have an account that takes them", async () => {
  const cases = [
    [[], false],
    [["bob@*", "root@web1", "alice2@*"], false],
    [["bob@*", "al*@db?"], true],
    [["alice@web1"], true],
  ] as const;
  for (const [accounts, offered] of cases) {
    const server = await TestServer.start({ codes: { accounts, validForMs: 1 } });
    const alice = await signedIn(server);
    equal((await (await alice.get("/devices")).text()).includes("host-codes"), offered);
    equal((await alice.get("/devices/host-codes")).status, offered ? 200 : 404);
    const fields = { draft: "", name: "app", code: "123456" };
    equal((await alice.post("/devices/host-codes", fields)).status, offered ? 422 : 404);
  }
});

Deno.test("what is sensitive needs a proof that is minutes old", async () => {
  const server = await TestServer.start();
  const alice = await signedIn(server);
  server.time.advance(300_000);
  const html = await (await alice.get("/devices")).text();
  ok(html.includes('href="/sign-in?to=%2Fdevices&amp;again=1"'));
  for (const path of ["/revoke", "/devices/passkey", "/devices/recovery"]) {
    ok(!html.includes(path), path);
  }
  const form = await alice.get("/devices/authenticator");
  deepEqual([form.status, form.headers.get("location")], [
    303,
    "/sign-in?to=%2Fdevices%2Fauthenticator&again=1",
  ]);
  for (
    const path of [
      "/devices/passkey",
      "/devices/passkey/options",
      "/devices/authenticator",
      "/devices/host-codes",
      "/devices/recovery",
      "/devices/d_key_alice/revoke",
    ]
  ) equal((await alice.post(path)).status, 401, path);
  deepEqual(await usable(server), ["phone"]);
  deepEqual(await all(server.memory, "recovery"), []);
  // A name says nothing.
  equal((await alice.post("/devices/d_key_alice/rename", { name: "old" })).status, 303);
});

Deno.test("another person's devices are no business of mine", async () => {
  const server = await TestServer.start();
  await withPasskey(server, ALICE);
  const mallory = new Visitor(server);
  await mallory.signIn(await withPasskey(server, someone("mallory", { administrator: true })));
  equal((await mallory.post("/devices/d_key_alice/rename", { name: "mine" })).status, 404);
  equal((await mallory.post("/devices/d_key_alice/revoke", { last: "1" })).status, 404);
  deepEqual(await usable(server), ["phone", "phone"]);
});

Deno.test("the page of devices hears only our own pages", async () => {
  const server = await TestServer.start();
  const alice = await signedIn(server);
  const origin = "https://evil.example";
  for (
    const path of [
      "/devices/passkey",
      "/devices/passkey/options",
      "/devices/authenticator",
      "/devices/host-codes",
      "/devices/recovery",
      "/devices/language",
      "/devices/d_key_alice/rename",
      "/devices/d_key_alice/revoke",
      "/frozen/f_1",
      "/frozen/f_1/options",
    ]
  ) {
    const fields = { name: "x", language: "en", last: "1" };
    equal((await alice.post(path, fields, { origin })).status, 403, path);
  }
  deepEqual(await usable(server), ["phone"]);
});

Deno.test("without a session there is nothing to see or to change", async () => {
  const server = await TestServer.start();
  await withPasskey(server, ALICE);
  const nobody = new Visitor(server);
  for (const path of ["/devices", "/devices/authenticator", "/frozen"]) {
    const asked = await nobody.get(path);
    deepEqual([asked.status, asked.headers.get("location")], [
      303,
      `/sign-in?${new URLSearchParams({ to: path })}`,
    ]);
  }
  for (const path of ["/devices/language", "/devices/d_key_alice/revoke", "/devices/recovery"]) {
    equal((await nobody.post(path, { language: "en", last: "1" })).status, 401);
  }
  deepEqual(await usable(server), ["phone"]);
});

Deno.test("a new sheet of recovery codes takes the place of the old one", async () => {
  const server = await TestServer.start();
  const [old = ""] = await withRecoveryCodes(server, ALICE);
  const alice = await signedIn(server);
  const answer = await alice.post("/devices/recovery");
  equal(answer.status, 200);
  const html = await answer.text();
  const [, code = ""] = /<li>([0-9A-Z]{5}-[0-9A-Z]{5})<\/li>/.exec(html) ?? [];
  const fields = { way: "recovery", name: "alice" };
  equal((await new Visitor(server).post("/sign-in", { ...fields, code: old })).status, 401);
  equal((await new Visitor(server).post("/sign-in", { ...fields, code })).status, 303);
  equal(server.audited.filter(({ event }) => event === "recovery.made").length, 1);
});

Deno.test("who comes by a recovery code adds a device, and is signed in by that", async () => {
  const server = await TestServer.start();
  const [code = ""] = await withRecoveryCodes(server, ALICE);
  const alice = new Visitor(server);
  await alice.post("/sign-in", { way: "recovery", name: "alice", code });
  const { cookie } = alice;
  equal((await alice.get("/frozen")).headers.get("location"), "/devices");
  equal((await alice.get("/devices/host-codes")).headers.get("location"), "/devices");
  const { secret, draft } = await drafted(alice, "/devices/authenticator");
  const fields = { draft, name: "new phone", code: shows(secret, server.time.now()) };
  const added = await alice.post("/devices/authenticator", fields);
  equal(added.headers.get("location"), "/devices?done=registered");
  ok(alice.cookie !== cookie && alice.cookie !== "");
  const html = await (await alice.get("/devices")).text();
  ok(!html.includes("You signed in with a recovery code") && html.includes("in use now"));
  equal((await alice.get("/frozen")).status, 200);
});

Deno.test("one's own language is for all pages, whatever the browser asks for", async () => {
  const server = await TestServer.start();
  const alice = await signedIn(server);
  equal(await headingOf(await alice.get("/devices")), "My devices");
  equal((await alice.post("/devices/language", { language: "zh-CN" })).status, 303);
  equal(await headingOf(await alice.get("/devices")), "我的设备");
  equal((await alice.post("/devices/language", { language: "fr" })).status, 422);
  equal(server.audited.at(-1)?.event, "person.changed");
});

/** Adds devices, and takes none back. */
class Keeping extends MemoryStore {
  override change<A>(change: Change<A>): Promise<A> {
    const { device, invitation } = change.wants;
    const takesBack = device !== undefined && invitation !== undefined;
    return takesBack ? Promise.reject(new Error("database is locked")) : super.change(change);
  }
}

const STORES = [
  ["is taken back", new MemoryStore(), []],
  ["and cannot be taken back is told of", new Keeping(), ["admin-chat"]],
] as const;
for (const [what, store, told] of STORES) {
  Deno.test(`a device that cannot be recorded ${what}`, async () => {
    const notifier = new FakeNotifier();
    const server = await TestServer.start(
      { alerts: new Map([["wecom", ["admin-chat"]]]) },
      notifier,
      { store },
    );
    const boss = someone("boss", { administrator: true });
    await withAuthenticator(server, boss);
    const visitor = new Visitor(server);
    await visitor.signInByCode("boss", codeNow(server));
    const challenge = await visitor.challenge("/devices/passkey/options");
    const passkey = await SoftPasskey.make(PUBLIC_URL, boss.id);
    const form = { name: "phone", passkey: await passkey.created({ challenge }) };
    server.failing = "append";
    equal((await visitor.post("/devices/passkey", form)).status, 503);
    await server.app.sweep();
    deepEqual((await usable(server)).includes("phone"), told.length > 0);
    deepEqual(notifier.told.map(({ to }) => to), told);
  });
}

Deno.test("a person sees in which order they are told, by what, and of what", async () => {
  const channels = [new FakeNotifier(), new FakeNotifier({ name: "telegram", sends: ["alert"] })];
  const server = await TestServer.start({}, channels);
  const contacts = { telegram: "12345", gone: "x", wecom: "AliceLi" };
  const alice = new Visitor(server, "zh-CN");
  await alice.signIn(await withPasskey(server, someone("alice", { contacts })));
  const html = await (await alice.get("/devices")).text();
  const told = [...html.matchAll(/<li>([^<]*)<div class="note[^"]*">([^<]*)<\/div><\/li>/g)];
  deepEqual(told.map(([, contact, said]) => [contact, said]), [
    ["telegram: 12345", "警报"],
    ["gone: x", "本服务器未设置该渠道"],
    ["wecom: AliceLi", "登录请求、验证码、警报"],
  ]);
});

Deno.test("nothing is changed twice or said to be when it cannot be written down", async () => {
  const server = await TestServer.start();
  await withAuthenticator(server, ALICE);
  const alice = new Visitor(server);
  await alice.signInByCode("alice", codeNow(server));
  server.failing = "append";
  equal((await alice.post("/devices/recovery")).status, 503);
  equal((await alice.post("/devices/d_app_alice/revoke", { last: "1" })).status, 503);
});
