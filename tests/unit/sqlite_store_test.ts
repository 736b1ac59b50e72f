/** What only a store on a disk has to prove: durability, other processes, bad files. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { type Login, step } from "../../lib/core/login.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import { loginColumns, prepare } from "../../lib/io/sqlite_statements.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { oldDatabase } from "../support/old_database.ts";
import { scratch } from "../support/scratch.ts";
import { addSample, SAMPLED } from "../support/store_records.ts";

const WRITER = new URL("../support/store_writer.ts", import.meta.url).pathname;

function writer(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-lock", WRITER, ...args],
    stdin: "null",
    stdout: "piped",
  }).spawn();
}

const add = (store: SqliteStore, login: Login) => store.addLogin(login, () => login);
const denied = (found: readonly Login[]) =>
  found.map((login) => ({ ...login, state: "denied" as const }));

async function refused(open: () => unknown, message: RegExp): Promise<void> {
  await assert.rejects(async () => await open(), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.exit, Exit.config);
    assert.match(error.message, message);
    assert.ok(error.hint);
    return true;
  });
}

Deno.test("what was answered is still there after SIGKILL in the middle of writing", async () => {
  await using folder = await scratch();
  const data = `${folder.path}/data`;
  const child = writer("add", data);
  const answered: string[] = [];
  let rest = "";
  let killed = false;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    answered.push(...lines);
    // What is still in the pipe afterwards counts as well.
    if (!killed && answered.length >= 300) {
      child.kill("SIGKILL");
      killed = true;
    }
  }
  assert.equal((await child.status).signal, "SIGKILL");
  const store = SqliteStore.open(data, "server");
  for (const id of answered) assert.ok(await store.login(id), `login ${id} was answered, but lost`);
  await store.probe();
  await store.close();
});

Deno.test("a server hears at once of a login that another process changed", async () => {
  await using folder = await scratch();
  const server = SqliteStore.open(folder.path, "server");
  await add(server, aLogin({ id: "a" }));
  await add(server, aLogin({ id: "b", user: "bob" }));
  const woken = Promise.withResolvers<void>();
  server.watchLogin("a", () => woken.resolve());
  const others: string[] = [];
  server.watchLogin("b", () => others.push("b"));
  const child = writer("deny", folder.path, "a");
  await woken.promise;
  assert.equal((await server.login("a"))?.state, "denied");
  assert.deepEqual(others, [], "a login that nobody changed was woken");
  await child.stdout.cancel();
  assert.equal((await child.status).code, 0);
  await server.close();
});

Deno.test("a server hears of every change by commands, also later ones", async () => {
  await using folder = await scratch();
  const server = SqliteStore.open(folder.path, "server");
  const command = SqliteStore.open(folder.path, "command");
  for (const id of ["a", "b", "c"]) {
    await add(server, aLogin({ id, user: id }));
    const woken = Promise.withResolvers<void>();
    server.watchLogin(id, () => woken.resolve());
    await command.changeLogins({ id }, denied);
    await woken.promise;
    await server.forgetLogins(Infinity);
  }
  await command.close();
  await server.close();
});

Deno.test("processes that open a new directory at once all get the same store", async () => {
  await using folder = await scratch();
  const data = `${folder.path}/data`;
  const ids = ["a", "b", "c", "d"];
  const children = ids.map((id) => writer("one", data, id));
  for (const child of children) assert.equal((await child.output()).code, 0);
  const store = SqliteStore.open(data, "command");
  const found = (await store.recentLogins(9)).map((login) => login.id);
  assert.deepEqual(found.sort(), ids);
  await store.close();
});

Deno.test("open() makes a directory and files that only their owner can read", async () => {
  await using folder = await scratch();
  const data = `${folder.path}/deep/data`;
  const store = SqliteStore.open(data, "server");
  await add(store, aLogin());
  const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
  assert.equal(await mode(data), 0o700);
  for await (const { name } of Deno.readDir(data)) {
    assert.equal(await mode(`${data}/${name}`), 0o600, name);
  }
  await store.close();
});

Deno.test("open() refuses a directory that others can write", async () => {
  await using folder = await scratch();
  const data = await folder.dir("data", 0o770);
  await refused(() => SqliteStore.open(data, "server"), /can be written by others \(mode 0770\)/);
});

Deno.test("open() refuses a path that is no directory", async () => {
  await using folder = await scratch();
  const file = await folder.file("data", "");
  await refused(() => SqliteStore.open(file, "command"), /^cannot open .*\/data: /);
});

Deno.test("open() refuses a file that is no database, and keeps it", async () => {
  await using folder = await scratch();
  const file = await folder.file("gatehouse.db", "not a database ".repeat(500), 0o600);
  await refused(() => SqliteStore.open(folder.path, "server"), /^cannot open .*not a database$/);
  assert.equal(await Deno.readTextFile(file), "not a database ".repeat(500));
});

Deno.test("open() refuses the database of a newer version, and keeps it", async () => {
  await using folder = await scratch();
  await SqliteStore.open(folder.path, "command").close();
  const db = new DatabaseSync(`${folder.path}/gatehouse.db`);
  db.exec("PRAGMA user_version = 999");
  db.close();
  await refused(() => SqliteStore.open(folder.path, "server"), /newer gatehouse \(schema 999,/);
});

Deno.test("open() refuses a second server, and lets commands in", async () => {
  await using folder = await scratch();
  const server = SqliteStore.open(folder.path, "server");
  await refused(() => SqliteStore.open(folder.path, "server"), /^another server runs on \//);
  const command = SqliteStore.open(folder.path, "command");
  await add(command, aLogin());
  await command.close();
  await refused(() => SqliteStore.open(folder.path, "server"), /^another server runs on \//);
  assert.equal((await server.recentLogins(9)).length, 1);
  await server.close();
  await SqliteStore.open(folder.path, "server").close();
});

Deno.test("a server that could not be opened stands in nobody's way", async () => {
  await using folder = await scratch();
  const file = await folder.file("gatehouse.db", "not a database ".repeat(500), 0o600);
  await refused(() => SqliteStore.open(folder.path, "server"), /not a database$/);
  await Deno.remove(file);
  await SqliteStore.open(folder.path, "server").close();
});

Deno.test("everything of a transaction that cannot be committed is refused", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  await add(store, aLogin({ id: "before" }));
  const pages = new DatabaseSync(`${folder.path}/gatehouse.db`).prepare("PRAGMA page_count").get();
  store.db.exec(`PRAGMA max_page_count = ${pages?.page_count}`); // as a full disk would
  const long = "x".repeat(50_000);
  const results = await Promise.allSettled([
    add(store, aLogin({ id: "small" })),
    add(store, aLogin({ id: "large", command: long })),
  ]);
  for (const result of results) {
    assert.ok(result.status === "rejected" && result.reason instanceof Failure);
    assert.match(result.reason.message, /^cannot use .*full$/);
  }
  assert.deepEqual((await store.recentLogins(9)).map((login) => login.id), ["before"]);
  store.db.exec("PRAGMA max_page_count = 1000000");
  await add(store, aLogin({ id: "after" }));
  await store.close();
});

for (const version of [1, 2] as const) {
  Deno.test(`open() brings a database of version ${version} up to date, and keeps what is in it`, async () => {
    await using folder = await scratch();
    const host = { name: "web1", tokenHash: "1".repeat(64), createdAt: T0, lastSeenAt: T0 + 1 };
    oldDatabase(folder.path, version, host, [
      aLogin({ id: "open" }),
      aLogin({
        ...{ id: "denied", ticket: "t2", state: "denied", reason: "denied", decidedAt: T0 },
        requester: "bob",
      }),
    ]);
    for (let opened = 0; opened < 2; opened++) {
      const store = SqliteStore.open(folder.path, "server");
      const unknown = {
        joinedAt: null,
        revokedAt: null,
        version: null,
        codesKey: null,
        reportKey: null,
      };
      assert.deepEqual(await store.hosts(), [{ ...host, ...unknown }]);
      assert.equal((await store.login("open"))?.user, "alice");
      assert.equal((await store.recentLoginsOf({ requester: "bob" }, 9))[0]?.id, "denied");
      const question = { words: ["alice@web1", "bob"], outcome: "refused", now: T0 } as const;
      const { logins } = await store.listLogins(question, undefined, 9);
      assert.deepEqual(logins.map(({ id }) => id), ["denied"]);
      let times: readonly number[] | undefined;
      await store.changeTimes("a", (kept) => {
        times = kept;
        return [7];
      });
      assert.deepEqual(times, opened === 1 ? [7] : version === 2 ? [1, 2] : []);
      for (const kind of SAMPLED) {
        assert.equal((await store.find(kind, { all: true })).length, opened, kind);
        if (opened === 0) await addSample(store, kind);
      }
      // What ended before is not held against the account, what ends from now on is.
      assert.deepEqual(await refusals(store), opened === 0 ? [] : [T0 + 9]);
      await store.changeLogins(
        { id: "open" },
        (found) =>
          found.map((login) => ({
            ...login,
            state: "denied",
            reason: "denied",
            decidedAt: T0 + 9,
          })),
      );
      await store.close();
    }
  });
}

async function refusals(store: SqliteStore): Promise<readonly number[]> {
  const { promise, resolve } = Promise.withResolvers<readonly number[]>();
  await store.addLogin(aLogin(), (_, account) => {
    resolve(account.refusals);
    return undefined;
  });
  return await promise;
}

Deno.test("what is asked for at every login is found by an index, however much there is", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  const { refusals, pending, openOf } = prepare(store.db);
  for (const { sourceSQL } of [refusals, pending, openOf]) {
    const steps = store.db.prepare(`EXPLAIN QUERY PLAN ${sourceSQL}`).all();
    const plan = steps.map(({ detail }) => String(detail));
    assert.ok(plan.some((step) => step.includes("USING INDEX logins_")), plan.join("\n"));
    assert.deepEqual(plan.filter((step) => /^SCAN logins$/.test(step)), []);
  }
  await store.close();
});

Deno.test("what waits is found without looking at what has ended", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  const { pending, due, open, openOf } = prepare(store.db);
  const plans = [pending, due, open, openOf].map(({ sourceSQL }) => {
    const [first] = store.db.prepare(`EXPLAIN QUERY PLAN ${sourceSQL}`).all();
    return /^SEARCH logins USING INDEX (\w+)/.exec(String(first?.detail))?.[1];
  });
  // Indices of those alone that wait.
  assert.deepEqual(plans, ["logins_pending", "logins_due", "logins_due", "logins_due"]);
  await store.close();
});

Deno.test("what can be forgotten is found by an index, in every table", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  const tables = store.db.prepare(`
    SELECT m.name FROM sqlite_schema m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND c.name = 'due_at'`).all().map(({ name }) => String(name));
  assert.ok(tables.length > SAMPLED.length, tables.join());
  const { forget, forgetTimes, timesUnder } = prepare(store.db);
  const statements = [
    ...tables.map((table) => `DELETE FROM ${table} WHERE due_at <= ?`),
    ...[forget, forgetTimes, timesUnder].map(({ sourceSQL }) => sourceSQL),
  ];
  for (const statement of statements) {
    const [first] = store.db.prepare(`EXPLAIN QUERY PLAN ${statement}`).all();
    assert.match(String(first?.detail), /^SEARCH \w+ USING (COVERING )?INDEX /, statement);
  }
  await store.close();
});

Deno.test("whatever changes of a login, its columns say what it says", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  const columns = store.db.prepare(`
    SELECT state, due_at, outcome, decided_at, shown_as, searched, body, id FROM logins`);
  const { id } = await add(store, aLogin()) ?? {};
  const approve = { type: "approve", match: "42", by: "link", via: "link" } as const;
  const deny = { type: "deny", notMe: true, by: "person:alice", via: "code" } as const;
  const changes: readonly ((login: Login) => Login)[] = [
    (login) => ({ ...login, match: "42", expiresAt: login.expiresAt + 1 }),
    (login) => step(login, approve, T0 + 1).login,
    (login) => ({ ...login, by: "person:alice" }),
    (login) => step(login, { type: "collect" }, T0 + 2).login,
    (login) => ({ ...login, via: "grant" }),
    (login) => ({ ...login, state: "pending", collected: false }),
    (login) => step(login, deny, T0 + 3).login,
    (login) => ({ ...login, reason: "code_used" }),
    (login) => ({ ...login, decidedAt: T0 + 4 }),
  ];
  for (const change of changes) {
    const [changed] = await store.changeLogins({ id: id ?? "" }, (found) => found.map(change));
    assert.ok(changed);
    assert.deepEqual(await store.login(changed.id), changed);
    assert.deepEqual(Object.values(columns.get() ?? {}), loginColumns(changed));
  }
  await store.close();
});

Deno.test("a login of before there were PINs has none", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  await add(store, aLogin());
  store.db.exec("UPDATE logins SET body = json_remove(body, '$.pin')");
  assert.equal((await store.login("login-1"))?.pin, null);
  await store.close();
});

Deno.test("a login of before it was recorded has nobody who asks for another", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  await add(store, aLogin({ requester: "bob" }));
  assert.equal((await store.login("login-1"))?.requester, "bob");
  store.db.exec("UPDATE logins SET body = json_remove(body, '$.requester')");
  assert.equal((await store.login("login-1"))?.requester, null);
  await store.close();
});

Deno.test("a login of before it was recorded has a whole command", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  await add(store, aLogin({ commandWhole: false }));
  assert.equal((await store.login("login-1"))?.commandWhole, false);
  store.db.exec("UPDATE logins SET body = json_remove(body, '$.commandWhole')");
  assert.equal((await store.login("login-1"))?.commandWhole, true);
  await store.close();
});

Deno.test("probe() throws when the database cannot be written", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  store.db.exec("PRAGMA query_only = 1");
  await refused(() => store.probe(), /^cannot use /);
  await store.close();
});

Deno.test("a closed store refuses, and answers what was asked before", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(folder.path, "server");
  const asked = add(store, aLogin());
  await store.close();
  assert.equal((await asked)?.id, "login-1");
  await assert.rejects(store.login("login-1"));
  await assert.rejects(store.probe());
});
