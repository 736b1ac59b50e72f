/** Tells the approval servers what administrators shall hear of at once. */
import { type AlertRequest, ALERTS_PATH } from "../core/api.ts";
import { tellOne } from "./approval_told.ts";
import type { ClientConfig } from "./approval_wire.ts";

/** In all, however many servers: somebody waits to get in. */
const WITHIN_MS = 2_000;

/** Undefined when a server has it on record; else why none has. Never rejects. */
export async function sendAlert(
  config: Pick<ClientConfig, "servers" | "token">,
  alert: AlertRequest,
  withinMs = WITHIN_MS,
): Promise<string | undefined> {
  const told = await tellOne(config, ALERTS_PATH, alert, withinMs / config.servers.length);
  return "why" in told ? told.why : undefined;
}
