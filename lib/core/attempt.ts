import { printable } from "./text.ts";

/** One attempt to get in, as the host knows it. */
export interface Attempt {
  readonly user: string;
  readonly service: string;
  /** The client's address. */
  readonly source: string;
  readonly tty: boolean;
  /** Null for a login shell. */
  readonly command: string | null;
  /** Fingerprint of the SSH key, when known. */
  readonly key: string | null;
  /** A code that the client sent along without being asked. */
  readonly code: string | undefined;
}

/** For the log: one line, nothing of it trusted. */
export function describeAttempt(attempt: Attempt): string {
  const what = attempt.command === null ? "shell" : printable(attempt.command, 200);
  return `user=${printable(attempt.user)} source=${printable(attempt.source)} ` +
    `service=${printable(attempt.service)} what=${JSON.stringify(what)}`;
}
