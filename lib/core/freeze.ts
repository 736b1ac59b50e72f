/** A frozen account: nobody gets in to it by approval, on any host it is frozen on, until it is lifted. */
import { endGrants, type Grant } from "./grant.ts";
import { groupIn, type HostGroups } from "./host_group.ts";
import { type Login, type LoginEvent, step } from "./login.ts";
import { byPerson, isOwnUser, mayDeny, type Person } from "./person.ts";
import type { Change, Found } from "./store_change.ts";

/** `host` of a freeze that holds on all hosts, those that join later included. */
export const ALL_HOSTS = "*";

export interface Freeze {
  /** `f_…` */
  readonly id: string;
  readonly user: string;
  readonly host: string;
  readonly since: number;
  /** As in a login's `by`. */
  readonly by: string;
  readonly why: "not_me" | "administrator";
  /** The login that was reported; kept, for logins are forgotten after a day. */
  readonly evidence: Evidence | null;
  readonly liftedAt: number | null;
  readonly liftedBy: string | null;
}

type Evidence = Pick<
  Login,
  | "id"
  | "host"
  | "user"
  | "service"
  | "source"
  | "requester"
  | "key"
  | "command"
  | "commandHash"
  | "createdAt"
>;

/** The freeze that keeps this login out, if any; also one of the account that asks for another. */
export function freezeOf(
  freezes: readonly Freeze[],
  { user, requester, host }: Pick<Login, "user" | "requester" | "host">,
): Freeze | undefined {
  return freezes.find((freeze) =>
    freeze.liftedAt === null && (freeze.host === ALL_HOSTS || freeze.host === host) &&
    (freeze.user === user || freeze.user === requester)
  );
}

/** Whose freezes may concern this login. */
export function usersOf(
  { user, requester = null }: Pick<Login, "user"> & Partial<Pick<Login, "requester">>,
): string[] {
  return requester === null ? [user] : [user, requester];
}

export interface Frozen {
  /** The one that holds now; an older one where there was one already. */
  readonly freeze: Freeze;
  readonly isNew: boolean;
  readonly grants: readonly Grant[];
  /** What it ended, as it is now. */
  readonly logins: readonly Login[];
}

/** What an administrator freezes. Ends the account's grants, and what was about to let it in. */
export function freezeAccount(
  freeze: Pick<Freeze, "id" | "user" | "host" | "by">,
  now: number,
): Change<Frozen> {
  const { user } = freeze;
  return {
    wants: {
      freeze: [{ user }],
      grant: [{ user }, { requester: user }],
      login: [{ openOf: user }],
      place: [{ user }],
    },
    make: (found) => {
      const full: Freeze = { ...freeze, ...open(now), why: "administrator", evidence: null };
      const deny = { type: "deny", notMe: false, by: freeze.by, via: "freeze" } as const;
      return apply(full, found, deny, now);
    },
  };
}

export type NotMe =
  | { readonly ok: true; readonly user: string; readonly frozen: Frozen }
  | { readonly ok: false; readonly why: "unknown" | "not_theirs" };

/**
 * "This wasn't me": denies the request, and freezes the account. Also of a login that has ended: whoever
 * finds it in the list of recent ones must not be told that it is too late.
 * @param login as it was read before: one of the link's
 */
export function reportNotMe(
  login: Login,
  asked: { readonly freezeId: string; readonly person: string; readonly via: string },
  groups: HostGroups,
  now: number,
): Change<NotMe> {
  const { ticket } = login;
  const users = usersOf(login);
  return {
    wants: {
      person: [{ id: asked.person }],
      login: [{ ticket }, ...users.map((user) => ({ openOf: user }))],
      freeze: users.map((user) => ({ user })),
      grant: users.flatMap((user) => [{ user }, { requester: user }]),
      place: users.map((user) => ({ user })),
    },
    make: (found) => {
      const [person] = found.person;
      const reported = found.login.find(({ id }) => id === login.id);
      if (reported === undefined) return { answer: { ok: false, why: "unknown" } };
      if (person === undefined || !mayDeny(person, reported, groups)) {
        return { answer: { ok: false, why: "not_theirs" } };
      }
      const { user, host } = whatFreezes(person, reported);
      const by = byPerson(person);
      const freeze: Freeze = {
        ...{ id: asked.freezeId, user, host, by, why: "not_me", ...open(now) },
        evidence: evidenceOf(reported),
      };
      const deny = { type: "deny", notMe: true, by, via: asked.via } as const;
      const made = apply(freeze, found, deny, now, ticket);
      return { ...made, answer: { ok: true, user, frozen: made.answer } };
    },
  };
}

/**
 * What "this wasn't me" freezes: the account of the one who asks for root, not root's, which others
 * need. On all hosts where it is the person's own, or an administrator says so; who answers for root of
 * one host must not take it from the others.
 */
export function whatFreezes(
  person: Person,
  { user, requester, host }: Pick<Login, "user" | "requester" | "host">,
): Pick<Freeze, "user" | "host"> {
  if (requester !== null && isOwnUser(person, requester)) {
    return { user: requester, host: ALL_HOSTS };
  }
  return { user, host: person.administrator || isOwnUser(person, user) ? ALL_HOSTS : host };
}

function open(now: number): Pick<Freeze, "since" | "liftedAt" | "liftedBy"> {
  return { since: now, liftedAt: null, liftedBy: null };
}

/** @param ticket whose logins are denied as `event` says; all others are merely denied */
function apply(
  freeze: Freeze,
  found: Found,
  event: LoginEvent & { readonly type: "deny" },
  now: number,
  ticket?: string,
) {
  const { user } = freeze;
  const isIts = (it: { user: string; requester: string | null; host: string }) =>
    (it.user === user || it.requester === user) &&
    // A grant for a group may let in here as well; which hosts are in it, can change.
    (freeze.host === ALL_HOSTS || freeze.host === it.host || groupIn(it.host) !== undefined);
  const before = found.freeze.find((other) =>
    other.liftedAt === null && other.user === user &&
    (other.host === ALL_HOSTS || other.host === freeze.host)
  );
  const grants = endGrants(found.grant.filter(isIts), "frozen", freeze.by, now);
  const logins = found.login.filter((login) => login.ticket === ticket || isIts(login))
    .map((login) => step(login, { ...event, notMe: login.ticket === ticket }, now))
    .filter(({ changed }) => changed).map(({ login }) => login);
  const answer: Frozen = { freeze: before ?? freeze, isNew: before === undefined, grants, logins };
  return {
    answer,
    put: { freeze: before === undefined ? [freeze] : [], grant: grants, login: logins },
    // Whoever it was may have come from there.
    remove: { place: found.place.filter((place) => place.user === user).map(({ id }) => id) },
  };
}

function evidenceOf(login: Login): Evidence {
  const { id, host, user, service, source, requester, key, command, commandHash, createdAt } =
    login;
  return { id, host, user, service, source, requester, key, command, commandHash, createdAt };
}

/** Undefined when there is none to lift. */
export function liftFreeze(id: string, by: string, now: number): Change<Freeze | undefined> {
  return {
    wants: { freeze: [{ id }] },
    make: ({ freeze: [freeze] }) => {
      if (freeze === undefined || freeze.liftedAt !== null) return { answer: undefined };
      const lifted = { ...freeze, liftedAt: now, liftedBy: by };
      return { answer: lifted, put: { freeze: [lifted] } };
    },
  };
}

/**
 * Who may lift it: an administrator; or, where a person reported it, the one who did or whose account
 * it is, proven by a passkey and a recovery code together.
 */
export function mayLift(
  person: Person,
  freeze: Freeze,
  proof: { readonly passkey: boolean; readonly recoveryCode: boolean },
): boolean {
  if (person.state !== "active") return false;
  if (person.administrator) return true;
  const concerned = isOwnUser(person, freeze.user) || freeze.by === byPerson(person);
  return freeze.why === "not_me" && concerned && proof.passkey && proof.recoveryCode;
}
