/** What the administrator writes for the server: server.toml, and the secrets and TLS files that it names. */
import { type ChannelConfig, readSecret, type SecretPlace } from "../config/notify.ts";
import { DEFAULT_SERVER_CONFIG, parseServerConfig, type ServerConfig } from "../config/server.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { isThere } from "./files.ts";
import { credentialsDirectory } from "./secret_keys.ts";
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
  if (config.notify.some(holdsSecret)) assertHidden(path);
  return config;
}

function holdsSecret({ proxy, secrets }: ChannelConfig): boolean {
  return Object.values(secrets).some((place) => place.in === "toml") ||
    proxy !== null && proxy.includes("@");
}

/** A channel with all the settings of its type, the secrets among them. */
export type ReadyChannel = ChannelConfig & { readonly whole: Readonly<Record<string, unknown>> };

/**
 * The secrets of all channels, from wherever they are. Variables that held some are gone afterwards, for
 * what the server starts would get them, too: so this can be done once.
 * @throws Failure (78) that names the setting and the place, never what is there
 */
export function channelSecrets(channels: readonly ChannelConfig[]): ReadyChannel[] {
  const variables = new Set<string>();
  try {
    return channels.map((channel) => ({
      ...channel,
      whole: {
        ...channel.settings,
        ...Object.fromEntries(
          Object.entries(channel.secrets).map(([name, place]) => {
            if (place.in === "environment") variables.add(place.name);
            return [name, secretAt(channel, name, place)];
          }),
        ),
      },
    }));
  } finally {
    for (const name of variables) Deno.env.delete(name);
  }
}

function secretAt(channel: ChannelConfig, name: string, place: SecretPlace): unknown {
  if (place.in === "toml") return place.value;
  const { text, where } = place.in === "file"
    ? fromFile(`${name}_file`, place.path)
    : fromEnvironment(channel, `${name}_env`, place.name);
  const secret = readSecret(channel, name, text);
  if (secret.ok) return secret.value;
  throw new Failure(
    Exit.config,
    `${where} holds no usable ${name} for the channel ${channel.name}: it ${secret.rule}`,
    `write the ${name} alone, in one line`,
  );
}

/** @param setting as it is called in server.toml */
function fromFile(setting: string, named: string): { text: string; where: string } {
  const path = named.startsWith("/") ? named : credential(setting, named);
  const text = readTrusted(path, [0, Deno.uid() ?? 0], `check ${setting} in server.toml`);
  assertHidden(path);
  return { text: text.trim(), where: `${setting} ${printable(path)}` };
}

/** Where systemd puts what LoadCredential= and SetCredentialEncrypted= name (systemd.exec(5)). */
function credential(setting: string, name: string): string {
  const folder = credentialsDirectory();
  if (folder !== undefined) return `${folder}/${name}`;
  throw new Failure(
    Exit.config,
    `${setting} "${name}" is one of systemd's credentials, and there is no CREDENTIALS_DIRECTORY here`,
    `write LoadCredential=${name}:/PATH into the server's unit, or an absolute path into server.toml`,
  );
}

function fromEnvironment(
  channel: ChannelConfig,
  setting: string,
  name: string,
): { text: string; where: string } {
  const where = `${setting} ${name}`;
  const text = variable(name);
  if (text !== undefined && text !== "") return { text, where };
  throw new Failure(
    Exit.config,
    `${where}: there is no such variable, so the channel ${channel.name} has no secret`,
    `set ${name} for this process, or write ${setting.replace(/_env$/, "_file")} into server.toml`,
  );
}

/** Undefined also for what is no text. */
function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
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
