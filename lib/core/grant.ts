/**
 * A remembered approval: for a while logins like the approved one need none. "Like" is exact: account,
 * host, service, requester, the client's network, and the SSH key.
 */
import ipaddr from "ipaddr.js";
import { isTransfer } from "./grant_commands.ts";
import type { Login } from "./login.ts";
import type { Remember } from "./passkey_challenge.ts";
import type { Change, Where } from "./store_change.ts";

/** Why it ended before its time. */
export type GrantEnd = "revoked" | "frozen";

export interface Grant {
  /** `g_…` */
  readonly id: string;
  readonly user: string;
  readonly host: string;
  readonly service: string;
  /** As in the login: who asks for another account. */
  readonly requester: string | null;
  /** `192.0.2.7/32`, `2001:db8::1/128`, or `2001:db8::/64`. */
  readonly network: string;
  /** Fingerprint of the SSH key; "" covers only logins without one. */
  readonly key: string;
  readonly commands: Remember["commands"];
  /** The id of the person who gave it. */
  readonly person: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  readonly ended: GrantEnd | null;
  /** Who ended it, as in a login's `by`. */
  readonly endedBy: string | null;
}

export interface GrantSettings {
  /** The longest that one may be given for, in milliseconds. */
  readonly longestMs: number;
  /** 64 where clients change their addresses within their network (RFC 8981). */
  readonly ipv6Prefix: 64 | 128;
}

/** Undefined when the time asked for is none that is allowed, or the source has no network. */
export function newGrant(
  id: string,
  login: Login,
  { forMs, commands }: Remember,
  person: string,
  settings: GrantSettings,
  now: number,
): Grant | undefined {
  const network = grantNetwork(login.source, settings.ipv6Prefix);
  const allowed = Number.isSafeInteger(forMs) && forMs > 0 && forMs <= settings.longestMs;
  if (network === undefined || !allowed) return undefined;
  const { user, host, service, requester } = login;
  const open = { endedAt: null, ended: null, endedBy: null };
  const times = { createdAt: now, expiresAt: now + forMs };
  const key = login.key ?? "";
  return { id, user, host, service, requester, network, key, commands, person, ...times, ...open };
}

/**
 * The client's network, of one address or of an IPv6 /64. An IPv4 address is the same however IPv6
 * writes it. Undefined with a zone (fe80::1%eth0): that address is another machine on each link.
 */
export function grantNetwork(source: string, ipv6Prefix: 64 | 128): string | undefined {
  if (!ipaddr.isValid(source) || source.includes("%")) return undefined;
  const ip = ipaddr.process(source);
  if (ip.kind() === "ipv4") return `${ip.toString()}/32`;
  const base = ipaddr.IPv6.networkAddressFromCIDR(`${ip.toString()}/${ipv6Prefix}`);
  return `${base.toString()}/${ipv6Prefix}`;
}

export function isOpenGrant(grant: Grant, now: number): boolean {
  // From the future: made before the clock was set back, so nobody can say how long it was to last.
  return grant.endedAt === null && now >= grant.createdAt && now < grant.expiresAt;
}

/** Whether the login needs no approval because of this grant. */
export function covers(grant: Grant, login: Login, now: number): boolean {
  const prefix = grant.network.endsWith("/64") ? 64 : 128;
  return isOpenGrant(grant, now) &&
    grant.user === login.user && grant.host === login.host &&
    grant.service === login.service && grant.requester === login.requester &&
    grant.key === (login.key ?? "") &&
    grant.network === grantNetwork(login.source, prefix) &&
    (grant.commands === "any" || isTransfer(login));
}

/** Those that have not ended yet, ended. */
export function endGrants(
  grants: readonly Grant[],
  ended: GrantEnd,
  endedBy: string,
  now: number,
): Grant[] {
  return grants.filter((grant) => grant.endedAt === null && now < grant.expiresAt)
    .map((grant) => ({ ...grant, endedAt: now, ended, endedBy }));
}

/** Answers those that it ended. @param where one by its id, or all that somebody gave, or has */
export function revokeGrants(
  where: Where<"grant">,
  by: string,
  now: number,
): Change<readonly Grant[]> {
  return {
    wants: { grant: [where] },
    make: ({ grant }) => {
      const ended = endGrants(grant, "revoked", by, now);
      return { answer: ended, put: { grant: ended } };
    },
  };
}
