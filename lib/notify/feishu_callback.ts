/**
 * What Feishu and Lark send to us: whether we are there, and what was clicked or typed in a card. Signed and
 * encrypted as documented at open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/event-subscription-guide/
 * callback-subscription/receive-and-handle-callbacks; the clicks at /document/uAjLw4CM/ukzMukzMukzM/
 * feishu-cards/card-callback-communication.
 */
import { base64 } from "@hexagon/base64";
import { cbc } from "@noble/ciphers/aes.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import type { CallbackRefusal, CallbackReply, CallbackRequest } from "../core/chat.ts";
import { type ChatAct, readAct } from "../core/chat_act.ts";
import { hex } from "../core/encoding.ts";
import type { Letter } from "../core/letter.ts";
import type { Callback, CallbackRead, ChatResult } from "./channel.ts";
import type { OperatorId } from "./feishu_card.ts";

export interface FeishuSecrets {
  readonly verificationToken: string;
  readonly encryptKey: string;
}

interface CallbackApp extends FeishuSecrets {
  readonly appId: string;
  /** What the message becomes. */
  readonly card: (letter: Letter, by: OperatorId) => unknown;
}

/** Ours: Feishu only says that old ones may be replays. */
const WITHIN_MS = 300_000;
const MAX_BODY = 65_536;
/** Of what is not signed: a token of 32 characters and a challenge, encrypted. */
const MAX_UNSIGNED = 4_096;
const BLOCK = 16;

/** Pure: the same click again reads the same; that a request ends once is what makes it harmless. */
export function feishuCallback(app: CallbackApp): Callback {
  return (request, now) => {
    if (request.method !== "POST" || request.body.length > MAX_BODY) {
      return refused(400, "is no message");
    }
    const signature = request.headers["x-lark-signature"];
    if (signature !== undefined && !isSame(signature, signatureOf(app.encryptKey, request))) {
      return refused(401, "has a wrong signature: compare encrypt_key in server.toml");
    }
    if (signature === undefined && request.body.length > MAX_UNSIGNED) {
      return refused(401, "has no signature");
    }
    const message = open(app.encryptKey, request.body);
    const challenge = v.safeParse(Challenge, message);
    if (challenge.success && isSame(challenge.output.token, app.verificationToken)) {
      return { kind: "reply", reply: json({ challenge: challenge.output.challenge }) };
    }
    // Feishu signs all but the question whether we are there. Nothing is told of what one read.
    if (signature === undefined) return refused(401, "has no signature");
    if (message === undefined) return refused(400, "is not encrypted for this app");
    return readEvent(app, message, request, now);
  };
}

/** @param why behind "a callback" */
function refused(status: CallbackRefusal["refused"], why: string): CallbackRead {
  return { kind: "refused", refused: status, why: `feishu: a callback ${why}` };
}

function json(value: unknown): CallbackReply {
  return { status: 200, type: "application/json; charset=utf-8", text: JSON.stringify(value) };
}

/** Takes as long wherever they differ. */
function isSame(given: string, right: string): boolean {
  return equalBytes(utf8ToBytes(given), utf8ToBytes(right));
}

/** In lower-case hex. */
export function signatureOf(
  encryptKey: string,
  { body, headers }: Pick<CallbackRequest, "body" | "headers">,
): string {
  const timestamp = headers["x-lark-request-timestamp"] ?? "";
  const nonce = headers["x-lark-request-nonce"] ?? "";
  return hex(sha256(utf8ToBytes(timestamp + nonce + encryptKey + body)));
}

/** Undefined: it is not for us. */
function open(encryptKey: string, body: string): unknown {
  try {
    const { encrypt } = v.parse(v.object({ encrypt: v.string() }), JSON.parse(body));
    return JSON.parse(decrypted(encryptKey, encrypt) ?? "");
  } catch {
    return undefined;
  }
}

/** Undefined: it is encrypted for somebody else. */
export function decrypted(encryptKey: string, encrypted: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encrypted)) return undefined;
  const bytes = new Uint8Array(base64.toArrayBuffer(encrypted));
  try {
    const cipher = cbc(sha256(utf8ToBytes(encryptKey)), bytes.slice(0, BLOCK));
    return new TextDecoder("utf-8", { fatal: true }).decode(cipher.decrypt(bytes.slice(BLOCK)));
  } catch {
    return undefined;
  }
}

const Challenge = v.object({
  type: v.literal("url_verification"),
  token: v.string(),
  challenge: v.string(),
});
const Event = v.object({
  schema: v.literal("2.0"),
  header: v.object({
    event_type: v.string(),
    create_time: v.optional(v.string(), ""),
    token: v.string(),
    app_id: v.string(),
  }),
  event: v.unknown(),
});
const Click = v.object({
  operator: v.object({
    open_id: v.optional(v.string()),
    user_id: v.optional(v.nullable(v.string())),
  }),
  action: v.object({
    tag: v.string(),
    value: v.object({ act: v.string(), by: v.picklist(["open_id", "user_id"]) }),
    input_value: v.optional(v.string(), ""),
  }),
  context: v.object({ open_message_id: v.string() }),
});
type Click = v.InferOutput<typeof Click>;

function readEvent(
  app: CallbackApp,
  message: unknown,
  { headers }: CallbackRequest,
  now: number,
): CallbackRead {
  const read = v.safeParse(Event, message);
  if (!read.success) {
    return refused(400, "is of another version: add card.action.trigger to the app");
  }
  const { event, header } = read.output;
  if (!isSame(header.token, app.verificationToken) || header.app_id !== app.appId) {
    return refused(403, "is for another app: compare app_id and verification_token in server.toml");
  }
  // The header has been words in some callbacks; when it was made is in all of them.
  const at = instant(headers["x-lark-request-timestamp"] ?? "") ?? instant(header.create_time);
  if (at === undefined || Math.abs(now - at) > WITHIN_MS) {
    return refused(401, "is not of now: compare this server's clock");
  }
  const click = header.event_type === "card.action.trigger" ? v.safeParse(Click, event) : null;
  // Something else that the app is told of, or another card of it.
  if (click?.success !== true) return { kind: "reply", reply: json({}) };
  return readClick(app, click.output);
}

/** Seconds, milliseconds or microseconds since the Unix epoch; undefined: none of them. */
function instant(text: string): number | undefined {
  if (/^[0-9]{10}$/.test(text)) return Number(text) * 1000;
  if (/^[0-9]{13}$/.test(text)) return Number(text);
  return /^[0-9]{16}$/.test(text) ? Math.floor(Number(text) / 1000) : undefined;
}

function readClick({ card }: CallbackApp, { action, context, operator }: Click): CallbackRead {
  const { by, act: written } = action.value;
  const read = readAct(written);
  if (read === undefined) return refused(400, "tells of a button that is none of ours");
  const act = action.tag === "input" ? typed(read.act, action.input_value) : read.act;
  if (act === undefined) return { kind: "reply", reply: json({}) };
  // By which id somebody is known is ours to say, for we wrote the card; who clicked is Feishu's.
  const from = operator[by] ?? "";
  if (from === "" || (by === "open_id") !== from.startsWith("ou_")) {
    return refused(
      403,
      `does not tell the ${by}: give the app contact:user.employee_id:readonly, or enter open_ids`,
    );
  }
  return {
    kind: "answer",
    answer: { from, ticket: read.ticket, handle: context.open_message_id, act },
    reply: ({ letter, text }: ChatResult) =>
      json({
        toast: { type: "info", content: text },
        ...(letter === null ? {} : { card: { type: "raw", data: card(letter, by) } }),
      }),
  };
}

/** Undefined: it is no number of a terminal. */
function typed(act: ChatAct, text: string): ChatAct | undefined {
  const match = text.trim();
  return act.kind === "approve" && /^[0-9]{2}$/.test(match)
    ? { kind: "approve", match }
    : undefined;
}
