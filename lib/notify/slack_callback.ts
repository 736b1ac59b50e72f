/**
 * What Slack sends when somebody presses a button or types a number: docs.slack.dev/interactivity/
 * handling-user-interaction; that it is Slack who sends it: docs.slack.dev/authentication/
 * verifying-requests-from-slack.
 */
import { equalBytes } from "@noble/ciphers/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import type { CallbackReply, CallbackRequest, ChatAnswer } from "../core/chat.ts";
import { readAct } from "../core/chat_act.ts";
import { hex } from "../core/encoding.ts";
import type { Letter } from "../core/letter.ts";
import { type Callback, type CallbackRead, jsonBody, type VendorRequest } from "./channel.ts";
import { escaped, plain } from "./slack_blocks.ts";

/** "More than five minutes from local time": it could be a replay. */
const WINDOW_MS = 5 * 60_000;
/** Within three seconds, else the person is shown an error; what it says is not shown. */
const TAKEN: CallbackReply = { status: 200, type: "text/plain; charset=utf-8", text: "" };
const HOOKS = "https://hooks.slack.com";

const Payload = v.object({
  type: v.literal("block_actions"),
  user: v.object({ id: v.string() }),
  container: v.object({ message_ts: v.string(), channel_id: v.string() }),
  actions: v.pipe(
    v.array(v.object({
      type: v.string(),
      block_id: v.optional(v.string(), ""),
      value: v.optional(v.nullable(v.string())),
    })),
    v.length(1),
  ),
  response_url: v.optional(v.string()),
});
type Payload = v.InferOutput<typeof Payload>;

interface Slack {
  /** As set, without a final slash. */
  readonly url: string;
  readonly secret: string;
  /** Makes the message say that. */
  readonly ended: (letter: Letter, handle: string) => VendorRequest;
}

export function slackCallback({ ended, secret, url }: Slack): Callback {
  return (request, now): CallbackRead => {
    const why = forged(request, secret, now);
    if (why !== null) return { kind: "refused", refused: 401, why };
    const payload = payloadOf(request);
    if (payload === "unreadable") {
      return { kind: "refused", refused: 400, why: "no payload in a callback of slack" };
    }
    const answer = payload === "other" ? null : answerOf(payload);
    if (payload === "other" || answer === null) return { kind: "reply", reply: TAKEN };
    return {
      kind: "answer",
      answer,
      reply: () => TAKEN,
      after: ({ letter, text }) =>
        letter !== null && answer.handle !== null
          ? ended(letter, answer.handle)
          : tell(text, payload.response_url, url),
    };
  };
}

/** Why it is not Slack's, or not of now; null: it is. */
function forged({ body, headers, method }: CallbackRequest, secret: string, now: number) {
  if (method !== "POST") return "a callback of slack that is no POST";
  const at = headers["x-slack-request-timestamp"] ?? "";
  if (!/^[0-9]{1,12}$/.test(at) || Math.abs(now - Number(at) * 1000) > WINDOW_MS) {
    return "a callback of slack that is too old, or this server's clock is wrong";
  }
  const given = headers["x-slack-signature"] ?? "";
  return equalBytes(utf8ToBytes(given), utf8ToBytes(slackSignature(secret, at, body)))
    ? null
    : "a callback of slack with a wrong signature: compare signing_secret with the app's page";
}

/** @param at seconds since the Unix epoch, as in the header; `body` is signed byte for byte */
export function slackSignature(secret: string, at: string, body: string): string {
  return `v0=${hex(hmac(sha256, utf8ToBytes(secret), utf8ToBytes(`v0:${at}:${body}`)))}`;
}

/** "other": of a kind that we did not ask for. */
function payloadOf({ body }: CallbackRequest): Payload | "other" | "unreadable" {
  const text = new URLSearchParams(body).get("payload");
  if (text === null) return "unreadable";
  try {
    const read = v.safeParse(Payload, JSON.parse(text));
    return read.success ? read.output : "other";
  } catch {
    return "unreadable";
  }
}

/** Null: neither a button of ours, nor two digits. */
function answerOf({ actions, container, user }: Payload): ChatAnswer | null {
  const [action] = actions;
  const value = action?.value ?? "";
  const typed = action?.type === "plain_text_input";
  const read = readAct(typed ? action.block_id : value);
  if (read === undefined) return null;
  const { ticket, act } = read;
  const handle = `${container.channel_id}:${container.message_ts}`;
  if (!typed) return { from: user.id, ticket, handle, act };
  return act.kind === "approve" && /^[0-9]{2}$/.test(value)
    ? { from: user.id, ticket, handle, act: { kind: "approve", match: value } }
    : null;
}

/**
 * Shows it to that person alone. Where to is in what came, so nowhere but to Slack (or to where
 * server.toml says that Slack is): else whoever knows the signing secret could have this server ask
 * others.
 */
function tell(text: string, to: string | undefined, url: string): VendorRequest | undefined {
  if (to === undefined || !URL.canParse(to)) return undefined;
  const { hash, origin, password, username } = new URL(to);
  if (![HOOKS, new URL(url).origin].includes(origin) || `${hash}${password}${username}` !== "") {
    return undefined;
  }
  const words = escaped(text);
  return {
    method: "POST",
    url: to,
    body: jsonBody({
      response_type: "ephemeral",
      replace_original: false,
      text: words,
      blocks: [{ type: "section", text: plain(words) }],
    }),
  };
}
