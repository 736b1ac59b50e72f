/** A login in which only the host's own code counts. */
import type { Admission, Attempt } from "../core/attempt.ts";
import type { Failure } from "../core/errors.ts";
import { askCode, type CodePolicy } from "./by_code.ts";
import type { Codes, Doors } from "./doors.ts";
import { pastServers } from "./no_server.ts";

/**
 * What is wrong is for an administrator to mend, as `failure` says, and so is the way past it: the
 * account's authenticator does not count.
 * @param remarks for the person @param reason for the log of who gets in
 * @throws Failure where there is no such code, or nobody can type it
 */
export async function emergencyAlone(
  attempt: Attempt,
  failure: Failure,
  { remarks, reason }: { readonly remarks: readonly string[]; readonly reason: string },
  rules: CodePolicy,
  doors: Doors,
): Promise<Admission> {
  const { talk, codes: { emergency } } = doors;
  if (emergency === undefined || !talk.interactive) throw failure;
  for (const remark of remarks) talk.tell(remark);
  return await pastServers(reason, askCode(attempt, rules, withoutOwnCodes(doors), failure));
}

/** The account's own codes are none. */
export function withoutOwnCodes(doors: Doors): Doors {
  const { codes: { emergency }, messages } = doors;
  const codes: Codes = {
    enrolled: () => false,
    inGrace: () => Promise.resolve(false),
    check: () => Promise.resolve({ ok: false, why: "wrong" }),
    emergency,
  };
  // What a code looks like otherwise is no help here.
  return { ...doors, codes, messages: { ...messages, malformedCode: messages.wrongCode } };
}
