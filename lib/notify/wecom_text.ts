/** Letters as WeCom's clients show them: what others chose stays text there. */
import { displayWidth } from "../core/display_width.ts";
import { type Letter, type Writing, written, writtenFact, writtenLines } from "../core/letter.ts";
import { fitted, utf8Length } from "./fitted.ts";

/**
 * Of cards, whose clients know tags, and of all JSON for WeCom, which refuses \uXXXX (40033) wherever it
 * stands (developer.work.weixin.qq.com/document/path/90236, 90455): such characters become likenesses.
 */
export const CARD: Writing = { own: (text) => text, foreign: likeness(/[<>&\\]/g) };

/**
 * Of texts, where clients make links of `<a href>`, of addresses and bare domains, and mentions of
 * `<@userid>` (path/90236, 91770).
 */
export const TEXT: Writing = {
  own: (text) => text,
  foreign: likeness(/[<>&\\/@]|[.．。｡](?=\S)/g),
};

function likeness(characters: RegExp): (text: string) => string {
  return (text) =>
    text.replace(characters, (char) =>
      // The full-width ones would not do, for in names of hosts they are dots as well (RFC 3490, 3.1).
      /[.．。｡]/.test(char) ? "․" : String.fromCharCode(char.charCodeAt(0) + 0xfee0));
}

/** As plain text. */
export function textOf(letter: Letter, maxBytes: number): string {
  return fitted(letter, (letter) => {
    const { language, link } = letter;
    return [
      ...writtenLines(letter, TEXT),
      ...(link === null
        ? []
        : [writtenFact({ label: link.text, value: [link.url] }, language, TEXT)]),
    ].join("\n");
  }, (text) => utf8Length(text) <= maxBytes);
}

/** In one line of a card. @param max in columns, of which a Chinese character takes two */
export function titleOf(letter: Letter, max: number): string {
  return fitted(letter, ({ title }) => written(title, CARD), (text) => displayWidth(text) <= max);
}
