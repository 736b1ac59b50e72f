/** Where a backup is restored to: a data directory that is empty, and is so again when it fails. */
import { join } from "node:path";
import { AUDIT_FILE } from "../core/audit.ts";
import { DATABASE_FILE, KEYS_FOLDER } from "../core/backup.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { isThere } from "./files.ts";
import { cannotOpen, openPrivateDir } from "./private_files.ts";

const WORKSHOP = ".restore";
/** What the same machine keeps there as a host (DESIGN.md 4). */
const THE_HOSTS = ["codes", "spent"];
/** The database last: without it there is no server's data. */
const ORDER = [KEYS_FOLDER, AUDIT_FILE, DATABASE_FILE];

export class RestorePlace {
  /** Where everything is put and looked at first. */
  readonly folder: string;
  #placed = false;

  private constructor(
    private readonly dataDir: string,
    private readonly isNew: boolean,
  ) {
    this.folder = join(dataDir, WORKSHOP);
  }

  /** Makes the directory when there is none. @throws Failure (2, 78) */
  static open(dataDir: string): RestorePlace {
    const isNew = !isThere(dataDir);
    openPrivateDir(dataDir);
    const place = new RestorePlace(dataDir, isNew);
    try {
      const names = Array.from(Deno.readDirSync(dataDir), ({ name }) => name);
      const there = names.find((name) => ![WORKSHOP, ...THE_HOSTS].includes(name));
      if (there !== undefined) {
        throw new Failure(
          Exit.usage,
          `${printable(dataDir)} is not empty: it holds ${printable(there)}`,
          "a restore takes nothing's place; name a new directory, or move away what is there",
        );
      }
      // What an earlier one left that was killed.
      if (names.includes(WORKSHOP)) Deno.removeSync(place.folder, { recursive: true });
      Deno.mkdirSync(place.folder, { mode: 0o700 });
      return place;
    } catch (error) {
      throw error instanceof Failure ? error : cannotOpen(dataDir, error);
    }
  }

  /** @throws Failure (78) */
  async put(): Promise<void> {
    try {
      await sync(join(this.folder, KEYS_FOLDER));
      for (const name of ORDER) {
        await Deno.rename(join(this.folder, name), join(this.dataDir, name));
      }
      await sync(this.dataDir);
      this.#placed = true;
    } catch (error) {
      throw cannotOpen(this.dataDir, error);
    }
  }

  [Symbol.dispose](): void {
    try {
      Deno.removeSync(this.folder, { recursive: true });
      if (this.isNew && !this.#placed) Deno.removeSync(this.dataDir);
    } catch {
      // The next restore finds it, and says what is in its way.
    }
  }
}

async function sync(folder: string): Promise<void> {
  using directory = await Deno.open(folder);
  await directory.sync();
}
