/** RFC 3339 in UTC; null for what has not happened. @param at milliseconds since the Unix epoch */
export function rfc3339(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** Whole ones, at least one: for "try again in". @param at, now as above */
export function secondsUntil(at: number, now: number): number {
  return Math.max(1, Math.ceil((at - now) / 1000));
}

/** "14:08:05 UTC": to be compared with a clock on a wall. @param at as above */
export function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}
