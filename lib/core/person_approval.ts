/**
 * Approving a request: by a person who has proven who they are, by an administrator at the server's
 * terminal, or, where that is enough, by whoever has the link. By two, where an account takes two.
 */
import { freezeOf, usersOf } from "./freeze.ts";
import { type Grant, type GrantSettings, newGrant } from "./grant.ts";
import type { Scope } from "./host_group.ts";
import { isOpen, type Login, step } from "./login.ts";
import type { Remember } from "./passkey_challenge.ts";
import { type ApprovalSettings, byPerson, mayApprove, rememberScopes, takesTwo } from "./person.ts";
import { placeOf, wherePlace } from "./place.ts";
import type { Change, Found, Made, WhereLogin } from "./store_change.ts";
import { type Counted, together } from "./two_persons.ts";

export interface ApprovalAsked {
  /** The id of the person who approves. */
  readonly person: string;
  /** How that person has proven it. */
  readonly via: string;
  /** The number that was picked or typed. */
  readonly match: string | null;
  /** Ids of the logins that the person was shown. */
  readonly shown: ReadonlySet<string>;
  readonly remember: Remember | null;
  /** For the grant. */
  readonly grantId: string;
}

export interface ApprovalRules extends ApprovalSettings {
  /** "link": whoever has the link may approve what takes one person. */
  readonly require: "person" | "link";
  readonly grants: GrantSettings;
}

export type ApprovalAnswer =
  | {
    readonly outcome: "approved";
    readonly approved: readonly Login[];
    /** Of others that were shown too this was the first of two approvals. */
    readonly counted: readonly Counted[];
    readonly grant: Grant | null;
  }
  /** The number was wrong. */
  | { readonly outcome: "denied"; readonly denied: readonly Login[] }
  /** Now another person has to. `counted`: of those this approval is the first, and was not there before. */
  | {
    readonly outcome: "second_needed";
    readonly waiting: readonly Login[];
    readonly counted: readonly Counted[];
  }
  | Refused;

/** Nothing has changed. */
interface Refused {
  readonly outcome: "refused";
  readonly why:
    | "ended"
    | "frozen"
    | "not_active"
    | "not_theirs"
    | "own_login"
    /** Approving would do, remembering it does not: that long, from there, or for such an account. */
    | "not_remembered"
    /** The link alone is not enough. */
    | "proof_needed";
}

/**
 * One step: whether the person may, whether the account is frozen, the number, the second person, the
 * logins, the grant. A wrong number ends the whole request, so that connections which join bring no
 * further guesses.
 * @param login as it was read before: one of the link's
 */
export function approveRequest(
  login: Login,
  asked: ApprovalAsked,
  rules: ApprovalRules,
  now: number,
): Change<ApprovalAnswer> {
  const { person: id, via, match, shown, remember, grantId } = asked;
  return approving(login, { ticket: login.ticket }, [id], (found) => {
    const [person] = found.person;
    const ours = open(found, shown, now);
    const [first] = ours.shown;
    if (first === undefined) return refused("ended");
    if (person === undefined) return refused("not_active");
    const may = mayApprove(person, first, rules);
    if (!may.ok) return refused(may.why);
    const approver = { person: id, by: byPerson(person), via };
    const scopes = rememberScopes(person, first, rules);
    const how = { approver, match, remember, scopes, grantId, rules };
    const made = decide(ours, found, how, now);
    return made.answer.outcome === "approved"
      ? { ...made, put: { ...made.put, place: placeOf(first, now) } }
      : made;
  });
}

/**
 * By whoever has the link; nobody can say who that is, so it counts only where one person is enough.
 * @param asked `remember` only where the request itself asks for it; `shown` undefined: all that are open
 */
export function approveByLink(
  login: Login,
  asked: Omit<ApprovalAsked, "person" | "shown"> & {
    readonly shown: ReadonlySet<string> | undefined;
  },
  rules: ApprovalRules,
  now: number,
): Change<ApprovalAnswer> {
  return approving(login, { ticket: login.ticket }, [], (found) => {
    const ours = open(found, asked.shown, now);
    const [first] = ours.shown;
    if (first === undefined) return refused("ended");
    if (needsProof(first, rules)) return refused("proof_needed");
    const approver = { person: "", by: "link", via: asked.via };
    const { match, grantId } = asked;
    const remember = first.preauth === null ? null : asked.remember;
    const how = { approver, match, remember, scopes: [], grantId, rules };
    return decide(ours, found, how, now);
  });
}

/** Whether the link alone does not approve it. */
export function needsProof(login: Login, rules: ApprovalRules): boolean {
  return rules.require === "person" || takesTwo(login, rules);
}

/**
 * By an administrator at the server's terminal, who sees the login itself: there is no number to compare.
 * Where it takes two, that is one of them.
 * @param by `admin:NAME`
 */
export function approveAtTerminal(
  login: Login,
  { by, grantId }: { readonly by: string; readonly grantId: string },
  rules: ApprovalRules,
  now: number,
): Change<ApprovalAnswer> {
  return approving(login, { id: login.id }, [], (found) => {
    const shown = found.login.filter((each) => isOpen(each, now));
    if (shown.length === 0) return refused("ended");
    const approver = { person: by, by, via: "terminal" };
    const ours = { shown, open: shown };
    const { match } = login;
    return decide(ours, found, { approver, match, ...NOT_REMEMBERED, grantId, rules }, now);
  });
}

function approving(
  login: Login,
  where: WhereLogin,
  persons: readonly string[],
  make: (found: Found) => Made<ApprovalAnswer>,
): Change<ApprovalAnswer> {
  return {
    wants: {
      login: [where],
      person: persons.map((id) => ({ id })),
      approval: [{ ticket: login.ticket }],
      freeze: usersOf(login).map((user) => ({ user })),
      place: wherePlace(login),
    },
    make,
  };
}

interface Ours {
  /** All of the request that can still be decided. */
  readonly open: readonly Login[];
  /** Those of them that this is about. */
  readonly shown: readonly Login[];
}

function open(found: Found, shown: ReadonlySet<string> | undefined, now: number): Ours {
  // What a PIN decides has no page.
  const open = found.login.filter((login) => isOpen(login, now) && login.pin === null);
  return { open, shown: open.filter(({ id }) => shown?.has(id) ?? true) };
}

interface Deciding {
  readonly approver: Approver;
  readonly match: string | null;
  readonly remember: Remember | null;
  /** Where that may be for. */
  readonly scopes: readonly Scope[];
  readonly grantId: string;
  readonly rules: ApprovalRules;
}

/** But for what itself asks to be. */
const NOT_REMEMBERED = { remember: null, scopes: [] } as const;

interface Approver {
  /** As in an approval, and in a grant. */
  readonly person: string;
  readonly by: string;
  readonly via: string;
}

function decide(
  { open, shown }: Ours,
  { freeze, approval: approvals }: Found,
  { approver, match, remember: wish, scopes, grantId, rules }: Deciding,
  now: number,
): Made<ApprovalAnswer> {
  const [first] = shown;
  if (first === undefined) return refused("ended");
  if (freezeOf(freeze, first) !== undefined) return refused("frozen");

  const { via } = approver;
  const approve = (login: Login, by: string) =>
    step(login, { type: "approve", match, by, via }, now).login;
  if (open.some((login) => login.match !== null && login.match !== match)) {
    const denied = open.map((login) => approve(login, approver.by));
    return {
      answer: { outcome: "denied", denied },
      put: { login: denied },
      remove: { approval: approvals.map(({ id }) => id) },
    };
  }
  const remember = remembered(first, wish, scopes);
  if (remember === undefined) return refused("not_remembered");
  if (takesTwo(first, rules)) {
    // It takes two each time.
    if (remember !== null) return refused("not_remembered");
    const { approved, waiting, counted, given } = together(
      shown,
      approvals,
      approver,
      approve,
      now,
    );
    const answer: ApprovalAnswer = approved.length === 0
      ? { outcome: "second_needed", waiting, counted }
      : { outcome: "approved", approved, counted, grant: null };
    return { answer, put: { login: approved, approval: given } };
  }

  const approved = shown.map((login) => withGiven(approve(login, approver.by), remember));
  const answer = { outcome: "approved", approved, counted: [] } as const;
  if (remember === null) return { answer: { ...answer, grant: null }, put: { login: approved } };
  const { by } = approver;
  const person = approver.person === by ? "" : approver.person;
  const grant = newGrant(first, remember, { id: grantId, person, by }, rules, now);
  if (grant === undefined) return refused("not_remembered");
  return { answer: { ...answer, grant }, put: { login: approved, grant: [grant] } };
}

/**
 * Undefined: not like that. A request for a grant is remembered as it asks, or for a shorter time, or
 * for less: never for more.
 */
function remembered(
  { preauth: asked }: Login,
  wish: Remember | null,
  scopes: readonly Scope[],
): Remember | null | undefined {
  if (asked === null) return wish === null || scopes.includes(wish.scope) ? wish : undefined;
  if (wish === null) return { ...asked, scope: "host" };
  if (wish.scope !== "host" || wish.forMs > asked.forMs) return undefined;
  return { ...wish, commands: asked.commands === "any" ? wish.commands : asked.commands };
}

/** What was asked for becomes what was given: that is what its host is told. */
function withGiven(login: Login, remember: Remember | null): Login {
  if (login.preauth === null || remember === null) return login;
  const { forMs, commands } = remember;
  return { ...login, preauth: { forMs, commands } };
}

function refused(why: Refused["why"]): Made<ApprovalAnswer> {
  return { answer: { outcome: "refused", why } };
}
