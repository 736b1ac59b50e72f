/** Approving a request, by a person who has proven who they are; by two, where an account takes two. */
import { freezeOf, usersOf } from "./freeze.ts";
import { type Grant, type GrantSettings, newGrant } from "./grant.ts";
import { isOpen, type Login, step } from "./login.ts";
import type { Remember } from "./passkey_challenge.ts";
import { type ApprovalSettings, byPerson, mayApprove, type Person } from "./person.ts";
import type { Change, Found, Made } from "./store_change.ts";

/** The first of two persons' approvals. */
export interface Approval {
  readonly id: string;
  /** The login's id. */
  readonly login: string;
  readonly ticket: string;
  /** The person's id. */
  readonly person: string;
  /** For the verdict, as `byPerson` has it. */
  readonly by: string;
  readonly at: number;
  /** When the login's time is up, at the latest. */
  readonly expiresAt: number;
}

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

export type ApprovalAnswer =
  | {
    readonly outcome: "approved";
    readonly approved: readonly Login[];
    readonly grant: Grant | null;
  }
  /** The number was wrong. */
  | { readonly outcome: "denied"; readonly denied: readonly Login[] }
  /** Counted; now another person has to. */
  | { readonly outcome: "second_needed"; readonly waiting: readonly Login[] }
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
    | "not_remembered";
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
  settings: ApprovalSettings & GrantSettings,
  now: number,
): Change<ApprovalAnswer> {
  return {
    wants: {
      login: [{ ticket: login.ticket }],
      person: [{ id: asked.person }],
      approval: [{ ticket: login.ticket }],
      freeze: usersOf(login).map((user) => ({ user })),
    },
    make: (found) => decide(found, asked, settings, now),
  };
}

function decide(
  found: Found,
  asked: ApprovalAsked,
  settings: ApprovalSettings & GrantSettings,
  now: number,
): Made<ApprovalAnswer> {
  // What a PIN decides has no page.
  const open = found.login.filter((login) => isOpen(login, now) && login.pin === null);
  const shown = open.filter(({ id }) => asked.shown.has(id));
  const { person: [person], freeze, approval: approvals } = found;
  const [first] = shown;
  if (first === undefined) return refused("ended");
  if (person === undefined) return refused("not_active");
  const may = mayApprove(person, first, settings);
  if (!may.ok) return refused(may.why);
  if (freezeOf(freeze, first) !== undefined) return refused("frozen");

  const { match, via } = asked;
  const by = byPerson(person);
  const approve = (login: Login, by: string) =>
    step(login, { type: "approve", match, by, via }, now).login;
  if (open.some((login) => login.match !== null && login.match !== match)) {
    const denied = open.map((login) => approve(login, by));
    return {
      answer: { outcome: "denied", denied },
      put: { login: denied },
      remove: { approval: approvals.map(({ id }) => id) },
    };
  }
  if (may.persons === 2) return together(shown, approvals, person, asked, approve, now);

  const approved = shown.map((login) => approve(login, by));
  if (asked.remember === null) {
    return { answer: { outcome: "approved", approved, grant: null }, put: { login: approved } };
  }
  const grant = newGrant(asked.grantId, first, asked.remember, person.id, settings, now);
  if (grant === undefined) return refused("not_remembered");
  return {
    answer: { outcome: "approved", approved, grant },
    put: { login: approved, grant: [grant] },
  };
}

/** Approves what another person has approved already; of the rest this person is the first. */
function together(
  shown: readonly Login[],
  approvals: readonly Approval[],
  person: Person,
  asked: ApprovalAsked,
  approve: (login: Login, by: string) => Login,
  now: number,
): Made<ApprovalAnswer> {
  // It takes two each time.
  if (asked.remember !== null) return refused("not_remembered");
  const by = byPerson(person);
  const approved: Login[] = [];
  const waiting: Login[] = [];
  const given: Approval[] = [];
  for (const login of shown) {
    const its = approvals.filter((approval) => approval.login === login.id);
    const other = its.find((approval) => approval.person !== person.id);
    if (other !== undefined) {
      approved.push(approve(login, `${other.by}, ${by}`));
      continue;
    }
    waiting.push(login);
    if (its.length === 0) given.push(newApproval(login, person.id, by, now));
  }
  const answer: ApprovalAnswer = approved.length === 0
    ? { outcome: "second_needed", waiting }
    : { outcome: "approved", approved, grant: null };
  return { answer, put: { login: approved, approval: given } };
}

function newApproval(login: Login, person: string, by: string, now: number): Approval {
  const { ticket, expiresAt } = login;
  return { id: `${login.id} ${person}`, login: login.id, ticket, person, by, at: now, expiresAt };
}

function refused(why: Refused["why"]): Made<ApprovalAnswer> {
  return { answer: { outcome: "refused", why } };
}
