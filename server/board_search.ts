/** Searching lists, and showing them a page at a time. */
import { foldName } from "../lib/core/person.ts";

/** Longer questions are cut off. */
const MAX_TEXT = 200;
const MAX_WORDS = 8;

/** The words of a question, as they are compared. */
export function searchWords(text: string): string[] {
  return foldName(text.slice(0, MAX_TEXT)).split(/\s+/).filter((word) => word !== "")
    .slice(0, MAX_WORDS);
}

/** Whether each word is in one of the texts. */
export function hasWords(words: readonly string[], texts: readonly (string | null)[]): boolean {
  if (words.length === 0) return true;
  const all = texts.filter((text) => text !== null).map(foldName);
  return words.every((word) => all.some((text) => text.includes(word)));
}

export interface Piece<T> {
  readonly items: readonly T[];
  /** From 1. */
  readonly page: number;
  /** At least 1. */
  readonly pages: number;
}

/** @param wanted as in the address; what is no page there is, is the first or last one */
export function pieceOf<T>(
  items: readonly T[],
  wanted: string | undefined,
  size: number,
): Piece<T> {
  const pages = Math.max(1, Math.ceil(items.length / size));
  const asked = /^[0-9]{1,6}$/.test(wanted ?? "") ? Number(wanted) : 1;
  const page = Math.min(Math.max(1, asked), pages);
  return { items: items.slice((page - 1) * size, page * size), page, pages };
}
