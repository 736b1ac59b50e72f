/** Text for clients that know no markup, but make links of what looks like one. */
import { isAddress } from "../core/address.ts";
import { type Letter, type Writing, written, writtenFact } from "../core/letter.ts";

/**
 * Addresses, bare domains and mail addresses are found by their dots, slashes and at signs: those of
 * others become likenesses. So do the three signs that IDNA takes for dots (RFC 3490 section 3.1).
 */
export const PLAIN: Writing = {
  own: (text) => text,
  foreign: (text) => text.replace(/[/@.．。｡]/g, (c) => LIKENESS[c] ?? "․"),
};
/**
 * Of mail, whose clients make no link of an address of IP alone: it can be copied as it is. Apps on phones
 * do make one (Android's Linkify), and it may be an attacker's.
 */
export const PLAIN_MAIL: Writing = {
  own: PLAIN.own,
  foreign: (text) => isAddress(text) ? text : PLAIN.foreign(text),
};
const LIKENESS: Readonly<Record<string, string>> = { "/": "／", "@": "＠" };

/** A heading and what is below it; the link is not in it. */
export function plainLetter(
  letter: Letter,
  writing = PLAIN,
): { readonly title: string; readonly body: string } {
  const { facts, language, notes, title } = letter;
  return {
    title: written(title, writing),
    body: [
      ...facts.map((fact) => writtenFact(fact, language, writing)),
      ...notes.map((note) => written(note, writing)),
    ].join("\n"),
  };
}
