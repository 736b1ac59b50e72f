/** What an approval on the page may be remembered for, and that it says so. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { alertOf, Approver, controls, headingOf } from "../support/approver.ts";
import { all } from "../support/people.ts";
import { type AppChanges, type Created, TestServer } from "../support/server_app.ts";

const NOT_REMEMBERED = "It cannot be remembered like that, so it was not approved. Choose again.";

function start(changes: AppChanges["approval"] = {}, more: AppChanges = {}): Promise<TestServer> {
  return TestServer.start({ ...more, approval: { require: "person", ...changes } });
}

async function state(server: TestServer, login: Created): Promise<string> {
  return (await server.stored(login.id)).state;
}

async function opened(alice: Approver, login: Created): Promise<string> {
  return await (await alice.open(login)).text();
}

/** The values that a select offers. */
function offered(html: string, name: string): string[] {
  const select = new RegExp(`<select name="${name}">(.*?)</select>`).exec(html)?.[1] ?? "";
  return [...select.matchAll(/value="([^"]*)"/g)].map(([, value]) => value ?? "");
}

Deno.test("an approval that is remembered for an hour lets the next login in by itself", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create();
  const html = await (await alice.touch(login, { remember: "3600" })).text();
  equal(headingOf(html), "Approved");
  match(html, /<dt>Remembered<\/dt><dd>1 hour, <time [^>]*>until 01:00 UTC<\/time><\/dd>/);
  ok(html.includes('<a href="/grants">Remembered</a>'));
  const next = await (await server.ask()).json();
  equal(next.state, "approved");
  ok(next.verdict);
  const [grant] = await all(server.memory, "grant");
  deepEqual([grant?.person, grant?.host, grant?.commands, grant?.key], [
    alice.person.id,
    "web1",
    "any",
    "SHA256:of-alices-key",
  ]);
  server.time.advance(3_600_000);
  equal((await (await server.ask()).json()).state, "pending");
});

Deno.test("a login by ssh without a key is neither offered to be remembered, nor can it be", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create({ key: undefined });
  deepEqual(offered(await opened(alice, login), "remember"), []);
  const refused = await alice.touch(login, { remember: "3600" });
  deepEqual([refused.status, alertOf(await refused.text())], [422, NOT_REMEMBERED]);
  equal(await state(server, login), "pending");
  equal((await alice.approve(login)).status, 200);
  deepEqual(offered(await opened(alice, await server.create({ key: undefined })), "remember"), []);
  const sudo = await server.create({ key: undefined, service: "sudo", command: null });
  equal((await alice.approve(sudo, { remember: "3600" })).status, 200);
  const again = await server.ask({ key: undefined, service: "sudo", command: null });
  equal((await again.json()).state, "approved");
});

Deno.test("where it can be for file transfer alone, the page says what that still allows", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const html = await opened(alice, await server.create());
  ok(
    /Only file transfer[^<]*<span class="note">It can still write any file of the account, such as one that runs/
      .test(html),
  );
});

Deno.test("a later visit says so again, to who has remembered it, as long as it lasts", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const carol = await Approver.join(server, "carol", { administrator: true });
  const login = await server.create();
  await alice.touch(login, { remember: "3600" });
  const other = await server.create({ source: "192.0.2.8" });
  server.time.advance(60_000);
  await alice.approve(other);
  match(await opened(alice, login), /<dt>Remembered<\/dt><dd>1 hour, .*until 01:00 UTC/);
  ok(!(await opened(alice, other)).includes("Remembered"), "that was once");
  await carol.touch(await server.create({ user: "carol" }));
  ok(!(await opened(carol, login)).includes("Remembered"), "it was not hers");
  const [grant] = await all(server.memory, "grant");
  await alice.press("/grants/revoke", { grant: grant?.id ?? "" });
  ok(!(await opened(alice, login)).includes("Remembered"), "it is over");
});

Deno.test("only this time is what is remembered when nothing is chosen", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const fields = { remember: "", scope: "host", commands: "transfer" };
  const html = await (await alice.touch(await server.create(), fields)).text();
  ok(!html.includes("Remembered"));
  deepEqual(await all(server.memory, "grant"), []);
});

Deno.test("only for file transfer, a shell still asks", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  await alice.touch(await server.create(), { remember: "3600", commands: "transfer" });
  equal((await (await server.ask({ command: "internal-sftp" })).json()).state, "approved");
  equal((await (await server.ask()).json()).state, "pending");
});

Deno.test("where nobody knows what will run, it is not offered for file transfer", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  ok((await opened(alice, await server.create())).includes('name="commands"'));
  const pam = await server.create({ command: null, key: "SHA256:another" });
  ok(!(await opened(alice, pam)).includes('name="commands"'));
});

Deno.test("what is offered keeps to the longest time that is allowed", async () => {
  const hour = 3_600_000;
  for (
    const [longestMs, times] of [
      [24 * hour, ["", "3600", "28800"]],
      [8 * hour, ["", "3600", "28800"]],
      [4 * hour, ["", "3600", "14400"]],
      [hour, ["", "3600"]],
      [hour / 2, ["", "1800"]],
      [0, []],
    ] as const
  ) {
    const server = await start({ grants: { longestMs, ipv6Prefix: 128 } });
    const alice = await Approver.join(server, "alice");
    const login = await server.create();
    deepEqual(offered(await opened(alice, login), "remember"), times);
    const answer = await alice.touch(login, { remember: String(longestMs / 1000 + 1) });
    deepEqual([answer.status, alertOf(await answer.text())], [422, NOT_REMEMBERED]);
    equal(await state(server, login), "pending");
    // Signed in by now, so a choice that is allowed needs the number only.
    equal((await alice.approve(login)).status, 200);
    deepEqual(await all(server.memory, "grant"), []);
  }
});

Deno.test("a group of hosts is offered to those who answer for all of it", async () => {
  const groups = new Map([["web", ["web1", "web2"]], ["db", ["db*"]]]);
  const server = await start({ groups });
  await server.addHost("web2", "ghh_web2");
  const alice = await Approver.join(server, "alice");
  const bob = await Approver.join(server, "bob", { approves: ["alice@web1"] });
  const login = await server.create();
  deepEqual(offered(await opened(alice, login), "scope"), ["host", "group:web"]);
  const refused = await bob.touch(login, { remember: "3600", scope: "group:web" });
  equal(refused.status, 422);
  const html = await refused.text();
  equal(alertOf(html), NOT_REMEMBERED);
  deepEqual(offered(html, "scope"), [], "one place is nothing to choose from");
  equal(await state(server, login), "pending");
  const elsewhere = await alice.touch(login, { remember: "3600", scope: "group:db" });
  equal(elsewhere.status, 422);
  equal((await alice.approve(login, { remember: "3600", scope: "group:web" })).status, 200);
  equal((await (await server.ask({}, "ghh_web2")).json()).state, "approved");
});

Deno.test("a scope that is none is not understood", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create();
  for (const scope of ["group:", "group:a b", "*", "web2", "group:web,db"]) {
    const answer = await alice.approve(login, { remember: "3600", scope });
    equal(answer.status, 422, scope);
  }
  equal(await state(server, login), "pending");
});

Deno.test("what takes two persons, or comes from SSH2FA, is never remembered", async () => {
  const server = await start({ twoPersons: ["root@*"] }, { ssh2fa: true });
  const boss = await Approver.join(server, "boss", { administrator: true });
  const root = await server.create({ user: "root" });
  deepEqual(offered(await opened(boss, root), "remember"), []);
  equal((await boss.touch(root, { remember: "3600" })).status, 422);
  const { display_token } = await (await server.json("/start_login", { username: "bob" })).json();
  const html = await (await server.fetch("GET", `/approve?token=${display_token}`, {
    headers: { cookie: boss.cookie },
  })).text();
  deepEqual(offered(html, "remember"), []);
  const path = `/l/${display_token}/approve`;
  equal((await boss.press(path, { remember: "3600" })).status, 422);
  equal((await boss.press(path, {})).status, 200);
  deepEqual(await all(server.memory, "grant"), []);
});

Deno.test("preauth says that nothing runs and for how long, and approving it gives the grant", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const asked = { service: "preauth", command: null, tty: true };
  const login = await server.create({ ...asked, preauth: { for: 1_800, commands: "any" } });
  const html = await opened(alice, login);
  equal(headingOf(html), "Let your next logins in?");
  ok(html.includes("<dt>Runs</dt><dd>nothing now</dd>"));
  ok(html.includes("<dt>Asked for</dt><dd>30 minutes</dd>"));
  deepEqual(offered(html, "remember"), ["1800", "600"]);
  ok(controls(html).includes("Approve with passkey"));
  const after = await (await alice.touch(login)).text();
  ok(after.includes("Logins like this one get in without being asked about."));
  ok(after.includes("until 00:30 UTC"));
  equal((await (await server.ask()).json()).state, "approved");
});

Deno.test("whoever approves ahead may choose a shorter time, and its host is told that", async () => {
  for (const require of ["person", "link"] as const) {
    const server = await start({ require, grants: { longestMs: 8 * 3_600_000, ipv6Prefix: 128 } });
    const alice = await Approver.join(server, "alice");
    const preauth = { for: 28_800, commands: "any" };
    const login = await server.create({ service: "preauth", command: null, preauth });
    const times = ["28800", "14400", "3600", "1800", "600"];
    deepEqual(offered(await opened(alice, login), "remember"), times);
    const wish = { remember: "28801" };
    const longer = require === "person"
      ? await alice.touch(login, wish)
      : await alice.approve(login, wish);
    deepEqual([longer.status, alertOf(await longer.text())], [422, NOT_REMEMBERED]);
    equal(await state(server, login), "pending");
    // Signed in by now, or not asked to be.
    equal((await alice.approve(login, { remember: "1800" })).status, 200);
    equal((await (await server.poll(login)).json()).granted_for, 1_800);
    server.time.advance(1_799_000);
    equal((await (await server.ask()).json()).state, "approved");
    server.time.advance(1_000);
    equal((await (await server.ask()).json()).state, "pending");
  }
});

Deno.test("preauth for file transfer says so, in Chinese too", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice", { language: "zh-CN" });
  const preauth = { for: 3_600, commands: "transfer" };
  const login = await server.create({ service: "preauth", command: null, preauth });
  ok((await opened(alice, login)).includes("Only file transfer (rsync, scp, sftp, git)."));
  const html = await (await alice.open(login, { "accept-language": "zh-CN" })).text();
  ok(html.includes("放行您接下来的登录吗？") && html.includes("<dd>1 小时</dd>"));
});
