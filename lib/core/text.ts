/**
 * Untrusted text made safe to show. Terminals obey escape sequences (ESC, C1), and people are
 * fooled by invisible or reordering characters (Unicode TR 36; "Trojan Source", CVE-2021-42574).
 */

// Controls (ESC, BEL, newline, C1), formatting (direction marks, zero width, tags), line and paragraph
// separators, halves of surrogate pairs; and what is drawn as nothing at all, which Unicode calls
// ignorable (fillers, soft hyphen, variation selectors) but for the empty braille cell.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** One line of harmless text: unsafe characters become `\u{hex}`, at most `max` characters stay. */
export function printable(text: string, max = 256): string {
  const clean = text.replace(UNSAFE, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  const points = [...clean];
  return points.length <= max ? clean : `${points.slice(0, max - 1).join("")}…`;
}

/** JSON in one line of harmless text that reads back as the same value: unsafe is written `\uXXXX`. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (c) =>
      c.split("").map((half) => `\\u${half.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );
}

/** `key=value` for one line of many, harmless; the value in quotes where its end would be unclear. */
export function keyValue(key: string, value: unknown, max: number): string {
  const text = printable(String(value), max);
  return `${printable(key)}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
}

/** A file's mode, as chmod(1) takes it. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** True when the text holds nothing that could mislead a terminal, a log or a reader. */
export function isPrintable(text: string): boolean {
  return text.search(UNSAFE) === -1;
}
