/**
 * What an application's call of libpam comes to: one walk through a stack, or two. libpam/pam_auth.c,
 * pam_password.c and pam_session.c.
 */
import { begin, type PamState, type Seen, step, type Visit } from "./run.ts";
import type { PamEntry, PamResult, PamStack, PamType } from "./stack.ts";

/** Without `pam_`; the first of a type is the one that it is known for. */
export const PAM_CALLS = {
  auth: ["authenticate", "setcred"],
  account: ["acct_mgmt"],
  password: ["chauthtok"],
  session: ["open_session", "close_session"],
} as const satisfies Record<PamType, readonly string[]>;
export type PamCall = typeof PAM_CALLS[PamType][number];

/** What a module is asked for: pam_chauthtok(3) asks it twice. */
export type PamPass = PamCall | "prechauthtok";

export interface Passed extends Visit {
  readonly pass: PamPass;
}

export interface Outcome {
  readonly result: PamResult;
  readonly path: readonly Passed[];
}

export type ResultOf = (entry: PamEntry, pass: PamPass, index: number) => PamResult;

/** These go the way that the other call has chosen before. */
const AFTER: Partial<Record<PamCall, PamCall>> = {
  setcred: "authenticate",
  close_session: "open_session",
};

/** @param call fits the stack's type */
export function runCall(stack: PamStack, call: PamCall, resultOf: ResultOf): Outcome {
  const before = AFTER[call];
  if (before !== undefined) return runAfter(stack, before, call, resultOf);
  if (call !== "chauthtok") return runPass(stack, call, resultOf);
  const checked = runPass(stack, "prechauthtok", resultOf);
  if (checked.result !== "success") return checked;
  const { result, path } = runPass(stack, "chauthtok", resultOf);
  return { result, path: [...checked.path, ...path] };
}

/** One walk. @param chosen by index: what each entry returned in the walk that this one is to follow */
export function runPass(
  stack: PamStack,
  pass: PamPass,
  resultOf: ResultOf,
  chosen: ReadonlyMap<number, PamResult> = new Map(),
): Outcome {
  const path: Passed[] = [];
  const seen: Seen = (visit) => path.push({ ...visit, pass });
  let state: PamState = begin(stack, seen);
  while (state.next !== undefined) {
    const entry = stack.entries[state.next];
    if (entry === undefined) break;
    const result = resultOf(entry, pass, state.next);
    state = step(stack, state, result, seen, chosen.get(state.next) ?? result);
  }
  return { result: state.result ?? "perm_denied", path };
}

function runAfter(stack: PamStack, before: PamCall, call: PamCall, resultOf: ResultOf): Outcome {
  const first = runPass(stack, before, resultOf);
  // Only the same call may be made then.
  if (first.result === "incomplete") return { result: "abort", path: first.path };
  const chosen = new Map<number, PamResult>();
  for (const { index, result } of first.path) if (result !== undefined) chosen.set(index, result);
  const { result, path } = runPass(stack, call, resultOf, chosen);
  return { result, path: [...first.path, ...path] };
}
