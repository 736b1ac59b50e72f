/** How much room text takes on a terminal. */

/** Two columns each: CJK, kana, Hangul, full-width forms, pictures (UAX 11, roughly). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Drawn over the character before them. */
const COMBINING = /[\p{Mn}\p{Me}]/u;

const ESC = "\x1b";
/** Colours and the like (SGR); of no width. */
const STYLE = new RegExp(`${ESC}\\[[0-9;]*m`, "g");

/** Columns that harmless text (see printable()) takes; it may have styles of our own. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of withoutStyles(text)) {
    width += WIDE.test(char) ? 2 : COMBINING.test(char) ? 0 : 1;
  }
  return width;
}

export function withoutStyles(text: string): string {
  return text.replaceAll(STYLE, "");
}

/** As padEnd(), but counted in columns. */
export function padToWidth(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** Lines that are too wide go on at a blank below; a word that is wider than that stays whole. */
export function wrapAtBlanks(text: string, columns: number): string {
  return text.split("\n").map((line) => wrapLine(line, columns)).join("\n");
}

function wrapLine(line: string, columns: number): string {
  if (displayWidth(line) <= columns) return line;
  const [first = "", ...words] = line.split(" ");
  let wrapped = first;
  let width = displayWidth(first);
  for (const word of words) {
    const needed = displayWidth(word);
    const fits = width + 1 + needed <= columns;
    wrapped += fits ? ` ${word}` : `\n${word}`;
    width = fits ? width + 1 + needed : needed;
  }
  return wrapped;
}
