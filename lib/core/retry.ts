/** When a request to a vendor is worth making again; times in milliseconds. */

/** Of one message, the first included. */
const MOST_ATTEMPTS = 3;
const FIRST_WAIT_MS = 400;
/** What an attempt needs at least: none is begun with less left. */
const ATTEMPT_MS = 1_000;

/**
 * How long to wait before the next attempt; undefined: there is none.
 * @param made attempts so far
 * @param wishMs what the vendor wants waited at least; null: it does not say
 * @param leftMs until the message is given up
 * @param chance one random byte: those who failed at once shall not come back at once
 */
export function waitBefore(
  made: number,
  wishMs: number | null,
  leftMs: number,
  chance: number,
): number | undefined {
  if (made >= MOST_ATTEMPTS) return undefined;
  const own = FIRST_WAIT_MS * 4 ** (made - 1);
  const jitter = Math.ceil(own * chance / 255);
  const wait = Math.max(own, wishMs ?? 0) + jitter;
  return wait + ATTEMPT_MS <= leftMs ? wait : undefined;
}
