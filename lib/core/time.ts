/** RFC 3339 in UTC; null for what has not happened. @param at milliseconds since the Unix epoch */
export function rfc3339(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
