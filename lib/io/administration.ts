/** What every administrative command works with: the server's store and audit log, and who it is. */
import { userInfo } from "node:os";
import { type DataOptions, resolveDataDir } from "../config/data_dir.ts";
import { printable } from "../core/text.ts";
import type { Audit, Store } from "../ports.ts";
import { actAsOwner } from "./act_as_owner.ts";
import { AuditFile } from "./audit_file.ts";
import { systemClock } from "./clock.ts";
import { readTrusted } from "./secure_file.ts";
import { SqliteStore } from "./sqlite_store.ts";

export interface Administration {
  readonly store: Store;
  readonly audit: Audit;
  readonly dataDir: string;
  /** server.toml's, when `--config` names a file that has one. */
  readonly publicUrl: string | undefined;
  /** Who decides, for verdict and audit: `admin:` and the Unix user's name. */
  readonly by: string;
}

/** Opens what the command needs, and closes it again whatever happens. @throws Failure */
export async function administer<T>(
  options: DataOptions,
  work: (administration: Administration) => Promise<T>,
): Promise<T> {
  const { dataDir, publicUrl } = resolveDataDir(
    options,
    (path) => readTrusted(path, [0, Deno.uid() ?? 0]),
  );
  const by = `admin:${userName()}`;
  actAsOwner(dataDir);
  const store = SqliteStore.open(dataDir, "command");
  try {
    const audit = AuditFile.open(dataDir, systemClock);
    try {
      return await work({ store, audit, dataDir, publicUrl, by });
    } finally {
      await audit.close();
    }
  } finally {
    await store.close();
  }
}

/** By the uid, never by an environment variable. */
function userName(): string {
  try {
    return printable(userInfo().username, 64);
  } catch {
    return `uid ${Deno.uid()}`; // no passwd entry
  }
}
