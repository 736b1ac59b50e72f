/**
 * What WeCom sends to an application: signed and encrypted by its own rules
 * (developer.work.weixin.qq.com/document/path/ 90930, 90968, 90240), with another library than the one that
 * reads it.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import type { CallbackRequest } from "../../../lib/core/chat.ts";
import { AES_KEY, TOKEN } from "./wecom.ts";
import { AGENTID, CORPID } from "./wecom_cloud.ts";

/** As it should be; what a test changes is wrong. */
const RIGHT = {
  token: TOKEN,
  aesKey: AES_KEY,
  receiver: CORPID,
  corpid: CORPID,
  agentid: String(AGENTID),
  nonce: "1372623149",
};
export type Sender = Partial<typeof RIGHT>;

/** What was clicked, and by whom. */
export interface Click {
  readonly from: string;
  readonly key: string;
  readonly code: string;
}

/** @param now milliseconds since the Unix epoch */
export function clicked(click: Click, now: number, sender: Sender = {}): CallbackRequest {
  const { agentid, corpid } = { ...RIGHT, ...sender };
  return posted(
    `<xml><ToUserName><![CDATA[${corpid}]]></ToUserName>
<FromUserName><![CDATA[${click.from}]]></FromUserName>
<CreateTime>${Math.floor(now / 1000)}</CreateTime>
<MsgType><![CDATA[event]]></MsgType>
<Event><![CDATA[template_card_event]]></Event>
<EventKey><![CDATA[${click.key}]]></EventKey>
<TaskId><![CDATA[task]]></TaskId>
<CardType><![CDATA[button_interaction]]></CardType>
<ResponseCode><![CDATA[${click.code}]]></ResponseCode>
<AgentID>${agentid}</AgentID>
</xml>`,
    now,
    sender,
  );
}

/** @param text the message, as it is before it is encrypted */
export function posted(text: string, now: number, sender: Sender = {}): CallbackRequest {
  const all = { ...RIGHT, ...sender };
  const encrypted = encrypt(text, all);
  const body = `<xml><ToUserName><![CDATA[${all.corpid}]]></ToUserName>` +
    `<AgentID><![CDATA[${all.agentid}]]></AgentID>` +
    `<Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
  return request("POST", encrypted, body, now, all);
}

export function asked(echo: string, now: number, sender: Sender = {}): CallbackRequest {
  const all = { ...RIGHT, ...sender };
  const encrypted = encrypt(echo, all);
  const asked = request("GET", encrypted, "", now, all);
  asked.query.set("echostr", encrypted);
  return asked;
}

function request(
  method: "GET" | "POST",
  encrypted: string,
  body: string,
  now: number,
  { nonce, token }: typeof RIGHT,
): CallbackRequest {
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHash("sha1")
    .update([token, timestamp, nonce, encrypted].toSorted().join("")).digest("hex");
  const query = new URLSearchParams({ msg_signature: signature, timestamp, nonce });
  return { method, query, headers: { "content-type": "text/xml" }, body };
}

function encrypt(text: string, { aesKey, receiver }: typeof RIGHT): string {
  const key = Buffer.from(`${aesKey}=`, "base64");
  const message = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  const plain = Buffer.concat([randomBytes(16), length, message, Buffer.from(receiver)]);
  const padding = 32 - plain.length % 32;
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([plain, Buffer.alloc(padding, padding)]);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString("base64");
}
