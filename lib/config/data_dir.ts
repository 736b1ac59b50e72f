/** Which data directory a command works on. */
import { DEFAULT_DATA, DEFAULT_SERVER_CONFIG, parseServerConfig } from "./server.ts";

/** What every administrative command takes. */
export interface CommandOptions {
  /** `--data DIR` */
  readonly data?: string;
  /** `--config FILE`, a server.toml */
  readonly config?: string;
  /** `--json`: the result as one line for programs. */
  readonly json?: boolean;
}

export interface ServerPlace {
  readonly dataDir: string;
  /** server.toml's, when it names one. */
  readonly publicUrl: string | undefined;
}

/**
 * `--data` counts, else server.toml's `data`, else the default. Where neither option is given, the
 * server.toml in its usual place is read if there is one, as the server itself does.
 * @param read the text of a trusted file; throws Failure
 */
export function resolveDataDir(
  options: CommandOptions,
  read: (path: string) => string,
  exists: (path: string) => boolean,
): ServerPlace {
  const usual = options.data === undefined && exists(DEFAULT_SERVER_CONFIG);
  const file = options.config ?? (usual ? DEFAULT_SERVER_CONFIG : undefined);
  const config = file === undefined ? undefined : parseServerConfig(read(file), file);
  return {
    dataDir: options.data ?? config?.data ?? DEFAULT_DATA,
    publicUrl: config?.public_url,
  };
}
