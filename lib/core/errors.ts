/** The one kind of error that reaches a user: what is wrong, and what to do about it. */

/** sysexits.h, and what DESIGN.md 3 makes of it. */
export const Exit = {
  ok: 0,
  usage: 2,
  data: 65,
  unavailable: 69,
  software: 70,
  unreachable: 75,
  denied: 77,
  config: 78,
} as const;
export type Exit = typeof Exit[keyof typeof Exit];
export type FailedExit = Exclude<Exit, typeof Exit.ok>;

/** An unexpected error for the log, in one line; never for a user. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return "internal error";
  const at = error.stack?.split("\n")[1]?.trim() ?? "";
  return `internal error: ${error.name}: ${error.message} ${at}`.trim();
}

/** Lower case, no full stop, never a secret (STYLE.md). `message` may have several lines of faults. */
export class Failure extends Error {
  /** @param reason what the log says: always English, whatever language the person reads */
  constructor(
    readonly exit: FailedExit,
    message: string,
    readonly hint?: string,
    readonly reason: string = message,
  ) {
    super(message);
    this.name = "Failure";
  }
}
