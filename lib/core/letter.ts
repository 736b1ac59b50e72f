/**
 * What a person reads, before any channel's dialect: lines made of our own words and of what others
 * chose. A channel writes the two differently, for names and commands may hold its markup, or what it
 * makes links and mentions of.
 */
import type { ChatAct } from "./chat_act.ts";
import type { Language } from "./messages/language.ts";
import { printable } from "./text.ts";

/** What others chose: one line of printable text, shortened. */
export interface Foreign {
  readonly foreign: string;
}
export type Piece = string | Foreign;
export type Line = readonly Piece[];

export interface Fact {
  /** Without a colon. */
  readonly label: string;
  readonly value: Line;
}

export interface Button {
  readonly text: string;
  readonly act: ChatAct;
  readonly look: "approve" | "plain" | "danger";
}

export interface Letter {
  readonly kind: "request" | "ended" | "pin" | "alert" | "test";
  readonly language: Language;
  readonly title: Line;
  /** The code itself, which the title has too. */
  readonly pin: string | null;
  readonly facts: readonly Fact[];
  /** What to know and to do. */
  readonly notes: readonly Line[];
  readonly link: { readonly text: string; readonly url: string } | null;
  /** Names the request; null: it is about none. */
  readonly ticket: string | null;
  /** What can be answered in the chat, where the channel can carry that; else there is the link. */
  readonly buttons: readonly Button[];
  /** The number is to be typed, where the channel can carry that; null: not. */
  readonly typing: { readonly prompt: string } | null;
  /** Somebody has to act within minutes. */
  readonly urgent: boolean;
  /** The same for programs, as it came: never to be shown without making it harmless. */
  readonly subject: Readonly<Record<string, string | number | null>>;
}

/** What others chose, made one harmless line. @param max in characters */
export function foreign(text: string, max: number): Foreign {
  return { foreign: printable(text, max) };
}

/** Tags a template: what is put in as `Foreign` stays told apart from the words around it. */
export function line(
  words: TemplateStringsArray,
  ...values: readonly (Piece | Line | number)[]
): Line {
  return words.flatMap((text, index) => [text, ...piecesOf(values[index] ?? "")])
    .filter((piece) => piece !== "");
}

function piecesOf(value: Piece | Line | number): Line {
  if (typeof value === "number") return [String(value)];
  return isLine(value) ? value : [value];
}

function isLine(value: Piece | Line): value is Line {
  return Array.isArray(value);
}

/** How a channel writes. */
export interface Writing {
  readonly own: (text: string) => string;
  readonly foreign: (text: string) => string;
}

export function written(pieces: Line, { own, foreign }: Writing): string {
  return pieces.map((piece) => typeof piece === "string" ? own(piece) : foreign(piece.foreign))
    .join("");
}

/** `Label: value`, in the language's own manner. */
export function writtenFact({ label, value }: Fact, language: Language, writing: Writing): string {
  return written([label, language === "zh-CN" ? "：" : ": ", ...value], writing);
}

/** All of it but link and buttons, line by line: for channels that know nothing but text. */
export function writtenLines(letter: Letter, writing: Writing): string[] {
  return [
    written(letter.title, writing),
    ...letter.facts.map((fact) => writtenFact(fact, letter.language, writing)),
    ...letter.notes.map((note) => written(note, writing)),
  ];
}
