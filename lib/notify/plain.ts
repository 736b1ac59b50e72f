/** Text for clients that know no markup, but make links of what looks like one. */
import { type Letter, type Writing, written, writtenFact } from "../core/letter.ts";

/**
 * Addresses, bare domains and mail addresses are found by their dots, slashes and at signs: those of
 * others become likenesses. So do the three signs that IDNA takes for dots (RFC 3490 section 3.1).
 */
export const PLAIN: Writing = {
  own: (text) => text,
  foreign: (text) => text.replace(/[/@.．。｡]/g, (c) => LIKENESS[c] ?? "․"),
};
const LIKENESS: Readonly<Record<string, string>> = { "/": "／", "@": "＠" };

/** A heading and what is below it; the link is not in it. */
export function plainLetter(letter: Letter): { readonly title: string; readonly body: string } {
  const { facts, language, notes, title } = letter;
  return {
    title: written(title, PLAIN),
    body: [
      ...facts.map((fact) => writtenFact(fact, language, PLAIN)),
      ...notes.map((note) => written(note, PLAIN)),
    ].join("\n"),
  };
}
