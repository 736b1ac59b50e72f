/**
 * What WeCom sends to us: whether we are there, and which button of a card was clicked. Signed and
 * encrypted as documented at developer.work.weixin.qq.com/document/path/ 90930 (addresses), 90968
 * (encryption) and 90240 (events).
 */
import { cbc } from "@noble/ciphers/aes.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { base64 } from "@hexagon/base64";
import { sha1 } from "@noble/hashes/legacy.js";
import { XMLParser } from "fast-xml-parser";
import * as v from "valibot";
import type { CallbackRefusal, CallbackRequest } from "../core/chat.ts";
import { readAct } from "../core/chat_act.ts";
import { hex } from "../core/encoding.ts";
import type { Callback, CallbackRead, ChatResult, Moment, VendorRequest } from "./channel.ts";
import { isMember } from "./wecom_member.ts";

export interface CallbackSecrets {
  readonly token: string;
  /** EncodingAESKey: 43 characters of base64. */
  readonly aesKey: string;
}

export interface CallbackApp extends CallbackSecrets {
  readonly corpid: string;
  readonly agentid: number;
  /** Shows it to the member who clicked. @param code lets their card be changed once */
  readonly after: (from: string, code: string, result: ChatResult, at: Moment) => VendorRequest;
}

/** WeCom asks again after five seconds, three times at the most (path/90238). */
const WITHIN_MS = 300_000;
/** A member's longest text has 2048 bytes (path/90239), and 4 KiB with all that is around it. */
const MAX_BODY = 8_192;
const MAX_ELEMENTS = 8;
const BLOCK = 16;
/** PKCS#7 fills up to so many bytes here. */
const PADDED = 32;
const RANDOM = 16;

/** Pure: the same message again reads the same; that a request ends once is what makes it harmless. */
export function wecomCallback(app: CallbackApp): Callback {
  const key = new Uint8Array(base64.toArrayBuffer(`${app.aesKey}=`));
  return (request, now) => {
    const { method } = request;
    if (method === "POST" && request.body.length > MAX_BODY) return refused(400, "is too long");
    const encrypted = method === "GET" ? request.query.get("echostr") : encryptedOf(app, request);
    if (encrypted === null) return refused(400, "holds no message for this application");
    const fault = signatureFault(app, request, encrypted, now);
    if (fault !== undefined) return fault;
    const text = decrypt(key, encrypted, app.corpid);
    if (text === undefined) return refused(403, "is not encrypted for this application");
    return method === "GET" ? reply(text) : readEvent(app, text);
  };
}

/** @param why behind "a callback" */
function refused(status: CallbackRefusal["refused"], why: string): CallbackRead {
  return { kind: "refused", refused: status, why: `wecom: a callback ${why}` };
}

function reply(text: string): CallbackRead {
  return { kind: "reply", reply: { status: 200, type: "text/plain; charset=utf-8", text } };
}

function signatureFault(
  { token }: CallbackSecrets,
  { query }: CallbackRequest,
  encrypted: string,
  now: number,
): CallbackRead | undefined {
  const [signature, timestamp, nonce] = ["msg_signature", "timestamp", "nonce"].map((name) =>
    query.get(name) ?? ""
  );
  const expected = sha1(bytesOf([token, timestamp, nonce, encrypted].toSorted().join("")));
  if (!equalBytes(bytesOf(hex(expected)), bytesOf(signature ?? ""))) {
    return refused(401, "has a wrong signature: compare token in server.toml with WeCom's");
  }
  const at = Number(/^[0-9]{1,10}$/.exec(timestamp ?? "")?.[0] ?? Number.NaN) * 1000;
  return Math.abs(now - at) <= WITHIN_MS
    ? undefined
    : refused(401, "is not of now: compare this server's clock");
}

/** Undefined: it is not for us. */
function decrypt(key: Uint8Array, encrypted: string, corpid: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encrypted)) return undefined;
  const sealed = new Uint8Array(base64.toArrayBuffer(encrypted));
  if (sealed.length === 0 || sealed.length % BLOCK !== 0) return undefined;
  const padded = cbc(key, key.slice(0, BLOCK), { disablePadding: true }).decrypt(sealed);
  const padding = padded.at(-1) ?? 0;
  const isPadding = padding >= 1 && padding <= PADDED && padding <= padded.length &&
    padded.slice(-padding).every((byte) => byte === padding);
  if (!isPadding) return undefined;
  const plain = padded.slice(0, -padding);
  if (plain.length < RANDOM + 4) return undefined;
  const start = RANDOM + 4;
  const end = start + new DataView(plain.buffer, plain.byteOffset).getUint32(RANDOM);
  // Also where the length is more than there is, for then nothing is left for the receiver.
  if (!equalBytes(plain.slice(end), bytesOf(corpid))) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(plain.slice(start, end));
  } catch {
    return undefined;
  }
}

/** Anybody may have sent it, so no more is read than its few flat elements. */
function encryptedOf({ agentid, corpid }: CallbackApp, { body }: CallbackRequest): string | null {
  const [, inner] = /^\s*<xml>([\s\S]*)<\/xml>\s*$/.exec(body) ?? [];
  const elements = inner === undefined ? undefined : flatElements(inner);
  return elements?.get("ToUserName") === corpid && elements.get("AgentID") === String(agentid)
    ? elements.get("Encrypt") ?? null
    : null;
}

/** By their names. Undefined: there is something else in it, or one of them twice. */
function flatElements(text: string): ReadonlyMap<string, string> | undefined {
  const element = /\s*<([A-Za-z]{1,32})>(?:<!\[CDATA\[([^\]]*)\]\]>|([^<>&]*))<\/\1>\s*/y;
  const elements = new Map<string, string>();
  while (element.lastIndex < text.length) {
    const [, name = "", data, plain = ""] = element.exec(text) ?? [];
    if (name === "" || elements.has(name) || elements.size >= MAX_ELEMENTS) return undefined;
    elements.set(name, data ?? plain.trim());
  }
  return elements;
}

const Event = v.object({
  xml: v.object({
    ToUserName: v.string(),
    FromUserName: v.pipe(v.string(), v.check(isMember)),
    AgentID: v.string(),
    MsgType: v.literal("event"),
    Event: v.literal("template_card_event"),
    EventKey: v.string(),
    ResponseCode: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,1024}$/)),
  }),
});

function readEvent({ after, agentid, corpid }: CallbackApp, text: string): CallbackRead {
  const read = v.safeParse(Event, parseXml(text));
  // Members open the application, or write to it: nothing is to be done.
  if (!read.success) return reply("");
  const { AgentID, EventKey, FromUserName, ResponseCode, ToUserName } = read.output.xml;
  if (ToUserName !== corpid || AgentID !== String(agentid)) {
    return refused(403, "is about another application");
  }
  const answer = readAct(EventKey);
  if (answer === undefined) return refused(400, "tells of a button that is none of ours");
  return {
    kind: "answer",
    answer: { from: FromUserName, ...answer, handle: null },
    reply: () => ({ status: 200, type: "text/plain; charset=utf-8", text: "" }),
    after: (result, at) => after(FromUserName, ResponseCode, result, at),
  };
}

const PARSER = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: false,
  htmlEntities: false,
  trimValues: true,
});

/** Undefined: it is none, or has a DTD, which WeCom never sends. */
function parseXml(text: string): unknown {
  if (/<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST)/i.test(text)) return undefined;
  try {
    return PARSER.parse(text, true);
  } catch {
    return undefined;
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
