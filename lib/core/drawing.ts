/**
 * What is drawn at the lower end of a terminal, and how it is taken away again: lines that stay, and
 * below them some that are redrawn. It counts rows, because a line that wraps takes several.
 */
import { displayWidth, withoutStyles } from "./display_width.ts";

const ESC = "\x1b[";

/** Each function returns what is to be written; lines may hold SGR sequences. */
export class Drawing {
  #above = 0;
  /** From the first row that is redrawn to the cursor's. */
  #toCursor = 0;
  #drawn = false;

  /** Rows of what stays. */
  get rowsAbove(): number {
    return this.#above;
  }

  /** Rows of what is redrawn, so far. */
  get rowsBelow(): number {
    return this.#drawn ? this.#toCursor + 1 : 0;
  }

  /** Adds lines that stay; what is redrawn is gone until it is drawn again. */
  print(lines: readonly string[], columns: number): string {
    const before = this.#back(0);
    for (const line of lines) this.#above += rowsOf(line, columns);
    return `${before}${lines.join("\n")}\n`;
  }

  /** Draws the lower lines, in place of the last ones; the cursor stays behind them. */
  redraw(lines: readonly string[], columns: number): string {
    const before = this.#back(0);
    this.#drawn = true;
    this.#toCursor = lines.reduce((rows, line) => rows + rowsOf(line, columns), 0) - 1;
    return before + lines.join("\n");
  }

  /** Takes all of it away. */
  erase(): string {
    const before = this.#back(this.#above);
    this.#above = 0;
    return before;
  }

  /** To the first row that is redrawn or so many above it, and clears from there. */
  #back(further: number): string {
    const rows = this.#toCursor + further;
    if (!this.#drawn && rows === 0) return "";
    this.#drawn = false;
    this.#toCursor = 0;
    return `\r${rows > 0 ? `${ESC}${rows}A` : ""}${ESC}J`;
  }
}

/** Rows that it takes; an empty one takes one. A wide character is not split at the edge. */
export function rowsOf(line: string, columns: number): number {
  let rows = 1;
  let used = 0;
  for (const char of withoutStyles(line)) {
    const width = displayWidth(char);
    if (used + width > columns) {
      rows++;
      used = 0;
    }
    used += width;
  }
  return rows;
}
