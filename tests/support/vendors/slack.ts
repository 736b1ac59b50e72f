/**
 * A Slack with one app in it: chat.postMessage and chat.update (docs.slack.dev/reference/methods), and
 * what it sends to the app's Request URL, signed.
 */
import { createHmac } from "node:crypto";
import * as v from "valibot";
import type { CallbackRequest } from "../../../lib/core/chat.ts";
import type { Clock } from "../../../lib/ports.ts";
import { Blocks, buttonsIn, fieldIn, readBlocks } from "./slack_blocks.ts";
import { readMrkdwn } from "./slack_text.ts";
import {
  type Arrived,
  type Call,
  type FakeVendor,
  json,
  type Reply,
  type Rule,
  type VendorCase,
} from "./vendor.ts";

/** In two pieces, for scanners take it for a real one. */
const TOKEN = ["xoxb", "2154364583-4928390482-Zq3pY7uK1mWn8sXtRb5cVd2f"].join("-");
const SIGNING_SECRET = "5f0c8a2d9e7b41c6a3d8e2f19b7c4a60";

const Post = v.object({
  channel: v.string(),
  text: v.string(),
  blocks: Blocks,
  parse: v.optional(v.picklist(["none", "full"])),
  link_names: v.optional(v.boolean()),
  unfurl_links: v.optional(v.boolean()),
  unfurl_media: v.optional(v.boolean()),
});
const Update = v.object({ ...Post.entries, ts: v.string() });
const Answer = v.object({
  response_type: v.picklist(["ephemeral", "in_channel"]),
  replace_original: v.optional(v.boolean()),
  text: v.string(),
  blocks: v.optional(Blocks),
});

interface Message {
  readonly to: string;
  readonly channel: string;
  readonly ts: string;
  content: v.InferOutput<typeof Post>;
}

export class FakeSlack implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly to = "U012AB3CD";
  readonly nobody = "U999ZZ9ZZ";
  readonly token = TOKEN;
  readonly signingSecret = SIGNING_SECRET;
  readonly messages: Message[] = [];
  /** What was shown to somebody alone, by a response_url. */
  readonly told: string[] = [];
  /** Whom the app can write to: members, and the channel of each or one that it is in. */
  readonly channels = new Map([
    ["U012AB3CD", "D0AAAAAAA"],
    ["U0SECOND0", "D0BBBBBBB"],
    ["C012AB3CD", "C012AB3CD"],
  ]);
  /** Where its response_urls begin; to be set to where this fake is. */
  url = "https://hooks.slack.com";
  #limit = false;
  #edited = Promise.withResolvers<void>();
  #busy = false;
  #next = 1;

  constructor(private readonly clock: Clock) {}

  settings(url: string) {
    return { url, token: TOKEN, signing_secret: SIGNING_SECRET };
  }

  wrongCredentials(url: string) {
    return { url, token: `${TOKEN}x`, signing_secret: SIGNING_SECRET };
  }

  /** Resolves when a message is changed for the first time. */
  get edited(): Promise<void> {
    return this.#edited.promise;
  }

  limitNext(): Rule {
    this.#limit = true;
    return { againAfterMs: 2_000 };
  }

  busyNext(): Rule {
    this.#busy = true;
    // It says nothing of a wait.
    return { againAfterMs: 0 };
  }

  answer(call: Call): Reply {
    if (call.path.startsWith("/actions/")) return this.#respond(call);
    const [, method = ""] = /^\/api\/([a-z.]+)$/i.exec(call.path) ?? [];
    if (this.#limit) {
      this.#limit = false;
      return json({ ok: false, error: "ratelimited" }, 429, { "retry-after": "2" });
    }
    if (this.#busy) {
      this.#busy = false;
      return failed("service_unavailable");
    }
    if (call.method !== "POST") return failed("invalid_post_type");
    const type = call.headers.get("content-type") ?? "";
    if (!/^application\/json; *charset=utf-8$/i.test(type)) return failed("invalid_post_type");
    const authorization = call.headers.get("authorization");
    if (authorization === null) return failed("not_authed");
    if (authorization !== `Bearer ${TOKEN}`) return failed("invalid_auth");
    const body: unknown = JSON.parse(call.body);
    switch (method) {
      case "chat.postMessage":
        return this.#post(body);
      case "chat.update":
        return this.#change(body);
      default:
        return failed("unknown_method");
    }
  }

  /** What Slack sends when a member presses a button of the latest message that has it. */
  press(value: string, by = this.to, changes: Partial<Record<string, unknown>> = {}) {
    const message = this.messages.findLast(({ content }) =>
      buttonsIn(content.blocks).some((one) => one.value === value)
    );
    const button = buttonsIn(message?.content.blocks ?? []).find((one) => one.value === value);
    if (message === undefined || button === undefined) {
      throw new Error(`no button carries ${value}`);
    }
    const { action: action_id, block: block_id } = button;
    return this.#sends(message, by, { type: "button", action_id, block_id, value }, changes);
  }

  /** What Slack sends when a member has typed something into the latest message that asks for it. */
  type(value: string, by = this.to): CallbackRequest {
    const message = this.messages.findLast(({ content }) => fieldIn(content.blocks) !== undefined);
    const field = fieldIn(message?.content.blocks ?? []);
    if (message === undefined || field === undefined) throw new Error("no message asks for text");
    const { action: action_id, block: block_id } = field;
    return this.#sends(message, by, { type: "plain_text_input", action_id, block_id, value });
  }

  #sends(
    { channel, content, ts }: Message,
    by: string,
    action: Readonly<Record<string, string>>,
    changes: Partial<Record<string, unknown>> = {},
  ): CallbackRequest {
    const at = String(Math.floor(this.clock.now() / 1000));
    return this.signed(at, {
      type: "block_actions",
      user: { id: by, username: "a", team_id: "T012AB3CD" },
      api_app_id: "A012AB3CD",
      container: { type: "message", message_ts: ts, channel_id: channel, is_ephemeral: false },
      trigger_id: "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
      team: { id: "T012AB3CD", domain: "acme" },
      channel: { id: channel, name: "directmessage" },
      message: { type: "message", text: content.text, ts },
      response_url: `${this.url}/actions/T012AB3CD/1/abc`,
      actions: [{ ...action, action_ts: `${at}.000100` }],
      ...changes,
    });
  }

  /** @param at in seconds */
  signed(at: string, payload: unknown): CallbackRequest {
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const hmac = createHmac("sha256", SIGNING_SECRET).update(`v0:${at}:${body}`).digest("hex");
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": at,
      "x-slack-signature": `v0=${hmac}`,
      "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    };
    return { method: "POST", query: new URLSearchParams(), headers, body };
  }

  #post(body: unknown): Reply {
    const read = v.safeParse(Post, body);
    if (!read.success) return failed("invalid_blocks");
    const channel = this.channels.get(read.output.channel);
    if (channel === undefined) return failed("channel_not_found");
    const wrong = fault(read.output);
    if (wrong !== undefined) return wrong;
    const seconds = Math.floor(this.clock.now() / 1000);
    const ts = `${seconds}.${String(this.#next++).padStart(6, "0")}`;
    const message = { to: read.output.channel, channel, ts, content: read.output };
    this.messages.push(message);
    this.#arrive(message, null);
    return json({ ok: true, channel, ts, message: { text: read.output.text } });
  }

  #change(body: unknown): Reply {
    const read = v.safeParse(Update, body);
    if (!read.success) return failed("invalid_blocks");
    const { channel, ts } = read.output;
    // "ensure that this value is a DM ID (starts with D) instead of a User ID"
    if (![...this.channels.values()].includes(channel)) return failed("channel_not_found");
    const message = this.messages.find((one) => one.channel === channel && one.ts === ts);
    if (message === undefined) return failed("message_not_found");
    const wrong = fault(read.output);
    if (wrong !== undefined) return wrong;
    message.content = read.output;
    this.#arrive(message, `${channel}:${ts}`);
    return json({ ok: true, channel, ts, text: read.output.text });
  }

  #arrive({ content, to }: Message, replaces: string | null): void {
    const { links, mentions, text } = readBlocks(content.blocks);
    // The fallback is in notifications; addresses in it are links unless parse says no.
    const fallback = readMrkdwn(content.text, content.parse === "none");
    this.arrived.push({
      to,
      text,
      links: [...new Set([...links, ...fallback.links])],
      mentions: [...mentions, ...fallback.mentions],
      buttons: buttonsIn(content.blocks).map(({ value }) => value),
      replaces,
    });
    if (replaces !== null) this.#edited.resolve();
  }

  #respond({ body, method }: Call): Reply {
    const read = v.safeParse(Answer, JSON.parse(body));
    if (method !== "POST" || !read.success) return { status: 400, body: "invalid_payload" };
    this.told.push(readMrkdwn(read.output.text, false).text);
    return { status: 200, body: "ok" };
  }
}

function fault({ text }: v.InferOutput<typeof Post>): Reply | undefined {
  return text.length > 40_000 ? failed("msg_too_long") : undefined;
}

/** Errors come with HTTP 200. */
function failed(error: string): Reply {
  return json({ ok: false, error });
}

export const slackVendor: VendorCase = { type: "slack", start: (clock) => new FakeSlack(clock) };
