/** What the administrator writes for the server: server.toml, and the TLS files that it names. */
import type { ChannelConfig } from "../config/notify.ts";
import { DEFAULT_SERVER_CONFIG, parseServerConfig, type ServerConfig } from "../config/server.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { isThere } from "./files.ts";
import { assertHidden, readTrustedSecret } from "./secure_file.ts";

/**
 * @param named `--config`; without it the usual file is read, if there is one
 * @throws Failure (78) when the file is wrong, or others could have written it
 */
export function readServerConfig(
  named: string | undefined,
  usual = DEFAULT_SERVER_CONFIG,
): ServerConfig {
  const path = named ?? usual;
  if (named === undefined && !isThere(usual)) return parseServerConfig("", path);
  const ifMissing = "check the path given with --config";
  const text = readTrustedSecret(path, [0, Deno.uid() ?? 0], ifMissing);
  const config = parseServerConfig(text, path);
  if (config.notify.some(holdsSecret)) assertHidden(path);
  return config;
}

function holdsSecret({ proxy, secrets }: ChannelConfig): boolean {
  return Object.values(secrets).some((place) => place.in === "toml") ||
    proxy !== null && proxy.includes("@");
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
