import assert from "node:assert/strict";
import { accountByName, currentAccount } from "../../lib/io/accounts.ts";
import { mustRun } from "../support/process.ts";
import { REAL_UID } from "../support/real_uid.ts";
import { scratch } from "../support/scratch.ts";

// In a process of its own: all threads change together, and tests run in threads of one process.
const WRITER = new URL("../support/acting_writer.ts", import.meta.url).pathname;

/** As under su. */
const CALLER = ["env", `${REAL_UID}=61234`];

const PLACES = new URL("../support/acting_places.ts", import.meta.url).pathname;

/** The C library stays open once it was opened. */
function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, fn, sanitizeResources: false });
}

test("actingAs() makes and reads files with the account's rights, in all threads, and ends", async () => {
  await actsAndEnds();
});

test("root's rights are given up as well where the real uid is that of su's caller", async () => {
  if (currentAccount()?.uid !== 0) return assert.fail("run this as root");
  await actsAndEnds(CALLER);
});

/** @param around how the process is started */
async function actsAndEnds(around: readonly string[] = []): Promise<void> {
  await using folder = await scratch();
  const directory = await folder.dir("open", 0o777);
  const ours = currentAccount();
  assert.ok(ours !== undefined);
  // Root acts as another; anybody else is that other already.
  const root = ours.uid === 0;
  const account = root ? accountByName("nobody") : ours;
  assert.ok(account !== undefined);
  await Deno.writeTextFile(`${directory}/secret`, "x", { mode: root ? 0o640 : 0 });
  const writer = [Deno.execPath(), "run", "-A", "--quiet", WRITER, directory, account.name];
  const groups = root ? ["setpriv", "--groups", "0,4"] : [];
  const { out } = await mustRun([...around, ...groups, ...writer]);
  const said = JSON.parse(out);
  const own = { made: [`${ours.uid}:${ours.gid}`], groups: root ? "0 4" : said.before.groups };
  assert.deepEqual(said, {
    before: own,
    during: {
      made: [`${account.uid}:${account.gid}`],
      groups: root ? String(account.gid) : own.groups,
      state: `${account.uid}:${account.gid} 400`,
      // Root's groups are given up too.
      secret: false,
      other: root ? `Failure: cannot act as other and another account` : "",
    },
    after: own,
    secret: root,
  });
}

test("root works as the account wherever the account could have laid the way", async () => {
  if (currentAccount()?.uid !== 0) return assert.fail("run this as root");
  await using folder = await scratch();
  const marks = await folder.dir("marks", 0o777);
  const nobody = accountByName("nobody");
  assert.ok(nobody !== undefined);
  const home = await folder.dir("home");
  const roots = await folder.dir("roots", 0o700);
  const theirs = await folder.dir("theirs");
  await Deno.chown(theirs, nobody.uid, nobody.gid);
  await folder.dir("open", 0o777);
  await folder.dir("sticky", 0o1777);
  await folder.dir("sticky/roots", 0o700);
  await Deno.symlink(roots, `${theirs}/link`);
  await Deno.symlink(theirs, `${folder.path}/to-theirs`);
  await Deno.symlink(roots, `${folder.path}/to-roots`);
  // Root's link, that leads to root's folder by way of the account's.
  await Deno.symlink(`${theirs}/link`, `${folder.path}/to-theirs-to-roots`);
  await Deno.symlink("nowhere", `${folder.path}/to-nowhere`);
  const expected: Record<string, string> = {
    [`${folder.path}/to-theirs-to-roots/secret`]: "account",
    [`${folder.path}/to-nowhere/secret`]: "account",
    [`${home}/secret`]: "account",
    [`${home}/none/../secret`]: "account",
    [`${roots}/secret`]: "root",
    [`${roots}/none/yet/secret`]: "root",
    [`${theirs}/secret`]: "account",
    [`${theirs}/link/secret`]: "account",
    [`${folder.path}/to-theirs/secret`]: "account",
    [`${folder.path}/to-roots/secret`]: "root",
    [`${folder.path}/open/secret`]: "account",
    [`${folder.path}/sticky/secret`]: "account",
    [`${folder.path}/sticky/roots/secret`]: "root",
  };
  const paths = Object.keys(expected);
  const argv = [Deno.execPath(), "run", "-A", "--quiet", PLACES, marks, nobody.name, home];
  for (const around of [[], CALLER]) {
    const { out } = await mustRun([...around, ...argv, ...paths]);
    const rights: string[] = JSON.parse(out);
    assert.deepEqual(Object.fromEntries(paths.map((path, i) => [path, rights[i]])), expected);
    await Promise.all(paths.map((_, i) => Deno.remove(`${marks}/${i}`)));
  }
});
