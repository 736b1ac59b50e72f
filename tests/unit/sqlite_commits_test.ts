/** Many changes, one transaction: which share one, and that none waits for ever. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { GroupCommits } from "../../lib/io/sqlite_commits.ts";

function commits(): { db: DatabaseSync; group: GroupCommits } {
  const db = new DatabaseSync(":memory:");
  return { db, group: new GroupCommits(db, (error) => error) };
}

Deno.test("changes of turns that follow one another share a transaction, and are answered after it", async () => {
  const { db, group } = commits();
  const answered: string[] = [];
  const seen: unknown[] = [];
  const add = (name: string) =>
    group.add(() => void seen.push([name, db.isTransaction, [...answered]]))
      .then(() => void answered.push(name));
  const first = add("first");
  await setImmediate();
  const second = add("second");
  await Promise.all([first, second]);
  assert.deepEqual(seen, [["first", true, []], ["second", true, []]]);
  assert.deepEqual(answered, ["first", "second"]);
  db.close();
});

Deno.test("a change is committed although each turn brings another one", async () => {
  const { db, group } = commits();
  let done = false;
  const all: Promise<void>[] = [group.add(() => {}).then(() => void (done = true))];
  while (!done && all.length < 100) {
    await setImmediate();
    all.push(group.add(() => {}));
  }
  assert.ok(done);
  await Promise.all(all);
  db.close();
});

Deno.test("flush() commits what still waits for others, once", async () => {
  const { db, group } = commits();
  let runs = 0;
  const asked = group.add(() => ++runs);
  group.flush();
  assert.equal(runs, 1);
  assert.equal(await asked, 1);
  await setImmediate();
  assert.equal(runs, 1);
  db.close();
});
