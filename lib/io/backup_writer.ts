/** Writes a backup: one file that only its owner can read, whole or not at all. */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { MANIFEST, type Manifest } from "../core/backup.ts";
import { base64url } from "../core/encoding.ts";
import { Exit, Failure } from "../core/errors.ts";
import { tarEnd, tarHeader, tarPadding } from "../core/tar.ts";
import { printable } from "../core/text.ts";
import { errnoIn, isThere, writeAll } from "./files.ts";

export interface BackupPart {
  readonly name: string;
  /** In bytes; so many come. */
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export class BackupWriter {
  readonly #files: { name: string; size: number; sha256: string }[] = [];
  #placed = false;

  private constructor(
    private readonly path: string,
    private readonly draft: string,
    private readonly file: Deno.FsFile,
    private readonly now: number,
  ) {}

  /** Beside the file, which must not be there. @throws Failure (2) @param now as in ports.ts */
  static open(path: string, now: number): BackupWriter {
    if (isThere(path)) throw inTheWay(path);
    const random = base64url(crypto.getRandomValues(new Uint8Array(9)));
    const draft = join(dirname(path), `.${basename(path)}-${random}`);
    try {
      const file = Deno.openSync(draft, { write: true, createNew: true, mode: 0o600 });
      return new BackupWriter(path, draft, file, now);
    } catch (error) {
      throw unwritten(path, error);
    }
  }

  async add({ name, size, chunks }: BackupPart): Promise<void> {
    const hash = createHash("sha256");
    let left = size;
    await this.#write(tarHeader({ name, size }, this.now));
    for await (const chunk of chunks) {
      left -= chunk.length;
      hash.update(chunk);
      await this.#write(chunk);
    }
    if (left !== 0) {
      throw new Failure(Exit.data, `${name} changed its size meanwhile`, "try again");
    }
    await this.#write(new Uint8Array(tarPadding(size)));
    this.#files.push({ name, size, sha256: hash.digest("hex") });
  }

  /** With everything on the disk it gets its name. @throws Failure (2, 77) */
  async finish(rest: Omit<Manifest, "format" | "files">): Promise<Manifest> {
    const manifest: Manifest = { format: 1, ...rest, files: this.#files };
    const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
    await this.#write(tarHeader({ name: MANIFEST, size: bytes.length }, this.now));
    await this.#write(bytes);
    await this.#write(new Uint8Array(tarPadding(bytes.length)));
    await this.#write(tarEnd());
    try {
      await this.file.sync();
      // Unlike rename(2), never in the place of another file.
      await Deno.link(this.draft, this.path);
      this.#placed = true;
      using folder = await Deno.open(dirname(this.path));
      await folder.sync();
    } catch (error) {
      throw error instanceof Deno.errors.AlreadyExists
        ? inTheWay(this.path)
        : unwritten(this.path, error);
    }
    return manifest;
  }

  /** Whether it is finished or not. Nothing of an unfinished one stays. */
  [Symbol.dispose](): void {
    this.file.close();
    try {
      Deno.removeSync(this.draft);
    } catch (error) {
      if (!this.#placed && !(error instanceof Deno.errors.NotFound)) {
        throw unwritten(this.draft, error);
      }
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.file, bytes);
    } catch (error) {
      throw unwritten(this.path, error);
    }
  }
}

function inTheWay(path: string): Failure {
  return new Failure(
    Exit.usage,
    `${printable(path)} is there already`,
    "a backup takes no other file's place; name a new one",
  );
}

function unwritten(path: string, error: unknown): Failure {
  return new Failure(
    Exit.denied,
    `cannot write ${printable(path)}${errnoIn(error)}`,
    "check the folder, who may write there, and the free space",
  );
}
