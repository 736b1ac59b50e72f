/** What becomes of a login that a host asks for, by all that is known of its account. */
import { BY_GRANT, ladder, QUIET_AFTER, QUIET_MS } from "./fatigue.ts";
import { type Freeze, freezeOf } from "./freeze.ts";
import { covers, type Grant } from "./grant.ts";
import { isOpen, type Login, sameRequest, takesMore } from "./login.ts";
import { type ApprovalSettings, takesTwo } from "./person.ts";
import { isKnown, type Place } from "./place.ts";

/** As the store shows it in the step in which a login is added. */
export interface AccountNow {
  /** For `ladder`. */
  readonly refusals: readonly number[];
  /** Of the account's user, and of the one who asks for another account. */
  readonly freezes: readonly Freeze[];
  /** Given for this account, on its host or on a group that it was said to be in. */
  readonly grants: readonly Grant[];
  /** The one that the login comes from, where persons have approved logins from there. */
  readonly places: readonly Place[];
}

export interface RequestRules {
  /** Requests (links) of one account that may wait for a person at once. */
  readonly pendingPerAccount: number;
  /** Connections that one link may stand for. */
  readonly connectionsPerRequest: number;
  /** False for a login that shares its link with no other. */
  readonly mayJoin: boolean;
  /** Those that the host is in. */
  readonly groups: readonly string[];
  /** As they are now: what was given before two persons were needed is worth nothing. */
  readonly twoPersons: ApprovalSettings["twoPersons"];
  /** The longest that a grant may last now, in milliseconds. */
  readonly longestGrantMs: number;
}

export type Placed =
  /** To be stored; `grant` where one approved it. */
  | { readonly login: Login; readonly grant: Grant | null }
  | { readonly refused: "frozen"; readonly freeze: Freeze }
  | { readonly refused: "busy" | "quiet"; readonly retryAt: number };

/**
 * A frozen account gets nothing; what a grant covers needs nobody; connections that belong together are
 * one request; any other request climbs the ladder.
 * @param login as it would be with nothing against it: pending, its number to be picked
 * @param pending the account's logins that are pending
 */
export function placeLogin(
  login: Login,
  pending: readonly Login[],
  account: AccountNow,
  rules: RequestRules,
  now: number,
): Placed {
  const freeze = freezeOf(account.freezes, login);
  if (freeze !== undefined) return { refused: "frozen", freeze };
  const grant = grantFor(login, account.grants, rules, now);
  if (grant !== undefined) return { login: approvedBy(grant, login, now), grant };

  const open = pending.filter((other) => isOpen(other, now));
  const retryAt = Math.min(...open.map((other) => other.expiresAt));
  const first = rules.mayJoin
    ? open.find((other) => other.pin === null && sameRequest(other, login) && takesMore(other, now))
    : undefined;
  if (first !== undefined) {
    const joined = open.filter((other) => other.ticket === first.ticket).length;
    if (joined >= rules.connectionsPerRequest) return { refused: "busy", retryAt };
    const { ticket, match, choices, requestedAt } = first;
    return { login: { ...login, ticket, match, choices, requestedAt }, grant: null };
  }

  const { typed, quietUntil } = ladder(account.refusals, now);
  if (quietUntil !== null && !isAskedAllTheSame(login, open, account, quietUntil, now)) {
    return { refused: "quiet", retryAt: quietUntil };
  }
  const requests = new Set(open.map((other) => other.ticket)).size;
  if (requests >= rules.pendingPerAccount) return { refused: "busy", retryAt };
  return { login: typed ? { ...login, choices: [] } : login, grant: null };
}

/**
 * While an account is quiet: only for who comes from where a person has approved logins, one request at
 * a time, its number to be typed; and no more once as many were refused as made it quiet.
 */
function isAskedAllTheSame(
  login: Login,
  open: readonly Login[],
  { places, refusals }: AccountNow,
  quietUntil: number,
  now: number,
): boolean {
  const since = quietUntil - QUIET_MS;
  return login.pin === null && login.preauth === null && login.match !== null &&
    isKnown(places, login, now) && !open.some(({ createdAt }) => createdAt >= since) &&
    refusals.filter((at) => at > since).length < QUIET_AFTER;
}

function grantFor(
  login: Login,
  grants: readonly Grant[],
  { groups, twoPersons, longestGrantMs }: RequestRules,
  now: number,
): Grant | undefined {
  if (login.pin !== null || grants.length === 0 || takesTwo(login, { twoPersons })) {
    return undefined;
  }
  return grants.find((grant) =>
    now < grant.createdAt + longestGrantMs && covers(grant, login, groups, now)
  );
}

/** Whether the page asks for the number in a field instead of offering some. */
export function isTyped({ match, choices }: Pick<Login, "match" | "choices">): boolean {
  return match !== null && choices.length === 0;
}

function approvedBy(grant: Grant, login: Login, now: number): Login {
  const by = `grant:${grant.id}`;
  // The host gets the verdict with the answer to its request; there is nothing to collect.
  return { ...login, state: "approved", decidedAt: now, by, via: BY_GRANT, collected: true };
}
