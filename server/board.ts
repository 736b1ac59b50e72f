/** What a person may see in the lists, and how it is told. */
import { BY_GRANT } from "../lib/core/fatigue.ts";
import type { Freeze } from "../lib/core/freeze.ts";
import { endGrants, type Grant, isOpenGrant } from "../lib/core/grant.ts";
import type { HostGroups } from "../lib/core/host_group.ts";
import { isOpen, type Login, step } from "../lib/core/login.ts";
import { answersFor, byPerson, isOwnUser, mayDeny, type Person } from "../lib/core/person.ts";
import type { Change } from "../lib/core/store_change.ts";
import type { LoginStanding, Outcome } from "./messages/board_words.ts";

const DAY_MS = 24 * 3_600_000;

type Some<T> = readonly [T, ...T[]];

/** Those of one link that are still to be decided. */
export type Request = Some<Login>;

/**
 * Whether the login is one of their own accounts': those that they approve, and those of their name.
 * Administrators answer for all accounts, but those are not theirs.
 */
export function isTheirs(
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
 * @param logins the newest first @param most how many recent ones are wanted
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
  return {
    own: requests.filter(mine),
    others: requests.filter((request) => !mine(request)),
    recent: recent.slice(0, most),
  };
}

/** How it stands; time ends it, noted down or not. */
export function standingOf(login: Login, now: number): LoginStanding {
  const { state, reason, via } = step(login, { type: "expire" }, now).login;
  switch (state) {
    case "pending":
      return "waiting";
    case "approved":
      return via === BY_GRANT ? "remembered" : "approved";
    case "denied":
    case "expired":
    case "cancelled":
      return reason ?? "timeout";
  }
}

export function outcomeOf(standing: LoginStanding): Outcome {
  switch (standing) {
    case "waiting":
    case "approved":
    case "remembered":
      return standing;
    case "denied":
    case "not_me":
    case "wrong_number":
    case "too_many_codes":
      return "refused";
    case "not_delivered":
    case "timeout":
    case "not_collected":
    case "hung_up":
    case "code_used":
      return "ended";
  }
}

/** Whose account somebody else uses, if it is not they that log in: as `reportNotMe` has it. */
export function whoseAccount(person: Person, { user, requester }: Login): string {
  return requester !== null && isOwnUser(person, requester) ? requester : user;
}

/** Whether that account's logins are (also) theirs. */
export function concerns(person: Person, freeze: Freeze, groups: HostGroups): boolean {
  const asOne = { ...person, administrator: false };
  const { user, host, by, evidence } = freeze;
  return isOwnUser(person, user) || by === byPerson(person) ||
    answersFor(asOne, { user, host }, groups) ||
    (evidence !== null && answersFor(asOne, { user, host: evidence.host }, groups));
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
