/** Accounts that take two persons: the first one's approval is kept until another one gives the second. */
import type { Login } from "./login.ts";

/** The first of two persons' approvals. */
export interface Approval {
  readonly id: string;
  /** The login's id. */
  readonly login: string;
  readonly ticket: string;
  /** The person's id; of an administrator at the terminal what `by` says. */
  readonly person: string;
  /** For the verdict, as in a login's `by`. */
  readonly by: string;
  readonly at: number;
  /** When the login's time is up, at the latest. */
  readonly expiresAt: number;
}

/** A login that has the first of two approvals now, and who gave it. */
export interface Counted {
  readonly login: Login;
  readonly by: string;
}

interface Approver {
  /** As in an approval. */
  readonly person: string;
  readonly by: string;
}

interface Together {
  readonly approved: readonly Login[];
  readonly waiting: readonly Login[];
  readonly counted: readonly Counted[];
  /** To be kept. */
  readonly given: readonly Approval[];
}

/**
 * Approves what another person has approved already; of the rest this person is the first.
 * @param approve with who decided, as in a login's `by`
 */
export function together(
  shown: readonly Login[],
  approvals: readonly Approval[],
  { person, by }: Approver,
  approve: (login: Login, by: string) => Login,
  now: number,
): Together {
  const approved: Login[] = [];
  const waiting: Login[] = [];
  const counted: Counted[] = [];
  for (const login of shown) {
    const its = approvals.filter((approval) => approval.login === login.id);
    const other = its.find((approval) => approval.person !== person);
    if (other !== undefined) {
      approved.push(approve(login, `${other.by}, ${by}`));
      continue;
    }
    waiting.push(login);
    if (its.length === 0) counted.push({ login, by });
  }
  const given = counted.map(({ login }) => newApproval(login, person, by, now));
  return { approved, waiting, counted, given };
}

function newApproval(login: Login, person: string, by: string, now: number): Approval {
  const { ticket, expiresAt } = login;
  return { id: `${login.id} ${person}`, login: login.id, ticket, person, by, at: now, expiresAt };
}
