/** What the administrator writes for the server: server.toml, and the TLS files that it names. */
import {
  type ChannelConfig,
  DEFAULT_SERVER_CONFIG,
  isSecret,
  parseServerConfig,
  type ServerConfig,
} from "../config/server.ts";
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
  if (named === undefined && !isThere(usual)) return parseServerConfig("", path);
  const config = parseServerConfig(readTrusted(path, [0, Deno.uid() ?? 0]), path);
  if (config.notify.some(({ secret }) => secret !== undefined)) assertHidden(path);
  return config;
}

/** The secret of a channel, from wherever it is. @throws Failure (78) */
export function channelSecret({ secret, secret_file }: ChannelConfig): string {
  if (secret !== undefined) return secret;
  const path = secret_file ?? "";
  const text = readTrusted(path, [0, Deno.uid() ?? 0], "check secret_file in server.toml").trim();
  assertHidden(path);
  if (isSecret(text)) return text;
  throw new Failure(
    Exit.config,
    `secret_file ${printable(path)} holds no secret`,
    "write the secret of the channel's application into it, alone in one line",
  );
}

const READABLE_BY_ALL = 0o004;

function assertHidden(path: string): void {
  const mode = Deno.statSync(path).mode ?? READABLE_BY_ALL;
  if ((mode & READABLE_BY_ALL) === 0) return;
  throw new Failure(
    Exit.config,
    `${printable(path)} holds a secret and can be read by everybody`,
    `run: chmod o-rwx ${printable(path)}; if others could log in here, get a new secret, too`,
  );
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
