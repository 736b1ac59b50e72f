/** What several adapters do with files. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** write(2) may take less than it is given. */
export async function writeAll(
  file: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** As writeAll(). */
export function writeAllSync(
  file: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/**
 * Whether the path names anything at all. A link to nothing does, and so does what cannot be looked
 * at: opening it then says what is wrong with it.
 */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** " (ENOSPC)": what the system calls its error, for the end of a message; "" when it has no name. */
export function errnoIn(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? ` (${error.code})`
    : "";
}

/** @throws TimedOut (ETIMEDOUT) when the work takes longer; it may go on all the same */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(Object.assign(new Deno.errors.TimedOut(), { code: "ETIMEDOUT" }));
  }, ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A file that others may have put there: not followed if it is a link, not waited for if a pipe. */
export interface RegularFile {
  readonly uid: number;
  /** With the bits of its type. */
  readonly mode: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Undefined when there is nothing.
 * @param max how much is read of it at most
 * @throws IrregularFile; or what the system says
 */
export function readRegular(path: string, max: number): RegularFile | undefined {
  for (let tries = 0; tries < 100; tries++) {
    const file = readOnce(path, max);
    if (file !== "replaced") return file;
  }
  throw new IrregularFile();
}

/** "replaced": between the look at it and its opening. */
function readOnce(path: string, max: number): RegularFile | undefined | "replaced" {
  let named: Deno.FileInfo;
  let fd: number;
  try {
    named = Deno.lstatSync(path);
    if (!named.isFile) throw new IrregularFile();
    // With less than all permissions the runtime follows links itself, and opens what they lead to.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoIn(error) === " (ENOENT)") return undefined;
    if (errnoIn(error) === " (ELOOP)" || errnoIn(error) === " (ENXIO)") return "replaced";
    throw error;
  }
  try {
    const info = fstatSync(fd);
    if (named.ino !== info.ino || named.dev !== info.dev) return "replaced";
    // As much as there is, and one more to see the end; files of /proc say nothing, and others may grow.
    let bytes = new Uint8Array(Math.min(max, info.size + 1));
    let length = 0;
    for (
      let n;
      length < max && (n = readSync(fd, bytes, length, bytes.length - length, null)) > 0;
    ) {
      length += n;
      if (length < bytes.length) continue;
      const larger = new Uint8Array(Math.min(max, 2 * length + 4_096));
      larger.set(bytes);
      bytes = larger;
    }
    return { uid: info.uid, mode: info.mode, bytes: bytes.subarray(0, length) };
  } finally {
    closeSync(fd);
  }
}

/** A link, a folder, a pipe, a device. */
export class IrregularFile extends Error {}

/** Whether that open file is what the path names: no link to it, and not one that was replaced. */
export function isAt(path: string, file: Deno.FsFile): boolean {
  try {
    const named = Deno.lstatSync(path);
    const open = file.statSync();
    return named.ino === open.ino && named.dev === open.dev;
  } catch {
    return false;
  }
}
