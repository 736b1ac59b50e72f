import type { CodeAnswer } from "./code.ts";
import { keyValue, printable } from "./text.ts";
import { rfc3339 } from "./time.ts";

/** Proof that a login may go on. Only passFactor (lib/login/flow.ts) and the policy make one. */
export interface Admission {
  /** The last four let in without a second factor; the configuration said so. */
  readonly via:
    | "approval"
    | "code"
    /** A code that a server had sent, typed. */
    | "pin"
    /** The host's emergency code. */
    | "emergency"
    /** The account was enrolled just now, and its first code was right. */
    | "enrolled"
    | "grace"
    | "offline-allow"
    | "unenrolled-allow"
    | "exempt";
  /** The approver, the account whose code it was, or the rule. */
  readonly by: string;
  /** Why no server decided, where one should have; English, for the log. */
  readonly noServer?: string;
}

/** Somebody was let in whom nothing was asked of, although a server should have been. */
export function failedOpen({ via }: Pick<Admission, "via">): boolean {
  return via === "offline-allow" || via === "unenrolled-allow";
}

/** One attempt to get in, as the host knows it. */
export interface Attempt {
  readonly user: string;
  readonly service: string;
  /** The client's address. */
  readonly source: string;
  /** Who asks for it, where that is another account of the host, as for su; null where not known. */
  readonly requester: string | null;
  readonly tty: boolean;
  /** As text, for people; null for a login shell; undefined where nobody has said yet, as in PAM. */
  readonly command: string | null | undefined;
  /** SHA-256 (hex) of the command's bytes, "" where there is none. */
  readonly commandHash: string;
  /** Fingerprint of the SSH key, when known. */
  readonly key: string | null;
  /** A code that the client sent along without being asked. */
  readonly code: string | undefined;
}

/**
 * For the log: one line, nothing of it trusted. What would be unclear stands in quotes, so that no
 * part can pose as another: the user's name is whatever a client has sent, and what bans addresses
 * (share/fail2ban/) reads the source from this line.
 */
export function describeAttempt(attempt: Attempt): string {
  const { user, source, service, requester, command } = attempt;
  return [
    keyValue("user", user, 256),
    keyValue("source", source, 64),
    keyValue("service", service, 64),
    ...(requester === null ? [] : [keyValue("requester", requester, 256)]),
    ...what(command),
  ].join(" ");
}

function what(command: string | null | undefined): string[] {
  if (command === undefined) return ["what=login"];
  if (command === null) return ["what=shell"];
  return ["what=command", `command=${JSON.stringify(printable(command, 200))}`];
}

/** For the log: by what somebody is let in. */
export function describeAdmission({ via, by, noServer }: Admission): string {
  const how = `via=${via} by=${JSON.stringify(printable(by))}`;
  if (noServer === undefined) return how;
  return `${how} no_server=${JSON.stringify(printable(noServer, 500))}`;
}

/** For the log: why somebody or something is refused. The faults of a file, a line each, become one. */
export function describeWhy(why: string): string {
  return `why=${JSON.stringify(printable(why.replaceAll("\n", "; "), 500))}`;
}

/** For the log alone: how far the clock is off would tell a guesser that the code is of this secret. */
export function describeRefusal(answer: Exclude<CodeAnswer, { ok: true }>): string {
  const why = `why=${answer.why}`;
  if (answer.why === "limited") return `${why} retry_at=${rfc3339(answer.retryAt)}`;
  if (answer.why === "malformed" && answer.weak !== undefined) {
    return `${why} weak=${answer.weak.join()}`;
  }
  if (answer.why !== "wrong" || answer.clockOff === undefined) return why;
  return `${why} clock_off=${answer.clockOff > 0 ? "+" : ""}${answer.clockOff}s`;
}
