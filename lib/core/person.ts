/** People at the server: who they are, and whose logins they may approve. */
import { type Account, matchesPattern } from "./account_pattern.ts";
import { isRecognizable } from "./grant.ts";
import {
  accountsFault,
  coversGroup,
  expandGroup,
  groupIn,
  groupScope,
  groupsOf,
  type HostGroups,
  type Scope,
} from "./host_group.ts";
import type { Login } from "./login.ts";
import type { Language } from "./messages/language.ts";
import { isPrintable } from "./text.ts";

export interface Person {
  /** `p_…` */
  readonly id: string;
  /** As it is shown; no two persons have names that differ in case or width alone. */
  readonly name: string;
  readonly administrator: boolean;
  /** Of a removed person only this remains, for the history; the name is free again. */
  readonly state: "active" | "frozen" | "removed";
  readonly createdAt: number;
  readonly language: "auto" | Language;
  /** By the channel's name. */
  readonly contacts: Readonly<Record<string, string>>;
  /** Account patterns, `USER@group:NAME`, and OWN. */
  readonly approves: readonly string[];
}

/**
 * In `approves`: the account of the person's own name, on any host. No pattern, for a name may hold
 * what means something there.
 */
export const OWN = "own";

const MAX_NAME = 64;

/**
 * 1 to 64 printable characters, no space at either end. No comma or colon: lists of names, and names
 * behind "person:", must read one way only.
 */
export function isPersonName(text: string): boolean {
  const length = [...text].length;
  return length >= 1 && length <= MAX_NAME && text.trim() === text && isPrintable(text) &&
    !/[,:]/.test(text);
}

/** What names are compared by. */
export function foldName(name: string): string {
  // Again, for a small letter may have a simpler form than its capital.
  return name.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** What is wrong with an entry of `approves`; undefined: nothing. */
export function approvesFault(entry: string): string | undefined {
  return entry === OWN ? undefined : accountsFault(entry);
}

/** Who decided, as verdicts and the audit log say it. */
export function byPerson({ name }: Pick<Person, "name">): string {
  return `person:${name}`;
}

/** An active person who may be called so. */
export function answersTo(person: Person, name: string): boolean {
  return person.state === "active" && foldName(person.name) === foldName(name);
}

/** Unix user names are told apart by case; a person called Alice has the account alice too. */
export function isOwnUser(person: Pick<Person, "name">, user: string): boolean {
  return user === person.name || user === foldName(person.name);
}

/** The users that `isOwnUser` knows. */
export function ownUsers(person: Pick<Person, "name">): string[] {
  return [...new Set([person.name, foldName(person.name)])];
}

type Rights = Pick<Person, "name" | "administrator" | "approves">;

/**
 * Whether the account is among those that the person answers for; administrators answer for all.
 * @param account its host may be a group, `group:NAME`: then on every host of it
 */
export function answersFor(person: Rights, account: Account, groups: HostGroups): boolean {
  const group = groupIn(account.host);
  const isIn = (entry: string) =>
    group === undefined
      ? expandGroup(entry, groups).some((pattern) => matchesPattern(pattern, account))
      : coversGroup(entry, account.user, group, groups);
  return person.administrator ||
    person.approves.some((entry) => entry === OWN ? isOwnUser(person, account.user) : isIn(entry));
}

export interface ApprovalSettings {
  /** Account patterns that take two persons, neither of them the one who logs in. */
  readonly twoPersons: readonly string[];
  readonly groups: HostGroups;
}

type MayApprove =
  /** `persons`: how many different ones it takes. */
  | { readonly ok: true; readonly persons: 1 | 2 }
  | { readonly ok: false; readonly why: "not_active" | "not_theirs" | "own_login" };

/**
 * Who may approve this login. Of an account that several persons share nobody knows who it is that logs
 * in, unless the host says who asks for it.
 */
export function mayApprove(
  person: Person,
  login: Pick<Login, "user" | "host" | "requester">,
  settings: ApprovalSettings,
): MayApprove {
  if (person.state !== "active") return { ok: false, why: "not_active" };
  if (!answersFor(person, login, settings.groups)) return { ok: false, why: "not_theirs" };
  if (!takesTwo(login, settings)) return { ok: true, persons: 1 };
  const own = isOwnUser(person, login.user) ||
    (login.requester !== null && isOwnUser(person, login.requester));
  return own ? { ok: false, why: "own_login" } : { ok: true, persons: 2 };
}

/** Whether approving a login of that account takes two persons. */
export function takesTwo(
  account: Account,
  settings: Pick<ApprovalSettings, "twoPersons">,
): boolean {
  return settings.twoPersons.some((pattern) => matchesPattern(pattern, account));
}

/**
 * Whether the person may deny it or report "not me". Whoever may approve may, and so may the one who is
 * said to be logging in, also where that one may not approve.
 */
export function mayDeny(
  person: Person,
  login: Pick<Login, "user" | "host" | "requester">,
  groups: HostGroups,
): boolean {
  return person.state === "active" &&
    (answersFor(person, login, groups) || isOwnUser(person, login.user) ||
      (login.requester !== null && isOwnUser(person, login.requester)));
}

/**
 * Where an approval of this login may be remembered for: none where it takes two each time, or nothing
 * tells it from others'. A group only if the person answers for the account on all of it.
 */
export function rememberScopes(
  person: Person,
  login: Pick<Login, "user" | "host" | "requester" | "service" | "key">,
  settings: ApprovalSettings,
): Scope[] {
  const may = mayApprove(person, login, settings);
  if (!may.ok || may.persons === 2 || !isRecognizable(login)) return [];
  const groups = groupsOf(login.host, settings.groups).map(groupScope)
    .filter((host) => answersFor(person, { user: login.user, host }, settings.groups));
  return ["host", ...groups];
}
