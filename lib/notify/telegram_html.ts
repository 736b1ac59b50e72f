/**
 * Letters in Telegram's HTML (core.telegram.org/bots/api#html-style). What others chose stands in
 * `<code>`: nothing inside of it can be another entity, so no address becomes a link there, no name a
 * mention and no slash a command; and a tap copies it.
 */
import {
  type Letter,
  type Line,
  type Piece,
  type Writing,
  written,
  writtenFact,
} from "../core/letter.ts";
import { chatWords } from "../core/messages/chat.ts";
import { fitted } from "./fitted.ts";

/** After the markup is taken away; the offsets in it are of UTF-16. */
const MESSAGE = 4_096;

const ESCAPES: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&quot;",
};

function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (c) => ESCAPES[c] ?? c);
}

export const HTML: Writing = { own: escaped, foreign: (text) => `<code>${escaped(text)}</code>` };
const BOLD: Writing = { ...HTML, own: (text) => `<b>${escaped(text)}</b>` };

/** @param asks it can be answered where it goes */
export function htmlOf(letter: Letter, asks: boolean): string {
  return fitted(letter, (shorter) => html(shorter, asks), (text) => shown(text) <= MESSAGE);
}

function html({ facts, language, link, notes, pin, title, typing }: Letter, asks: boolean): string {
  // The address is what is read: so the clients need not ask whether to open it.
  const url = escaped(link?.url ?? "");
  return [
    [written(withPin(title, pin), BOLD)],
    facts.map((fact) => writtenFact(fact, language, HTML)),
    [
      ...notes.map((note) => written(note, HTML)),
      ...(asks && typing !== null ? [escaped(chatWords(language).replyWithNumber)] : []),
    ],
    link === null ? [] : [`<a href="${url}">${url}</a>`],
  ].filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n");
}

/** The PIN is no foreign text, but a tap is to copy it as well. */
function withPin(title: Line, pin: string | null): Line {
  if (pin === null) return title;
  return title.flatMap((piece): Piece[] =>
    typeof piece !== "string" ? [piece] : piece.split(pin)
      .flatMap((words, index) => index === 0 ? [words] : [{ foreign: pin }, words])
      .filter((part) => part !== "")
  );
}

/** How long it is to read: what we write has these tags and entities alone. */
function shown(html: string): number {
  return html.replace(/<[^>]*>/g, "").replace(/&[a-z]+;/g, "&").length;
}
