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
