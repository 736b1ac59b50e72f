/**
 * Work notices of a DingTalk application to one person at a time. Documented at open.dingtalk.com/document/
 * orgapp/ obtain-orgapp-token (token), asynchronous-sending-of-enterprise-session-messages (sending) and
 * message-types-and-data-format (what a message may be). The very same text reaches a person once a day;
 * letters say when it was, to the second.
 */
import * as v from "valibot";
import type { Letter } from "../core/letter.ts";
import {
  type Answered,
  channelType,
  jsonBody,
  type TokenAnswer,
  type VendorAnswer,
  type VendorRequest,
} from "./channel.ts";
import { APP, refusalOf } from "./dingtalk_codes.ts";
import { linkCard, textOf } from "./dingtalk_text.ts";
import { fitted, utf8Length } from "./fitted.ts";
import { apiUrl, matching, secret } from "./settings.ts";

/** Of `msg`, in bytes. */
const MAX_MESSAGE = 2_048;
/** Its alphabet keeps out what would reach more than one, "a,b". */
const USERID = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

interface DingtalkApp {
  /** Without a final slash. */
  readonly url: string;
  readonly appkey: string;
  readonly appsecret: string;
}

export const dingtalk = channelType({
  type: "dingtalk",
  reach: "person",
  answers: false,
  language: "zh-CN",
  settings: {
    appkey: matching(/^[A-Za-z0-9_-]{1,64}$/, "the application's Client ID (once AppKey)"),
    appsecret: secret,
    agent_id: v.pipe(
      v.number("must be a number"),
      v.integer("must be a whole number"),
      v.minValue(1, "must be at least 1"),
      v.maxValue(Number.MAX_SAFE_INTEGER, `must be ${Number.MAX_SAFE_INTEGER} at most`),
    ),
    url: v.optional(apiUrl, "https://oapi.dingtalk.com"),
  },
  secrets: ["appsecret"],
  isContact: (text) => USERID.test(text),
  contact: "the userid of a member",
  open({ agent_id, ...app }) {
    return {
      via: "http",
      token: { request: () => tokenRequest(app), read: readToken },
      send: (letter, to, { token }) => ({
        method: "POST",
        url: `${app.url}/topapi/message/corpconversation/asyncsend_v2?${new URLSearchParams({
          access_token: token,
        })}`,
        body: jsonBody({ agent_id, userid_list: to, msg: fitted(letter, messageOf, isMessage) }),
      }),
      sent,
    };
  },
});

function tokenRequest({ appkey, appsecret, url }: DingtalkApp): VendorRequest {
  return { method: "GET", url: `${url}/gettoken?${new URLSearchParams({ appkey, appsecret })}` };
}

const Token = v.object({
  access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,512}$/)),
  expires_in: v.pipe(v.number(), v.minValue(1), v.maxValue(86_400)),
});

function readToken(answer: VendorAnswer): TokenAnswer {
  const refusal = refusalOf(answer, APP);
  if (refusal !== undefined) return refusal;
  const token = v.safeParse(Token, answer.json);
  if (!token.success) return APP.unusable(answer);
  const { access_token, expires_in } = token.output;
  return { ok: true, token: access_token, validMs: expires_in * 1000 };
}

function messageOf(letter: Letter) {
  const card = linkCard(letter);
  if (card === undefined) return { msgtype: "text", text: { content: textOf(letter) } };
  const { link, markdown, title } = card;
  return {
    msgtype: "action_card",
    action_card: { title, markdown, single_title: link.text, single_url: link.url },
  };
}

function isMessage(message: unknown): boolean {
  return utf8Length(JSON.stringify(message)) <= MAX_MESSAGE;
}

function sent(answer: VendorAnswer): Answered {
  const refusal = refusalOf(answer, APP);
  if (refusal !== undefined) return refusal;
  const result = v.safeParse(v.object({ task_id: v.number() }), answer.json);
  return result.success ? { ok: true, handle: null } : APP.unusable(answer);
}
