/** Is an address inside a network? IPv4-mapped IPv6 addresses count as IPv4. */
import ipaddr from "ipaddr.js";
import * as v from "valibot";

/** `192.0.2.0/24`, `2001:db8::/32`, or a single address. */
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

/** True for what `inNetwork` understands. */
export function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text) || v.is(v.pipe(v.string(), v.ip()), text);
}
