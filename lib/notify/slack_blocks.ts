/**
 * Letters in Slack's blocks (docs.slack.dev/reference/block-kit). All text but the link is `plain_text`,
 * in which Slack looks for no links, mentions, commands or emojis; `&`, `<` and `>` are escaped there
 * too, for Slack's own sequences begin with them (docs.slack.dev/messaging/formatting-message-text).
 */
import { writeAct } from "../core/chat_act.ts";
import {
  type Button,
  type Letter,
  type Writing,
  written,
  writtenFact,
  writtenLines,
} from "../core/letter.ts";
import { fitted } from "./fitted.ts";

/** In characters, once escaped. */
const MAX = { header: 150, field: 2_000, text: 3_000, fields: 10 } as const;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const PLAIN: Writing = { own: escaped, foreign: escaped };

export function escaped(text: string): string {
  return text.replace(/[&<>]/g, (c) => ESCAPES[c] ?? c);
}

type Block = Readonly<Record<string, unknown>>;

/** @param text escaped */
export function plain(text: string) {
  return { type: "plain_text", text, emoji: false };
}

/** What a message consists of. @param asks it can be answered where it goes */
export function contentOf(letter: Letter, asks: boolean) {
  return {
    blocks: [
      headerOf(letter),
      ...factsOf(letter),
      ...notesOf(letter),
      ...(asks ? [...typingOf(letter), ...buttonsOf(letter)] : []),
      ...linkOf(letter),
    ],
    // For notifications, and for who has the screen read out.
    text: fallbackOf(letter),
    // Nothing in that is to be looked for: no links, no names.
    parse: "none",
    link_names: false,
  };
}

function headerOf(letter: Letter): Block {
  const text = fitted(letter, ({ title }) => written(title, PLAIN), isAtMost(MAX.header));
  return { type: "header", text: plain(text) };
}

function factsOf(letter: Letter): Block[] {
  const fields = fitted(
    letter,
    ({ facts, language }) => facts.map((fact) => writtenFact(fact, language, PLAIN)),
    (texts) => texts.every(isAtMost(MAX.field)),
  );
  const sections = Math.ceil(fields.length / MAX.fields);
  return Array.from({ length: sections }, (_, index) => ({
    type: "section",
    fields: fields.slice(index * MAX.fields, (index + 1) * MAX.fields).map(plain),
  }));
}

function notesOf(letter: Letter): Block[] {
  if (letter.notes.length === 0) return [];
  const text = fitted(
    letter,
    ({ notes }) => notes.map((note) => written(note, PLAIN)).join("\n"),
    isAtMost(MAX.text),
  );
  return [{ type: "section", text: plain(text) }];
}

/** `block_id` says what the number is for. */
function typingOf({ ticket, typing }: Letter): Block[] {
  if (ticket === null || typing === null) return [];
  return [{
    type: "input",
    block_id: writeAct(ticket, { kind: "approve", match: null }),
    dispatch_action: true,
    label: plain(escaped(typing.prompt)),
    element: {
      type: "plain_text_input",
      action_id: "number",
      min_length: 2,
      max_length: 2,
      dispatch_action_config: { trigger_actions_on: ["on_enter_pressed"] },
    },
  }];
}

function buttonsOf({ buttons, ticket }: Letter): Block[] {
  if (ticket === null || buttons.length === 0) return [];
  const elements = buttons.map((button, index) => ({
    type: "button",
    action_id: `answer-${index}`,
    text: plain(escaped(button.text)),
    value: writeAct(ticket, button.act),
    ...styleOf(button),
  }));
  return [{ type: "actions", elements }];
}

/** Of several numbers none is to look like the right one. */
function styleOf({ act, look }: Button): { readonly style?: "primary" | "danger" } {
  if (look === "danger") return { style: "danger" };
  return act.kind === "approve" && act.match === null ? { style: "primary" } : {};
}

/** As text: a button with an address asks for a Request URL, which there may be none of. */
function linkOf({ link }: Letter): Block[] {
  if (link === null) return [];
  const url = escaped(link.url.replace(/[|<>]/g, encodeURIComponent));
  const text = `<${url}|${escaped(link.text)}>`;
  return [{ type: "section", text: { type: "mrkdwn", text, verbatim: true } }];
}

function fallbackOf(letter: Letter): string {
  const lines = fitted(letter, (one) => writtenLines(one, PLAIN).join("\n"), isAtMost(MAX.text));
  return letter.link === null ? lines : `${lines}\n${escaped(letter.link.url)}`;
}

function isAtMost(max: number): (text: string) => boolean {
  return (text) => text.length <= max;
}
