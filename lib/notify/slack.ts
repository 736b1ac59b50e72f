/** Slack, by an app with a bot token (docs.slack.dev/reference/methods/chat.postMessage). */
import * as v from "valibot";
import type { Letter } from "../core/letter.ts";
import {
  type Answered,
  channelType,
  jsonBody,
  type VendorAnswer,
  type VendorRequest,
} from "./channel.ts";
import { apiUrl, neededForButtons, secret } from "./settings.ts";
import { contentOf } from "./slack_blocks.ts";
import { slackCallback } from "./slack_callback.ts";
import { readSlackFault, refuse } from "./slack_codes.ts";

export const slack = channelType({
  type: "slack",
  reach: "person",
  answers: true,
  settings: {
    url: v.optional(apiUrl, "https://slack.com"),
    token: v.pipe(secret, v.startsWith("xoxb-", "must be a bot token, which begins with xoxb-")),
    signing_secret: v.optional(secret),
  },
  secrets: ["token", "signing_secret"],
  faults: (settings) =>
    settings.buttons === true ? neededForButtons(settings, "signing_secret") : {},
  isContact: (text) => /^[UWDCG][A-Z0-9]{2,20}$/.test(text),
  contact: "a member ID such as U012AB3CD, or the ID of a channel or direct message (C…, G…, D…)",
  open: ({ signing_secret, token, url }, { buttons }) => {
    const call = (method: string, body: unknown): VendorRequest => ({
      method: "POST",
      url: `${url}/api/${method}`,
      headers: { authorization: `Bearer ${token}` },
      body: jsonBody(body),
    });
    const update = (letter: Letter, handle: string, asks: boolean) => {
      const [channel, ts] = handle.split(":");
      return call("chat.update", { channel, ts, ...contentOf(letter, asks) });
    };
    return {
      via: "http",
      send: (letter, to) => {
        if (letter.pin !== null && /^[CG]/.test(to)) {
          const hint = "a PIN is for one person: enter the person's member ID (U…)";
          return refuse("recipient", "sends no PIN to a channel", { hint });
        }
        return call("chat.postMessage", {
          channel: to,
          ...contentOf(letter, buttons && isMember(to)),
          unfurl_links: false,
          unfurl_media: false,
        });
      },
      sent,
      update: (letter, to, handle) => update(letter, handle, buttons && isMember(to)),
      ...(buttons && signing_secret !== undefined
        ? {
          callback: slackCallback({
            url,
            secret: signing_secret,
            ended: (letter, handle) => update(letter, handle, false),
          }),
        }
        : {}),
    };
  },
});

/** Who answers is a member: only as such is it known whose contact that is. */
function isMember(contact: string): boolean {
  return /^[UW]/.test(contact);
}

const Sent = v.object({ ok: v.literal(true), channel: v.string(), ts: v.string() });

function sent(answer: VendorAnswer): Answered {
  const read = v.safeParse(Sent, answer.json);
  // Written to a member, a message is in a channel of its own.
  if (read.success) return { ok: true, handle: `${read.output.channel}:${read.output.ts}` };
  // A response_url answers "ok" and no more.
  if (answer.status === 200 && answer.text === "ok") return { ok: true, handle: null };
  return readSlackFault(answer);
}
