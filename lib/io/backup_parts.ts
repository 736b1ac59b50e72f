/** What of a data directory goes into a backup. */
import { join } from "node:path";
import { AUDIT_FILE } from "../core/audit.ts";
import { DATABASE_FILE, isKeyName, KEYS_FOLDER } from "../core/backup.ts";
import type { BackupPart } from "./backup_writer.ts";
import { readRegular } from "./files.ts";
import { cannotOpen } from "./private_files.ts";

const CHUNK = 262_144;
/** Longer ones are no keys. */
const LONGEST_KEY = 65_536;

/** Each is read when its turn comes. @param snapshot a copy of the database @throws Failure (78) */
export async function* backupParts(
  dataDir: string,
  snapshot: string,
): AsyncGenerator<BackupPart> {
  yield* open(DATABASE_FILE, snapshot);
  // The log after the database: so it tells of all that is in there.
  yield* open(AUDIT_FILE, join(dataDir, AUDIT_FILE));
  const folder = join(dataDir, KEYS_FOLDER);
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (isKeyName(`${KEYS_FOLDER}/${name}`)) names.push(name);
  }
  for (const name of names.sort()) {
    const bytes = readKey(join(folder, name));
    if (bytes === undefined) continue;
    yield { name: `${KEYS_FOLDER}/${name}`, size: bytes.length, chunks: once(bytes) };
  }
}

async function* open(name: string, path: string): AsyncGenerator<BackupPart> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    throw cannotOpen(path, error);
  }
  using opened = file;
  // Who appends holds the lock until the lines are whole.
  await opened.lock(false);
  const { size } = await opened.stat();
  await opened.unlock();
  yield { name, size, chunks: read(opened, size) };
}

async function* read(file: Deno.FsFile, size: number): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(CHUNK);
  for (let left = size; left > 0;) {
    const count = await file.read(chunk.subarray(0, Math.min(chunk.length, left)));
    if (count === null) return;
    left -= count;
    yield chunk.subarray(0, count);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** Undefined when it was taken away meanwhile, as a key's draft is. */
function readKey(path: string): Uint8Array | undefined {
  try {
    return readRegular(path, LONGEST_KEY)?.bytes;
  } catch (error) {
    throw cannotOpen(path, error);
  }
}
