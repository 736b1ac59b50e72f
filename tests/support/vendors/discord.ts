/** A webhook of a Discord channel, as discord.com/developers/docs/resources/webhook says. */
import * as v from "valibot";
import { type DiscordText, readDiscordMarkdown } from "./discord_markdown.ts";
import { isJson } from "./json_fields.ts";
import { parsed } from "./plain_reader.ts";
import {
  type Arrived,
  type Call,
  type FakeVendor,
  json,
  type Reply,
  type Rule,
  type VendorCase,
} from "./vendor.ts";

const WEBHOOK = "223704706495545344";
const TOKEN = "3d89bb7572e0fb30d8128367b3b1b44fecd1726de135cbe28a41f8b2f777c372ba2939e72279b94526";

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
const some = (max: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(max));
const Embed = v.object({
  title: v.optional(text(256), ""),
  url: v.optional(v.pipe(v.string(), v.url())),
  description: v.optional(text(4_096), ""),
  color: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffff))),
  fields: v.optional(
    v.pipe(
      v.array(v.object({ name: some(256), value: some(1_024), inline: v.optional(v.boolean()) })),
      v.maxLength(25),
    ),
    [],
  ),
});
const Message = v.object({
  content: v.optional(text(2_000), ""),
  embeds: v.optional(v.pipe(v.array(Embed), v.maxLength(10)), []),
  allowed_mentions: v.optional(
    v.object({
      parse: v.optional(v.array(v.picklist(["users", "roles", "everyone"]))),
      users: v.optional(v.array(v.pipe(v.string(), v.regex(/^[0-9]{17,20}$/)))),
    }),
  ),
});
type Message = v.InferOutput<typeof Message>;

export class FakeDiscord implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly messages: Message[] = [];
  /** What the texts of the latest message are read as. */
  read: readonly DiscordText[] = [];
  readonly to = "80351110224678912";
  readonly nobody = null;
  readonly #ids = new Set<string>();
  #limited = false;
  #busy = false;

  settings(url: string) {
    return { url, webhook: WEBHOOK, token: TOKEN };
  }

  wrongCredentials(url: string) {
    return { url, webhook: WEBHOOK, token: TOKEN.replace("3d89", "4e90") };
  }

  limitNext(): Rule {
    this.#limited = true;
    // retry_after, and not the whole seconds of the header.
    return { againAfterMs: 350 };
  }

  busyNext(): Rule {
    this.#busy = true;
    // "Try again a little later."
    return { againAfterMs: 0 };
  }

  answer({ method, path, query, headers, body }: Call): Reply {
    const [, webhook, token, id] =
      /^\/api\/v10\/webhooks\/([0-9]+)\/([^/]+)(?:\/messages\/([0-9]+))?$/.exec(path) ?? [];
    if (webhook === undefined || method !== (id === undefined ? "POST" : "PATCH")) {
      return fault(404, 0, "404: Not Found");
    }
    if (this.#limited) {
      this.#limited = false;
      const headers = {
        "retry-after": "1",
        "x-ratelimit-limit": "5",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset-after": "0.35",
        "x-ratelimit-scope": "user",
      };
      const said = { message: "You are being rate limited.", retry_after: 0.35, global: false };
      return json(said, 429, headers);
    }
    if (this.#busy) {
      this.#busy = false;
      return fault(503, 130_000, "API resource is currently overloaded. Try again a little later");
    }
    if (webhook !== WEBHOOK) return fault(404, 10_015, "Unknown Webhook");
    if (token !== TOKEN) return fault(401, 50_027, "Invalid Webhook Token");
    if (id !== undefined && !this.#ids.has(id)) return fault(404, 10_008, "Unknown Message");
    const read = v.safeParse(Message, isJson(headers) ? parsed(body) : undefined);
    if (!read.success || sizeOf(read.output) > 6_000) {
      return fault(400, 50_035, "Invalid Form Body");
    }
    const { content, embeds } = read.output;
    if (content === "" && embeds.length === 0) {
      return fault(400, 50_006, "Cannot send an empty message");
    }
    const given = id ?? String(900_000_000_000_000_000n + BigInt(this.messages.length));
    this.#arrive(read.output, id ?? null);
    this.#ids.add(given);
    if (id === undefined && query.get("wait") !== "true") return { status: 204, body: "" };
    return json({ id: given, type: 0, webhook_id: WEBHOOK, channel_id: "1", content, embeds });
  }

  #arrive(message: Message, replaces: string | null): void {
    const { allowed_mentions: allowed, content, embeds } = message;
    const outside = readDiscordMarkdown(content);
    const inside = embeds.flatMap(({ title, description, fields }) =>
      [title, description, ...fields.flatMap(({ name, value }) => [name, value])]
        .map(readDiscordMarkdown)
    );
    this.messages.push(message);
    this.read = [outside, ...inside];
    const called = outside.mentions.filter((mention) => hears(mention, allowed));
    this.arrived.push({
      to: called.map((mention) => mention.replace(/[<@!>]/g, "")).join(","),
      text: this.read.map(({ text }) => text.replaceAll("｀", "`")).join("\n"),
      links: [
        ...this.read.flatMap(({ links }) => links),
        ...embeds.flatMap(({ url }) => url === undefined ? [] : [url]),
      ],
      mentions: called,
      buttons: [],
      replaces,
    });
  }
}

/** Without allowed_mentions everybody is called who is named. */
function hears(mention: string, allowed: Message["allowed_mentions"]): boolean {
  if (allowed === undefined) return true;
  const { parse = [], users = [] } = allowed;
  const [, user] = /^<@!?([0-9]+)>$/.exec(mention) ?? [];
  if (user !== undefined) return parse.includes("users") || users.includes(user);
  return parse.includes(mention.startsWith("<@&") ? "roles" : "everyone");
}

function sizeOf({ embeds }: Message): number {
  return embeds.flatMap((
    { title, description, fields },
  ) => [title, description, ...fields.flatMap(({ name, value }) => [name, value])]).join("").length;
}

function fault(status: number, code: number, message: string): Reply {
  return json({ message, code }, status);
}

export const discordVendor: VendorCase = { type: "discord", start: () => new FakeDiscord() };
