/** One message for one recipient, who may be reached in several ways. */
import type { Delivery } from "../lib/core/delivery.ts";
import type { Way } from "./channels.ts";

export interface Attempt {
  readonly way: Way;
  readonly delivery: Delivery;
}

/**
 * The ways in their order, the next at once when one fails.
 * @returns those that were tried; if any took it, then the last
 */
export async function inTurn(
  ways: readonly Way[],
  send: (way: Way) => Promise<Delivery>,
): Promise<readonly Attempt[]> {
  const tried: Attempt[] = [];
  for (const way of ways) {
    const delivery = await send(way);
    tried.push({ way, delivery });
    if (delivery.ok) break;
  }
  return tried;
}
