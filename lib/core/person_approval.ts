/**
 * Who approves a request: a person who has proven who they are, an administrator at the server's
 * terminal, or, where that is enough, whoever has the link.
 */
import {
  type ApprovalAnswer,
  type ApprovalRules,
  decideApproval,
  NOT_REMEMBERED,
  type Ours,
  refused,
} from "./approval.ts";
import { usersOf } from "./freeze.ts";
import { isOpen, type Login } from "./login.ts";
import type { Remember } from "./passkey_challenge.ts";
import { byPerson, mayApprove, rememberScopes, takesTwo } from "./person.ts";
import { placeOf, wherePlace } from "./place.ts";
import type { Change, Found, Made, WhereLogin } from "./store_change.ts";

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
    const made = decideApproval(ours, found, how, now);
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
    return decideApproval(ours, found, how, now);
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
    return decideApproval(ours, found, { approver, match, ...NOT_REMEMBERED, grantId, rules }, now);
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

function open(found: Found, shown: ReadonlySet<string> | undefined, now: number): Ours {
  // What a PIN decides has no page.
  const open = found.login.filter((login) => isOpen(login, now) && login.pin === null);
  return { open, shown: open.filter(({ id }) => shown?.has(id) ?? true) };
}
