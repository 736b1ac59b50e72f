/** The one kind of error that reaches a user: what is wrong, and what to do about it. */

/** sysexits.h, and what DESIGN.md 3 makes of it. */
export const Exit = {
  ok: 0,
  usage: 2,
  software: 70,
  unreachable: 75,
  denied: 77,
  config: 78,
} as const;
export type Exit = typeof Exit[keyof typeof Exit];

/** Lower case, no full stop, never a secret (STYLE.md). `message` may have several lines of faults. */
export class Failure extends Error {
  constructor(readonly exit: Exit, message: string, readonly hint?: string) {
    super(message);
    this.name = "Failure";
  }
}
