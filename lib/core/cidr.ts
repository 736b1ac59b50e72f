/** Is an address inside a network? An IPv4-mapped IPv6 address counts as IPv4 (RFC 4291, 2.5.5.2). */
import ipaddr from "ipaddr.js";

/** @param network as isNetwork() has it; anything else holds no address */
export function inNetwork(address: string, network: string): boolean {
  try {
    const ip = ipaddr.process(address.replace(/%.*$/, ""));
    const [base, prefix] = network.includes("/")
      ? ipaddr.parseCIDR(network)
      : singleAddress(ipaddr.process(network));
    return ip.kind() === base.kind() && ip.match(base, prefix);
  } catch {
    return false;
  }
}

function singleAddress(ip: ipaddr.IPv4 | ipaddr.IPv6): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  return [ip, ip.kind() === "ipv4" ? 32 : 128];
}

/**
 * What limits count by: an IPv6 customer has a whole /64 of addresses, and who is on this machine all
 * of 127.0.0.0/8. Other text stays as it is.
 */
export function networkOf(address: string): string {
  const bare = address.replace(/%.*$/, "");
  if (!ipaddr.isValid(bare)) return address;
  const ip = ipaddr.process(bare);
  if (ip.kind() === "ipv4") return ip.range() === "loopback" ? "127.0.0.1" : ip.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${ip.toString()}/64`).toString();
}

/** Whether it is this machine's own: any account on it can use such an address. */
export function isLoopback(address: string): boolean {
  const bare = address.replace(/%.*$/, "");
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === "loopback";
}
