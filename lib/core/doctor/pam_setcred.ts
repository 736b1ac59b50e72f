/**
 * pam_setcred(3) after a login: libpam asks the same lines again, and goes the way that the first answers
 * chose. sshd closes the connection of whom it has let in when that fails.
 */
import { begin, type PamState, stateKey, step } from "../pam_stack/run.ts";
import type { PamEntry, PamResult, PamStack } from "../pam_stack/stack.ts";
import { MOST_STATES, type Outcomes } from "./pam_paths.ts";

/** What a line answers to pam_setcred(3), after `before`; undefined: it was not asked then. */
export type CredentialOutcomes = (
  entry: PamEntry,
  before: PamResult | undefined,
) => readonly PamResult[];

/** Whether somebody who has passed gets their credentials; true where nobody passes. */
export function credentialsSucceed(
  stack: PamStack,
  outcomes: Outcomes,
  again: CredentialOutcomes,
): boolean {
  const queue = [{ auth: begin(stack), credentials: begin(stack) }];
  const seen = new Set<string>();
  let passes = false;
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    const key = [node.auth, node.credentials].map(stateKey).join(" | ");
    if (seen.size === seen.add(key).size) continue;
    if (seen.size > MOST_STATES) return true;
    const { auth, credentials } = node;
    const asked = credentials.next;
    if (asked === undefined && auth.next === undefined) {
      if (auth.result !== "success") continue;
      if (credentials.result === "success") return true;
      passes = true;
      continue;
    }
    // The first run may have ended, or jumped, further on: what it left out is asked on its own.
    if (asked !== undefined && asked < (auth.next ?? Infinity)) {
      for (const state of credentialSteps(stack, credentials, undefined, again)) {
        queue.push({ auth, credentials: state });
      }
      continue;
    }
    const entry = auth.next === undefined ? undefined : stack.entries[auth.next];
    if (entry === undefined) continue;
    for (const result of outcomes(entry)) {
      const after = step(stack, auth, result);
      const states = asked === auth.next
        ? credentialSteps(stack, credentials, result, again)
        : [credentials];
      for (const state of states) queue.push({ auth: after, credentials: state });
    }
  }
  return !passes;
}

function credentialSteps(
  stack: PamStack,
  state: PamState,
  before: PamResult | undefined,
  again: CredentialOutcomes,
): PamState[] {
  const entry = state.next === undefined ? undefined : stack.entries[state.next];
  if (entry === undefined) return [];
  return again(entry, before).map((result) =>
    step(stack, state, result, undefined, before ?? result)
  );
}
