/** The lines of google-authenticator's state file, with the ends they have. */

export interface Line {
  readonly content: string;
  /** "\n", "\r\n" or, at the end of the file, "". */
  readonly end: string;
}

export interface Option {
  readonly name: string;
  /** Without the blanks before it. */
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Together again they are the text, byte for byte. */
export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (const [, content = "", end = ""] of text.matchAll(/([^\n]*?)(\r?\n|$)/g)) {
    if (content !== "" || end !== "") lines.push({ content, end });
  }
  return lines;
}

/** `" NAME value`; undefined for every other line. */
export function optionOf(content: string): { name: string; value: string } | undefined {
  const [, name, value = ""] = /^" ([^ \t]+)(?:[ \t]+(.*))?$/s.exec(content) ?? [];
  return name === undefined ? undefined : { name, value };
}

/** By name; the first of several counts. */
export function optionsOf(lines: readonly Line[]): Map<string, Option> {
  const options = new Map<string, Option>();
  for (const [index, { content }] of lines.entries()) {
    const option = optionOf(content);
    if (option !== undefined && !options.has(option.name)) {
      options.set(option.name, { ...option, line: index + 1 });
    }
  }
  return options;
}

/** The lines with codes: all after line 1 up to the first that is neither code nor option nor empty. */
export function scratchLines(lines: readonly Line[]): Line[] {
  const codes: Line[] = [];
  for (const line of lines.slice(1)) {
    if (line.content === "" || line.content.startsWith('"')) continue;
    if (!/^[ \t]*[1-9][0-9]{7}$/.test(line.content)) break;
    codes.push(line);
  }
  return codes;
}

export const codeIn = (line: Line): string => line.content.trim();
