import assert from "node:assert/strict";
import { accountByName, currentAccount } from "../../lib/io/accounts.ts";
import { mustRun } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

// In a process of its own: all threads change together, and tests run in threads of one process.
const WRITER = new URL("../support/acting_writer.ts", import.meta.url).pathname;

/** The C library stays open once it was opened. */
function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, fn, sanitizeResources: false });
}

test("actingAs() makes and reads files with the account's rights, in all threads, and ends", async () => {
  await using folder = await scratch();
  const directory = await folder.dir("open", 0o777);
  const ours = currentAccount();
  assert.ok(ours !== undefined);
  // Root acts as another; anybody else is that other already.
  const root = ours.uid === 0;
  const account = root ? accountByName("nobody") : ours;
  assert.ok(account !== undefined);
  await Deno.writeTextFile(`${directory}/secret`, "x", { mode: root ? 0o640 : 0 });
  const argv = [Deno.execPath(), "run", "-A", "--quiet", WRITER, directory, account.name];
  const { out } = await mustRun(argv);
  const own = [`${ours.uid}:${ours.gid}`];
  assert.deepEqual(JSON.parse(out), {
    before: own,
    during: {
      made: [`${account.uid}:${account.gid}`],
      state: `${account.uid}:${account.gid} 400`,
      // Root's groups are given up too.
      secret: false,
      other: root ? `Failure: cannot act as other and another account` : "",
    },
    after: own,
    secret: root,
  });
});

test("accountByName() finds what getent finds", async () => {
  for (const name of ["root", "nobody", "daemon"]) {
    const { out } = await mustRun(["getent", "passwd", name]);
    const [, , uid, gid, , home, shell] = out.trimEnd().split(":");
    assert.deepEqual(accountByName(name), {
      name,
      uid: Number(uid),
      gid: Number(gid),
      home,
      shell,
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
