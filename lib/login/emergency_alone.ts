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
  const { talk, codes: { emergency }, messages } = doors;
  if (emergency === undefined || !talk.interactive) throw failure;
  const codes: Codes = {
    enrolled: () => false,
    inGrace: () => Promise.resolve(false),
    check: () => Promise.resolve({ ok: false, why: "wrong" }),
    emergency,
  };
  for (const remark of remarks) talk.tell(remark);
  // What a code looks like otherwise is no help here.
  const words = { ...messages, malformedCode: messages.wrongCode };
  const login = askCode(attempt, rules, { ...doors, codes, messages: words }, failure);
  return await pastServers(reason, login);
}
