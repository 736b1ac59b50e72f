/** One suite for every store. */
import { MemoryStore } from "./memory_store.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import type { Store } from "../../lib/ports.ts";
import { scratch } from "./scratch.ts";

export type Contract = Readonly<Record<string, (store: Store) => void | Promise<void>>>;

/** A test of each entry for each store, a new and empty one. */
export function testEveryStore(contract: Contract): void {
  for (const [name, check] of Object.entries(contract)) {
    Deno.test(`memory: ${name}`, () => check(new MemoryStore()));
    for (const role of ["server", "command"] as const) {
      Deno.test(`sqlite (${role}): ${name}`, async () => {
        await using folder = await scratch();
        const store = SqliteStore.open(`${folder.path}/data`, role);
        try {
          await check(store);
        } finally {
          await store.close();
        }
      });
    }
  }
}
