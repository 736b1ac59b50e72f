/** What an administrator decides at the terminal, in the store and in the audit log. */
import { type AuditEvent, loginEvent } from "../../core/audit.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { accountOutcome } from "../../core/fatigue.ts";
import { revokeGrants } from "../../core/grant.ts";
import { type Login, type LoginEvent, step } from "../../core/login.ts";
import { grantGiven, loginApprovedFirst } from "../../core/people_events.ts";
import type { ApprovalAnswer } from "../../core/approval.ts";
import { leave } from "./errands.ts";
import { account, SHOWN_ID } from "./login_shown.ts";
import { systemClock } from "../../io/clock.ts";
import type { Audit, Store } from "../../ports.ts";

type Approved = Extract<ApprovalAnswer, { outcome: "approved" | "second_needed" }>;

/** The login, if the event changed it. What is refused may make its account quiet, which is told. */
export async function change(
  id: string,
  event: LoginEvent,
  store: Store,
  now: number,
): Promise<Login | undefined> {
  const [changed] = await store.changeLogins(
    { id },
    (found) =>
      found.map((login) => step(login, event, now))
        .filter(({ changed }) => changed).map(({ login }) => login),
  );
  if (changed !== undefined && accountOutcome(changed) === "refused") {
    await leave(store, ["login", changed.id]);
  }
  return changed;
}

/** @throws Failure: 77 when the approval was taken back, for without a trace it does not count */
export async function recordApproval(
  login: Login,
  answer: Approved,
  store: Store,
  audit: Audit,
): Promise<void> {
  try {
    for (const event of eventsOf(answer)) await audit.append(event);
  } catch {
    if (!await takeBack(login.id, answer, store, audit)) throw unrecorded(login, "approved");
    throw new Failure(
      Exit.denied,
      `the audit log cannot be written, so ${named(login)} is denied`,
      LOG_HINT,
    );
  }
}

function eventsOf(
  answer: Approved,
): AuditEvent[] {
  const first = answer.counted.map(({ login, by }) => loginApprovedFirst(login, by, "terminal"));
  if (answer.outcome === "second_needed") return first;
  const { approved, grant } = answer;
  const [login] = approved;
  return [
    ...first,
    ...approved.map((login) => loginEvent("login.approved", login)),
    ...(grant === null || login === undefined ? [] : [grantGiven(grant, login)]),
  ];
}

export async function record(login: Login, audit: Audit): Promise<void> {
  await audit.append(loginEvent(`login.${login.state}`, login)).catch(() => {
    throw unrecorded(login, login.state);
  });
}

const LOG_HINT = "check the free space, and audit.jsonl in the data directory";

function unrecorded(login: Login, state: string): Failure {
  const but = `${named(login)} is ${state}, but the audit log does not say so`;
  return new Failure(Exit.software, but, LOG_HINT);
}

function named(login: Login): string {
  return `login ${login.id.slice(0, SHOWN_ID)} of ${account(login)}`;
}

/** False when that is not possible any more: what is collected has a line of its own. */
async function takeBack(
  id: string,
  answer: Approved,
  store: Store,
  audit: Audit,
): Promise<boolean> {
  const by = "gatehouse";
  const now = systemClock.now();
  if (answer.outcome === "approved" && answer.grant !== null) {
    await store.change(revokeGrants({ id: answer.grant.id }, by, now)).catch(() => {});
  }
  const event = { type: "deny", notMe: false, by, via: "terminal" } as const;
  const denied = await change(id, event, store, now).catch(() => undefined);
  if (denied === undefined) return false;
  await audit.append(loginEvent(`login.${denied.state}`, denied)).catch(() => {});
  return true;
}
