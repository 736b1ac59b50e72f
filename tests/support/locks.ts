/** Locks on files, held by another process, and who waits for them. */
import { GUARD_MS } from "./transcript.ts";
import { type Running, start } from "./process.ts";

/** Holds flock(2) on the file until it is disposed or released. */
export async function lockedElsewhere(path: string): Promise<Running> {
  const holder = start(["flock", "--no-fork", path, "sh", "-c", "echo locked; read line"], {
    input: "open",
  });
  await holder.out("locked");
  return holder;
}

/** Resolves when somebody waits for the lock on the file that is there now. */
export async function somebodyWaitsFor(path: string): Promise<void> {
  const { ino } = await Deno.stat(path);
  // proc_locks(5): a "->" before whoever is blocked.
  const waits = new RegExp(`^[0-9]+: -> FLOCK .*:${ino} `, "m");
  const end = Date.now() + GUARD_MS;
  while (!waits.test(await Deno.readTextFile("/proc/locks"))) {
    if (Date.now() > end) throw new Error(`nobody ever waited for the lock on ${path}`);
  }
}
