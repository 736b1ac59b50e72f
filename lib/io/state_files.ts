/**
 * google-authenticator's state files on the disk. They are trusted as its PAM module does it, and
 * changed under a lock that it does not know: so a file that was replaced meanwhile is read again.
 */
import { basename, dirname, join } from "node:path";
import { Failure } from "../core/errors.ts";
import { fromLatin1, toLatin1 } from "../core/latin1.ts";
import { MAX_STATE_BYTES, parseStateFile, type StateFile } from "../core/state_file.ts";
import {
  cannot,
  existsAlready,
  gone,
  irregular,
  keepsChanging,
  malformed,
  requirePrivate,
  type StatePlace,
  unlocked,
  unreadable,
} from "../core/state_place.ts";
import {
  errnoIn,
  IrregularFile,
  isAt,
  isThere,
  readRegular,
  type RegularFile,
  within,
} from "./files.ts";

const NEW_MODE = 0o400;
const TRIES = 10;

/** Undefined when there is no such file. @throws Failure when it must not be trusted or is malformed */
export function readStateFile(place: StatePlace): StateFile | undefined {
  const bytes = readPrivateBytes(place);
  return bytes === undefined ? undefined : parsed(place.path, bytes);
}

/** As readStateFile(), for any file that is to be as private, of at most 64 KiB. @throws Failure */
export function readPrivateBytes(place: StatePlace): Uint8Array<ArrayBuffer> | undefined {
  const { path } = place;
  let file: RegularFile | undefined;
  try {
    file = readRegular(path, MAX_STATE_BYTES + 1);
  } catch (error) {
    throw error instanceof IrregularFile ? irregular(path) : unreadable(path, errnoIn(error));
  }
  if (file === undefined) return undefined;
  requirePrivate(file, place);
  return file.bytes;
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
      throw gone(path);
    }
    const info = file.statSync();
    requirePrivate(info, place);
    const before = parsed(path, readBytes(file, path));
    const { file: after, result } = change(before);
    if (after.text === before.text) return result;
    const written = await write(path, after.text, {
      mode: (info.mode ?? 0) & 0o777,
      owner: { uid: info.uid ?? 0, gid: info.gid ?? 0 },
      place: "replace",
      stillRight: () => isUnchanged(path, file, info, before.text),
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
      stillRight: () => old === undefined || isAt(path, old),
    });
    if (written) return;
  }
  throw keepsChanging(path);
}

/** A lock that somebody holds on to stops it only for a moment. @throws Failure */
export async function removeStateFile({ path }: StatePlace): Promise<void> {
  if (!isThere(path)) return;
  if (!(await Deno.lstat(path)).isFile) throw irregular(path);
  const { removeDurably } = await import("./durable_file.ts");
  using _lock = await openLocked(path, PATIENCE_MS).catch(() => undefined);
  try {
    await removeDurably(path, temporary(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw cannot("remove", path, errnoIn(error));
  }
}

const PATIENCE_MS = 2_000;

type OpenFile = Deno.FsFile;

/** Whoever had the lock may have put another file there: that one is waited for then. */
async function openLocked(path: string, patience?: number): Promise<OpenFile | undefined> {
  const { lock, LOCK_MS } = await import("./durable_file.ts");
  const until = performance.now() + (patience ?? LOCK_MS);
  for (;;) {
    const left = Math.max(0, until - performance.now());
    const file = await openRegular(path, left);
    if (file === undefined) return undefined;
    try {
      await lock(file, left);
    } catch (error) {
      file.close();
      throw unlocked(path, errnoIn(error));
    }
    if (file.statSync().isFile && isAt(path, file)) return file;
    file.close(); // replaced just now
  }
}

/** A pipe that somebody puts there in the last moment is not waited for longer than for the lock. */
async function openRegular(path: string, ms: number): Promise<OpenFile | undefined> {
  try {
    if (!(await Deno.lstat(path)).isFile) throw irregular(path);
    return await within(ms, Deno.open(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Failure) throw error;
    throw unreadable(path, errnoIn(error));
  }
}

/** One byte more than there may be, if there is one. @throws Failure */
function readBytes(file: OpenFile, path: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(MAX_STATE_BYTES + 1);
  let length = 0;
  try {
    file.seekSync(0, Deno.SeekMode.Start);
    for (let n; (n = file.readSync(bytes.subarray(length))) !== null && n > 0;) length += n;
  } catch (error) {
    throw unreadable(path, errnoIn(error));
  }
  return bytes.subarray(0, length);
}

function parsed(path: string, bytes: Uint8Array): StateFile {
  const read = parseStateFile(toLatin1(bytes));
  if (read.ok) return read.value;
  throw malformed(path, read.fault);
}

/** By its bytes: the times of two changes can be the same. Its owner and mode are to be kept too. */
function isUnchanged(
  path: string,
  file: OpenFile,
  { uid, gid, mode }: Deno.FileInfo,
  text: string,
): boolean {
  if (!isAt(path, file)) return false;
  const now = file.statSync();
  if (now.uid !== uid || now.gid !== gid || now.mode !== mode) return false;
  return toLatin1(readBytes(file, path)) === text;
}

/** False when the file there is not the one that was read. @throws Failure */
async function write(
  path: string,
  text: string,
  how: Omit<import("./durable_file.ts").Draft, "temporary">,
): Promise<boolean> {
  const { writeDurably } = await import("./durable_file.ts");
  try {
    return await writeDurably(path, fromLatin1(text), { temporary: temporary(path), ...how });
  } catch (error) {
    if (how.place === "new" && error instanceof Deno.errors.AlreadyExists) return false;
    throw cannot("write", path, errnoIn(error));
  }
}

function temporary(path: string): string {
  return join(dirname(path), `${basename(path)}.gatehouse-new`);
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw cannot("write", path, errnoIn(error));
  }
}
