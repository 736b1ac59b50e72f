/** The text forms of IP addresses and networks, without the library that computes with them. */
import { IPV4_REGEX, IPV6_REGEX } from "valibot";

/** An IPv4 or IPv6 address; sshd writes an IPv6 zone as `fe80::1%eth0` (RFC 4007). */
export function isAddress(text: string): boolean {
  return IPV4_REGEX.test(text) || isIpv6(text.replace(/%[\w.-]{1,32}$/, ""));
}

/** `192.0.2.0/24`, `2001:db8::/32`, or a single address. */
export function isNetwork(text: string): boolean {
  const [, address = "", prefix = "0"] = /^([^/]+)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const bits = IPV4_REGEX.test(address) ? 32 : isIpv6(address) ? 128 : -1;
  return Number(prefix) <= bits;
}

/** The library's pattern lets any zone pass. */
function isIpv6(text: string): boolean {
  return IPV6_REGEX.test(text) && !text.includes("%");
}
