/** A channel as server.toml opens it, without what reads server.toml. */
import * as v from "valibot";
import type { ChannelType, HttpDialect } from "../../../lib/notify/channel.ts";
import type { Settings } from "./vendor.ts";

/** @param settings as in [[notify]]; what all channels have is left out of what the type reads */
export function opened(type: ChannelType, settings: Settings): HttpDialect {
  const own = v.parse(v.object(type.settings), settings);
  const dialect = type.open(own, { buttons: settings.buttons === true });
  if (dialect.via !== "http") throw new Error(`${type.type} does not speak HTTP`);
  return dialect;
}
