/** The file that remembers an account's spent codes and wrong tries, under its lock. */
import { basename, dirname, join } from "node:path";
import { type CodeMemory, EMPTY_MEMORY, formatMemory, parseMemory } from "../core/code_memory.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { lock, writeDurably } from "./durable_file.ts";

export class CodeMemoryFile implements Disposable {
  private constructor(
    private readonly path: string,
    private readonly lockFile: Deno.FsFile,
    readonly value: CodeMemory,
  ) {}

  /**
   * Waits for the lock, which holds between processes until this is disposed.
   * @param directory made when it is missing
   * @throws Failure when others could change it or it is damaged; else what the system says
   */
  static async open(directory: string, account: { user: string; uid: number }) {
    makePrivateDirectory(directory, account.uid);
    const path = join(directory, `${encodeURIComponent(account.user)}.json`);
    const lockFile = await Deno.open(`${path}.lock`, { create: true, write: true, mode: 0o600 });
    try {
      await lock(lockFile);
      return new CodeMemoryFile(path, lockFile, await read(path));
    } catch (error) {
      lockFile.close();
      throw error;
    }
  }

  async write(value: CodeMemory): Promise<void> {
    if (value === this.value) return;
    const { path } = this;
    await writeDurably(path, new TextEncoder().encode(formatMemory(value)), {
      temporary: join(dirname(path), `.${basename(path)}.new`),
      mode: 0o600,
      place: "replace",
    });
  }

  [Symbol.dispose](): void {
    this.lockFile.close();
  }
}

async function read(path: string): Promise<CodeMemory> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return EMPTY_MEMORY;
    throw error;
  }
  const memory = parseMemory(text);
  if (memory !== undefined) return memory;
  throw new Failure(
    Exit.denied,
    `${printable(path)} is damaged, so spent codes are not known`,
    "remove it after a minute: older codes are no longer valid then",
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
