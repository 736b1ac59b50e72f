/**
 * What approving does to a request: the freeze, the number, the second person where an account takes two,
 * the grant.
 */
import { freezeOf } from "./freeze.ts";
import { type Grant, type GrantSettings, newGrant } from "./grant.ts";
import type { Scope } from "./host_group.ts";
import { type Login, step } from "./login.ts";
import type { Remember } from "./passkey_challenge.ts";
import { type ApprovalSettings, takesTwo } from "./person.ts";
import type { Found, Made } from "./store_change.ts";
import { type Counted, together } from "./two_persons.ts";

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

export interface Ours {
  /** All of the request that can still be decided. */
  readonly open: readonly Login[];
  /** Those of them that this is about. */
  readonly shown: readonly Login[];
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
export const NOT_REMEMBERED = { remember: null, scopes: [] } as const;

interface Approver {
  /** As in an approval, and in a grant. */
  readonly person: string;
  readonly by: string;
  readonly via: string;
}

export function decideApproval(
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

export function refused(why: Refused["why"]): Made<ApprovalAnswer> {
  return { answer: { outcome: "refused", why } };
}
