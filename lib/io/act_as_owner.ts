/** What root starts works on the server's files as the server's user. */
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { openLibc } from "./libc.ts";

/**
 * When root works on a data directory that belongs to another user, this process becomes that user
 * for good. Otherwise the server could not open files that root made there, and root would follow
 * links that whoever took over the server's account put there. Does nothing for anybody else, or
 * when there is no such directory yet.
 * @throws Failure (78) where root may not, as in some containers
 */
export function actAsOwner(dataDir: string): void {
  if (Deno.uid() !== 0) return;
  let owner: Deno.FileInfo;
  try {
    owner = Deno.statSync(dataDir);
  } catch {
    return; // whoever opens the store will say what is wrong with it
  }
  const { uid, gid } = owner;
  if (uid === null || gid === null || uid === 0) return;
  const c = openLibc({
    setgroups: { parameters: ["usize", "buffer"], result: "i32" },
    setgid: { parameters: ["u32"], result: "i32" },
    setuid: { parameters: ["u32"], result: "i32" },
  });
  // In this order: without uid 0 the groups could not be given up any more (setuid(2)).
  const faults = [c.setgroups(0n, new Uint32Array(1)), c.setgid(gid), c.setuid(uid)];
  if (faults.some((result) => result !== 0)) {
    throw new Failure(
      Exit.config,
      `cannot become uid ${uid}, whose directory ${printable(dataDir)} is`,
      "run this as that user",
    );
  }
}
