/** The state files of central codes on a host: one an account, in one folder, root's alone. */
import { join } from "node:path";
import { newCentralFile, renewedCentralFile } from "../core/central_file.ts";
import type { CentralAccount } from "../core/central_set.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { openPrivateDir } from "./private_files.ts";
import {
  readStateFile,
  removeStateFile,
  updateStateFile,
  writeNewStateFile,
} from "./state_files.ts";
import type { StatePlace } from "../core/state_place.ts";

/** "own": the account's file is not the server's, and stays as it is. */
export type Kept = "new" | "changed" | "same" | "own";

export class CentralFiles {
  /** @param folder made when it is missing @throws Failure when others could change what is in it */
  constructor(private readonly folder: string, private readonly owner = 0) {
    openPrivateDir(folder);
  }

  /** @throws Failure when the file is there and cannot be used */
  async keep(
    account: CentralAccount,
    sync: { readonly now: number; readonly validFor: number },
  ): Promise<Kept> {
    const place = this.#place(account.name);
    const before = readStateFile(place);
    if (before === undefined) {
      await writeNewStateFile(place, newCentralFile(account, sync).text, { replace: false });
      return "new";
    }
    // Under its lock again: a login may be spending a code of it just now.
    return await updateStateFile<Kept>(place, (file) => {
      if (file.synced === undefined) return { file, result: "own" };
      const renewed = renewedCentralFile(file, account, sync);
      const isSame = renewed.secret === file.secret &&
        renewed.otherSecrets.join() === file.otherSecrets.join();
      return { file: renewed, result: isSame ? "same" : "changed" };
    });
  }

  /** The accounts whose file came from the server. One that cannot be read is not known to. */
  names(): string[] {
    return [...Deno.readDirSync(this.folder)].filter(({ isFile, name }) => isFile && isName(name))
      .map(({ name }) => name).filter((name) => this.#isSynced(name)).sort();
  }

  async remove(name: string): Promise<void> {
    await removeStateFile(this.#place(name));
  }

  #isSynced(name: string): boolean {
    try {
      return readStateFile(this.#place(name))?.synced !== undefined;
    } catch (error) {
      if (error instanceof Failure) return false;
      throw error;
    }
  }

  #place(name: string): StatePlace {
    if (!isName(name)) {
      throw new Failure(Exit.config, `${printable(name, 64)} cannot be the name of a file`);
    }
    return { path: join(this.folder, name), owners: [this.owner], allowedPerm: 0o600 };
  }
}

/** No way out of the folder, and none of our drafts. */
export function isName(name: string): boolean {
  return name !== "" && !name.startsWith(".") && !/[/\0]/.test(name) &&
    !name.endsWith(".gatehouse-new");
}
