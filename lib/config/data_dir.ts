/** Which data directory a command works on. */
import { DEFAULT_DATA, parseServerConfig } from "./server.ts";

export interface DataOptions {
  /** `--data DIR` */
  readonly data?: string;
  /** `--config FILE`, a server.toml */
  readonly config?: string;
}

export interface ServerPlace {
  readonly dataDir: string;
  /** server.toml's, when it names one. */
  readonly publicUrl: string | undefined;
}

/**
 * `--data` counts, else server.toml's `data`, else the default.
 * @param read the text of a trusted file; throws Failure
 */
export function resolveDataDir(options: DataOptions, read: (path: string) => string): ServerPlace {
  const config = options.config === undefined
    ? undefined
    : parseServerConfig(read(options.config), options.config);
  return {
    dataDir: options.data ?? config?.data ?? DEFAULT_DATA,
    publicUrl: config?.public_url,
  };
}
