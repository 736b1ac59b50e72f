/** What administrators see and do on pages, and that nobody else does. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { invitationHash } from "../../lib/core/invitation.ts";
import { addLogin, administrator, fill, fillDay, put, signedIn } from "../support/board.ts";
import { T0 } from "../support/logins.ts";
import {
  aFreeze,
  aGrant,
  all,
  anAuthenticator,
  anInvitation,
  aPasskey,
  someone,
} from "../support/people.ts";
import { FAILED, FakeNotifier } from "../support/pins.ts";
import { PUBLIC_URL, TestServer } from "../support/server_app.ts";
import type { Visitor } from "../support/visitor.ts";

const root = administrator();
const alice = someone("alice");

const PAGES = [
  ...["/admin/persons", "/admin/persons/p_alice", "/admin/hosts", "/admin/hosts/web1"],
  ...["/admin/logins", "/admin/grants", "/admin/freezes", "/admin/channels", "/admin/audit"],
];
const CHANGES: Readonly<Record<string, Record<string, string>>> = {
  "/admin/persons": { name: "new" },
  "/admin/persons/p_alice/change": { name: "renamed", administrator: "1" },
  "/admin/persons/p_alice/invite": {},
  "/admin/persons/p_alice/freeze": {},
  "/admin/persons/p_alice/unfreeze": {},
  "/admin/persons/p_alice/remove": {},
  "/admin/persons/p_alice/revoke": { device: "d_key" },
  "/admin/hosts/web1/revoke": {},
  "/admin/grants/revoke": { grant: "g_1" },
  "/admin/freezes": { user: "alice", host: "*" },
  "/admin/freezes/lift": { freeze: "f_1" },
  "/admin/channels/wecom/test": {},
};

/** Some that are there, and send nothing of themselves. */
const CHANNELS = [
  new FakeNotifier({ sends: [] }),
  new FakeNotifier({ name: "sms_twilio", sends: [], contact: /^\+[0-9]{5,15}$/ }),
  new FakeNotifier({ name: "mail", type: "email", sends: [] }),
];

async function start(): Promise<{ server: TestServer; admin: Visitor }> {
  const server = await TestServer.start({
    approval: { groups: new Map([["web", ["web*"]]]) },
  }, CHANNELS);
  const admin = await signedIn(server, root);
  await put(server, {
    person: [alice],
    device: [aPasskey()],
    freeze: [aFreeze()],
    grant: [aGrant({ createdAt: T0, expiresAt: T0 + 8 * 3_600_000 })],
  });
  return { server, admin };
}

const eventsOf = (server: TestServer) => server.audited.map(({ event }) => event);
const personOf = async (server: TestServer, id: string) =>
  (await server.memory.find("person", { id }))[0];
const alertOf = (html: string) => /<p class="error" role="alert">(.*?)<\/p>/.exec(html)?.[1];

Deno.test("administrators' pages: 200 for them, 403 for others, sign in for nobody", async () => {
  const { server, admin } = await start();
  const bob = await signedIn(server, someone("bob"));
  const nobody = await signedIn(server, someone("gone"));
  nobody.cookie = "";
  for (const path of PAGES) {
    equal((await admin.get(path)).status, 200, path);
    equal((await bob.get(path)).status, 403, path);
    const answer = await nobody.get(path);
    deepEqual([answer.status, answer.headers.get("location")?.split("?")[0]], [303, "/sign-in"]);
  }
});

Deno.test("administrators' changes: not for others, not from elsewhere, not with an old proof", async () => {
  const { server, admin } = await start();
  const bob = await signedIn(server, someone("bob"));
  const before = JSON.stringify(
    await Promise.all([
      all(server.memory, "person"),
      all(server.memory, "device"),
      all(server.memory, "freeze"),
      all(server.memory, "grant"),
      server.memory.hosts(),
    ]),
  );
  for (const [path, fields] of Object.entries(CHANGES)) {
    equal((await bob.post(path, fields)).status, 403, path);
    const foreign = await admin.post(path, fields, { origin: "https://evil.example" });
    equal(foreign.status, 403, path);
  }
  server.time.advance(5 * 60_000);
  for (const [path, fields] of Object.entries(CHANGES)) {
    equal((await admin.post(path, fields)).status, 401, path);
  }
  const after = JSON.stringify(
    await Promise.all([
      all(server.memory, "person"),
      all(server.memory, "device"),
      all(server.memory, "freeze"),
      all(server.memory, "grant"),
      server.memory.hosts(),
    ]),
  );
  equal(after, before);
  deepEqual(server.audited, []);
});

Deno.test("administrators whose proof is old are led to a new one, and see no forms that would fail", async () => {
  const { server, admin } = await start();
  const forms = async (path: string) => {
    const html = await (await admin.get(path)).text();
    return [...html.matchAll(/<form[^>]* method="post" action="(\/admin[^"]*)"/g)].map((m) => m[1]);
  };
  for (const path of ["/admin/persons", "/admin/persons/p_alice", "/admin/hosts/web1"]) {
    ok((await forms(path)).length > 0, path);
  }
  server.time.advance(5 * 60_000);
  for (const path of ["/admin/persons", "/admin/hosts/web1", "/admin/channels"]) {
    deepEqual(await forms(path), [], path);
    const html = await (await admin.get(path)).text();
    ok(html.includes(`/sign-in?to=${encodeURIComponent(path)}&amp;again=1`), path);
  }
});

Deno.test("persons: one is added with rights and contact; the link is shown once, with its code", async () => {
  const { server, admin } = await start();
  const answer = await admin.post("/admin/persons", {
    name: "王小明",
    approves: "own\r\ndeploy@web*, deploy@group:web",
    contacts: "sms_twilio: +8613800138000\r\n\r\n wecom:WangXM",
    language: "zh-CN",
  });
  equal(answer.status, 201);
  const html = await answer.text();
  const [, link = "", token = ""] =
    /<p class="box link">(https:\/\/[^<]*\/i\/([A-Za-z0-9_-]+))<\/p>/.exec(html) ?? [];
  ok(link.startsWith(`${PUBLIC_URL}/i/`));
  ok(/<svg[^>]* class="qr"/.test(html) && html.includes('aria-label="QR code of the link"'));
  const added = (await all(server.memory, "person")).find(({ name }) => name === "王小明");
  deepEqual(
    [added?.administrator, added?.approves, added?.language, added?.state],
    [false, ["own", "deploy@web*", "deploy@group:web"], "zh-CN", "active"],
  );
  deepEqual(Object.entries(added?.contacts ?? {}), [
    ["sms_twilio", "+8613800138000"],
    ["wecom", "WangXM"],
  ]);
  const [invitation] = await server.memory.find("invitation", { token: invitationHash(token) });
  equal(invitation?.person, added?.id);
  deepEqual(eventsOf(server), ["person.added", "person.invited"]);
  equal(server.audited[0]?.by, "person:root");
  ok(!JSON.stringify([server.audited, server.logged]).includes(token));
  for (const path of ["/admin/persons", `/admin/persons/${added?.id}`, "/admin/audit"]) {
    ok(!(await (await admin.get(path)).text()).includes(token), path);
  }
});

Deno.test("persons: what is wrong with the form is said on it, and what was typed stays", async () => {
  const { server, admin } = await start();
  const cases: readonly [Record<string, string>, RegExp][] = [
    [{ name: "" }, /1 to 64 characters/],
    [{ name: "a:b" }, /no comma or colon/],
    [{ name: "ALICE" }, /has that name already/],
    [{ name: "x", approves: "own nobody" }, /no account that can be approved.*nobody/],
    [{ name: "x", approves: "a@group:none" }, /names a group that there is not.*a@group:none/],
    [
      { name: "x", contacts: "wecom: @all" },
      /wecom: @all.*A contact of wecom is the account of a member\./,
    ],
    [{ name: "x", contacts: "wecom: a\nWangXM" }, /a colon, .*>WangXM<\/code>$/],
    [{ name: "x", contacts: "wecom: a\nwecom: b" }, /once.*wecom: b/],
    [{ name: "x", contacts: "wecom:" }, /a colon, and the contact there/],
    [
      { name: "x", contacts: "wecom: a\nsms_twilio: WangXM" },
      /sms_twilio: WangXM.*A contact of sms_twilio is a mobile number with \+/,
    ],
    [{ name: "x", contacts: "pager: a" }, /no channel of that name.*>pager: a<\/code>$/],
    [{ name: "x", contacts: "wecon: a" }, /no channel of that name.*Did you mean wecom\?/],
    [{ name: "x", contacts: "email: a@b.c" }, /no channel of that name.*Did you mean mail\?/],
  ];
  for (const [fields, fault] of cases) {
    const answer = await admin.post("/admin/persons", { approves: "own", ...fields });
    equal(answer.status, 422);
    const html = await answer.text();
    ok(fault.test(alertOf(html) ?? ""), alertOf(html) ?? "nothing");
    ok(html.includes(`value="${fields.name}"`));
    ok(html.includes(`>${fields.contacts ?? ""}</textarea>`));
  }
  equal((await admin.post("/admin/persons", { name: "x", state: "active" })).status, 422);
  equal((await all(server.memory, "person")).length, 2);
  deepEqual(server.audited, []);
});

Deno.test("persons: what a contact is, is said in both languages, with an example of a channel that is there", async () => {
  const server = await TestServer.start({}, [
    new FakeNotifier({ name: "robot", type: "wecom_robot", reach: "group", sends: [] }),
    new FakeNotifier({ name: "tg", type: "telegram", sends: [], contact: /^[0-9]+$/ }),
  ]);
  const admin = await signedIn(server, root);
  const fields = { name: "x", approves: "own", contacts: "robot: a\ntg: @alice" };
  const answer = await admin.post("/admin/persons", fields);
  const english = await answer.text();
  ok(/tg: @alice.*A contact of tg is the number of/.test(alertOf(english) ?? ""));
  ok(english.includes("tg: 123456789") && !english.includes("zhangsan"));
  const chinese = await signedIn(server, { ...root, language: "zh-CN" });
  const said = alertOf(await (await chinese.post("/admin/persons", fields)).text());
  ok(/tg: @alice.*tg 的联系方式为此人与机器人的聊天的编号/.test(said ?? ""), said);
  const without = await signedIn(await TestServer.start(), root);
  const html = await (await without.get("/admin/persons")).text();
  ok(html.includes("a colon, and the contact there. They are tried"));
});

Deno.test("persons: one contact of two is taken, with a warning where answers in the chat count for neither", async () => {
  const server = await TestServer.start({}, [
    new FakeNotifier({ answers: true, sends: [] }),
    new FakeNotifier({ name: "mail", sends: [] }),
  ]);
  const admin = await signedIn(server, root);
  const contacts = { wecom: "AliceLi", mail: "li@example.com" };
  const gone = someone("gone", { state: "removed", contacts });
  await put(server, { person: [{ ...alice, contacts }, gone] });
  const warning = /([^<>]*) too: an answer in the chat counts for nobody/g;
  const warnings = (html: string) => [...html.matchAll(warning)].map(([, names]) => names);
  const pageOf = async (id: string) => await (await admin.get(`/admin/persons/${id}`)).text();
  deepEqual(warnings(await pageOf("p_alice")), []);
  const added = await admin.post("/admin/persons", {
    ...{ name: "alice.admin", approves: "own" },
    contacts: "wecom: aliceli\nmail: li@example.com",
  });
  equal(added.status, 201);
  deepEqual(warnings(await added.text()), ["alice"]);
  const other = (await all(server.memory, "person")).find(({ name }) => name === "alice.admin");
  deepEqual(warnings(await pageOf(other?.id ?? "")), ["alice"]);
  deepEqual(warnings(await pageOf("p_alice")), ["alice.admin"]);
  const channels = await (await admin.get("/admin/channels")).text();
  deepEqual(
    [...channels.matchAll(/([^<>]*) have the same contact, (\w+):/g)].map(([, ...all]) => all),
    [["alice, alice.admin", "AliceLi"]],
  );
  const fields = { name: "alice", approves: "own", contacts: "wecom: Alice2" };
  equal((await admin.post("/admin/persons/p_alice/change", fields)).status, 303);
  deepEqual(warnings(await pageOf("p_alice")), []);
  ok(!(await (await admin.get("/admin/channels")).text()).includes("have the same contact"));
});

Deno.test("persons: rights are changed, on record, and end what they gave", async () => {
  const { server, admin } = await start();
  await signedIn(server, alice);
  await put(server, {
    grant: [aGrant({ id: "g_d", user: "deploy", createdAt: T0, expiresAt: T0 + 3_600_000 })],
  });
  const answer = await admin.post("/admin/persons/p_alice/change", {
    name: "alice",
    approves: "own\nbackup@*",
    language: "en",
  });
  deepEqual(
    [answer.status, answer.headers.get("location")],
    [303, "/admin/persons/p_alice?done=changed"],
  );
  const changed = await personOf(server, "p_alice");
  deepEqual([changed?.approves, changed?.language], [["own", "backup@*"], "en"]);
  equal((await server.memory.find("session", { person: "p_alice" })).length, 0);
  deepEqual(eventsOf(server), ["person.changed", "grant.ended"]);
  equal(server.audited[0]?.approves, "own backup@*");
});

Deno.test("persons: a form that changes nothing is no change", async () => {
  const { server, admin } = await start();
  const same = { name: "alice", approves: "own", language: "auto", contacts: "" };
  equal((await admin.post("/admin/persons/p_alice/change", same)).status, 303);
  deepEqual(server.audited, []);
});

Deno.test("persons: contacts are shown in their order, and of what is no channel here none is lost", async () => {
  const { server, admin } = await start();
  const contacts = { gone: "<b>1</b>", wecom: "AliceLi", sms_twilio: "nonsense" };
  await put(server, { person: [{ ...alice, contacts }] });
  const html = await (await admin.get("/admin/persons/p_alice")).text();
  const shown = [...html.matchAll(/<li>([^<]*)<div class="note[^"]*">([^<]*)<\/div><\/li>/g)];
  deepEqual(shown.map(([, contact, said]) => [contact, said]), [
    ["gone: &lt;b&gt;1&lt;/b&gt;", "not set up at this server"],
    ["wecom: AliceLi", ""],
    ["sms_twilio: nonsense", "not a contact of this channel"],
  ]);
  ok(html.includes("There are these channels: wecom, sms_twilio, mail."));
  const given = { name: "alice", approves: "own" };
  const change = async (lines: readonly string[]) => {
    const fields = { ...given, contacts: lines.join("\r\n") };
    equal((await admin.post("/admin/persons/p_alice/change", fields)).status, 303);
    const changed = await personOf(server, "p_alice");
    return Object.entries(changed?.contacts ?? {});
  };
  const all = ["gone: <b>1</b>", "wecom: AliceLi", "sms_twilio: nonsense"];
  deepEqual(await change(all), Object.entries(contacts));
  deepEqual(eventsOf(server), []);
  deepEqual(await change(all.toReversed()), Object.entries(contacts).toReversed());
  deepEqual(await change(["wecom: Alice2", "gone: <b>1</b>"]), [
    ["wecom", "Alice2"],
    ["gone", "<b>1</b>"],
  ]);
  const line = server.audited.at(-1);
  deepEqual([line?.contacts, line?.contacts_changed], [
    ...["wecom=…ce2 gone=…</b>", "wecom sms_twilio"],
  ]);
});

Deno.test("persons: nobody takes their own rights away, or freezes or removes themselves", async () => {
  const { server, admin } = await start();
  const self = "/admin/persons/p_root";
  const given = { name: "root", approves: "own" };
  for (const [act, fields] of [["change", given], ["freeze", {}], ["remove", {}]] as const) {
    const answer = await admin.post(`${self}/${act}`, fields);
    equal(answer.status, 422, act);
    ok(/cannot take this away from yourself/.test(alertOf(await answer.text()) ?? ""), act);
  }
  deepEqual(await personOf(server, "p_root"), root);
  equal((await admin.post(`${self}/change`, { ...given, administrator: "1" })).status, 303);
});

Deno.test("persons: freezing, unfreezing and removing, each on record", async () => {
  const { server, admin } = await start();
  await put(server, { invitation: [anInvitation()] });
  const path = "/admin/persons/p_alice";
  equal((await admin.post(`${path}/freeze`)).headers.get("location"), `${path}?done=frozen`);
  equal((await personOf(server, "p_alice"))?.state, "frozen");
  equal((await all(server.memory, "invitation")).length, 0);
  // A frozen person is not invited.
  equal((await admin.post(`${path}/invite`)).status, 422);
  equal((await admin.post(`${path}/unfreeze`)).headers.get("location"), `${path}?done=unfrozen`);
  equal((await personOf(server, "p_alice"))?.state, "active");
  equal((await admin.post(`${path}/remove`)).status, 303);
  equal((await personOf(server, "p_alice"))?.state, "removed");
  equal((await admin.post(`${path}/unfreeze`)).status, 422);
  deepEqual(eventsOf(server), [
    ...["person.frozen", "grant.ended", "person.unfrozen", "person.removed", "device.revoked"],
  ]);
  ok(server.audited.every(({ by }) => by === "person:root"));
  const html = await (await admin.get(path)).text();
  ok(!html.includes(`${path}/change`), "nothing to do with somebody who is gone");
});

Deno.test("persons: that one is frozen is told, to the person as well", async () => {
  const notifier = new FakeNotifier();
  const server = await TestServer.start({ alerts: new Map([["wecom", ["admin-chat"]]]) }, notifier);
  const admin = await signedIn(server, root);
  await put(server, { person: [{ ...alice, contacts: { wecom: "alice-chat" } }] });
  await admin.post("/admin/persons/p_alice/freeze");
  await server.until(() => eventsOf(server).filter((event) => event === "alert.sent").length === 2);
  deepEqual(notifier.told.map(({ to }) => to).toSorted(), ["admin-chat", "alice-chat"]);
  const frozen = { kind: "person_frozen", person: "alice", by: "person:root", at: T0 };
  deepEqual(notifier.told.map(({ message }) => message), [frozen, frozen]);
});

Deno.test("persons: one device is revoked, and only of the person that the page is of", async () => {
  const { server, admin } = await start();
  await put(server, { device: [anAuthenticator({ id: "d_bobs", person: "p_bob" })] });
  const path = "/admin/persons/p_alice/revoke";
  equal((await admin.post(path, { device: "d_bobs" })).status, 404);
  equal((await admin.post(path, { device: "d_key" })).status, 303);
  equal((await admin.post(path, { device: "d_key" })).status, 404);
  const [key, bobs] = await all(server.memory, "device");
  deepEqual([key?.revokedAt, bobs?.revokedAt], [T0, null]);
  deepEqual(eventsOf(server), ["device.revoked"]);
});

Deno.test("persons: an invitation again ends the one before", async () => {
  const { server, admin } = await start();
  await put(server, { invitation: [anInvitation()] });
  const answer = await admin.post("/admin/persons/p_alice/invite");
  equal(answer.status, 201);
  const invitations = await all(server.memory, "invitation");
  deepEqual(invitations.map(({ id, person, by }) => [id === "i_1", person, by]), [
    [false, "p_alice", "person:root"],
  ]);
  deepEqual(eventsOf(server), ["person.invited"]);
});

Deno.test("persons: more rights that cannot be recorded are none, and no link is shown", async () => {
  const { server, admin } = await start();
  server.failing = "append";
  const path = "/admin/persons/p_alice";
  const more = { name: "alice", approves: "own\n*@*", administrator: "1" };
  equal((await admin.post(`${path}/change`, more)).status, 503);
  deepEqual(await personOf(server, "p_alice"), alice);
  for (const path of ["/admin/persons", "/admin/persons/p_alice/invite"]) {
    const answer = await admin.post(path, { name: "new" });
    equal(answer.status, 503);
    ok(!(await answer.text()).includes("/i/"));
  }
  // What is taken away stays taken away.
  equal((await admin.post(`${path}/freeze`)).status, 503);
  equal((await personOf(server, "p_alice"))?.state, "frozen");
  equal((await admin.post(`${path}/unfreeze`)).status, 503);
  equal((await personOf(server, "p_alice"))?.state, "frozen");
});

Deno.test("hosts: seen, found and revoked, on record; what is no host is not", async () => {
  const { server, admin } = await start();
  await server.addHost("db.example.com", "ghh_db");
  const html = await (await admin.get("/admin/hosts?q=DB")).text();
  ok(html.includes('href="/admin/hosts/db.example.com"') && !html.includes("/admin/hosts/web1"));
  ok(!html.includes("ghh_"), "no token");
  const answer = await admin.post("/admin/hosts/web1/revoke");
  equal(answer.headers.get("location"), "/admin/hosts/web1?done=revoked");
  deepEqual(server.audited, [
    { event: "host.revoked", host: "web1", by: "person:root", via: "session" },
  ]);
  equal((await server.ask()).status, 401);
  equal((await admin.post("/admin/hosts/web1/revoke")).status, 303);
  equal(server.audited.length, 1);
  equal((await admin.get("/admin/hosts/none")).status, 404);
  equal((await admin.post("/admin/hosts/none/revoke")).status, 404);
});

Deno.test("logins: of one that was remembered, who has given the grant", async () => {
  const { server, admin } = await start();
  const ended = { state: "approved", collected: true, via: "grant" } as const;
  await addLogin(server, "a", { ...ended, by: "grant:g_1" });
  ok((await (await admin.get("/admin/logins")).text()).includes(">person:alice</td>"));
});

Deno.test("persons: what they answer for in words, and whether an invitation waits", async () => {
  const { server, admin } = await start();
  const invitation = (id: string, person: string, more: Parameters<typeof anInvitation>[0] = {}) =>
    anInvitation({ id, tokenHash: id, person, createdAt: T0, expiresAt: T0 + 1_000, ...more });
  await put(server, {
    person: [
      someone("bob", { approves: ["own", "deploy@web*"] }),
      someone("carol", { administrator: true, approves: ["own"] }),
    ],
    invitation: [
      invitation("i_a", "p_alice", { usedAt: T0 }),
      invitation("i_b", "p_bob"),
      invitation("i_c", "p_carol", { expiresAt: T0 + 999_000 }),
    ],
  });
  server.time.advance(1_000);
  const rows = async (path: string) => {
    const html = await (await admin.get(path)).text();
    return Object.fromEntries(
      [...html.matchAll(/<tr><th.*?>([a-z]+)<\/a><\/th>(.*?)<\/tr>/g)].map(([, name, cells]) => [
        name,
        cells?.replaceAll(/<[^>]*>/g, "|").replaceAll(/[| ]*\|[| ]*/g, "|"),
      ]),
    );
  };
  deepEqual(await rows("/admin/persons"), {
    alice: "|active|own account|1|never|",
    bob: "|active|invitation expired|own account, deploy@web*|0|never|",
    carol: "|active|Administrator|invited|all accounts|0|never|",
    root: "|active|Administrator|all accounts|0|never|",
  });
  const page = async (name: string) => await (await admin.get(`/admin/persons/p_${name}`)).text();
  const until = /There is a link, good until <time[^>]*>Jan 1, 2026, 00:16 UTC</;
  ok(until.test(await page("carol")));
  ok((await page("bob")).includes("The last link expired"));
  ok(!/There is a link|The last link/.test(await page("alice")));
});

Deno.test("logins: found by user, host, source, requester and outcome", async () => {
  const { server, admin } = await start();
  await addLogin(server, "a", { user: "deploy", host: "web7", source: "192.0.2.1" });
  await addLogin(server, "b", { user: "deploy", host: "db1", state: "denied", reason: "denied" });
  await addLogin(server, "c", { user: "root", host: "db1", requester: "carol" });
  const found = async (query: string) => {
    const html = await (await admin.get(`/admin/logins?${query}`)).text();
    const rows = html.matchAll(
      /<th scope="row">(?:<a [^>]*>)?([a-z]+@[a-z0-9]+)(?:<\/a>)?<\/th><td[^>]*>[^<]*<\/td><td>/g,
    );
    return [...rows].map(([, name]) => name);
  };
  deepEqual(await found("q=deploy"), ["deploy@db1", "deploy@web7"]);
  deepEqual(await found("q=deploy%40web"), ["deploy@web7"]);
  deepEqual(await found("q=DB1+deploy"), ["deploy@db1"]);
  deepEqual(await found("q=192.0.2.1"), ["deploy@web7"]);
  deepEqual(await found("q=carol"), ["root@db1"]);
  deepEqual(await found("outcome=refused"), ["deploy@db1"]);
  await addLogin(server, "d", { user: "bob", state: "cancelled", reason: "code_used" });
  deepEqual(await found("outcome=code"), ["bob@web1"]);
  deepEqual(await found("outcome=ended"), []);
  deepEqual(await found("outcome=waiting&q=db1"), ["root@db1"]);
  deepEqual(await found("outcome=nonsense&q=web7"), ["deploy@web7"]);
  ok((await (await admin.get("/admin/logins?q=nobody")).text()).includes("Nothing found."));
  const typed = `"><script>alert(1)</script>`;
  const html = await (await admin.get(`/admin/logins?q=${encodeURIComponent(typed)}`)).text();
  ok(!html.includes("<script>alert") && html.includes("&quot;&gt;&lt;script&gt;"));
});

Deno.test("logins: older ones page by page, each once, whatever comes meanwhile", async () => {
  const { server, admin } = await start();
  await fillDay(server, 100);
  const seen: number[] = [];
  let path: string | undefined = "/admin/logins?q=web";
  while (path !== undefined) {
    const html: string = await (await admin.get(path)).text();
    const list = html.slice(html.indexOf('role="search"'));
    seen.push([...list.matchAll(/<th scope="row">/g)].length);
    const [, next] = /<a class="plain" rel="next" href="([^"]+)">/.exec(list) ?? [];
    path = next?.replaceAll("&amp;", "&");
    equal(path === undefined || path.includes("q=web&"), true);
    ok(seen.length === 1 || !html.includes('<svg class="chart"'), "pictures are of the newest");
    await addLogin(server, `new${seen.length}`, { host: "web9" });
  }
  const all = await server.memory.recentLogins(1_000);
  const there = all.filter(({ id, host }) => host.startsWith("web") && !id.startsWith("new"));
  equal(seen.reduce((a, b) => a + b, 0), there.length);
  ok(seen.length > 1);
});

Deno.test("grants: administrators see all, and take back any, on record", async () => {
  const { server, admin } = await start();
  const open = { createdAt: T0, expiresAt: T0 + 3_600_000, person: "p_bob", by: "person:bob" };
  await put(server, { grant: [aGrant({ ...open, id: "g_b", user: "bob", key: "SHA256:bobs" })] });
  const html = await (await admin.get("/admin/grants?q=bob")).text();
  ok(html.includes("SHA256:bobs") && html.includes("person:bob") && !html.includes("SHA256:abc"));
  equal((await admin.post("/admin/grants/revoke", { grant: "all" })).status, 404);
  equal((await admin.post("/admin/grants/revoke", { grant: "g_b" })).status, 303);
  deepEqual(server.audited.map(({ event, grant, by }) => [event, grant, by]), [
    ["grant.ended", "g_b", "person:root"],
  ]);
});

Deno.test("freezes: an account is frozen and unfrozen, on record", async () => {
  const { server, admin } = await start();
  await addLogin(server, "waiting", { user: "deploy" });
  const answer = await admin.post("/admin/freezes", { user: " deploy ", host: "web1" });
  equal(answer.headers.get("location"), "/admin/freezes?done=frozen");
  equal((await server.stored("waiting")).state, "denied");
  const html = await (await admin.get("/admin/freezes")).text();
  ok(html.includes(">deploy<") && html.includes(">alice<"));
  equal((await admin.post("/admin/freezes/lift", { freeze: "f_1" })).status, 303);
  equal((await admin.post("/admin/freezes/lift", { freeze: "f_1" })).status, 404);
  const lifted = (await all(server.memory, "freeze")).find(({ id }) => id === "f_1");
  equal(lifted?.liftedBy, "person:root");
  deepEqual(eventsOf(server).filter((event) => event.startsWith("account.")), [
    "account.frozen",
    "account.unfrozen",
  ]);
});

Deno.test("freezes: only a host that we know, or all; faults are said on the form", async () => {
  const { server, admin } = await start();
  for (
    const [fields, fault] of [
      [{ user: "deploy", host: "web-1" }, /A host has/],
      [{ user: "two words", host: "*" }, /A user has/],
      [{ user: " ", host: "*" }, /A user has/],
    ] as const
  ) {
    const answer = await admin.post("/admin/freezes", fields);
    equal(answer.status, 422);
    ok(fault.test(alertOf(await answer.text()) ?? ""));
  }
  equal((await all(server.memory, "freeze")).length, 1);
});

Deno.test("channels: who is reached, what is wrong, and what to do about it", async () => {
  const { server, admin } = await start();
  const wecom = new FakeNotifier();
  const group = new FakeNotifier({ name: "robot", reach: "group", sends: ["request", "alert"] });
  const other = await TestServer.start({ alerts: new Map([["wecom", ["admin-chat"]]]) }, [
    wecom,
    group,
    new FakeNotifier({ name: "telegram", answers: true }),
    new FakeNotifier({ name: "hook", type: "webhook", reach: "group" }),
  ], { store: server.memory });
  const visitor = await signedIn(other, root);
  const bob = someone("bob", { contacts: { robot: "bob", hook: "bob" } });
  await put(other, { person: [{ ...alice, contacts: { wecom: "AliceLi" } }, bob] });
  const cards = async () => {
    const html = await (await visitor.get("/admin/channels")).text();
    return html.split('<section class="card">').slice(1);
  };
  const [ofWecom = "", ofGroup = "", ofTelegram = "", ofProgram = ""] = await cards();
  ok(/alice<\/a>.*one contact of server\.toml/.test(ofWecom), ofWecom);
  ok(ofWecom.includes("requests, codes, alerts") && ofGroup.includes("requests, alerts"));
  ok(ofTelegram.includes("Nobody. Give people a contact there"));
  ok(/Everybody in the group; mentions.*bob<\/a>/.test(ofGroup) && ofGroup.includes("for a group"));
  ok(/The program; .*bob<\/a>/.test(ofProgram) && ofProgram.includes("for a program"));
  ok(ofProgram.includes("Send a test to the program") && ofProgram.includes(">English<"));
  ok(!ofWecom.includes("/wecom/test") && ofWecom.includes("you need a contact there yourself"));
  const [wecomSays, telegramSays] = [ofWecom, ofTelegram].map((card) =>
    card.includes("in the chat")
  );
  deepEqual([wecomSays, telegramSays], [false, true]);
  ok(ofGroup.includes("/robot/test") && !ofTelegram.includes("What to do"));
  equal((await admin.get("/admin/channels")).status, 200);
});

Deno.test("channels: a test goes to whoever asks for it, or to the group, and says how that went", async () => {
  const wecom = new FakeNotifier({ leftAloneUntil: () => T0 + 30_000 });
  const group = new FakeNotifier({ name: "robot", reach: "group" });
  const server = await TestServer.start({}, [wecom, group]);
  const admin = await signedIn(server, { ...root, contacts: { wecom: "RootW" } });
  const test = (name: string) => admin.post(`/admin/channels/${name}/test`);
  for (const [name, channel, to] of [["wecom", wecom, "RootW"], ["robot", group, ""]] as const) {
    const answer = await test(name);
    deepEqual([answer.status, answer.headers.get("location")], [
      303,
      "/admin/channels?done=tested",
    ]);
    const message = { kind: "test", channel: name, at: server.time.now(), language: "en" };
    deepEqual(channel.asked, [{ to, message }]);
    deepEqual(server.audited.at(-1), {
      ...{ event: "channel.tested", channel: name, to, by: "person:root" },
    });
  }
  ok((await (await admin.get("/admin/channels")).text()).includes("Tried again"));
  wecom.answer = () => Promise.resolve(FAILED);
  const answer = await test("wecom");
  equal(answer.status, 422);
  const html = await answer.text();
  ok(alertOf(html)?.includes(FAILED.hint) && html.includes('class="tag bad"'));
  equal(server.audited.at(-1)?.event, "channel.test_failed");
  equal((await test("telegram")).status, 404);

  const without = await signedIn(server, someone("boss", { administrator: true }));
  const refused = await without.post("/admin/channels/wecom/test");
  equal(refused.status, 422);
  ok(alertOf(await refused.text())?.includes("you need a contact there yourself"));
  equal(wecom.asked.length, 2);
});

Deno.test("channels: says when none is set up", async () => {
  const server = await TestServer.start();
  const admin = await signedIn(server, root);
  ok((await (await admin.get("/admin/channels")).text()).includes("No channel is set up"));
});

Deno.test("audit: the newest lines, found by words, older ones behind", async () => {
  const { server, admin } = await start();
  for (let index = 0; index < 120; index++) {
    const event = index === 3 ? "person.added" : "login.approved";
    server.audited.push({ event, user: index === 7 ? "<i>zoe</i>" : "alice", number: index });
  }
  const page = async (query: string) => await (await admin.get(`/admin/audit${query}`)).text();
  const first = await page("");
  ok(first.includes("number=119") && first.includes("number=70") && !first.includes("number=69 "));
  const [, older = ""] = /rel="next" href="\/admin\/audit([^"]+)"/.exec(first) ?? [];
  const second = await page(older.replaceAll("&amp;", "&"));
  ok(second.includes("number=69") && second.includes("number=20") && !second.includes("=119"));
  ok(second.includes('href="/admin/audit">Newest'));
  const found = await page("?q=zoe+login");
  ok(found.includes("user=&lt;i&gt;zoe&lt;/i&gt;") && !found.includes("number=119"));
  ok((await page("?q=person.added")).includes("number=3"));
  ok((await page("?before=nonsense")).includes("number=119"));
});

Deno.test("audit: verified when asked for; the result and the last hash stay until the next time", async () => {
  const { server, admin } = await start();
  server.audited.push({ event: "login.created" }, { event: "login.denied" });
  ok(!(await (await admin.get("/admin/audit")).text()).includes("Last hash"));
  equal((await admin.get("/admin/audit/verify")).status, 405);
  const answer = await admin.post("/admin/audit/verify");
  deepEqual([answer.status, answer.headers.get("location")], [303, "/admin/audit"]);
  const html = await (await admin.get("/admin/audit")).text();
  ok(html.includes("Whole: 2 entries.") && /<code class="hash">[0-9a-f]{64}<\/code>/.test(html));
});

Deno.test("administrators' pages stay below 60 KB with hundreds of everything, in both languages", async () => {
  const { server, admin } = await start();
  await fill(server);
  const many = Array.from({ length: 200 }, (_, index) => String(index).padStart(3, "0"));
  await put(server, {
    person: many.map((n) => someone(`somebody-${n}`, { approves: ["own", "deploy@web*"] })),
    grant: many.map((n) =>
      aGrant({
        ...{ id: `g_x${n}`, user: `somebody-${n}`, key: `SHA256:${"x".repeat(43)}` },
        ...{ createdAt: T0, expiresAt: T0 + 3_600_000 },
      })
    ),
    freeze: many.map((n) => aFreeze({ id: `f_x${n}`, user: `somebody-${n}` })),
  });
  for (const n of many) await server.addHost(`host-with-a-name-${n}`, `ghh_${n}`);
  for (const n of many) {
    const source = `2001:db8:1234:5678:9abc:def0:1234:${n}`;
    server.audited.push({
      event: "login.approved",
      source,
      command: "x".repeat(90),
      by: "person:a",
    });
  }
  for (const path of PAGES) {
    for (const language of ["en", "zh-CN"]) {
      const answer = await admin.get(path, { "accept-language": language });
      equal(answer.headers.get("content-language"), language);
      const size = new TextEncoder().encode(await answer.text()).length;
      ok(size < 60_000, `${path}: ${size}`);
    }
  }
});
