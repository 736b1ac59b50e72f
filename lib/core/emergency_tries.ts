/**
 * How often the emergency code of a host may be tried: each try makes the host compute for a while,
 * and nobody shall keep it at that. Refused tries are not counted, so a limit ends by itself.
 */
import type { Attempt } from "./attempt.ts";
import { isLoopback, networkOf } from "./cidr.ts";
import {
  afterRightCode,
  afterWrongCode,
  type CodeMemory,
  type FailureLimit,
  limitedUntil,
  MOST_FAILURES,
  withoutFuture,
} from "./code_memory.ts";

/** Whose memory it is, where accounts have theirs: no account can have this name (useradd(8)). */
export const EMERGENCY_NAME = " emergency";

const LIMITS: readonly FailureLimit[] = [
  { scope: "source", failures: 5, within: 3_600_000 },
  // Many addresses together, for about a hundredth of a processor's time. Short, for an administrator
  // at a new address waits for it; and not for this machine's own, the way that is left to him.
  { scope: "account", failures: 30, within: 600_000 },
];

const LONGEST_SOURCE = 100;

type EmergencyTry =
  | { readonly allowed: false; readonly retryAt: number }
  /** `begun` is to be durable before the code is looked at. */
  | { readonly allowed: true; readonly begun: CodeMemory };

type Asking = Pick<Attempt, "source" | "service" | "requester">;

/** Begins as a wrong one, so that whoever hangs up meanwhile has used it up. */
export function tryEmergency(before: CodeMemory, attempt: Asking, now: number): EmergencyTry {
  const memory = withoutFuture(before, now);
  const source = sourceOf(attempt);
  const known = isLoopback(attempt.source) ? [...memory.known, source] : memory.known;
  const retryAt = limitedUntil({ ...memory, known }, source, now, LIMITS);
  if (retryAt !== undefined) return { allowed: false, retryAt };
  return { allowed: true, begun: afterWrongCode(memory, source, now, MOST_FAILURES) };
}

/** To be durable before a right code lets in. @param memory as it is by now: others try meanwhile */
export function afterEmergency(memory: CodeMemory, attempt: Asking): CodeMemory {
  return afterRightCode(memory, sourceOf(attempt), undefined);
}

/**
 * What tries are counted by. This machine's own address is everybody's here, so it counts with the way
 * in and who asks: an account that fails at sudo must not close the console.
 */
function sourceOf({ source, service, requester }: Asking): string {
  const network = networkOf(source);
  const whole = isLoopback(source) ? `${network} ${service} ${requester ?? ""}` : network;
  return whole.slice(0, LONGEST_SOURCE).toWellFormed();
}
