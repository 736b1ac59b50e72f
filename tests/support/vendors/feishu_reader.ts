/** What a person sees of a card in Feishu, read from its JSON without our builders. */
import { type Fields, fields, list } from "./json_fields.ts";
import { foundLinks } from "./links.ts";
import type { Arrived } from "./vendor.ts";

type Seen = Omit<Arrived, "to" | "replaces">;

/** A field in which something can be typed, outside of a form. */
export interface FeishuField {
  readonly label: string;
  readonly value: Fields;
}

export function readCard(card: Fields): Seen {
  const lines: string[] = [];
  const links: string[] = [];
  const mentions: string[] = [];
  const buttons: string[] = [];
  const read = (text: unknown) => {
    const { content = "", tag } = fields(text);
    const shown = tag === "lark_md" ? larkMd(String(content), links, mentions) : String(content);
    lines.push(shown);
    links.push(...foundLinks(shown));
  };
  read(fields(card.header).title);
  for (const element of list(card.elements)) {
    if (element.text !== undefined) read(element.text);
    if (element.label !== undefined) read(element.label);
    for (const field of list(element.fields)) read(field.text);
    for (const { text, url, value } of list(element.actions)) {
      read(text);
      if (url !== undefined) links.push(String(url));
      if (value !== undefined) buttons.push(String(fields(value).act));
    }
  }
  return { text: lines.join("\n"), links, mentions, buttons };
}

/** open.feishu.cn/document/ukTMukTMukTM/uADOwUjLwgDM14CM4ATN */
function larkMd(content: string, links: string[], mentions: string[]): string {
  return content
    .replace(/<at (?:id|user_id|email)=["']?([^"'>]*)["']?>([^<]*)<\/at>/g, (_, who: string) => {
      mentions.push(who);
      return `@${who}`;
    })
    .replace(/!?\[([^\]]*)\]\(([^)]*)\)/g, (_, label: string, url: string) => {
      links.push(url);
      return label;
    })
    .replace(/<\/?[a-z][^<>]*>/gi, "")
    .replace(/([*_~]{1,2})(\S(?:.*?\S)?)\1/g, "$2");
}

/** What a button carries, by what it carries as its act. */
export function valuesOf(card: Fields): Fields[] {
  return list(card.elements).flatMap(({ actions }) => list(actions))
    .filter(({ value }) => value !== undefined).map(({ value }) => fields(value));
}

export function fieldOf(card: Fields): FeishuField | undefined {
  const input = list(card.elements).find(({ tag }) => tag === "input");
  if (input === undefined) return undefined;
  return { label: String(fields(input.label).content), value: fields(input.value) };
}
