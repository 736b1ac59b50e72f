/**
 * Untrusted text made safe to show. Terminals obey escape sequences (ESC, C1), and people are
 * fooled by invisible or reordering characters (Unicode TR 36; "Trojan Source", CVE-2021-42574).
 */

const UNSAFE_RANGES = [
  ["0000", "001f"], // C0: ESC, BEL, newline, ...
  ["007f", "009f"], // DEL and C1, in which 9b alone starts an escape sequence
  ["00ad", "00ad"], // soft hyphen
  ["061c", "061c"], // Arabic letter mark
  ["180e", "180e"], // Mongolian vowel separator
  ["200b", "200f"], // zero-width characters, direction marks
  ["2028", "202e"], // line and paragraph separators, embeddings, overrides
  ["2060", "206f"], // word joiner, isolates
  ["feff", "feff"], // byte order mark
  ["fff9", "fffb"], // interlinear annotation
  ["e0000", "e007f"], // tags
];
const UNSAFE = new RegExp(
  `[${UNSAFE_RANGES.map(([a, b]) => `\\u{${a}}-\\u{${b}}`).join("")}]|\\p{Surrogate}`,
  "gu",
);

/** One line of harmless text: unsafe characters become `\u{hex}`, at most `max` characters stay. */
export function printable(text: string, max = 256): string {
  const clean = text.replace(UNSAFE, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  const points = [...clean];
  return points.length <= max ? clean : `${points.slice(0, max - 1).join("")}…`;
}

/** `key=value` for one line of many, harmless; the value in quotes where its end would be unclear. */
export function keyValue(key: string, value: unknown, max: number): string {
  const text = printable(String(value), max);
  return `${printable(key)}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
}

/** True when the text holds nothing that could mislead a terminal, a log or a reader. */
export function isPrintable(text: string): boolean {
  return text.search(UNSAFE) === -1;
}
