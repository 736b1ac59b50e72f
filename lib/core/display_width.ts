/** How much room text takes on a terminal. */

/** Two columns each: CJK, kana, Hangul, full-width forms, pictures (UAX 11, roughly). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Drawn over the character before them. */
const COMBINING = /[\p{Mn}\p{Me}]/u;

/** Columns that harmless text (see printable()) takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) width += WIDE.test(char) ? 2 : COMBINING.test(char) ? 0 : 1;
  return width;
}

/** As padEnd(), but counted in columns. */
export function padToWidth(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}
