/** Telegram's HTML, read as core.telegram.org/bots/api#html-style says, and what its clients find in it. */
import { foundLinks } from "./links.ts";

export interface TelegramText {
  readonly text: string;
  readonly links: readonly string[];
  /** Mentions, commands and hashtags. */
  readonly mentions: readonly string[];
  /** What a tap copies. */
  readonly codes: readonly string[];
}

const TAGS = new Set(["b", "i", "u", "s", "a", "code", "pre"]);
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"' };
const TOKEN =
  /<(\/?)([a-z]+)((?:\s+[a-z]+="[^"<>]*")*)\s*>|&(#x[0-9a-f]+|#[0-9]+|[a-z]+);|([^<>&])/giu;

/** @throws Error what Telegram calls "can't parse entities" */
export function readTelegramHtml(html: string): TelegramText {
  let text = "";
  /** The same, with what is in code or a link blanked: clients look in the rest alone. */
  let open = "";
  let at = 0;
  const links: string[] = [];
  const codes: string[] = [];
  const stack: { tag: string; from: number }[] = [];
  for (const token of html.matchAll(TOKEN)) {
    if (token.index !== at) throw new Error(`can't parse entities at ${at}`);
    at += token[0].length;
    const [, slash, tag = "", attributes = "", entity, plain] = token;
    if (slash === "") {
      if (!TAGS.has(tag)) throw new Error(`unsupported start tag "${tag}"`);
      const inside = stack.map((one) => one.tag);
      // "can contain and can be part of any other entities, except pre and code"
      if (inside.includes("code") || (tag === "code" && inside.length > 0)) {
        throw new Error(`${tag} in ${inside.join()}`);
      }
      const [, href] = /\shref="([^"]*)"/.exec(attributes) ?? [];
      if (href !== undefined) links.push(readTelegramHtml(href).text);
      stack.push({ tag, from: text.length });
    } else if (slash === "/") {
      const last = stack.pop();
      if (last?.tag !== tag) throw new Error(`unexpected end tag "${tag}"`);
      if (tag === "code") codes.push(text.slice(last.from));
    } else {
      const shown = plain ?? unescaped(entity ?? "");
      text += shown;
      const hidden = stack.some((one) => one.tag === "code" || one.tag === "a");
      open += hidden ? "\u0000".repeat(shown.length) : shown;
    }
  }
  if (at !== html.length) throw new Error(`can't parse entities at ${at}`);
  if (stack.length > 0) throw new Error("can't find the end tag");
  const mentions = [...open.matchAll(/(?<![\p{L}\p{N}_/@#])[@/#][\p{L}\p{N}_]{2,}/gu)];
  return {
    text,
    links: [...links, ...foundLinks(open)],
    mentions: mentions.map(([mention]) => mention),
    codes,
  };
}

function unescaped(entity: string): string {
  if (/^#x/i.test(entity)) return String.fromCodePoint(Number.parseInt(entity.slice(2), 16));
  if (entity.startsWith("#")) return String.fromCodePoint(Number(entity.slice(1)));
  const character = ENTITIES[entity];
  if (character === undefined) throw new Error(`unknown entity ${entity}`);
  return character;
}
