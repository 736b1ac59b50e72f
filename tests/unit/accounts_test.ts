import assert from "node:assert/strict";
import fc from "fast-check";
import { accountByName, currentAccount, groupsOf, isLocal } from "../../lib/io/accounts.ts";
import { mustRun } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";
import { createUser } from "../support/users.ts";

/** The C library stays open once it was opened. */
function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, fn, sanitizeResources: false });
}

async function getent(...what: string[]): Promise<string[][]> {
  const { out } = await mustRun(["getent", ...what]);
  return out.trimEnd().split("\n").map((line) => line.split(":"));
}

/** Other tests make and remove accounts meanwhile. */
const LASTING = ["root", "daemon", "bin", "sys", "man", "nobody"];

test("accountByName() finds what getent finds", async () => {
  for (const [name = "", , uid, gid, gecos, home, shell] of await getent("passwd", ...LASTING)) {
    assert.deepEqual(accountByName(name), {
      name,
      uid: Number(uid),
      gid: Number(gid),
      gecos,
      home,
      shell: shell || "/bin/sh",
    });
  }
});

test("accountByName() finds nobody under a name that is none", () => {
  for (
    const name of ["", "no-such-account", "root\0", "root\0x", "root:", "0", "x".repeat(10_000)]
  ) {
    assert.equal(accountByName(name), undefined, JSON.stringify(name));
  }
});

test("currentAccount() is the account of this process's user", () => {
  const account = currentAccount();
  assert.equal(account?.uid, Deno.uid());
  assert.deepEqual(account, accountByName(account?.name ?? ""));
});

test("an account has its GECOS whole, and the groups that id(1) says", async () => {
  if (Deno.uid() !== 0) return assert.fail("run this as root");
  await using folder = await scratch();
  await using user = await createUser(folder);
  const gecos = "li.si|zhangsan 张,Room 1,,home";
  await mustRun(["usermod", "--append", "--groups", "games,daemon", "--comment", gecos, user.name]);
  const account = accountByName(user.name);
  assert.ok(account !== undefined);
  assert.equal(account.gecos, gecos);
  assert.deepEqual(groupsOf(account, ["sys", "games", user.name, "daemon"]), [
    "games",
    user.name,
    "daemon",
  ]);

  const groups = (await getent("group")).map(([name = ""]) => name);
  for (const name of [...LASTING, user.name]) {
    const { out } = await mustRun(["id", "-nG", name]);
    const found = accountByName(name);
    assert.ok(found !== undefined);
    assert.deepEqual(groupsOf(found, groups).toSorted(), out.trim().split(" ").toSorted(), name);
  }
});

test("groupsOf() finds nobody in a group that is none", () => {
  const root = accountByName("root");
  assert.ok(root !== undefined);
  assert.deepEqual(groupsOf(root, ["no-such-group", "", "root\0", "root\0x", "root"]), ["root"]);
  assert.deepEqual(groupsOf(root, []), []);
  // Who is unknown to the group database is in the group that its entry names.
  assert.deepEqual(groupsOf({ name: "no-such-account", gid: 0 }, ["daemon", "root"]), ["root"]);
  assert.deepEqual(groupsOf({ name: "daemon\0", gid: 1 }, ["daemon"]), []);
});

test("isLocal() knows who has a line of his own in the file", async () => {
  await using folder = await scratch();
  const shadow = await folder.file(
    "shadow",
    "root:*:1::::::\nalice:$6$x$y:1::::::\n+ldap:::::::\n:empty:\nbob.smith:!:\nno-colon\n",
  );
  for (const name of ["root", "alice", "bob.smith"]) assert.ok(isLocal(name, shadow), name);
  const others = ["", "ali", "alice:", "lice", "Alice", "bob-smith", "*", "ldap", "$6$x$y", "roo."];
  for (const name of others) assert.ok(!isLocal(name, shadow), name);
  assert.ok(!isLocal("root", `${folder.path}/missing`));
  assert.ok(!isLocal("root", folder.path));
});

test("isLocal() finds exactly those that were written", async () => {
  await using folder = await scratch();
  const name = fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,5}$/);
  await fc.assert(
    fc.asyncProperty(fc.array(name), name, async (names, other) => {
      const lines = names.map((one) => `${one}:!:20000:0:99999:7:::\n`);
      const shadow = await folder.file("shadow", lines.join(""));
      for (const one of [...names, other]) {
        assert.equal(isLocal(one, shadow), names.includes(one));
      }
    }),
    { numRuns: 30 },
  );
});

test("isLocal() reads the machine's own file", async () => {
  if (Deno.uid() !== 0) return assert.fail("run this as root");
  const text = await Deno.readTextFile("/etc/shadow");
  assert.equal(isLocal("root"), /^root:/m.test(text));
  assert.ok(!isLocal("no-such-account"));
});
