/** Words of a line: _pam_StrTok() of libpam/pam_misc.c. */
import { isBlank } from "./lines.ts";

export interface Token {
  /** Without its brackets; `\]` is `]` in them. */
  readonly word: string;
  readonly asWritten: string;
  /** Undefined when nothing follows. */
  readonly rest: string | undefined;
}

/** @returns undefined when there is none */
export function firstToken(from: string | undefined): Token | undefined {
  if (from === undefined) return undefined;
  let start = 0;
  while (isBlank(from.charAt(start))) start++;
  if (start === from.length) return undefined;
  const { word, end } = from.charAt(start) === "[" ? bracketed(from, start + 1) : bare(from, start);
  // The blank or the bracket behind it.
  const next = Math.min(end + 1, from.length);
  return {
    word,
    asWritten: from.slice(start, from.charAt(end) === "]" ? next : end),
    rest: next < from.length ? from.slice(next) : undefined,
  };
}

export function tokensOf(from: string | undefined): string[] {
  const words: string[] = [];
  for (let token = firstToken(from); token !== undefined; token = firstToken(token.rest)) {
    words.push(token.word);
  }
  return words;
}

function bare(from: string, start: number): { word: string; end: number } {
  let end = start;
  while (end < from.length && !isBlank(from.charAt(end))) end++;
  return { word: from.slice(start, end), end };
}

function bracketed(from: string, start: number): { word: string; end: number } {
  let word = "";
  let end = start;
  for (; end < from.length && from.charAt(end) !== "]"; end++) {
    if (from.startsWith("\\]", end)) end++;
    word += from.charAt(end);
  }
  return { word, end };
}
