/** Plain text for people at a terminal. */
import { displayWidth, padToWidth } from "./display_width.ts";

/** Columns two spaces apart, as wide as their widest cell; the last one may be of any width. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) =>
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell))
    );
  }
  return rows.map((row) =>
    row.map((cell, column) => padToWidth(cell, widths[column] ?? 0)).join("  ").trimEnd()
  );
}

const UNITS = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1_000, "s"]] as const;

/** How long ago that was, in its largest unit: "3 min ago". Times are milliseconds. */
export function ago(then: number, now: number): string {
  for (const [length, unit] of UNITS) {
    if (now - then >= length) return `${Math.floor((now - then) / length)} ${unit} ago`;
  }
  return "just now";
}

/** How long it still lasts, in hours, minutes or seconds, rounded down: "23 h"; undefined: it is over. */
export function left(until: number, now: number): string | undefined {
  const unit = UNITS.slice(1).find(([length]) => until - now >= length);
  return unit === undefined ? undefined : `${Math.floor((until - now) / unit[0])} ${unit[1]}`;
}
