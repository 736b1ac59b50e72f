/**
 * Files that are whole or not at all, and on the disk before anybody is told: temporary file, fsync,
 * rename, fsync of the directory.
 */
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoIn, isAt, isThere, within, writeAll } from "./files.ts";

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
  const made = await makeDraft(path, draft);
  try {
    await fill(made.handle, bytes, draft);
    if (!stillRight()) return false;
    if (place === "replace") await Deno.rename(temporary, path);
    else await Deno.link(temporary, path); // unlike rename, never replaces a file
  } finally {
    if (isAt(temporary, made.locked)) await Deno.remove(temporary);
    await made.handle.close();
    made.locked.close();
  }
  await sync(dirname(path));
  return true;
}

/** Removes the file, and what a crash left beside it, for good. */
export async function removeDurably(path: string, temporary: string): Promise<void> {
  await removeDraft(path, temporary);
  await Deno.remove(path);
  await sync(dirname(path));
}

/** Longer than fifty logins that take turns; whoever holds a lock so long does it to stop others. */
export const LOCK_MS = 30_000;

/**
 * flock(2), exclusive, until the file is closed. NFS locks only what is open for writing, which a file
 * of mode 0400 is not; the check before each rename has to do there.
 * @throws TimedOut when another holds it for so long
 */
export async function lock(file: Deno.FsFile, ms: number = LOCK_MS): Promise<void> {
  try {
    await within(ms, file.lock(true));
  } catch (error) {
    if (errnoIn(error) !== " (EBADF)") throw error;
  }
}

interface MadeDraft {
  readonly handle: FileHandle;
  /**
   * The same file. Nobody takes away a draft without its lock, and only who may open it can have that:
   * unlike a directory's, which any account may hold for ever.
   */
  readonly locked: Deno.FsFile;
}

const TRIES = 10;

async function makeDraft(path: string, { temporary, mode }: Draft): Promise<MadeDraft> {
  for (let tries = 1;; tries++) {
    let handle: FileHandle;
    // A link would be resolved by the runtime before it opens anything, O_EXCL or not.
    if (isThere(temporary)) await removeDraft(path, temporary);
    try {
      handle = await open(temporary, "wx", mode & 0o700);
    } catch (error) {
      if (tries === TRIES || errnoIn(error) !== " (EEXIST)") throw error;
      await removeDraft(path, temporary);
      continue;
    }
    try {
      const locked = await openDraft(temporary);
      if (locked?.statSync().ino === (await handle.stat()).ino) return { handle, locked };
      locked?.close(); // taken away before we had its lock
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    if (tries === TRIES) throw new Deno.errors.Busy();
  }
}

/** Waits for whoever writes it. */
async function removeDraft(path: string, temporary: string): Promise<void> {
  // A crash after link(2): it is in place already, and whoever has the file's lock has this one's too.
  if (await isSameFile(path, temporary)) return await Deno.remove(temporary);
  using draft = await openDraft(temporary);
  if (draft !== undefined) await Deno.remove(temporary);
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([Deno.lstat(a), Deno.lstat(b)]);
    return one.ino === other.ino && one.dev === other.dev;
  } catch {
    return false;
  }
}

/** With its lock, and named so still; undefined when there is none any more. */
async function openDraft(temporary: string): Promise<Deno.FsFile | undefined> {
  try {
    if (!(await Deno.lstat(temporary)).isFile) {
      throw Object.assign(new Deno.errors.AlreadyExists(), { code: "EEXIST" });
    }
    const file = await within(LOCK_MS, Deno.open(temporary));
    try {
      await lock(file);
      if (isAt(temporary, file)) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function fill(
  file: FileHandle,
  bytes: Uint8Array,
  { mode, owner }: Draft,
): Promise<void> {
  await writeAll({ write: async (part) => (await file.write(part)).bytesWritten }, bytes);
  const made = await file.stat();
  if (owner !== undefined) await give(file, owner, made, mode);
  if ((made.mode & 0o7777) !== mode) await file.chmod(mode);
  await file.sync();
}

/** The group of a file that only its owner may use need not be one that we may give it (chown(2)). */
async function give(
  file: FileHandle,
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

async function sync(folder: string): Promise<void> {
  using directory = await Deno.open(folder);
  await directory.sync();
}
