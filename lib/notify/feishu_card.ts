/**
 * Letters as cards of Feishu and Lark, in the first structure of their JSON, which clients know since long
 * (open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-structure; the second one takes
 * clients of 7.20 and later). All text is `plain_text`, in which nothing is markup or mention.
 */
import { writeAct } from "../core/chat_act.ts";
import { displayWidth } from "../core/display_width.ts";
import { type Button, type Fact, type Letter, written, writtenFact } from "../core/letter.ts";
import { fitted, utf8Length } from "./fitted.ts";
import { PLAIN } from "./plain.ts";

/** The kind of id by which a person who answers is told apart. */
export type OperatorId = "open_id" | "user_id";

/** Columns of a fact that leaves room for another one beside it. */
const SHORT = 24;

const TEMPLATES: Readonly<Record<Letter["kind"], string>> = {
  request: "blue",
  ended: "grey",
  pin: "blue",
  alert: "red",
  test: "grey",
};

type Element = Readonly<Record<string, unknown>>;

interface Options {
  /** How a person who answers is known; null: it cannot be answered where it goes. */
  readonly asks: OperatorId | null;
  /** Whom to mention; "": nobody. */
  readonly mention: string;
  /** Of the card, in bytes. */
  readonly max: number;
}

export function cardOf(letter: Letter, { asks, max, mention }: Options): Element {
  return fitted(letter, (letter) => ({
    // An update needs the first, before and after. A request that is forwarded is none of theirs.
    config: { update_multi: true, enable_forward: false },
    header: { title: plain(written(letter.title, PLAIN)), template: TEMPLATES[letter.kind] },
    elements: [
      ...factsOf(letter),
      ...notesOf(letter),
      ...(mention === "" ? [] : [mentionOf(mention)]),
      ...(asks === null ? [] : [...typingOf(letter, asks), ...buttonsOf(letter, asks)]),
      ...linkOf(letter),
    ],
  }), (card) => utf8Length(JSON.stringify(card)) <= max);
}

function plain(content: string) {
  return { tag: "plain_text", content };
}

function factsOf({ facts, language }: Letter): Element[] {
  if (facts.length === 0) return [];
  const field = (fact: Fact) => {
    const content = writtenFact(fact, language, PLAIN);
    return { is_short: displayWidth(content) <= SHORT, text: plain(content) };
  };
  return [{ tag: "div", fields: facts.map(field) }];
}

function notesOf({ notes }: Letter): Element[] {
  if (notes.length === 0) return [];
  return [{ tag: "div", text: plain(notes.map((note) => written(note, PLAIN)).join("\n")) }];
}

/** @param who its alphabet keeps out all but one id */
function mentionOf(who: string): Element {
  return { tag: "div", text: { tag: "lark_md", content: `<at id=${who}></at>` } };
}

/** Outside of a form it is sent when it has been filled in, without a button. */
function typingOf({ ticket, typing }: Letter, asks: OperatorId): Element[] {
  if (ticket === null || typing === null) return [];
  return [{
    tag: "input",
    name: "number",
    label: plain(typing.prompt),
    max_length: 2,
    value: { act: writeAct(ticket, { kind: "approve", match: null }), by: asks },
  }];
}

function buttonsOf({ buttons, ticket }: Letter, asks: OperatorId): Element[] {
  if (ticket === null || buttons.length === 0) return [];
  return [{
    tag: "action",
    actions: buttons.map((button) => ({
      tag: "button",
      text: plain(button.text),
      type: typeOf(button),
      value: { act: writeAct(ticket, button.act), by: asks },
    })),
  }];
}

/** Of several numbers none is to look like the right one. */
function typeOf({ act, look }: Button): "default" | "primary" | "danger" {
  if (look === "danger") return "danger";
  return act.kind === "approve" && act.match === null ? "primary" : "default";
}

function linkOf({ link }: Letter): Element[] {
  if (link === null) return [];
  const button = { tag: "button", text: plain(link.text), type: "default", url: link.url };
  return [{ tag: "action", actions: [button] }];
}
