/**
 * What Feishu sends to an app: encrypted and signed by its own rules (open.feishu.cn/document/uAjLw4CM/
 * ukTMukTMukTM/event-subscription-guide/callback-subscription/receive-and-handle-callbacks), with another library
 * than the one that reads it.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import type { CallbackRequest } from "../../../lib/core/chat.ts";
import { APP_ID, ENCRYPT_KEY, type FeishuUser, VERIFICATION_TOKEN } from "./feishu.ts";

/** As it should be; what a test changes is wrong. */
const RIGHT = {
  appId: APP_ID,
  token: VERIFICATION_TOKEN,
  encryptKey: ENCRYPT_KEY,
  type: "card.action.trigger",
};
export type Sender = Partial<typeof RIGHT>;

/** What was clicked or typed, by whom and where. */
export interface Click {
  readonly by: Partial<FeishuUser>;
  readonly value: unknown;
  /** In a field outside of a form. */
  readonly typed?: string;
  readonly message: string;
}

/** @param now milliseconds since the Unix epoch */
export function clicked(click: Click, now: number, sender: Sender = {}): CallbackRequest {
  const { by: { open_id, user_id }, message, typed, value } = click;
  const action = typed === undefined
    ? { value, tag: "button" }
    : { value, tag: "input", name: "number", input_value: typed };
  return posted(
    event(
      {
        operator: { tenant_key: "2c5b8b5a8c2f175d", open_id, user_id, union_id: "on_1" },
        token: "c-8a1b2c3d",
        action: { ...action, timezone: "Asia/Shanghai" },
        host: "im_message",
        context: { open_message_id: message, open_chat_id: "oc_1" },
      },
      now,
      sender,
    ),
    now,
    sender,
  );
}

/** @param body what is told */
export function event(body: unknown, now: number, sender: Sender = {}): unknown {
  const { appId, token, type } = { ...RIGHT, ...sender };
  return {
    schema: "2.0",
    header: {
      event_id: "f7984f25108f8137722bb63cee927e66",
      event_type: type,
      // In microseconds.
      create_time: `${now}000`,
      token,
      app_id: appId,
      tenant_key: "2c5b8b5a8c2f175d",
    },
    event: body,
  };
}

/** Asks whether somebody is there, which is not signed. */
export function challenged(challenge: string, sender: Sender = {}): CallbackRequest {
  const { encryptKey, token } = { ...RIGHT, ...sender };
  const message = { challenge, token, type: "url_verification" };
  return asked({}, encrypt(JSON.stringify(message), encryptKey));
}

/** @param message as it is before it is encrypted */
export function posted(message: unknown, now: number, sender: Sender = {}): CallbackRequest {
  const { encryptKey } = { ...RIGHT, ...sender };
  return signed(
    encrypt(JSON.stringify(message), encryptKey),
    String(Math.floor(now / 1000)),
    sender,
  );
}

/** @param timestamp as in the header */
export function signed(body: string, timestamp: string, sender: Sender = {}): CallbackRequest {
  const { encryptKey } = { ...RIGHT, ...sender };
  const nonce = "0404f57f-102e-4c91-bb32-a501ad0b7600";
  const signature = createHash("sha256").update(timestamp + nonce + encryptKey + body).digest(
    "hex",
  );
  return asked({
    "x-lark-request-timestamp": timestamp,
    "x-lark-request-nonce": nonce,
    "x-lark-signature": signature,
  }, body);
}

function asked(headers: Record<string, string>, body: string): CallbackRequest {
  return {
    method: "POST",
    query: new URLSearchParams(),
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body,
  };
}

function encrypt(text: string, encryptKey: string): string {
  const key = createHash("sha256").update(encryptKey).digest();
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  const encrypted = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final()]);
  return JSON.stringify({ encrypt: encrypted.toString("base64") });
}
