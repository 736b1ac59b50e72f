/**
 * A remembered approval: for a while logins like the approved one need none. "Like" is exact: account,
 * host, service, requester, the client's network, and the SSH key.
 */
import ipaddr from "ipaddr.js";
import { accountKey } from "./account_pattern.ts";
import { PREAUTH_SERVICE } from "./api.ts";
import { isTransfer } from "./grant_commands.ts";
import { groupIn, groupScope, groupsOf, type HostGroups } from "./host_group.ts";
import { isSsh2fa, type Login } from "./login.ts";
import type { Remember } from "./passkey_challenge.ts";
import type { Change, Where } from "./store_change.ts";

/** Why it ended before its time. */
type GrantEnd = "revoked" | "frozen";

export interface Grant {
  /** `g_…` */
  readonly id: string;
  readonly user: string;
  /** A host's name, or `group:NAME` for all that are in it. */
  readonly host: string;
  /** As `grantService` has it. */
  readonly service: string;
  /** As in the login: who asks for another account. */
  readonly requester: string | null;
  /** `192.0.2.7/32`, `2001:db8::1/128`, or `2001:db8::/64`. */
  readonly network: string;
  /** Fingerprint of the SSH key; "" where there is none by nature, as in sudo and su. */
  readonly key: string;
  readonly commands: Remember["commands"];
  /** The id of the person who gave it; "" where nobody had to prove who they are, or at the terminal. */
  readonly person: string;
  /** Who gave it, as in a login's `by`. */
  readonly by: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  readonly ended: GrantEnd | null;
  /** Who ended it, as in a login's `by`. */
  readonly endedBy: string | null;
}

export interface GrantSettings {
  /** The longest that one may be given for, in milliseconds; 0: there are none. */
  readonly longestMs: number;
  /** 64 where clients change their addresses within their network (RFC 8981). */
  readonly ipv6Prefix: 64 | 128;
}

/** What a grant is given under. */
interface GrantRules {
  readonly grants: GrantSettings;
  readonly groups: HostGroups;
}

/**
 * Undefined when the time asked for is none that is allowed, the source has no network, nothing tells
 * the login from others', nobody has proven which host it is, or that is not in the group. Whether the
 * giver may do it for the whole group, `rememberScopes` says.
 */
export function newGrant(
  login: Login,
  { forMs, commands, scope }: Remember,
  given: Pick<Grant, "id" | "person" | "by">,
  { grants, groups }: GrantRules,
  now: number,
): Grant | undefined {
  const network = grantNetwork(login.source, grants.ipv6Prefix);
  if (network === undefined || !mayLast(forMs, grants) || !isRecognizable(login)) return undefined;
  // SSH2FA's clients: whoever asks from that address could say any host and user.
  if (isSsh2fa(login)) return undefined;
  if (scope !== "host" && !groupsOf(login.host, groups).map(groupScope).includes(scope)) {
    return undefined;
  }
  const { user, requester } = login;
  return {
    ...given,
    user,
    host: scope === "host" ? login.host : scope,
    service: grantService(login.service),
    requester,
    network,
    key: login.key ?? "",
    commands,
    createdAt: now,
    expiresAt: now + forMs,
    endedAt: null,
    ended: null,
    endedBy: null,
  };
}

/** Whether one may be given for so long. */
export function mayLast(forMs: number, { longestMs }: GrantSettings): boolean {
  return Number.isSafeInteger(forMs) && forMs > 0 && forMs <= longestMs;
}

/**
 * One name for the ways in by ssh: who is let in by the gate is let in by PAM, and a preauth on a host
 * is for what comes by ssh.
 */
export function grantService(service: string): string {
  return service === "sshd" || service === PREAUTH_SERVICE ? "ssh" : service;
}

/**
 * Whether others can be like it. By ssh without a known key nobody can tell: a password, or any key,
 * would do from that address.
 */
export function isRecognizable({ service, key }: Pick<Login, "service" | "key">): boolean {
  return grantService(service) !== "ssh" || (key ?? "") !== "";
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

/**
 * Whether the login needs no approval because of this grant.
 * @param groups those that the login's host is in now
 */
export function covers(
  grant: Grant,
  login: Login,
  groups: readonly string[],
  now: number,
): boolean {
  const prefix = grant.network.endsWith("/64") ? 64 : 128;
  const group = groupIn(grant.host);
  const isThere = group === undefined ? grant.host === login.host : groups.includes(group);
  return isOpenGrant(grant, now) && login.service !== PREAUTH_SERVICE &&
    grant.user === login.user && isThere &&
    grant.service === grantService(login.service) && grant.requester === login.requester &&
    isRecognizable(login) && grant.key === (login.key ?? "") &&
    grant.network === grantNetwork(login.source, prefix) &&
    (grant.commands === "any" || isTransfer(login));
}

/** Where those are looked for that may cover a login. @param groups those that the host is in */
export function whereGrants(
  { user, host }: Pick<Login, "user" | "host">,
  groups: readonly string[],
): { readonly account: string }[] {
  return [host, ...groups.map(groupScope)].map((host) => ({ account: accountKey({ user, host }) }));
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
