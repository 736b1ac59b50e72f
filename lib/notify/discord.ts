/**
 * A webhook of a Discord channel: discord.com/developers/docs/resources/webhook (execute and edit),
 * /resources/message (embeds and their limits, allowed mentions).
 */
import * as v from "valibot";
import { type Letter, type Line, type Writing, written } from "../core/letter.ts";
import {
  type Answered,
  channelType,
  jsonBody,
  type VendorAnswer,
  type VendorRequest,
} from "./channel.ts";
import { readDiscordFault } from "./discord_codes.ts";
import { fitted } from "./fitted.ts";
import { apiUrl, matching } from "./settings.ts";

/** In characters; of all texts of a message's embeds together at most `total`. */
const MAX = { title: 256, description: 4_096, name: 256, value: 1_024, fields: 25, total: 6_000 };
const USER = /^[0-9]{17,20}$/;

export const discord = channelType({
  type: "discord",
  reach: "group",
  answers: false,
  settings: {
    url: v.optional(apiUrl, "https://discord.com"),
    webhook: matching(
      /^[0-9]{17,20}$/,
      "the number in the webhook's address, https://discord.com/api/webhooks/NUMBER/TOKEN",
    ),
    token: matching(
      /^[A-Za-z0-9_-]{16,128}$/,
      "what follows the number in the webhook's address",
    ),
  },
  secrets: ["token"],
  isContact: (text) => USER.test(text),
  contact: "the id of a user, a number of 17 to 20 digits, who is mentioned",
  open({ url, webhook, token }) {
    const address = `${url}/api/v10/webhooks/${webhook}/${token}`;
    return {
      via: "http",
      // Without wait the answer says nothing, not even that the message was refused.
      send: (letter, to) => request("POST", `${address}?wait=true`, letter, to),
      sent,
      update: (letter, to, handle) => request("PATCH", `${address}/messages/${handle}`, letter, to),
    };
  },
});

function request(
  method: "POST" | "PATCH",
  url: string,
  letter: Letter,
  to: string,
): VendorRequest {
  return {
    method,
    url,
    body: jsonBody({
      // Only what is outside of embeds calls somebody.
      content: to === "" ? "" : `<@${to}>`,
      embeds: [fitted(letter, embedOf, fits)],
      allowed_mentions: { parse: [], users: to === "" ? [] : [to] },
    }),
  };
}

interface Embed {
  readonly title: string;
  readonly url?: string;
  readonly description: string;
  readonly fields: readonly {
    readonly name: string;
    readonly value: string;
    readonly inline: true;
  }[];
  readonly color: number;
}

/** Red for alerts, blue for what is to be done, else grey. */
const COLOURS: Readonly<Record<Letter["kind"], number>> = {
  request: 0x2f6fed,
  ended: 0x8a919c,
  pin: 0x2f6fed,
  alert: 0xd93025,
  test: 0x8a919c,
};

function embedOf(letter: Letter): Embed {
  const { kind, link, title } = letter;
  const notes = letter.notes.map(markdown);
  // Nothing in an embed is looked up for a preview.
  const open = link === null ? [] : [`**[${OWN(link.text)}](<${link.url}>)**`];
  return {
    title: markdown(title),
    ...(link === null ? {} : { url: link.url }),
    description: [...notes, ...open].join("\n"),
    fields: letter.facts.map(({ label, value }) => ({
      name: OWN(label),
      // An empty one is refused.
      value: markdown(value) || "–",
      inline: true,
    })),
    color: COLOURS[kind],
  };
}

function fits({ title, description, fields }: Embed): boolean {
  const texts = [title, description, ...fields.flatMap(({ name, value }) => [name, value])];
  return title.length <= MAX.title && description.length <= MAX.description &&
    fields.length <= MAX.fields &&
    fields.every(({ name, value }) => name.length <= MAX.name && value.length <= MAX.value) &&
    texts.join("").length <= MAX.total;
}

function markdown(line: Line): string {
  return written(line, WRITING);
}

const OWN = (text: string): string => text.replace(/[\\*_~`|<>[\]#@]/g, "\\$&");

/** Between backticks nothing is markup, mention, emoji or link, and only a backtick ends it. */
const WRITING: Writing = {
  own: OWN,
  foreign: (text) => text === "" ? "" : `\`${text.replaceAll("`", "｀")}\``,
};

const Message = v.object({ id: v.pipe(v.string(), v.regex(USER)) });

function sent(answer: VendorAnswer): Answered {
  const message = v.safeParse(Message, answer.json);
  if (answer.status === 200 && message.success) return { ok: true, handle: message.output.id };
  return readDiscordFault(answer);
}
