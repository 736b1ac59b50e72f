/** What the administrator writes for the server: server.toml, and the TLS files that it names. */
import { DEFAULT_SERVER_CONFIG, parseServerConfig, type ServerConfig } from "../config/server.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { isThere } from "./files.ts";
import { readTrusted } from "./secure_file.ts";

/**
 * @param named `--config`; without it the usual file is read, if there is one
 * @throws Failure (78) when the file is wrong, or others could have written it
 */
export function readServerConfig(
  named: string | undefined,
  usual = DEFAULT_SERVER_CONFIG,
): ServerConfig {
  const path = named ?? usual;
  const absent = named === undefined && !isThere(usual);
  return parseServerConfig(absent ? "" : readTrusted(path, [0, Deno.uid() ?? 0]), path);
}

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Undefined where the server speaks plain HTTP. @throws Failure (78) */
export function readTlsFiles({ tls_cert, tls_key }: ServerConfig): TlsFiles | undefined {
  if (tls_cert === undefined || tls_key === undefined) return undefined;
  return { cert: readPem("tls_cert", tls_cert), key: readPem("tls_key", tls_key) };
}

function readPem(setting: string, path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    throw new Failure(
      Exit.config,
      `${setting} ${printable(path)} cannot be read`,
      "check the path, and that the server's user may read it",
    );
  }
}
