/**
 * Files that are whole or not at all, and on the disk before anybody is told: temporary file, fsync,
 * rename, fsync of the directory.
 */
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { writeAll } from "./files.ts";

export interface Draft {
  /** Beside the file and ours alone: what a crash left there is removed. */
  readonly temporary: string;
  readonly mode: number;
  /** Default: whoever makes it. */
  readonly owner?: Owner;
  /** "new" does not replace a file: AlreadyExists. */
  readonly place: "replace" | "new";
  /** Asked last, with everything on the disk; when it says no, nothing is put in place. */
  readonly stillRight?: () => boolean;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Whether it was put in place. @throws what the system says; then the file is the old one or the new */
export async function writeDurably(
  path: string,
  bytes: Uint8Array,
  draft: Draft,
): Promise<boolean> {
  const { temporary, place, stillRight = () => true } = draft;
  using directory = await Deno.open(dirname(path));
  // Nobody else of ours may take the temporary file for one that a crash left.
  await lock(directory);
  await remove(temporary);
  try {
    await writeDraft(bytes, draft);
    if (!stillRight()) {
      await remove(temporary);
      return false;
    }
    if (place === "replace") await Deno.rename(temporary, path);
    else await Deno.link(temporary, path); // unlike rename, never replaces a file
  } catch (error) {
    await remove(temporary);
    throw error;
  }
  if (place === "new") await remove(temporary);
  await directory.sync();
  return true;
}

/** Removes the file, and what a crash left beside it, for good. */
export async function removeDurably(path: string, temporary: string): Promise<void> {
  using directory = await Deno.open(dirname(path));
  await lock(directory);
  await remove(temporary);
  await Deno.remove(path);
  await directory.sync();
}

/**
 * flock(2), exclusive, until the file is closed. NFS locks only what is open for writing, which a file
 * of mode 0400 or a directory is not; the check before each rename has to do there.
 */
export async function lock(file: Deno.FsFile): Promise<void> {
  try {
    await file.lock(true);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EBADF")) throw error;
  }
}

async function writeDraft(bytes: Uint8Array, { temporary, mode, owner }: Draft): Promise<void> {
  const file = await open(temporary, "wx", mode & 0o700);
  try {
    await writeAll({ write: async (part) => (await file.write(part)).bytesWritten }, bytes);
    const made = await file.stat();
    if (owner !== undefined) await give(file, owner, made, mode);
    if ((made.mode & 0o7777) !== mode) await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The group of a file that only its owner may use need not be one that we may give it (chown(2)). */
async function give(
  file: { chown(uid: number, gid: number): Promise<void> },
  { uid, gid }: Owner,
  made: Owner,
  mode: number,
): Promise<void> {
  if (made.uid === uid && made.gid === gid) return;
  try {
    await file.chown(uid, gid);
  } catch (error) {
    if (made.uid !== uid || (mode & 0o077) !== 0) throw error;
  }
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path).catch(() => {}); // it need not be there
}
