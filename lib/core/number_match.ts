/**
 * Number matching (DESIGN.md 2.3): the terminal shows one two-digit number, the page offers three.
 * A person who did not start the login cannot approve it by reflex.
 */

interface NumberMatch {
  /** "10" to "99" */
  readonly match: string;
  /** Three distinct numbers in random order, `match` among them. */
  readonly choices: readonly string[];
}

/** Enough random bytes for `numberMatch`: more than 60 rejected in a row happens once in 10^30. */
export const NUMBER_MATCH_BYTES = 64;

const LOWEST = 10;
const NUMBERS = 90;
const CHOICES = 3;

/**
 * Rejection sampling, so no number and no place is likelier than another.
 * @throws RangeError when the bytes do not suffice
 */
export function numberMatch(bytes: Uint8Array): NumberMatch {
  const source = bytes.values();
  const drawn = new Set<string>();
  while (drawn.size < CHOICES) drawn.add(String(LOWEST + below(NUMBERS, source)));
  const choices = [...drawn];
  const match = choices[below(CHOICES, source)];
  if (match === undefined) throw new RangeError("no choice drawn");
  return { match, choices };
}

/** A whole number from 0 to `limit` - 1; bytes of the incomplete last round are thrown away. */
function below(limit: number, source: Iterator<number>): number {
  const usable = 256 - (256 % limit);
  for (let next = source.next(); !next.done; next = source.next()) {
    if (next.value < usable) return next.value % limit;
  }
  throw new RangeError("too few random bytes");
}
