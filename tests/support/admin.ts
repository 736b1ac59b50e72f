/** Administrative commands, called as the command line calls them. */
import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { type Errand, errandOf, ERRANDS } from "../../lib/core/errand.ts";
import { type Exit, Failure } from "../../lib/core/errors.ts";
import { currentAccount } from "../../lib/io/accounts.ts";
import type { Out } from "../../lib/io/out.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import { CollectedOut } from "./out.ts";

/** Who the tests are, as an administrator. */
export const ADMIN = `admin:${userInfo().username}`;
// Opens the C library once for all, outside of any test: it stays open.
currentAccount();

/** What a command prints. */
export async function printed(command: (out: Out) => Promise<void>): Promise<CollectedOut> {
  const out = new CollectedOut();
  await command(out);
  return out;
}

export async function fails(
  command: (out: Out) => Promise<void>,
  exit: Exit,
  message: RegExp,
  hint?: RegExp,
): Promise<void> {
  const out = new CollectedOut();
  await assert.rejects(command(out), (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.exit, exit);
    assert.match(error.message, message);
    if (hint !== undefined) assert.match(error.hint ?? "", hint);
    return true;
  });
  assert.deepEqual(out.lines, []);
}

export async function withStore<T>(
  data: string,
  work: (store: SqliteStore) => Promise<T>,
): Promise<T> {
  const store = SqliteStore.open(data, "command");
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** What commands have left to be told. */
export async function errandsIn(data: string): Promise<(Errand | undefined)[]> {
  const names = await withStore(data, (store) => store.timesUnder(ERRANDS));
  return [...names.keys()].map(errandOf);
}

/** The audit log, without what differs each time. */
export async function auditLog(data: string): Promise<Record<string, unknown>[]> {
  const text = await Deno.readTextFile(`${data}/audit.jsonl`);
  return text.trimEnd().split("\n").map((line) => {
    const { seq: _seq, time: _time, prev: _prev, ...event } = JSON.parse(line);
    return event;
  });
}
