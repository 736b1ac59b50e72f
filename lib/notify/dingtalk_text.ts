/** Letters as DingTalk's clients show them: what others chose stays text there. */
import { type Letter, type Writing, written, writtenFact, writtenLines } from "../core/letter.ts";
import { fitted } from "./fitted.ts";
import { PLAIN } from "./plain.ts";

/**
 * In characters, as the code 34016 has them in DingTalk's list of error codes
 * (open.dingtalk.com/document/orgapp/server-api-error-codes-1).
 */
const MAX = { title: 64, text: 5_000, linkText: 20, url: 500 } as const;

/**
 * Of cards. DingTalk names the Markdown that its clients know (open.dingtalk.com/document/orgapp/
 * robot-message-type), but no way to escape it; addresses become links in it too. So all of that becomes
 * likenesses, and what makes a list, a rule or a heading at the beginning of a line.
 */
const MARKDOWN: Writing = {
  own: (text) => text,
  foreign: (text) =>
    PLAIN.foreign(text).trimStart().replace(
      /[\\`*_~#<>[\]|&]|^[-+=]|(?<=^[0-9]+)\)/g,
      (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0),
    ),
};

/** A card with one link on all of it. */
interface LinkCard {
  /** Where there is no room for the card: in the list of chats, on a locked screen. */
  readonly title: string;
  readonly markdown: string;
  readonly link: { readonly text: string; readonly url: string };
}

/** Undefined: the letter has no link, or none that fits. */
export function linkCard(letter: Letter): LinkCard | undefined {
  const { link } = letter;
  if (link === null || link.url.length > MAX.url || [...link.text].length > MAX.linkText) {
    return undefined;
  }
  return { title: titleOf(letter), markdown: fitted(letter, markdownOf, isText), link };
}

function markdownOf({ facts, language, notes, title }: Letter): string {
  // Two spaces end a line; an empty one ends a paragraph.
  return [
    `### ${written(title, MARKDOWN)}`,
    facts.map((fact) => writtenFact(fact, language, MARKDOWN)).join("  \n"),
    notes.map((note) => written(note, MARKDOWN)).join("  \n"),
  ].filter((part) => part !== "").join("\n\n");
}

/** As plain text, the link in it. */
export function textOf(letter: Letter): string {
  return fitted(letter, (letter) => {
    const { language, link } = letter;
    return [
      ...writtenLines(letter, PLAIN),
      ...(link === null
        ? []
        : [writtenFact({ label: link.text, value: [link.url] }, language, PLAIN)]),
    ].join("\n");
  }, isText);
}

function titleOf(letter: Letter): string {
  return fitted(
    letter,
    ({ title }) => written(title, PLAIN),
    (text) => [...text].length <= MAX.title,
  );
}

function isText(text: string): boolean {
  return [...text].length <= MAX.text;
}
