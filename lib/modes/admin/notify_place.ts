/** What `gatehouse notify` reads, and as whom: so that it finds wrong what the server would. */
import { actAsOwner } from "../../io/act_as_owner.ts";
import { readServerConfig } from "../../io/server_config.ts";
import type { CommandOptions } from "./administration.ts";

/** server.toml, also where only `--data` is given: channels are nowhere else. */
export function readChannels(options: CommandOptions, usual: string | undefined) {
  const file = readServerConfig(options.config, usual);
  return { file, channels: file.notify, place: { ...options, data: options.data ?? file.data } };
}

/**
 * Root becomes the server's user, who must be able to read server.toml as well.
 * @throws Failure (78) as the server's start
 */
export function becomeOwner(
  options: CommandOptions,
  data: string,
  usual: string | undefined,
): void {
  actAsOwner(data);
  readServerConfig(options.config, usual);
}
