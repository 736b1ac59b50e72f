/** What ends a wait from outside: the time, or the person who leaves. */
import { Exit, Failure } from "../core/errors.ts";
import type { HostMessages } from "../core/messages/host.ts";
import type { Doors } from "./doors.ts";

/**
 * Runs what others may hold up, for instance by holding a lock, no longer than the login may take.
 * @throws Failure when the time is up or the person has gone
 */
export async function bounded<T>(work: Promise<T>, timeoutMs: number, doors: Doors): Promise<T> {
  const late = noCodeInTime(doors.lastWords);
  return await Promise.race([work, timeUp(AbortSignal.timeout(timeoutMs), late), hangUp(doors)]);
}

/**
 * Stands first in a race, before whoever else hears the signal: reading a terminal cannot be cut
 * short, so the login must not wait for it.
 */
export function timeUp(signal: AbortSignal, late: Failure): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(late);
    signal.addEventListener("abort", () => reject(late), { once: true });
  });
}

export async function hangUp({ talk, lastWords }: Doors): Promise<never> {
  await talk.hungUp;
  throw interrupted(lastWords);
}

export function noCodeInTime(messages: HostMessages): Failure {
  return new Failure(Exit.denied, messages.noCodeInTime, undefined, "no code in time");
}

/** What the log says of a login that the person broke off. */
export const INTERRUPTED = "interrupted";

export function interrupted(messages: HostMessages): Failure {
  return new Failure(Exit.denied, messages.interrupted, undefined, INTERRUPTED);
}
