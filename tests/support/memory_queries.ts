/** What stores are asked for, looked up by going through all that they hold. */
import { accountOutcome, MAX_REFUSALS } from "../../lib/core/fatigue.ts";
import type { Login } from "../../lib/core/login.ts";
import {
  HOUR_MS,
  type LoginCount,
  loginOutcome,
  type LoginQuestion,
  loginStanding,
  searchedText,
} from "../../lib/core/login_list.ts";
import type { Kind, WhereLogin } from "../../lib/core/store_change.ts";
import { type AnyRecord, lookup, rulesOf } from "../../lib/core/store_kinds.ts";
import { dueAt } from "../../lib/core/store_rules.ts";

/**
 * When requests were refused since the last approval, of all that is known of an account's logins. A request of several connections
 * was refused once.
 */
export function refusalsOf(logins: readonly Login[]): number[] {
  const ended = logins.map((login) => ({ ...login, outcome: accountOutcome(login) }));
  const times = ended.filter(({ outcome }) => outcome === "approved").map((l) => l.decidedAt ?? 0);
  const approvedAt = Math.max(0, ...times);
  const byRequest = new Map<string, number>();
  for (const { outcome, ticket, decidedAt } of ended) {
    if (outcome !== "refused" || decidedAt === null || decidedAt <= approvedAt) continue;
    byRequest.set(ticket, Math.min(decidedAt, byRequest.get(ticket) ?? decidedAt));
  }
  return [...byRequest.values()].sort((a, b) => a - b).slice(-MAX_REFUSALS);
}

export function fitsQuestion(login: Login, { words, outcome, now }: LoginQuestion): boolean {
  const text = searchedText(login);
  return words.every((word) => text.includes(word)) &&
    (outcome === undefined || loginOutcome(loginStanding(login, now)) === outcome);
}

export function countAlike(logins: readonly Login[], now: number): LoginCount[] {
  const counts = new Map<string, LoginCount>();
  for (const login of logins) {
    const { source, user, host, createdAt } = login;
    const outcome = loginOutcome(loginStanding(login, now));
    const hour = Math.floor(createdAt / HOUR_MS) * HOUR_MS;
    const key = JSON.stringify([hour, source, user, host, outcome]);
    const count = (counts.get(key)?.count ?? 0) + 1;
    counts.set(key, { hour, source, user, host, outcome, count });
  }
  return [...counts.values()];
}

/** Whether a record is among those that are looked for. @param where a `Where` of that kind */
export function fits(kind: Kind, record: AnyRecord, where: object): boolean {
  const looked = lookup(kind, where);
  if (looked === undefined) return true;
  const { id, columns } = rulesOf(kind);
  const held = looked.column === "id" ? id(record) : columns[looked.column]?.(record);
  return held === looked.value;
}

/** Whether a login is among those that a change wants to see. */
export function isWanted(login: Login, where: WhereLogin): boolean {
  if ("id" in where) return login.id === where.id;
  if ("ticket" in where) return login.ticket === where.ticket;
  return dueAt(login) !== null &&
    (login.user === where.openOf || login.requester === where.openOf);
}
