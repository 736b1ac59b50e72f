/** Which codes can be typed at a login, and who judges a line: the account's, and its host's. */
import type { CodeAnswer } from "../core/code.ts";
import { Failure } from "../core/errors.ts";
import type { Codes, Emergency } from "./doors.ts";

/** @param emergency undefined: this host has none */
export function withEmergency(codes: Codes, emergency: Emergency | undefined): Codes {
  return {
    enrolled: () => codes.enrolled(),
    inGrace: () => codes.inGrace(),
    check: (code) => codes.check(code),
    emergency,
  };
}

/**
 * Whether the account is enrolled. An authenticator file that cannot be used takes only the codes away:
 * the approval is a factor of its own, and a wrong file mode must not lock anybody out.
 */
export function usable(codes: Codes): boolean | Failure {
  try {
    return codes.enrolled();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Whether there is a code to be typed: the emergency code needs no authenticator of the account. */
export function canType(codes: Codes): boolean {
  return codes.emergency !== undefined || usable(codes) === true;
}

/**
 * The shape of a line says which code it is: six or eight digits are never the emergency code, so that
 * ordinary ones do not wait for its costly comparison. Only for what was typed where a code was asked
 * for: what came along may be a password.
 */
export async function judgeTyped(line: string, codes: Codes): Promise<CodeAnswer> {
  const { emergency } = codes;
  if (emergency === undefined) return await codes.check(line);
  const { normalizeCode } = await import("../core/code.ts");
  const isOrdinary = normalizeCode(line) !== undefined;
  // The account's file may be beyond use, which the person has been told.
  const judge = isOrdinary && !(usable(codes) instanceof Failure) ? codes : emergency;
  return await judge.check(line);
}
