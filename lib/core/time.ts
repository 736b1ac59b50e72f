/** RFC 3339 in UTC; null for what has not happened. @param at milliseconds since the Unix epoch */
export function rfc3339(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** "14:08:05 UTC": to be compared with a clock on a wall. @param at as above */
export function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}
