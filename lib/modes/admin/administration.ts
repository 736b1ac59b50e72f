/** What every administrative command works with: the server's store and audit log, and who it is. */
import type { ChannelConfig } from "../../config/notify.ts";
import { Exit, Failure } from "../../core/errors.ts";
import type { HostGroups } from "../../core/host_group.ts";
import { printable } from "../../core/text.ts";
import type { Audit, Store } from "../../ports.ts";
import { currentAccount } from "../../io/accounts.ts";
import { actAsOwner } from "../../io/act_as_owner.ts";
import { AuditFile } from "../../io/audit_file.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import { readServerConfig } from "../../io/server_config.ts";
import { SqliteStore } from "../../io/sqlite_store.ts";

/** What every administrative command takes. */
export interface CommandOptions {
  /** `--data DIR` */
  readonly data?: string;
  /** `--config FILE`, a server.toml */
  readonly config?: string;
  /** `--json`: the result as one line for programs. */
  readonly json?: boolean;
}

/** What matters of a channel where it is about contacts. */
export type KnownChannel = Pick<ChannelConfig, "buttons" | "name" | "type">;

interface ServerPlace {
  readonly dataDir: string;
  /** server.toml's, when it names one. */
  readonly publicUrl: string | undefined;
  /** server.toml's, which a running server may not have read yet. */
  readonly groups: HostGroups;
  /** server.toml's, in its order; undefined where none was read. */
  readonly channels: readonly KnownChannel[] | undefined;
}

export interface Administration extends ServerPlace {
  readonly store: Store;
  readonly audit: Audit;
  /** Whether the data directory held no server's data until now. */
  readonly isNew: boolean;
  /** Who decides, for verdict and audit: `admin:` and the Unix user's name. */
  readonly by: string;
}

/**
 * `--data` counts, else server.toml's `data`, else the default. Where neither option is given, the
 * server.toml in its usual place is read if there is one, as the server itself does.
 * @throws Failure (78) when server.toml is wrong, or others could have written it
 */
export function serverPlace({ data, config }: CommandOptions, usual?: string): ServerPlace {
  if (data !== undefined && config === undefined) {
    return { dataDir: data, publicUrl: undefined, groups: new Map(), channels: undefined };
  }
  const file = readServerConfig(config, usual);
  const { public_url: publicUrl, groups } = file;
  const channels = file.notify.map(({ buttons, name, type }) => ({ buttons, name, type }));
  return { dataDir: data ?? file.data, publicUrl, groups, channels };
}

/**
 * Opens what the command needs, and closes it again whatever happens.
 * @param absent what to do where no server has data yet: it is made only where the command says where,
 *   for on another machine than the server's it would be one that nobody asks
 * @throws Failure
 */
export async function administer<T>(
  options: CommandOptions,
  work: (administration: Administration) => Promise<T>,
  absent: "refuse" | "make" = "refuse",
  usual?: string,
): Promise<T> {
  const place = serverPlace(options, usual);
  const { dataDir } = place;
  const isNew = !SqliteStore.isIn(dataDir);
  const isNamed = options.data !== undefined || options.config !== undefined;
  if (isNew && (absent === "refuse" || !isNamed)) throw noData(dataDir);
  const by = administratorName();
  actAsOwner(dataDir);
  const store = SqliteStore.open(dataDir, "command");
  try {
    const audit = AuditFile.open(dataDir, systemClock);
    try {
      return await work({ ...place, store, audit, isNew, by });
    } finally {
      await audit.close();
    }
  } finally {
    await store.close();
  }
}

export function noData(dataDir: string): Failure {
  return new Failure(
    Exit.config,
    `there is no server's data in ${printable(dataDir)}`,
    "name the server's data directory with --data, or in server.toml",
  );
}

/** Last, where it is not overlooked. */
export function warnOfNewData(
  { isNew, dataDir }: Pick<Administration, "isNew" | "dataDir">,
  out: Out,
): void {
  if (!isNew) return;
  const dir = printable(dataDir);
  out.error(
    `made a new data directory ${dir}, so the address above may be wrong; ` +
      `start the server on it with: gatehouse server --data ${dir}`,
  );
}

/** `admin:` and the Unix user's name, by the uid, never by an environment variable. */
export function administratorName(): string {
  return `admin:${printable(currentAccount()?.name ?? `uid ${Deno.uid()}`, 64)}`;
}
