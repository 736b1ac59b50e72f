/** What every administrative command works with: the server's store and audit log, and who it is. */
import type { CommandOptions } from "../../config/data_dir.ts";
import { printable } from "../../core/text.ts";
import type { Audit, Store } from "../../ports.ts";
import { currentAccount } from "../../io/accounts.ts";
import { actAsOwner } from "../../io/act_as_owner.ts";
import { AuditFile } from "../../io/audit_file.ts";
import { systemClock } from "../../io/clock.ts";
import { serverPlace } from "../../io/server_place.ts";
import { SqliteStore } from "../../io/sqlite_store.ts";

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
  options: CommandOptions,
  work: (administration: Administration) => Promise<T>,
): Promise<T> {
  const { dataDir, publicUrl } = serverPlace(options);
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
  return printable(currentAccount()?.name ?? `uid ${Deno.uid()}`, 64);
}
