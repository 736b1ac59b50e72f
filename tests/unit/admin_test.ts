/** The administrative commands, against a data directory of their own. */
import assert from "node:assert/strict";
import { parseEntry } from "../../lib/core/audit.ts";
import { sha256Hex } from "../../lib/core/encoding.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import type { Login } from "../../lib/core/login.ts";
import { fingerprint, tokenFingerprint } from "../../lib/core/token.ts";
import { openServerKeys } from "../../lib/io/server_keys.ts";
import {
  administer,
  type CommandOptions,
  serverPlace,
} from "../../lib/modes/admin/administration.ts";
import { auditShow, auditVerify } from "../../lib/modes/admin/audit.ts";
import { hostAdd, hostList, hostRevoke } from "../../lib/modes/admin/host.ts";
import { loginApprove, loginDeny, loginList } from "../../lib/modes/admin/login.ts";
import type { Out } from "../../lib/io/out.ts";
import type { ApprovalRules } from "../../lib/core/approval.ts";
import { approveRequest } from "../../lib/core/person_approval.ts";
import { aFreeze, all, putting, someone } from "../support/people.ts";
import { aLogin } from "../support/logins.ts";
import { CollectedOut } from "../support/out.ts";
import { ADMIN, errandsIn, fails, printed, withStore } from "../support/admin.ts";
import { failureOf } from "../support/failure.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const RULES: ApprovalRules = {
  require: "person",
  twoPersons: ["deploy@*"],
  grants: { longestMs: 8 * 3_600_000, ipv6Prefix: 128 },
  groups: new Map(),
};

/** What a server's start leaves. */
function makeStore(data: string): Promise<void> {
  return withStore(data, (store) => store.setRules(RULES));
}

/** A pending login that began just now. */
function addLogin(data: string, changes: Partial<Login> = {}): Promise<unknown> {
  const now = Date.now();
  const login = aLogin({ createdAt: now, expiresAt: now + 60_000, ...changes });
  return withStore(data, async (store) => {
    await store.setRules(RULES);
    return await store.addLogin(login, () => login);
  });
}

/** Event, and the fields worth comparing, of each audit line. */
async function audited(folder: Scratch): Promise<unknown[][]> {
  const text = await Deno.readTextFile(`${folder.path}/audit.jsonl`);
  return text.trimEnd().split("\n").map((line) => {
    const entry = parseEntry(line);
    return [entry?.event, entry?.host, entry?.login ?? null, entry?.by, entry?.via];
  });
}

Deno.test("host add prints the token and, on lines of their own, the join command without it", async () => {
  await using folder = await scratch();
  const data = folder.path;
  const { lines } = await printed((out) => hostAdd("web1", { data }, out));
  const token = lines.find((line) => line.startsWith("ghh_")) ?? "";
  const { publicKey } = await openServerKeys(data);
  assert.equal(tokenFingerprint(token), await fingerprint(publicKey));
  const byInstaller = lines.indexOf("./install.sh host --join http://127.0.0.1:8422");
  const byHand = lines.indexOf("gatehouse join http://127.0.0.1:8422");
  assert.ok(0 < byInstaller && byInstaller < byHand, lines.join("\n"));
  assert.equal(lines.filter((line) => line.includes(token)).length, 1, "in no command");

  const hosts = await withStore(data, (store) => store.hosts());
  assert.equal(hosts.length, 1);
  assert.equal(hosts[0]?.tokenHash, await sha256Hex(token));
  assert.equal(hosts[0]?.joinedAt, null);
  assert.deepEqual(await audited(folder), [["host.added", "web1", null, ADMIN, "terminal"]]);
  for await (const { name, isFile } of Deno.readDir(data)) {
    if (!isFile) continue;
    const stored = new TextDecoder().decode(await Deno.readFile(`${data}/${name}`));
    assert.ok(!stored.includes(token), `${name} holds the token itself`);
  }
});

Deno.test("host add names the address that the server has, else server.toml's", async () => {
  await using folder = await scratch();
  const data = await folder.dir("data", 0o700);
  const config = await folder.file(
    "server.toml",
    `data = "${data}"\npublic_url = "https://toml.example/"\n`,
  );
  const join = async (name: string) => {
    const { text } = await printed((out) => hostAdd(name, { config, json: true }, out));
    const made = JSON.parse(text);
    assert.deepEqual(Object.keys(made), ["name", "token", "join"]);
    assert.equal(made.name, name);
    return made.join.replace(made.token, "TOKEN");
  };
  assert.equal(await join("a"), "gatehouse join https://toml.example TOKEN");
  await withStore(data, (store) => store.setPublicUrl("https://store.example"));
  assert.equal(await join("b"), "gatehouse join https://store.example TOKEN");
});

Deno.test("host add refuses names that are no names, and names that are taken", async () => {
  await using folder = await scratch();
  const data = folder.path;
  for (const name of ["", "web 1", "web/1", "a".repeat(65), "wéb", "web\n1"]) {
    await fails((out) => hostAdd(name, { data }, out), Exit.usage, /is no host name$/, /^use 1/);
  }
  await printed((out) => hostAdd("web1", { data }, out));
  await fails(
    (out) => hostAdd("web1", { data }, out),
    Exit.usage,
    /^there is a host web1 already$/,
    /gatehouse host revoke web1/,
  );
});

Deno.test("host list shows who joined and when each was last seen", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await makeStore(data);
  const none = await printed((out) => hostList({ data }, out));
  assert.match(none.text, /^no hosts yet/);
  for (const name of ["web1", "db", "old"]) await printed((out) => hostAdd(name, { data }, out));
  const now = Date.now();
  await withStore(data, async (store) => {
    const times = { joinedAt: now - 7_200_000, lastSeenAt: now - 180_000, version: "1.2.3" };
    await store.changeHost("web1", (host) => ({ ...host, ...times }));
  });
  await printed((out) => hostRevoke("old", { data }, out));
  const { lines } = await printed((out) => hostList({ data }, out));
  assert.deepEqual(lines, [
    "NAME  STATE    JOINED   SEEN       VERSION",
    "db    waiting  never    never      -",
    "old   revoked  never    never      -",
    "web1  joined   2 h ago  3 min ago  1.2.3",
  ]);
  const { text } = await printed((out) => hostList({ data, json: true }, out));
  const web1 = JSON.parse(text)[2];
  assert.equal(web1.name, "web1");
  assert.equal(web1.state, "joined");
  assert.equal(web1.last_seen_at, new Date(now - 180_000).toISOString());
  assert.equal(web1.version, "1.2.3");
  assert.equal(web1.revoked_at, null);
  assert.ok(!text.includes("oken"), "nothing of the token is listed");
});

Deno.test("host revoke makes the token worthless and leaves the name free", async () => {
  await using folder = await scratch();
  const data = folder.path;
  const { lines } = await printed((out) => hostAdd("web1", { data }, out));
  const hash = await sha256Hex(lines.find((line) => line.startsWith("ghh_")) ?? "");
  await printed((out) => hostRevoke("web1", { data }, out));
  assert.equal(await withStore(data, (store) => store.hostByToken(hash)), undefined);
  assert.deepEqual((await audited(folder)).at(-1), [
    "host.revoked",
    "web1",
    null,
    ADMIN,
    "terminal",
  ]);
  await fails((out) => hostRevoke("web1", { data }, out), Exit.usage, /is revoked already/);
  await printed((out) => hostAdd("web1", { data }, out));
});

Deno.test("host revoke names the known hosts when it does not know one", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await makeStore(data);
  const revoke = (out: Out) => hostRevoke("wbe1", { data }, out);
  await fails(revoke, Exit.usage, /^there is no host wbe1$/, /no host was added yet/);
  for (const name of ["web1", "db"]) await printed((out) => hostAdd(name, { data }, out));
  await fails(revoke, Exit.usage, /^there is no host wbe1$/, /^known hosts: db, web1$/);
});

Deno.test("login list shows what waits and what happened, harmlessly", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await makeStore(data);
  const empty = await printed((out) => loginList({ data }, out));
  assert.deepEqual(empty.lines, ["no logins yet"]);
  const started = (seconds: number) => ({ createdAt: Date.now() - seconds * 1_000 });
  await addLogin(data, { id: "aaaaaaaaaaaa", command: "ls\u001b[2J", ...started(130) });
  await addLogin(data, { id: "bbbbbbbbbbbb", expiresAt: 0, ...started(190) });
  await addLogin(data, { id: "cccccccccccc", state: "denied", tty: false, ...started(7_300) });
  const { lines } = await printed((out) => loginList({ data }, out));
  assert.deepEqual(lines, [
    "ID        STATE    AGE        ACCOUNT     FROM       WHAT",
    "aaaaaaaa  pending  2 min ago  alice@web1  192.0.2.7  ls\\u{1b}[2J",
    "bbbbbbbb  timeout  3 min ago  alice@web1  192.0.2.7  interactive shell",
    "cccccccc  denied   2 h ago    alice@web1  192.0.2.7  shell without terminal",
  ]);
});

Deno.test("login list --json has ids and times, and nothing that approves or collects", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { ticket: "the-ticket", match: "77", choices: ["77"] });
  const { text } = await printed((out) => loginList({ data, json: true }, out));
  const [login] = JSON.parse(text);
  assert.equal(login.id, "login-1");
  assert.equal(login.state, "pending");
  assert.equal(login.user, "alice");
  assert.equal(login.command_whole, true);
  assert.match(login.expires_at, /^\d{4}-.*Z$/);
  for (const secret of ["the-ticket", "secret", "nonce"]) assert.ok(!text.includes(secret));
  // By value, for the times may hold any two digits.
  const values = Object.values(login).map(String);
  for (const secret of ["the-ticket", "77"]) assert.ok(!values.includes(secret));
  assert.ok(!("match" in login || "choices" in login));
});

Deno.test("login list and approve say when a command is not the whole one", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234", command: "echo", commandWhole: false });
  const listed = await printed((out) => loginList({ data }, out));
  assert.match(listed.text, / echo \(not the whole command\)$/);
  const json = await printed((out) => loginList({ data, json: true }, out));
  assert.equal(JSON.parse(json.text)[0].command_whole, false);
  const { text } = await printed((out) => loginApprove("abcd", { data }, out));
  assert.equal(text, "approved alice@web1 from 192.0.2.7: echo (not the whole command)");
});

Deno.test("login list and approve say who asks, and by what where the command is not known", async () => {
  await using folder = await scratch();
  const data = folder.path;
  const asked = { user: "root", service: "su", requester: "bob\u202e", tty: false };
  await addLogin(data, { id: "abcd-1234", command: null, commandWhole: false, ...asked });
  const what = "login by su, asked by bob\\u{202e}";
  const listed = await printed((out) => loginList({ data }, out));
  assert.ok(listed.text.endsWith(`  ${what}`), listed.text);
  const json = await printed((out) => loginList({ data, json: true }, out));
  assert.equal(JSON.parse(json.text)[0].requester, "bob\u202e");
  const { text } = await printed((out) => loginApprove("abcd", { data }, out));
  assert.equal(text, `approved root@web1 from 192.0.2.7: ${what}`);
});

Deno.test("login list shows every open login, however many have ended since", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "still-open", createdAt: Date.now() - 5_000 });
  for (let n = 0; n < 25; n++) await addLogin(data, { id: `ended-${n}`, state: "denied" });
  const { lines } = await printed((out) => loginList({ data }, out));
  assert.equal(lines.length, 1 + 20 + 1);
  assert.match(lines.at(-1) ?? "", /^still-op +pending /);
});

Deno.test("login approve approves by the right number, under the administrator's name", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234", command: "uptime" });
  await addLogin(data, { id: "efgh-1234" });
  const { text, errors } = await printed((out) => loginApprove("abcd", { data }, out));
  assert.equal(text, "approved alice@web1 from 192.0.2.7: uptime");
  assert.equal(errors.length, 2);
  await withStore(data, async (store) => {
    const login = await store.login("abcd-1234");
    assert.deepEqual([login?.state, login?.by, login?.via], ["approved", ADMIN, "terminal"]);
    assert.equal((await store.login("efgh-1234"))?.state, "pending", "the request's other login");
  });
  assert.deepEqual(await audited(folder), [
    ["login.approved", "web1", "abcd-1234", ADMIN, "terminal"],
  ]);
});

Deno.test("login approve and deny say which connections of the same request still wait", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234", command: "uptime" });
  await addLogin(data, { id: "efgh-1234", command: "rm -rf /" });
  await addLogin(data, { id: "ijkl-1234", command: "uptime" });
  await addLogin(data, { id: "over-1234", expiresAt: Date.now() - 1 });
  await addLogin(data, { id: "else-1234", ticket: "another" });
  const said = async (command: typeof loginDeny, id: string) =>
    (await printed((out) => command(id, { data }, out))).errors;
  assert.deepEqual((await said(loginApprove, "abcd")).toSorted(), [
    "2 more connections wait that joined the same request; for each: gatehouse login approve ID, " +
    "or deny ID",
    "efgh-123  rm -rf /",
    "ijkl-123  uptime",
  ]);
  assert.deepEqual((await said(loginDeny, "efgh")).slice(1), ["ijkl-123  uptime"]);
  assert.deepEqual(await said(loginApprove, "ijkl"), []);
  assert.deepEqual(await said(loginApprove, "else"), []);
});

Deno.test("login approve takes back what the audit log does not record", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234" });
  await Deno.symlink("/dev/full", `${data}/audit.jsonl`);
  await fails(
    (out) => loginApprove("abcd", { data }, out),
    Exit.denied,
    /^the audit log cannot be written, so login abcd-123 of alice@web1 is denied$/,
    /audit\.jsonl/,
  );
  const login = await withStore(data, (store) => store.login("abcd-1234"));
  assert.deepEqual([login?.state, login?.by], ["denied", "gatehouse"]);
});

Deno.test("login approve is one of two approvals, where it takes two", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234", user: "deploy" });
  for (let times = 0; times < 2; times++) {
    const { text } = await printed((out) => loginApprove("abcd", { data }, out));
    const first = "counted as the first of two approvals, now another person has to approve";
    assert.equal(text, `${first} deploy@web1 from 192.0.2.7: interactive shell`);
  }
  await withStore(data, async (store) => {
    assert.equal((await store.login("abcd-1234"))?.state, "pending");
    const carol = someone("carol", { approves: ["deploy@*"] });
    await store.change(putting({ person: [carol] }));
    const login = await store.login("abcd-1234") ?? aLogin();
    const shown = new Set([login.id]);
    const asked = { person: carol.id, via: "code", match: login.match, shown, remember: null };
    const now = Date.now();
    await store.change(approveRequest(login, { ...asked, grantId: "g_1" }, RULES, now));
    assert.equal((await store.login("abcd-1234"))?.by, `${ADMIN}, person:carol`);
  });
  assert.deepEqual(await audited(folder), [
    ["login.approved_first", "web1", "abcd-1234", ADMIN, "terminal"],
  ]);
});

Deno.test("login approve is not counted as the first where the audit log does not record it", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234", user: "deploy" });
  await Deno.symlink("/dev/full", `${data}/audit.jsonl`);
  await fails((out) => loginApprove("abcd", { data }, out), Exit.denied, /so login .* is denied$/);
  const login = await withStore(data, (store) => store.login("abcd-1234"));
  assert.deepEqual([login?.state, login?.by], ["denied", "gatehouse"]);
});

Deno.test("login approve lets nobody in to a frozen account", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234" });
  await withStore(data, (store) => store.change(putting({ freeze: [aFreeze()] })));
  await fails(
    (out) => loginApprove("abcd", { data }, out),
    Exit.denied,
    /^alice@web1 is frozen$/,
    /gatehouse account list/,
  );
  const login = await withStore(data, (store) => store.login("abcd-1234"));
  assert.equal(login?.state, "pending");
});

Deno.test("login approve gives the grant that was asked for, and takes it back without a trace", async () => {
  const preauth = { forMs: 1_800_000, commands: "any" } as const;
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234", service: "preauth", preauth });
  const { text } = await printed((out) => loginApprove("abcd", { data }, out));
  assert.equal(text, "approved alice@web1 from 192.0.2.7: a grant of 30 min");
  const [grant] = await withStore(data, (store) => all(store, "grant"));
  assert.deepEqual([grant?.by, grant?.person, grant?.service], [ADMIN, "", "ssh"]);
  assert.deepEqual((await audited(folder)).map(([event]) => event), [
    "login.approved",
    "grant.given",
  ]);

  await using other = await scratch();
  await addLogin(other.path, { id: "abcd-1234", service: "preauth", preauth });
  await Deno.symlink("/dev/full", `${other.path}/audit.jsonl`);
  await fails((out) => loginApprove("abcd", { data: other.path }, out), Exit.denied, /is denied$/);
  const [ended] = await withStore(other.path, (store) => all(store, "grant"));
  assert.deepEqual([ended?.ended, ended?.endedBy], ["revoked", "gatehouse"]);
});

Deno.test("login approve needs to know what the server approves by", async () => {
  await using folder = await scratch();
  const login = aLogin({ id: "abcd-1234", expiresAt: Date.now() + 60_000 });
  await withStore(folder.path, (store) => store.addLogin(login, () => login));
  await fails(
    (out) => loginApprove("abcd", { data: folder.path }, out),
    Exit.config,
    /which accounts take two persons$/,
    /gatehouse server/,
  );
});

Deno.test("login deny denies although the audit log does not record it, and says so", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234" });
  await Deno.symlink("/dev/full", `${data}/audit.jsonl`);
  await fails(
    (out) => loginDeny("abcd", { data }, out),
    Exit.software,
    /^login abcd-123 of alice@web1 is denied, but the audit log does not say so$/,
    /audit\.jsonl/,
  );
  assert.equal((await withStore(data, (store) => store.login("abcd-1234")))?.state, "denied");
});

Deno.test("login deny denies, also what was approved and not collected yet", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234" });
  await addLogin(data, { id: "efgh-1234" });
  await printed((out) => loginDeny("abcd-1234", { data }, out));
  await printed((out) => loginApprove("efgh", { data }, out));
  const denied = await printed((out) => loginDeny("efgh", { data, json: true }, out));
  assert.equal(JSON.parse(denied.text).state, "denied");
  await withStore(data, async (store) => {
    for (const id of ["abcd-1234", "efgh-1234"]) {
      const login = await store.login(id);
      assert.deepEqual([login?.state, login?.reason, login?.by], ["denied", "denied", ADMIN]);
    }
  });
  assert.deepEqual(await errandsIn(data), [["login", "abcd-1234"], ["login", "efgh-1234"]]);
});

Deno.test("login approve comes too late for what has expired, and records that", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234", expiresAt: Date.now() - 1 });
  await fails(
    (out) => loginApprove("abcd", { data }, out),
    Exit.denied,
    /^login abcd-123 of alice@web1 has ended: expired, just now$/,
  );
  assert.equal((await withStore(data, (store) => store.login("abcd-1234")))?.state, "expired");
  assert.deepEqual((await audited(folder)).map(([event]) => event), ["login.expired"]);
});

Deno.test("login approve says who was faster", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234" });
  await printed((out) => loginDeny("abcd", { data }, out));
  await fails(
    (out) => loginApprove("abcd", { data }, out),
    Exit.denied,
    new RegExp(`has ended: denied by ${ADMIN}, `),
  );
});

Deno.test("login approve wants an id that fits one login", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1" });
  await addLogin(data, { id: "abcd-2" });
  await addLogin(data, { id: "abcd-3", state: "denied" });
  const approve = (id: string) => (out: Out) => loginApprove(id, { data }, out);
  await fails(approve("abc"), Exit.usage, /too short/);
  await fails(approve(""), Exit.usage, /too short/);
  await fails(approve("wxyz\u001b"), Exit.usage, /^there is no login wxyz\\u\{1b\}$/);
  await fails(approve("abcd"), Exit.usage, /^several logins begin with abcd$/);
  await printed(approve("abcd-1"));
  await printed(approve("abcd-2"));
  await fails(approve("abcd"), Exit.usage, /^several logins begin with abcd$/);
});

Deno.test("audit show prints what happened, harmlessly", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await addLogin(data, { id: "abcd-1234", command: "echo hello\nworld" });
  await printed((out) => loginApprove("abcd", { data }, out));
  const { lines } = await printed((out) => auditShow({ data }, out));
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? "",
    /^\S+T\S+Z +login.approved +login=abcd-1234 +host=web1 +user=alice /,
  );
  assert.ok(lines[0]?.includes(String.raw`command="echo hello\\u{a}world"`));
  const json = await printed((out) => auditShow({ data, json: true }, out));
  assert.equal(`${json.text}\n`, await Deno.readTextFile(`${data}/audit.jsonl`));
});

Deno.test("audit verify counts the entries and names the last hash", async () => {
  await using folder = await scratch();
  const data = folder.path;
  for (const name of ["a", "b"]) await printed((out) => hostAdd(name, { data }, out));
  const lines = (await Deno.readTextFile(`${data}/audit.jsonl`)).trimEnd().split("\n");
  const { text } = await printed((out) => auditVerify({ data }, out));
  const last = await sha256Hex(lines.at(-1) ?? "");
  assert.equal(text, `2 entries, chain whole, last hash ${last}`);
  const json = await printed((out) => auditVerify({ data, json: true }, out));
  assert.deepEqual(JSON.parse(json.text), { ok: true, entries: 2, last, damaged: [] });
});

Deno.test("audit verify names the first line that was tampered with", async () => {
  await using folder = await scratch();
  const data = folder.path;
  for (const name of ["a", "b", "c"]) await printed((out) => hostAdd(name, { data }, out));
  const path = `${data}/audit.jsonl`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace('"host":"b"', '"host":"x"'));
  await fails((out) => auditVerify({ data }, out), Exit.data, /is broken: line 3 does not/);
  const out = new CollectedOut();
  await assert.rejects(auditVerify({ data, json: true }, out), Failure);
  const why = "does not continue the line before it";
  assert.deepEqual(JSON.parse(out.text), { ok: false, entries: 2, damaged: [], line: 3, why });
});

Deno.test("audit show and verify tell of a line that a crash cut short", async () => {
  await using folder = await scratch();
  const data = folder.path;
  await printed((out) => hostAdd("a", { data }, out));
  await Deno.writeTextFile(`${data}/audit.jsonl`, '{"seq":2,"time":"20\u001b', { append: true });
  await printed((out) => hostAdd("b", { data }, out));
  const verified = await printed((out) => auditVerify({ data }, out));
  assert.match(verified.text, /^line 2 was cut short by a crash and kept as it is\n3 entries, /);
  const shown = await printed((out) => auditShow({ data }, out));
  assert.deepEqual(shown.errors, ['line 2 is damaged: {"seq":2,"time":"20\\u{1b}']);
  assert.equal(shown.lines.length, 3);
});

Deno.test("audit verify explains a missing log", async () => {
  await using folder = await scratch();
  const verify = (out: Out) => auditVerify({ data: folder.path }, out);
  await fails(verify, Exit.config, /audit.jsonl: it does not exist$/, /--data/);
});

Deno.test("a command refuses a server.toml that is missing or wrong", async () => {
  await using folder = await scratch();
  const config = await folder.file("server.toml", "data = 7\n");
  const list = (config: string) => (out: Out) => hostList({ config }, out);
  await fails(list(config), Exit.config, /server.toml: data: /);
  await fails(list(`${folder.path}/none.toml`), Exit.config, /does not exist/);
});

Deno.test("--data goes before server.toml's", async () => {
  await using folder = await scratch();
  const config = await folder.file("server.toml", `data = "${folder.path}/one"\n`);
  const data = `${folder.path}/two`;
  await printed((out) => hostAdd("web1", { config, data }, out));
  assert.equal((await withStore(data, (store) => store.hosts())).length, 1);
  await assert.rejects(Deno.stat(`${folder.path}/one`), Deno.errors.NotFound);
});

Deno.test("serverPlace() reads the usual server.toml only when nothing else is named", async () => {
  await using folder = await scratch();
  const usual = `${folder.path}/usual.toml`;
  const nothing = { publicUrl: undefined, groups: new Map(), channels: [] };
  assert.deepEqual(serverPlace({}, usual), { ...nothing, dataDir: "/var/lib/gatehouse" });
  const publicUrl = "https://usual.example";
  await folder.file("usual.toml", `data = "/srv/usual"\npublic_url = "${publicUrl}"`);
  const config = await folder.file("named.toml", 'data = "/srv/named"\n[groups]\nweb = ["web*"]');
  assert.deepEqual(serverPlace({}, usual), { ...nothing, dataDir: "/srv/usual", publicUrl });
  const groups = new Map([["web", ["web*"]]]);
  assert.deepEqual(serverPlace({ config }, usual), { ...nothing, dataDir: "/srv/named", groups });
  assert.deepEqual(serverPlace({ config, data: "/d" }), { ...nothing, dataDir: "/d", groups });
  assert.deepEqual(serverPlace({ data: "/d" }, usual), {
    ...{ ...nothing, dataDir: "/d" },
    channels: undefined,
  });
});

Deno.test("host add alone makes a new data directory, and says so", async () => {
  await using folder = await scratch();
  const data = `${folder.path}/typo`;
  const commands = [
    (out: Out) => hostList({ data }, out),
    (out: Out) => hostRevoke("web1", { data }, out),
    (out: Out) => loginList({ data }, out),
    (out: Out) => loginApprove("abcd", { data }, out),
    (out: Out) => loginDeny("abcd", { data }, out),
    (out: Out) => auditShow({ data }, out),
    (out: Out) => auditVerify({ data }, out),
  ];
  for (const command of commands) {
    await fails(command, Exit.config, /typo/, /--data/);
    await assert.rejects(Deno.stat(data), Deno.errors.NotFound);
  }
  const first = await printed((out) => hostAdd("web1", { data }, out));
  assert.deepEqual(first.errors, [
    `made a new data directory ${data}, so the address above may be wrong; ` +
    `start the server on it with: gatehouse server --data ${data}`,
  ]);
  const second = await printed((out) => hostAdd("web2", { data }, out));
  assert.deepEqual(second.errors, []);
  await printed((out) => hostList({ data }, out));
});

Deno.test("no command makes a server's data where nobody has said so", async () => {
  await using folder = await scratch();
  const data = `${folder.path}/data`;
  const usual = await folder.file("usual.toml", `data = "${data}"`);
  const isNew = (options: CommandOptions) => () =>
    administer(options, (administration) => Promise.resolve(administration.isNew), "make", usual);
  const { exit, message, hint } = await failureOf(isNew({}));
  assert.deepEqual([exit, message, hint], [
    Exit.config,
    `there is no server's data in ${data}`,
    "name the server's data directory with --data, or in server.toml",
  ]);
  await assert.rejects(Deno.stat(data), Deno.errors.NotFound);
  assert.equal(await isNew({ config: usual })(), true);
  assert.equal(await isNew({})(), false);
});

Deno.test("a command leaves to the server's user whatever it makes", async () => {
  await using folder = await scratch();
  const data = await folder.dir("data", 0o700);
  // Root acts as the directory's owner; anybody else is that owner.
  const owner = Deno.uid() === 0 ? 65_534 : Deno.uid();
  if (owner === 65_534) await Deno.chown(data, owner, owner);
  const mode = new URL("../../lib/modes/admin/host.ts", import.meta.url);
  const out = new URL("../../lib/io/out.ts", import.meta.url);
  const script = await folder.file(
    "add.ts",
    `import { hostAdd } from "${mode}"; import { terminalOut } from "${out}"; import "jose";
     await hostAdd("web1", { data: "${data}", json: true }, terminalOut);`,
  );
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-lock", "--config", config, script],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.equal(JSON.parse(new TextDecoder().decode(stdout)).name, "web1");
  const made: string[] = [];
  for (const dir of [data, `${data}/keys`]) {
    for await (const { name } of Deno.readDir(dir)) {
      made.push(name);
      assert.equal((await Deno.stat(`${dir}/${name}`)).uid, owner, name);
    }
  }
  assert.deepEqual(made.filter((name) => !/-(wal|shm)$/.test(name)).sort(), [
    "audit.jsonl",
    "gatehouse.db",
    "keys",
    "verdict.jwk",
    "wake",
  ]);
  // The log names who really did it.
  assert.match(await Deno.readTextFile(`${data}/audit.jsonl`), new RegExp(`"by":"${ADMIN}"`));
});
