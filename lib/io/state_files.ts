/**
 * google-authenticator's state files on the disk. They are trusted as its PAM module does it, and
 * changed under a lock that it does not know: so a file that was replaced meanwhile is read again.
 */
import { basename, dirname, join } from "node:path";
import { Exit, Failure } from "../core/errors.ts";
import { fromLatin1, toLatin1 } from "../core/latin1.ts";
import { MAX_STATE_BYTES, parseStateFile, type StateFile } from "../core/state_file.ts";
import { printable } from "../core/text.ts";

export interface StatePlace {
  readonly path: string;
  /** Uids; undefined: whoever it is. */
  readonly owners: readonly number[] | undefined;
  /** The most that its mode may allow, such as 0o600. */
  readonly allowedPerm: number;
}

const NEW_MODE = 0o400;
/** The peer's mask: everything but set-user-ID. */
const MODE_BITS = 0o3777;
const TRIES = 10;

/** Undefined when there is no such file. @throws Failure when it must not be trusted or is malformed */
export function readStateFile(place: StatePlace): StateFile | undefined {
  const bytes = readPrivateBytes(place);
  return bytes === undefined ? undefined : parsed(place.path, bytes);
}

/** As readStateFile(), for any file that is to be as private, of at most 64 KiB. @throws Failure */
export function readPrivateBytes(place: StatePlace): Uint8Array<ArrayBuffer> | undefined {
  using file = openRegular(place.path);
  return file === undefined ? undefined : readTrusted(file, place);
}

/**
 * Changes the file under a lock that holds between processes. `change` must be pure: it is called
 * again when a program that knows no lock replaced the file meanwhile. Nothing is written when it
 * leaves the text as it is.
 * @returns what `change` says, when that is on the disk @throws Failure
 */
export async function updateStateFile<T>(
  place: StatePlace,
  change: (file: StateFile) => { file: StateFile; result: T },
): Promise<T> {
  const { path } = place;
  for (let tries = 0; tries < TRIES; tries++) {
    using file = await openLocked(path);
    if (file === undefined) {
      throw refuse(path, "does not exist any more", "make a new one: gatehouse enroll");
    }
    const info = file.statSync();
    const before = parsed(path, readTrusted(file, place));
    const { file: after, result } = change(before);
    if (after.text === before.text) return result;
    const written = await write(path, after.text, {
      mode: (info.mode ?? 0) & 0o777,
      owner: { uid: info.uid ?? 0, gid: info.gid ?? 0 },
      place: "replace",
      stillRight: () => isUnchanged(path, info),
    });
    if (written) return result;
  }
  throw keepsChanging(path);
}

/**
 * Makes the file, and directories above it that are missing. One that is replaced leaves its owner and
 * as much of its mode as is allowed; it need not be well-formed. @throws Failure
 */
export async function writeNewStateFile(
  place: StatePlace,
  text: string,
  options: { replace: boolean },
): Promise<void> {
  const { path, owners, allowedPerm } = place;
  await makeDirectory(path);
  for (let tries = 0; tries < TRIES; tries++) {
    using old = await openLocked(path);
    if (old !== undefined && !options.replace) throw existsAlready(path);
    const info = old?.statSync();
    const trusted = owners === undefined || owners.includes(info?.uid ?? -1);
    const written = await write(path, text, {
      mode: info === undefined ? NEW_MODE : NEW_MODE | (info.mode ?? 0) & 0o777 & allowedPerm,
      ...(info !== undefined && trusted
        ? { owner: { uid: info.uid ?? 0, gid: info.gid ?? 0 } }
        : {}),
      place: info === undefined ? "new" : "replace",
      stillRight: () => info === undefined || isUnchanged(path, info),
    });
    if (written) return;
  }
  throw keepsChanging(path);
}

/** Does nothing when there is no such file. @throws Failure */
export async function removeStateFile({ path }: StatePlace): Promise<void> {
  using file = await openLocked(path);
  if (file === undefined) return;
  const { removeDurably } = await import("./durable_file.ts");
  try {
    await removeDurably(path, temporary(path));
  } catch {
    throw cannot("remove", path);
  }
}

type OpenFile = Deno.FsFile;

/** No link, no pipe, no device. Undefined when there is nothing. @throws Failure */
function openRegular(path: string): OpenFile | undefined {
  try {
    for (;;) {
      const link = Deno.lstatSync(path);
      if (!link.isFile) {
        throw refuse(path, "is not a regular file", "put the file itself there");
      }
      const file = Deno.openSync(path);
      if (isSame(file.statSync(), link)) return file;
      file.close(); // replaced just now
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Failure) throw error;
    throw refuse(path, "cannot be read", "check its owner and mode");
  }
}

/** Whoever had the lock may have put another file there: that one is waited for then. */
async function openLocked(path: string): Promise<OpenFile | undefined> {
  const { lock } = await import("./durable_file.ts");
  for (;;) {
    const file = openRegular(path);
    if (file === undefined) return undefined;
    try {
      await lock(file);
    } catch {
      file.close();
      throw refuse(path, "cannot be locked", "put it on a file system that has locks");
    }
    if (names(path, file)) return file;
    file.close();
  }
}

/** @throws Failure */
function readTrusted(file: OpenFile, { path, owners, allowedPerm }: StatePlace) {
  const { uid, size, mode } = file.statSync();
  if (owners !== undefined && !owners.includes(uid ?? -1)) {
    throw refuse(path, `belongs to uid ${uid}`, "it must belong to the account or to root");
  }
  const forbidden = (mode ?? 0) & MODE_BITS & ~allowedPerm;
  if (forbidden !== 0) {
    const what = (forbidden & 0o077) !== 0
      ? "can be read or written by others"
      : `has mode ${octal((mode ?? 0) & MODE_BITS)}, which is more than ${octal(allowedPerm)}`;
    throw refuse(path, what, `run: chmod ${octal(allowedPerm)} ${printable(path)}`);
  }
  if (size > MAX_STATE_BYTES) throw refuse(path, "is larger than 64 KiB", MEND);
  const bytes = new Uint8Array(size);
  let length = 0;
  for (let n; length < size && (n = file.readSync(bytes.subarray(length))) !== null;) length += n;
  return bytes.subarray(0, length);
}

const MEND = "mend it, or make a new one: gatehouse enroll --force";

function parsed(path: string, bytes: Uint8Array): StateFile {
  const read = parseStateFile(toLatin1(bytes));
  if (read.ok) return read.value;
  throw refuse(path, read.fault, MEND);
}

function isSame(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

function names(path: string, file: OpenFile): boolean {
  try {
    return isSame(Deno.lstatSync(path), file.statSync());
  } catch {
    return false;
  }
}

function isUnchanged(path: string, before: Deno.FileInfo): boolean {
  try {
    const now = Deno.lstatSync(path);
    return isSame(now, before) && now.size === before.size &&
      now.mtime?.getTime() === before.mtime?.getTime() &&
      now.ctime?.getTime() === before.ctime?.getTime();
  } catch {
    return false;
  }
}

type How = Omit<import("./durable_file.ts").Draft, "temporary">;

/** False when the file there is not the one that was read. @throws Failure */
async function write(path: string, text: string, how: How): Promise<boolean> {
  const { writeDurably } = await import("./durable_file.ts");
  try {
    return await writeDurably(path, fromLatin1(text), { temporary: temporary(path), ...how });
  } catch (error) {
    if (how.place === "new" && error instanceof Deno.errors.AlreadyExists) return false;
    throw cannot("write", path);
  }
}

function temporary(path: string): string {
  return join(dirname(path), `${basename(path)}.gatehouse-new`);
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  } catch {
    throw cannot("write", path);
  }
}

function refuse(path: string, what: string, hint: string): Failure {
  return new Failure(Exit.config, `${printable(path)} ${what}`, hint);
}

function existsAlready(path: string): Failure {
  return refuse(path, "exists already", "to replace it: --force; without a gap: --rotate");
}

function cannot(what: "write" | "remove", path: string): Failure {
  return new Failure(
    Exit.denied,
    `cannot ${what} ${printable(path)}`,
    "check the free space, and who may write in its directory",
  );
}

function keepsChanging(path: string): Failure {
  const message = `another program keeps changing ${printable(path)}`;
  return new Failure(Exit.denied, message, "try again in a moment");
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
