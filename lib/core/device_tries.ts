/** How often a person's codes may be tried: as a host's, see code_memory.ts. */
import { networkOf } from "./cidr.ts";
import {
  afterRightCode,
  afterWrongCode,
  type CodeMemory,
  limitedUntil,
  withoutFuture,
} from "./code_memory.ts";
import { sha256 } from "./hash.ts";
import { foldName } from "./person.ts";

/**
 * Wrong codes that were typed with one name, whether anybody has it or not: what a limit says must not
 * tell names that exist from others.
 */
export interface Tries {
  /** See `triesId`; of codes at hosts see central_tries.ts. */
  readonly id: string;
  /** When the last one was that counted. */
  readonly at: number;
  /** Oldest first. */
  readonly failures: readonly { readonly at: number; readonly source: string }[];
  /** Networks that right codes came from: strangers' guesses do not lock them out. */
  readonly known: readonly string[];
}

/** SHA-256 (hex) of the name, folded: some type their password where the name belongs. */
export function triesId(name: string): string {
  return sha256(foldName(name.toWellFormed()));
}

type Try =
  | { readonly allowed: false; readonly retryAt: number }
  /** As they are after a right code, and after a wrong one. */
  | { readonly allowed: true; readonly right: Tries; readonly wrong: Tries };

/** How many more wrong codes may come from there before the next has to wait. */
export function triesLeft(before: Tries | undefined, source: string, now: number): number {
  const memory = remembered(before, now);
  const network = triesNetwork(source);
  let left = 0;
  for (
    let then = memory;
    limitedUntil(then, network, now) === undefined;
    then = afterWrongCode(then, network, now)
  ) left++;
  return left;
}

/** A refused try is not counted, so a limit ends by itself. @param source the address it comes from */
export function tryCode(before: Tries | undefined, name: string, source: string, now: number): Try {
  const id = triesId(name);
  const memory = remembered(before, now);
  const network = triesNetwork(source);
  const retryAt = limitedUntil(memory, network, now);
  if (retryAt !== undefined) return { allowed: false, retryAt };
  const kept = ({ failures, known }: Pick<Tries, "failures" | "known">): Tries => {
    return { id, at: now, failures, known };
  };
  return {
    allowed: true,
    right: kept(afterRightCode(memory, network, undefined)),
    wrong: kept(afterWrongCode(memory, network, now)),
  };
}

/** What limits look at. */
export function remembered(before: Tries | undefined, now: number): CodeMemory {
  return withoutFuture({ spent: [], failures: [], known: [], ...before }, now);
}

/** What a source counts as. */
export function triesNetwork(source: string): string {
  return networkOf(source).slice(0, 100);
}
