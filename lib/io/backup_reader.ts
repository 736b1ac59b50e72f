/** Takes a backup apart: every file of it is checked against the manifest. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import {
  backupFault,
  isBackupName,
  LONGEST_MANIFEST,
  MANIFEST,
  type Manifest,
  parseManifest,
} from "../core/backup.ts";
import { Exit, Failure } from "../core/errors.ts";
import { readTarHeader, TAR_BLOCK, tarPadding } from "../core/tar.ts";
import { printable } from "../core/text.ts";
import { errnoIn, writeAll } from "./files.ts";

const CHUNK = 262_144;

export class BackupReader {
  private constructor(
    private readonly path: string,
    private readonly file: Deno.FsFile,
  ) {}

  /** @throws Failure (2) */
  static open(path: string): BackupReader {
    try {
      return new BackupReader(path, Deno.openSync(path));
    } catch (error) {
      throw new Failure(
        Exit.usage,
        `cannot read ${printable(path)}${errnoIn(error)}`,
        "name a file that gatehouse server backup has made",
      );
    }
  }

  /** Into that folder, which is empty; files of mode 0600. @throws Failure (65, 77) */
  async extract(into: string): Promise<Manifest> {
    const found: Manifest["files"] = [];
    while (true) {
      const entry = readTarHeader(await this.#exactly(TAR_BLOCK));
      if (entry === undefined) throw this.#damaged("is damaged");
      if (entry === "end") throw this.#damaged("has no manifest");
      if (entry.name === MANIFEST) return await this.#manifest(entry.size, found);
      const { name, size } = entry;
      if (!isBackupName(name)) throw this.#damaged("holds what no backup holds");
      if (found.some((other) => other.name === name)) throw this.#damaged("holds a file twice");
      found.push({ name, size, sha256: await this.#copy(size, join(into, name)) });
      await this.#exactly(tarPadding(size));
    }
  }

  [Symbol.dispose](): void {
    this.file.close();
  }

  async #manifest(size: number, found: Manifest["files"]): Promise<Manifest> {
    if (size > LONGEST_MANIFEST) throw this.#damaged("has a manifest that is too long");
    const text = new TextDecoder().decode(await this.#exactly(size));
    const manifest = parseManifest(text);
    if (manifest === undefined) throw this.#damaged("has a manifest that this version cannot read");
    const fault = backupFault(manifest, found);
    if (fault !== undefined) throw this.#damaged(fault);
    return manifest;
  }

  /** @returns its SHA-256, hex */
  async #copy(size: number, to: string): Promise<string> {
    const hash = createHash("sha256");
    const chunk = new Uint8Array(CHUNK);
    using copy = await createFile(to);
    for (let left = size; left > 0;) {
      const part = await this.#some(chunk.subarray(0, Math.min(chunk.length, left)));
      left -= part.length;
      hash.update(part);
      await writing(to, writeAll(copy, part));
    }
    await writing(to, copy.sync());
    return hash.digest("hex");
  }

  async #exactly(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) done += (await this.#some(bytes.subarray(done))).length;
    return bytes;
  }

  async #some(into: Uint8Array): Promise<Uint8Array> {
    const count = await this.file.read(into);
    if (count === null) throw this.#damaged("was cut short");
    return into.subarray(0, count);
  }

  #damaged(how: string): Failure {
    return new Failure(
      Exit.data,
      `${printable(this.path)} ${how}`,
      "nothing was restored; take another backup",
    );
  }
}

async function createFile(path: string): Promise<Deno.FsFile> {
  const folder = dirname(path);
  return await writing(
    path,
    (async () => {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      return await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    })(),
  );
}

async function writing<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new Failure(
      Exit.denied,
      `cannot write ${printable(path)}${errnoIn(error)}`,
      "check who may write there, and the free space",
    );
  }
}
