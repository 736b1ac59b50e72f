/** What a mistyped word may have been meant for. */

/** How many letters may be wrong, missing or too many. */
const MOST_FAULTS = 2;

/** The word that takes the fewest changes to become; undefined when none is near. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  let found: string | undefined;
  let least = MOST_FAULTS + 1;
  for (const word of words) {
    const faults = changes(typed.slice(0, word.length + least), word);
    // Of a short word too little would be left.
    if (faults >= least || faults * 2 >= word.length) continue;
    least = faults;
    found = word;
  }
  return found;
}

/** Levenshtein's distance: letters to change, to add or to take away. */
function changes(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let at = 1; at <= to.length; at++) {
      const kept = (row[at - 1] ?? 0) + (letter === to.charAt(at - 1) ? 0 : 1);
      next.push(Math.min(kept, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
