/** What a person may see in the lists, and how it is told. */
import type { Freeze } from "../lib/core/freeze.ts";
import { endGrants, type Grant, isOpenGrant } from "../lib/core/grant.ts";
import type { HostGroups } from "../lib/core/host_group.ts";
import { isOpen, type Login } from "../lib/core/login.ts";
import { answersFor, byPerson, isOwnUser, mayDeny, type Person } from "../lib/core/person.ts";
import type { Change } from "../lib/core/store_change.ts";

const DAY_MS = 24 * 3_600_000;

type Some<T> = readonly [T, ...T[]];

/** Those of one link that are still to be decided. */
export type Request = Some<Login>;

/**
 * Whether the login is one of their own accounts': those that they approve, and those of their name.
 * Administrators answer for all accounts, but those are not theirs.
 */
function isTheirs(
  person: Person,
  login: Pick<Login, "user" | "host" | "requester">,
  groups: HostGroups,
): boolean {
  return mayDeny({ ...person, administrator: false }, login, groups);
}

export interface MyLogins {
  /** To be decided, their own; the oldest first. */
  readonly own: readonly Request[];
  /** Of others, for administrators. */
  readonly others: readonly Request[];
  /** Ended within a day, the newest first. */
  readonly recent: readonly Login[];
}

/**
 * @param open all that have not ended, the oldest first
 * @param logins the newest first
 * @param most how many recent ones of their accounts are wanted; half as many that they only asked for
 */
export function myLogins(
  { open, logins }: { readonly open: readonly Login[]; readonly logins: readonly Login[] },
  person: Person,
  groups: HostGroups,
  now: number,
  most: number,
): MyLogins {
  // What a PIN decides has no page.
  const waiting = open.filter((login) =>
    isOpen(login, now) && login.pin === null && mayDeny(person, login, groups)
  );
  const requests = [...Map.groupBy(waiting, ({ ticket }) => ticket).values()]
    .flatMap(([first, ...more]): Request[] => first === undefined ? [] : [[first, ...more]]);
  const mine = ([login]: Request) => isTheirs(person, login, groups);
  const recent = logins.filter((login) =>
    !isOpen(login, now) && login.createdAt > now - DAY_MS && isTheirs(person, login, groups)
  );
  // Anybody can be said to have asked for another account: those must not push the others out.
  const isOnlyAsker = (login: Login) => !isTheirs(person, { ...login, requester: null }, groups);
  const { askers = [], accounts = [] } = Object.groupBy(
    recent,
    (login) => isOnlyAsker(login) ? "askers" : "accounts",
  );
  const shown = [...accounts.slice(0, most), ...askers.slice(0, most / 2)];
  return {
    own: requests.filter(mine),
    others: requests.filter((request) => !mine(request)),
    recent: shown.sort((a, b) => b.createdAt - a.createdAt),
  };
}

/** Whether that account's logins are (also) theirs. */
export function concerns(person: Person, freeze: Freeze, groups: HostGroups): boolean {
  const asOne = { ...person, administrator: false };
  const { user, host, by, evidence } = freeze;
  return isOwnUser(person, user) || by === byPerson(person) ||
    answersFor(asOne, { user, host }, groups) ||
    (evidence !== null && answersFor(asOne, { user, host: evidence.host }, groups));
}

/** By their ids, who gave them, as in a login's `by`. */
export function giversOf(grants: readonly Grant[]): ReadonlyMap<string, string> {
  return new Map(grants.map(({ id, by }) => [id, by]));
}

/** In force, and given by them or for their own account. */
export function isMyGrant(person: Person, grant: Grant, now: number): boolean {
  return isOpenGrant(grant, now) &&
    (grant.person === person.id || isOwnUser(person, grant.user) ||
      (grant.requester !== null && isOwnUser(person, grant.requester)));
}

/** Answers those that it ended. */
export function endAll(
  ids: readonly string[],
  by: string,
  now: number,
): Change<readonly Grant[]> {
  return {
    wants: { grant: ids.map((id) => ({ id })) },
    make: ({ grant }) => {
      const ended = endGrants(grant, "revoked", by, now);
      return { answer: ended, put: { grant: ended } };
    },
  };
}
