import assert from "node:assert/strict";
import fc from "fast-check";
import {
  answersFor,
  answersTo,
  type ApprovalSettings,
  approvesFault,
  byPerson,
  foldName,
  isOwnUser,
  isPersonName,
  mayApprove,
  mayDeny,
  OWN,
  ownUsers,
  type Person,
  rememberScopes,
} from "../../lib/core/person.ts";
import { aLogin } from "../support/logins.ts";
import { aPerson, someone } from "../support/people.ts";

const GROUPS = new Map([["web", ["web*", "edge1"]], ["all", ["*"]]]);
const ANY = { twoPersons: [], groups: GROUPS };
const SENSITIVE = { twoPersons: ["root@*"], groups: GROUPS };
const web1 = (user: string) => ({ user, host: "web1" });

Deno.test("isPersonName() takes 1 to 64 printable characters that lists of names can hold", () => {
  for (const good of ["a", "Zhang San (ops)", "张三", "O'Neill", "x".repeat(64), "\u{1F511}"]) {
    assert.ok(isPersonName(good), good);
  }
  const bad = [
    "",
    " a",
    "a ",
    "x".repeat(65),
    "a\nb",
    "a\u202eb",
    "a, person:root",
    "a:b",
    "\u200b",
  ];
  for (const name of bad) assert.ok(!isPersonName(name), JSON.stringify(name));
});

Deno.test("foldName() makes one of names that differ in case or width", () => {
  for (const name of ["ALICE", "Alice", "ａｌｉｃｅ", "ＡＬＩＣＥ"]) {
    assert.equal(foldName(name), "alice");
  }
  assert.notEqual(foldName("alice"), foldName("аlice"), "a Cyrillic letter is another one");
});

Deno.test("foldName() changes nothing that it has made", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (name) => {
    assert.equal(foldName(foldName(name)), foldName(name));
  }));
});

Deno.test("answersTo() knows active persons by their name, however it is written", () => {
  assert.ok(answersTo(someone("Alice"), "ALICE"));
  assert.ok(!answersTo(someone("Alice"), "bob"));
  for (const state of ["frozen", "removed"] as const) {
    assert.ok(!answersTo(someone("alice", { state }), "alice"), state);
  }
});

Deno.test("isOwnUser() tells users apart by case, as Unix does", () => {
  assert.ok(isOwnUser(someone("alice"), "alice"));
  assert.ok(!isOwnUser(someone("alice"), "Alice"));
  assert.ok(isOwnUser(someone("Alice"), "Alice"));
  assert.ok(isOwnUser(someone("Alice"), "alice"));
  assert.ok(!isOwnUser(someone("Alice"), "ALICE"));
});

Deno.test("ownUsers() names just those that isOwnUser() knows", () => {
  for (const name of ["alice", "Alice", "张三"]) {
    assert.ok(ownUsers({ name }).every((user) => isOwnUser({ name }, user)));
  }
  assert.deepEqual(ownUsers({ name: "Alice" }), ["Alice", "alice"]);
  assert.deepEqual(ownUsers({ name: "alice" }), ["alice"]);
});

Deno.test("answersFor() the own account, those of the patterns, and as an administrator all", () => {
  const cases: [Partial<Person>, string, boolean][] = [
    [{}, "alice", true],
    [{}, "bob", false],
    [{ approves: [] }, "alice", false],
    [{ approves: ["deploy@web*"] }, "deploy", true],
    [{ approves: ["deploy@web*"] }, "alice", false],
    [{ approves: ["deploy@db*"] }, "deploy", false],
    [{ approves: ["x@y", OWN] }, "alice", true],
    [{ approves: ["deploy@group:web"] }, "deploy", true],
    [{ approves: ["deploy@group:web"] }, "alice", false],
    [{ approves: ["deploy@group:gone"] }, "deploy", false],
    [{ administrator: true, approves: [] }, "root", true],
  ];
  for (const [changes, user, expected] of cases) {
    assert.equal(
      answersFor(aPerson(changes), web1(user), GROUPS),
      expected,
      JSON.stringify(changes),
    );
  }
});

Deno.test("answersFor() a whole group only if all its hosts are theirs, also those to come", () => {
  const cases: [Partial<Person>, string, boolean][] = [
    [{}, "group:web", true],
    [{ approves: ["alice@group:web"] }, "group:web", true],
    [{ approves: ["alice@group:all"] }, "group:web", false],
    [{ approves: ["alice@*"] }, "group:web", true],
    [{ approves: ["bob@*"] }, "group:web", false],
    [{ approves: ["alice@web*"] }, "group:web", false],
    [{ approves: ["alice@e*"] }, "group:web", false],
    [{ approves: ["alice@*"] }, "group:gone", false],
    [{ administrator: true, approves: [] }, "group:web", true],
  ];
  for (const [changes, host, expected] of cases) {
    const label = JSON.stringify([changes, host]);
    assert.equal(answersFor(aPerson(changes), { user: "alice", host }, GROUPS), expected, label);
  }
  const web = new Map([["web", ["web*"]]]);
  const some = aPerson({ approves: ["alice@web*"] });
  assert.ok(answersFor(some, { user: "alice", host: "group:web" }, web));
  const edge = aPerson({ approves: ["alice@edge?"] });
  const edges = new Map([["edge", ["edge1"]]]);
  assert.ok(answersFor(edge, { user: "alice", host: "group:edge" }, edges));
});

Deno.test("rememberScopes() names the host, and the groups that are theirs altogether", () => {
  const scopes = (changes: Partial<Person>, settings: ApprovalSettings = ANY) =>
    rememberScopes(aPerson(changes), aLogin(), settings);
  assert.deepEqual(scopes({}), ["host", "group:web", "group:all"]);
  assert.deepEqual(scopes({ approves: ["alice@group:web"] }), ["host", "group:web"]);
  assert.deepEqual(scopes({ approves: ["alice@web1"] }), ["host"]);
  assert.deepEqual(scopes({ approves: [] }), []);
  assert.deepEqual(scopes({ state: "frozen" }), []);
  const two = { twoPersons: ["alice@*"], groups: GROUPS };
  const ops = { id: "p_ops", name: "ops", approves: ["alice@*"] };
  assert.deepEqual(scopes(ops, two), [], "it takes two each time");
  const of = (service: string) => aLogin({ service, key: null });
  assert.deepEqual(rememberScopes(aPerson(), of("sshd"), ANY), [], "nobody knows the key");
  assert.deepEqual(rememberScopes(aPerson(), of("sudo"), ANY), ["host", "group:web", "group:all"]);
});

Deno.test("answersFor() takes a name as a name, though a pattern may look like it", () => {
  for (const name of ["*", "?????", "*@*", "own"]) {
    assert.ok(!answersFor(someone(name), web1("alice"), GROUPS), name);
  }
});

Deno.test("approvesFault() takes patterns and the own account", () => {
  assert.equal(approvesFault(OWN), undefined);
  assert.equal(approvesFault("deploy@web*"), undefined);
  assert.equal(approvesFault("deploy@group:web-1.x"), undefined);
  assert.match(approvesFault("deploy") ?? "", /must be USER@HOST/);
  assert.match(approvesFault("@group:web") ?? "", /must be USER@HOST/);
  assert.match(approvesFault("deploy@group:") ?? "", /has a group whose name is not/);
  assert.match(approvesFault("deploy@group:web*") ?? "", /has a group whose name is not/);
  assert.match(approvesFault("deploy@groups:web") ?? "", /has a host that is not made of/);
});

Deno.test("mayApprove() lets one person approve what they answer for", () => {
  assert.deepEqual(mayApprove(aPerson(), aLogin(), ANY), { ok: true, persons: 1 });
  const root = aLogin({ user: "root" });
  assert.deepEqual(mayApprove(aPerson(), root, ANY), { ok: false, why: "not_theirs" });
  assert.deepEqual(mayApprove(someone("bob"), aLogin(), ANY), { ok: false, why: "not_theirs" });
});

Deno.test("mayApprove() lets nobody approve who is frozen or removed, administrators included", () => {
  for (const state of ["frozen", "removed"] as const) {
    for (const administrator of [false, true]) {
      const answer = mayApprove(aPerson({ state, administrator }), aLogin(), ANY);
      assert.deepEqual(answer, { ok: false, why: "not_active" });
    }
  }
});

Deno.test("mayApprove() asks two of a sensitive account, never the one who logs in", () => {
  const settings = { twoPersons: ["deploy@*", "root@*", "alice@*"], groups: GROUPS };
  const admin = (name: string) => someone(name, { administrator: true });
  const two = { ok: true, persons: 2 };
  const own = { ok: false, why: "own_login" };
  assert.deepEqual(mayApprove(admin("carol"), aLogin({ user: "deploy" }), settings), two);
  // The account's own person, and who is said to ask for it.
  assert.deepEqual(mayApprove(admin("alice"), aLogin(), settings), own);
  const su = aLogin({ user: "root", requester: "alice" });
  assert.deepEqual(mayApprove(admin("alice"), su, settings), own);
  assert.deepEqual(mayApprove(admin("Alice"), su, settings), own);
  assert.deepEqual(mayApprove(admin("carol"), su, settings), two);
  // What is not sensitive takes one, and may be the own login.
  const one = { ok: true, persons: 1 };
  assert.deepEqual(mayApprove(admin("bob"), aLogin({ user: "bob" }), settings), one);
});

Deno.test("mayApprove() says of a stranger that the login is not theirs, not whether it is sensitive", () => {
  const answer = mayApprove(someone("bob"), aLogin({ user: "root" }), SENSITIVE);
  assert.deepEqual(answer, { ok: false, why: "not_theirs" });
});

Deno.test("mayDeny() lets also the one deny who is said to log in, and nobody who is not active", () => {
  const su = aLogin({ user: "root", requester: "alice" });
  assert.ok(mayDeny(aPerson(), aLogin(), GROUPS));
  assert.ok(mayDeny(aPerson({ approves: [] }), aLogin(), GROUPS));
  assert.ok(mayDeny(aPerson({ approves: [] }), su, GROUPS));
  assert.ok(mayDeny(someone("carol", { approves: ["root@web1"] }), su, GROUPS));
  assert.ok(!mayDeny(someone("bob"), su, GROUPS));
  assert.ok(!mayDeny(aPerson({ state: "frozen" }), aLogin(), GROUPS));
});

Deno.test("byPerson() reads one way only, also where several are named", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 }).filter(isPersonName);
  fc.assert(fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), (names) => {
    const text = names.map((name) => byPerson({ name })).join(", ");
    assert.deepEqual(text.split(", person:").map((part) => part.replace(/^person:/, "")), names);
  }));
});
