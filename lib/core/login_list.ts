/** Lists of logins: how each stands, what is searched in it, what is counted. */
import { BY_GRANT } from "./fatigue.ts";
import { type Login, step } from "./login.ts";
import { foldName } from "./person.ts";

/** How a login stands, or ended. */
export type LoginStanding =
  | "waiting"
  | "approved"
  | "remembered"
  | "denied"
  | "not_me"
  | "wrong_number"
  | "too_many_codes"
  | "not_delivered"
  | "timeout"
  | "not_collected"
  | "hung_up"
  | "code_used";

/** What the pictures tell apart. */
export type LoginOutcome = "approved" | "remembered" | "code" | "refused" | "ended" | "waiting";

/** Time ends it, noted down or not. */
export function loginStanding(login: Login, now: number): LoginStanding {
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

export function loginOutcome(standing: LoginStanding): LoginOutcome {
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
      return "ended";
    case "code_used":
      return "code";
  }
}

/** Which logins are wanted. */
export interface LoginQuestion {
  /** Folded (`foldName`), without blanks: each must be in what is searched. None: all logins. */
  readonly words: readonly string[];
  /** Undefined: any. */
  readonly outcome: LoginOutcome | undefined;
  readonly now: number;
}

/** More is not looked through at once: those who wait for an answer would wait longer. */
export const LOOKED_THROUGH = 10_000;

/** What a login is found by. Words have no blanks, so none is found across two lines. */
export function searchedText({ user, host, source, requester, service, by }: Login): string {
  return [`${user}@${host}`, source, requester, service, by]
    .filter((text) => text !== null).map(foldName).join("\n");
}

export interface LoginPage {
  /** The newest first. */
  readonly logins: readonly Login[];
  /** Behind which login the next page begins; undefined: there is none. */
  readonly older: string | undefined;
}

/** Logins that are alike, as the pictures show them. */
export interface LoginCount {
  /** When the hour (UTC) in which they began begins, in milliseconds since the Unix epoch. */
  readonly hour: number;
  readonly source: string;
  readonly user: string;
  readonly host: string;
  readonly outcome: LoginOutcome;
  readonly count: number;
}

export const HOUR_MS = 3_600_000;
