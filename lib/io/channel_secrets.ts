/** The secrets of channels, from wherever server.toml says that they are. */
import { type ChannelConfig, readSecret, type SecretPlace } from "../config/notify.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { credentialsDirectory } from "./secret_keys.ts";
import { assertHidden, readTrustedSecret } from "./secure_file.ts";

/** A channel with all the settings of its type, the secrets among them. */
export type ReadyChannel = ChannelConfig & { readonly whole: Readonly<Record<string, unknown>> };

/** What came of one channel; a fault names the setting and the place, never what is there. */
export type TriedChannel =
  | { readonly ok: true; readonly ready: ReadyChannel }
  | { readonly ok: false; readonly fault: Failure };

/**
 * The secrets of all channels, as tryChannelSecrets() reads them.
 * @throws Failure (78), the first of them
 */
export function channelSecrets(
  channels: readonly ChannelConfig[],
  becomeOwner?: () => void,
): ReadyChannel[] {
  return tryChannelSecrets(channels, becomeOwner).map((tried) => {
    if (tried.ok) return tried.ready;
    throw tried.fault;
  });
}

/**
 * Each channel by itself. Variables that held secrets are gone afterwards, for what the server starts would
 * get them, too: so this can be done once.
 * @param becomeOwner done after systemd's credentials were read, which are this process's, and before files
 *   are, which the server's user must be able to read, whoever starts what reads them
 */
export function tryChannelSecrets(
  channels: readonly ChannelConfig[],
  becomeOwner: () => void = () => {},
): TriedChannel[] {
  const variables = new Set<string>();
  try {
    const ours = channels.map((channel) => secretsOf(channel, (place) => !isFile(place)));
    for (const channel of channels) {
      for (const place of Object.values(channel.secrets)) {
        if (place.in === "environment") variables.add(place.name);
      }
    }
    becomeOwner();
    const filed = channels.map((channel) => secretsOf(channel, isFile));
    return channels.map((channel, index) => {
      const [some, others] = [ours[index], filed[index]];
      if (some instanceof Failure) return { ok: false, fault: some };
      if (others instanceof Failure) return { ok: false, fault: others };
      return {
        ok: true,
        ready: { ...channel, whole: { ...channel.settings, ...some, ...others } },
      };
    });
  } finally {
    for (const name of variables) Deno.env.delete(name);
  }
}

function isFile(place: SecretPlace): boolean {
  return place.in === "file" && place.path.startsWith("/");
}

/** By setting, those that are in such a place. */
function secretsOf(
  channel: ChannelConfig,
  which: (place: SecretPlace) => boolean,
): Record<string, unknown> | Failure {
  try {
    return Object.fromEntries(
      Object.entries(channel.secrets).filter(([, place]) => which(place))
        .map(([name, place]) => [name, secretAt(channel, name, place)]),
    );
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function secretAt(channel: ChannelConfig, name: string, place: SecretPlace): unknown {
  if (place.in === "toml") return place.value;
  const { text, where } = place.in === "file"
    ? fromFile(channel, `${name}_file`, place.path)
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
function fromFile(
  channel: ChannelConfig,
  setting: string,
  named: string,
): { text: string; where: string } {
  const path = named.startsWith("/") ? named : credential(channel, setting, named);
  const owners = [0, Deno.uid() ?? 0];
  const text = readTrustedSecret(path, owners, `check ${setting} in server.toml`);
  assertHidden(path);
  return { text: text.trim(), where: `${setting} ${printable(path)}` };
}

/** Where systemd puts what LoadCredential= and SetCredentialEncrypted= name (systemd.exec(5)). */
function credential(channel: ChannelConfig, setting: string, name: string): string {
  const folder = credentialsDirectory();
  if (folder !== undefined) return `${folder}/${name}`;
  const load = `LoadCredential=${name}:/PATH`;
  throw new Failure(
    Exit.config,
    `${setting} "${name}" is one of systemd's credentials, and there is no CREDENTIALS_DIRECTORY here`,
    `write ${load} into the server's unit, or an absolute path into server.toml; to try it at a ` +
      `terminal: ${underSystemd(`User=USER -p ${load}`, channel)}, USER being the server's`,
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
  const load = "EnvironmentFile=/PATH";
  throw new Failure(
    Exit.config,
    `${where}: there is no such variable, so the channel ${channel.name} has no secret`,
    `set ${name} for this process, or write ${
      setting.replace(/_env$/, "_file")
    } into server.toml; ` +
      `to try it at a terminal: ${underSystemd(load, channel)}`,
  );
}

/** systemd-run(1): with what the server's unit gives the server. */
function underSystemd(property: string, { name }: ChannelConfig): string {
  return `systemd-run -p ${property} --pipe --wait gatehouse notify test ${name}`;
}

/** Undefined also for what is no text. */
function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}
