import type { CodeAnswer } from "./code.ts";
import { printable } from "./text.ts";
import { rfc3339 } from "./time.ts";

/** Proof that a login may go on. Only passFactor (lib/login/flow.ts) and the policy make one. */
export interface Admission {
  /** The last four let in without a second factor; the configuration said so. */
  readonly via:
    | "approval"
    | "code"
    /** The account was enrolled just now, and its first code was right. */
    | "enrolled"
    | "grace"
    | "offline-allow"
    | "unenrolled-allow"
    | "exempt";
  /** The approver, the account whose code it was, or the rule. */
  readonly by: string;
}

/** One attempt to get in, as the host knows it. */
export interface Attempt {
  readonly user: string;
  readonly service: string;
  /** The client's address. */
  readonly source: string;
  readonly tty: boolean;
  /** As text, for people; null for a login shell. */
  readonly command: string | null;
  /** SHA-256 (hex) of the command's bytes, "" for a login shell. */
  readonly commandHash: string;
  /** Fingerprint of the SSH key, when known. */
  readonly key: string | null;
  /** A code that the client sent along without being asked. */
  readonly code: string | undefined;
}

/** For the log: one line, nothing of it trusted. */
export function describeAttempt(attempt: Attempt): string {
  const what = attempt.command === null
    ? "what=shell"
    : `what=command command=${JSON.stringify(printable(attempt.command, 200))}`;
  return `user=${printable(attempt.user)} source=${printable(attempt.source)} ` +
    `service=${printable(attempt.service)} ${what}`;
}

/** For the log alone: how far the clock is off would tell a guesser that the code is of this secret. */
export function describeRefusal(answer: Exclude<CodeAnswer, { ok: true }>): string {
  const why = `why=${answer.why}`;
  if (answer.why === "limited") return `${why} retry_at=${rfc3339(answer.retryAt)}`;
  if (answer.why !== "wrong" || answer.clockOff === undefined) return why;
  return `${why} clock_off=${answer.clockOff > 0 ? "+" : ""}${answer.clockOff}s`;
}
