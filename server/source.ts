/** Where a request comes from. */
import ipaddr from "ipaddr.js";
import { inNetwork } from "../lib/core/cidr.ts";

/**
 * The client's address: the connection's other end, or, as long as that is a trusted proxy, what
 * it says it forwards for. Read from the right, for everything further left may be invented.
 */
export function clientAddress(
  remote: string,
  forwardedFor: string | undefined,
  trustedProxies: readonly string[],
): string {
  if (trustedProxies.length === 0) return plainAddress(remote) ?? "unknown";
  const hops = (forwardedFor ?? "").split(",").map((hop) => plainAddress(hop.trim()));
  let address = plainAddress(remote) ?? "unknown";
  while (trustedProxies.some((network) => inNetwork(address, network))) {
    const next = hops.pop();
    if (next === undefined) break;
    address = next;
  }
  return address;
}

/** Without brackets, port and zone; an IPv4-mapped address as IPv4. */
function plainAddress(text: string): string | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text;
  const bare = text.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1")
    .replace(/%.*$/, "");
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : undefined;
}
