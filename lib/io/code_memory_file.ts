/** The file that remembers an account's spent codes and wrong tries, under its lock. */
import { basename, dirname, join } from "node:path";
import { type CodeMemory, EMPTY_MEMORY, formatMemory, parseMemory } from "../core/code_memory.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { lock, LOCK_MS, writeDurably } from "./durable_file.ts";
import { errnoIn, IrregularFile, isThere, readRegular, type RegularFile, within } from "./files.ts";

/** Several times what parseMemory takes. */
const MAX_BYTES = 262_144;

export class CodeMemoryFile implements Disposable {
  /** What is on the disk. */
  #text: string;

  private constructor(
    private readonly path: string,
    private readonly lockFile: Deno.FsFile,
    readonly value: CodeMemory,
  ) {
    this.#text = formatMemory(value);
  }

  /**
   * Waits for the lock, which holds between processes until this is disposed.
   * @param directory made when it is missing
   * @throws Failure when others could change it, it is damaged, or it cannot be used
   */
  static async open(directory: string, account: { user: string; uid: number }) {
    const path = join(directory, `${encodeURIComponent(account.user)}.json`);
    return await reported(directory, async () => {
      makePrivateDirectory(directory, account.uid);
      const lockFile = await openLockFile(`${path}.lock`);
      try {
        await lock(lockFile);
        return new CodeMemoryFile(path, lockFile, read(path));
      } catch (error) {
        lockFile.close();
        throw error;
      }
    });
  }

  /** @throws Failure */
  async write(value: CodeMemory): Promise<void> {
    const text = formatMemory(value);
    if (text === this.#text) return;
    const { path } = this;
    await reported(
      dirname(path),
      () =>
        writeDurably(path, new TextEncoder().encode(text), {
          temporary: join(dirname(path), `.${basename(path)}.new`),
          mode: 0o600,
          place: "replace",
        }),
    );
    this.#text = text;
  }

  [Symbol.dispose](): void {
    this.lockFile.close();
  }
}

async function reported<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      Exit.denied,
      `cannot remember spent codes in ${printable(directory)}${errnoIn(error)}`,
      "no code is accepted that could be used again; check that directory and the free space",
    );
  }
}

/** Bounded like the lock itself: who may write in the folder can put a pipe there. */
async function openLockFile(path: string): Promise<Deno.FsFile> {
  if (isThere(path) && !(await Deno.lstat(path)).isFile) throw irregular(path);
  const opened = Deno.open(path, { create: true, write: true, mode: 0o600 });
  return await within(LOCK_MS, opened);
}

function read(path: string): CodeMemory {
  const file = readMemory(path);
  if (file === undefined) return EMPTY_MEMORY;
  const text = new TextDecoder().decode(file.bytes);
  const memory = parseMemory(text);
  if (memory !== undefined) return memory;
  throw new Failure(
    Exit.denied,
    `${printable(path)} is damaged, so spent codes are not known`,
    // The widest window is a hundred codes of a minute, half of them of the past.
    "leave it for an hour, so that no used code is valid any more, then remove it",
  );
}

function readMemory(path: string): RegularFile | undefined {
  try {
    return readRegular(path, MAX_BYTES);
  } catch (error) {
    throw error instanceof IrregularFile ? irregular(path) : error;
  }
}

function irregular(path: string): Failure {
  return new Failure(
    Exit.denied,
    `${printable(path)} is not a regular file`,
    "somebody who may write there put it in the way; see what it is, and remove it",
  );
}

function makePrivateDirectory(path: string, uid: number): void {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  const info = Deno.lstatSync(path);
  const ours = info.uid === uid || info.uid === 0;
  if (!info.isDirectory || !ours || ((info.mode ?? 0) & 0o022) !== 0) {
    throw new Failure(
      Exit.denied,
      `${printable(path)} is not a directory that only this account can write`,
      `run: chmod 0700 ${printable(path)}`,
    );
  }
}
