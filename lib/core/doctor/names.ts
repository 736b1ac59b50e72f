/** Lists in a sentence. */

const SHOWN = 10;

/** "alice, bob", or ten of them "and 32 more". */
export function someOf(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** "1 account", "3 accounts" */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
