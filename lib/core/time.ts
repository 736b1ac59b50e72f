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

/**
 * "2026-01-01 08:00:00 UTC+08:00", as a clock on the wall there shows it.
 * @param at as above @param timeZone its IANA name
 */
export function localTime(at: number, timeZone: string): string {
  const two = "2-digit" as const;
  const format = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
    timeZoneName: "longOffset",
  });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, second, timeZoneName = "" } = part;
  const zone = timeZoneName.replace("GMT", "UTC");
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${zone}`;
}
