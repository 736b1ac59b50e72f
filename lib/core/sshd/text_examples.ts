/** Addresses for patterns that are compared as text: `10.1.*`, `192.0.2.?`, `fe80:*`. */
import { networkRange, rangeOf } from "./networks.ts";
import { matchesPattern, parts } from "./patterns.ts";

/** For a star. They end in different digits, and begin with different parts, so that patterns come apart. */
const FILLINGS = [
  ...["7", "0.7", "0.0.7", "192.0.2.7", ":7", "0:7", "2001:db8::7", ""],
  ...["1", "200", "7.7", "1.1", "7.7.1", "1.0.7", "198.51.100.1", "203.0.113.9"],
  ...["::1", ":9:1", "9:1::1"],
];
const DIGITS = [..."7123456890"];
/** As many wildcards are tried independently of each other; the rest goes with the last of them. */
const MOST_STARS = 2;
const MOST_MARKS = 3;

/** Several for each pattern, so that one is found that few others match. */
export function textExamples(pattern: string): string[] {
  const filled = fill([pattern], "*", FILLINGS, MOST_STARS);
  const found = fill(filled, "?", DIGITS, MOST_MARKS)
    .filter((text) => rangeOf(text) !== undefined && matchesPattern(text, pattern));
  return [...new Set(found)];
}

function fill(
  texts: readonly string[],
  wildcard: string,
  fillings: readonly string[],
  independent: number,
): string[] {
  let all = [...texts];
  for (let left = independent; left > 0 && all.some((text) => text.includes(wildcard)); left--) {
    all = all.flatMap((text) =>
      fillings.map((filling) =>
        left === 1 ? text.replaceAll(wildcard, filling) : text.replace(wildcard, filling)
      )
    );
    all = [...new Set(all)];
  }
  return all;
}

/**
 * Patterns with wildcards that no example meets alone, that is without those others which need not hold with
 * it: a connection that only they make different was not asked about.
 * @param lists of `Match Address`, and of other criteria that are compared with addresses as text
 */
export function unreachedPatterns(
  lists: readonly string[],
  addresses: readonly string[],
): string[] {
  const patterns = [...new Set(lists.flatMap(parts).map(({ pattern }) => pattern))]
    .filter((pattern) => networkRange(pattern) === undefined && /[*?]/.test(pattern));
  return patterns.filter((pattern) => {
    const others = patterns.filter((other) => other !== pattern && !covers(other, pattern));
    return !addresses.some((address) =>
      matchesPattern(address, pattern) && !others.some((other) => matchesPattern(address, other))
    );
  });
}

/** No address is longer, so a star stands for more than any number of question marks. */
const LONGER = "\0".repeat(64);

/** Whether all that the second matches is matched by the first. */
function covers(wide: string, narrow: string): boolean {
  return matchesPattern(narrow.replaceAll("*", LONGER).replaceAll("?", "\0"), wide);
}
