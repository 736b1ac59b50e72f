/**
 * Letters as short messages: what one costs (3GPP TS 23.038, 23.040), and what phones make of it. They
 * look for domains, addresses and telephone numbers in plain text, and no markup can stop them.
 */
import { type Letter, type Writing, written, writtenFact } from "../core/letter.ts";
import { fitted } from "./fitted.ts";

/** As many as one letter may take, where our own words leave room. */
const SEGMENTS = 3;

/** The default alphabet of 7 bits (23.038 section 6.2.1), and what takes two places (6.2.1.1). */
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("\f^{}\\[~]|€");

/**
 * Title, notes and link whole, and of the facts, in their order, those for which there is room: the rest
 * is on the page.
 */
export function smsOf(letter: Letter): string {
  const short = fitted(letter, (one) => one, (one) => isShort(lines(one, []).join("\n")));
  const chosen: string[] = [];
  const writing = writingOf(letter);
  for (const fact of short.facts) {
    const more = [...chosen, writtenFact(fact, letter.language, writing)];
    if (isShort(lines(short, more).join("\n"))) chosen.splice(0, chosen.length, ...more);
  }
  return lines(short, chosen).join("\n");
}

function lines(letter: Letter, facts: readonly string[]): string[] {
  const { link, notes, title } = letter;
  const writing = writingOf(letter);
  return [
    written(title, writing),
    ...facts,
    ...notes.map((note) => written(note, writing)),
    ...(link === null ? [] : [link.url]),
  ];
}

function isShort(text: string): boolean {
  return segments(text) <= SEGMENTS;
}

/** How many messages it is sent as: of 160 and 153 places, or of 70 and 67 once one needs UCS-2. */
export function segments(text: string): number {
  const characters = [...text];
  const places = characters.map((c) => BASIC.has(c) ? 1 : EXTENDED.has(c) ? 2 : Number.NaN);
  return places.some(Number.isNaN)
    ? packed(characters.map((c) => c.length), 70, 67)
    : packed(places, 160, 153);
}

/** No character is torn in two. */
function packed(places: readonly number[], alone: number, each: number): number {
  if (places.reduce((sum, one) => sum + one, 0) <= alone) return 1;
  let count = 1;
  let used = 0;
  for (const one of places) {
    if (used + one > each) {
      count++;
      used = 0;
    }
    used += one;
  }
  return count;
}

/** Where our words are of 7 bits, what others chose must not make the message cost twice as much. */
function writingOf({ language }: Letter): Writing {
  const own = (text: string) => text;
  return language === "en"
    ? { own, foreign: (text) => harmless([...text].map(basic).join("")) }
    : { own, foreign: harmless };
}

function basic(c: string): string {
  if (BASIC.has(c) || EXTENDED.has(c)) return c;
  if (c === "…") return "...";
  // "é" is there, of "ě" the letter alone.
  const [letter = ""] = c.normalize("NFKD");
  return BASIC.has(letter) ? letter : "?";
}

/**
 * Without what phones look for, in as few places: a comma where a dot is inside of something, a gap
 * after what could be a scheme, and an apostrophe in the seventh digit of what could be a number. Also
 * for the dots that IDNA takes for dots (RFC 3490 section 3.1) and one that looks like one.
 */
function harmless(text: string): string {
  const parted = text
    .replace(/[.．。｡․](?=[^\s.])/gu, ",")
    .replace(/\/(?=\/)/g, "/ ")
    .replace(/(?<=[g-z][a-z0-9+-]*|[a-z][a-z0-9+-]*[g-z])[:：](?=\S)/gi, ": ");
  return apart(parted);
}

/** What may stand between the digits of a telephone number. */
const BETWEEN = /^[\s()[\].\-/~+x#*\p{Pd}]$/iu;

function apart(text: string): string {
  let digits = 0;
  let parted = "";
  for (const c of text) {
    if (/^\p{Nd}$/u.test(c)) {
      if (digits === 6) {
        parted += "'";
        digits = 0;
      }
      digits++;
    } else if (!BETWEEN.test(c)) {
      digits = 0;
    }
    parted += c;
  }
  return parted;
}
