/** Addresses and networks as ranges of numbers. */
import ipaddr from "ipaddr.js";
import { isAddress, isNetwork } from "../address.ts";

export type Family = "ipv4" | "ipv6";

export interface Range {
  readonly family: Family;
  readonly first: bigint;
  /** Included. */
  readonly last: bigint;
}

/** Of a single address; undefined for anything else. */
export function rangeOf(address: string): Range | undefined {
  const bare = address.replace(/%.*$/, "");
  if (!isAddress(bare)) return undefined;
  const ip = ipaddr.parse(bare);
  const number = ip.toByteArray().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return { family: ip.kind(), first: number, last: number };
}

/** Of `192.0.2.0/24`, `2001:db8::/32` or a single address; undefined for anything else. */
export function networkRange(network: string): Range | undefined {
  if (!isNetwork(network)) return undefined;
  const [address = "", prefix] = network.split("/");
  const single = rangeOf(address);
  if (single === undefined || prefix === undefined) return single;
  const size = 1n << BigInt(bitsOf(single.family) - Number(prefix));
  const first = single.first - single.first % size;
  return { family: single.family, first, last: first + size - 1n };
}

export function lastOf(family: Family): bigint {
  return (1n << BigInt(bitsOf(family))) - 1n;
}

function bitsOf(family: Family): number {
  return family === "ipv4" ? 32 : 128;
}

/** As sshd writes it. */
export function addressOf(family: Family, number: bigint): string {
  const length = bitsOf(family) / 8;
  const bytes = Array.from(
    { length },
    (_, index) => Number((number >> BigInt(8 * (length - 1 - index))) & 255n),
  );
  const ip = ipaddr.fromByteArray(bytes);
  return ip instanceof ipaddr.IPv6 ? ip.toRFC5952String() : ip.toString();
}
