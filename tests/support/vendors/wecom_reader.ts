/** What a person sees of a message in WeCom, read from its JSON without our builders. */
import { type Fields, fields, list } from "./json_fields.ts";
import { foundLinks } from "./links.ts";
import type { Arrived } from "./vendor.ts";

type Seen = Omit<Arrived, "to" | "replaces">;

/** Tags are taken away, and addresses become links, as do bare domains. */
export function readText(content: string): Seen {
  const links: string[] = [];
  const mentions: string[] = [];
  const shown = content
    .replace(/<@([^<>]+)>/g, (_, who: string) => {
      mentions.push(who);
      return `@${who}`;
    })
    .replace(/<a\b[^>]*\bhref\s*=\s*["']?([^"'\s>]+)[^>]*>/gi, (_, href: string) => {
      links.push(href);
      return "";
    });
  const text = withoutTags(shown);
  links.push(...foundLinks(text));
  return { text, links, mentions, buttons: [] };
}

export function readTextCard({ title, description, url }: Fields): Seen {
  // Cut off where the documentation says so.
  const shown = [cut(String(title), 128), cut(String(description), 512)].map((part) =>
    withoutTags(part.replace(/<br\s*\/?>/gi, "\n"))
  );
  return { text: shown.join("\n"), links: [String(url)], mentions: [], buttons: [] };
}

export function readCard(card: Fields): Seen {
  const { sub_title_text = "" } = card;
  const title = fields(card.main_title);
  const buttons = list(card.button_list);
  const jumps = [...list(card.jump_list), ...buttons.filter(({ type }) => type === 1)];
  const lines = [
    title.title,
    title.desc,
    ...list(card.horizontal_content_list).map(({ keyname, value }) => `${keyname}: ${value}`),
    fields(card.quote_area).quote_text,
    sub_title_text,
    ...list(card.jump_list).map(({ title }) => title),
    ...buttons.map(({ text }) => text),
  ].filter((line) => line !== undefined && line !== "");
  return {
    text: withoutTags(lines.join("\n")),
    links: [fields(card.card_action).url, ...jumps.map(({ url }) => url)]
      .filter((url): url is string => typeof url === "string"),
    mentions: [],
    buttons: buttons.filter(({ type }) => type !== 1).map(({ key }) => String(key)),
  };
}

function withoutTags(text: string): string {
  return text.replace(/<\/?[a-z][^<>]*>/gi, "");
}

function cut(text: string, maxBytes: number): string {
  const bytes = new TextEncoder().encode(text).slice(0, maxBytes);
  return new TextDecoder().decode(bytes).replace(/\ufffd$/, "");
}
