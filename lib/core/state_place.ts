/**
 * Where a state file of google-authenticator's is, whom it may belong to, and what people are told when it
 * cannot be used. `error` is what the system calls it, as " (ENOSPC)", or "".
 */
import { Exit, Failure } from "./errors.ts";
import { octal, printable } from "./text.ts";

export interface StatePlace {
  readonly path: string;
  /** Uids; undefined: whoever it is. */
  readonly owners: readonly number[] | undefined;
  /** The most that its mode may allow, such as 0o600. */
  readonly allowedPerm: number;
}

/** The peer's mask: everything but set-user-ID. */
const MODE_BITS = 0o3777;

/** @throws Failure when others could read it, or somebody else has made it */
export function requirePrivate(
  { uid, mode }: { uid: number | null; mode: number | null },
  { path, owners, allowedPerm }: StatePlace,
): void {
  if (owners !== undefined && !owners.includes(uid ?? -1)) {
    throw refuse(path, `belongs to uid ${uid}`, "it must belong to the account or to root");
  }
  const forbidden = (mode ?? 0) & MODE_BITS & ~allowedPerm;
  if (forbidden === 0) return;
  const what = (forbidden & 0o077) !== 0
    ? "can be read or written by others"
    : `has mode ${octal((mode ?? 0) & MODE_BITS)}, which is more than ${octal(allowedPerm)}`;
  throw refuse(path, what, `run: chmod ${octal(allowedPerm)} ${printable(path)}`);
}

export function irregular(path: string): Failure {
  return refuse(path, "is not a regular file", "put the file itself there");
}

export function unreadable(path: string, error: string): Failure {
  return refuse(path, `cannot be read${error}`, "check its owner and mode");
}

export function gone(path: string): Failure {
  return refuse(path, "does not exist any more", "make a new one: gatehouse enroll");
}

export function malformed(path: string, fault: string): Failure {
  return refuse(path, fault, "mend it, or make a new one: gatehouse enroll --force");
}

export function unlocked(path: string, error: string): Failure {
  const hint = "another program may hold the lock, or the file system has none";
  return refuse(path, `cannot be locked${error}`, hint);
}

export function existsAlready(path: string): Failure {
  return refuse(path, "exists already", "to replace it: --force; without a gap: --rotate");
}

export function cannot(what: "write" | "remove", path: string, error: string): Failure {
  return new Failure(
    Exit.denied,
    `cannot ${what} ${printable(path)}${error}`,
    "check the free space, and who may write in its directory",
  );
}

export function keepsChanging(path: string): Failure {
  const message = `another program keeps changing ${printable(path)}`;
  return new Failure(Exit.denied, message, "try again in a moment");
}

function refuse(path: string, what: string, hint: string): Failure {
  return new Failure(Exit.config, `${printable(path)} ${what}`, hint);
}
