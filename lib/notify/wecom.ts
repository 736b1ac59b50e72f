/**
 * Messages of a WeCom application to one member at a time. Documented at developer.work.weixin.qq.com/
 * document/path/ 91039 (token), 90236 (messages), 94888 (changing cards), 90372 and 90376 (cards and what
 * becomes of their buttons).
 *
 * A number that is to be typed is typed on the page: cards have no field for text, the one with several
 * lists (`multiple_interaction`) has room for neither the facts nor a button that denies, and its lists begin
 * with the first number chosen.
 */
import * as v from "valibot";
import type { Letter } from "../core/letter.ts";
import { printable } from "../core/text.ts";
import {
  type Answered,
  channelType,
  type HttpDialect,
  jsonBody,
  type Moment,
  type TokenAnswer,
  type VendorAnswer,
  type VendorRequest,
} from "./channel.ts";
import { apiUrl, matching, neededForButtons, secret } from "./settings.ts";
import { type CallbackSecrets, wecomCallback } from "./wecom_callback.ts";
import { buttonCard, textCard } from "./wecom_card.ts";
import { isMember, memberKey } from "./wecom_member.ts";
import { APP, refusalOf } from "./wecom_codes.ts";
import { TEXT, textOf, titleOf } from "./wecom_text.ts";

const MAX_TEXT = 2_048;
/** Characters, of three bytes each at most. */
const MAX_RESULT = 500;
/** Columns of the one grey button that a card has in the end; WeCom names no limit. */
const MAX_OUTCOME = 64;

interface WecomApp {
  /** Without a final slash. */
  readonly url: string;
  readonly corpid: string;
  readonly secret: string;
  readonly agentid: number;
}

export const wecom = channelType({
  type: "wecom",
  reach: "person",
  answers: true,
  language: "zh-CN",
  settings: {
    corpid: matching(
      /^[A-Za-z0-9_-]{1,64}$/,
      'the enterprise\'s id, such as "ww0123456789abcdef"',
    ),
    agentid: v.pipe(
      v.number("must be a number"),
      v.integer("must be a whole number"),
      v.minValue(1, "must be at least 1"),
      v.maxValue(2_147_483_647, "must be 2147483647 at most"),
    ),
    secret,
    /** Of the messages that WeCom sends to us. */
    token: v.optional(matching(/^[A-Za-z0-9]{1,32}$/, "1 to 32 letters and digits")),
    aes_key: v.optional(matching(/^[A-Za-z0-9]{43}$/, "43 letters and digits")),
    url: v.optional(apiUrl, "https://qyapi.weixin.qq.com"),
  },
  secrets: ["secret", "token", "aes_key"],
  faults(settings) {
    const missing = neededForButtons(settings, "token", "aes_key");
    // One of them alone is of no use.
    return settings.buttons === true || Object.keys(missing).length === 1 ? missing : {};
  },
  isContact: isMember,
  contactKey: memberKey,
  contact: "the account of a member",
  open({ token, aes_key, ...app }, { buttons }) {
    const secrets = buttons && token !== undefined && aes_key !== undefined
      ? { token, aesKey: aes_key }
      : undefined;
    return dialect(app, secrets);
  },
});

function dialect(app: WecomApp, secrets: CallbackSecrets | undefined): HttpDialect {
  return {
    via: "http",
    token: { request: () => tokenRequest(app), read: readToken },
    send: (letter, to, at) =>
      post(app, "send", at, {
        touser: to,
        agentid: app.agentid,
        ...message(letter, at, secrets !== undefined),
      }),
    sent: readSent,
    update: (letter, to, handle, at) =>
      post(
        app,
        "update_template_card",
        at,
        outcome(app, to, handle, titleOf(letter, MAX_OUTCOME)),
      ),
    ...(secrets === undefined ? {} : {
      callback: wecomCallback({
        ...app,
        ...secrets,
        after: (from, code, { letter, text }, at) =>
          letter === null
            ? post(app, "send", at, {
              touser: from,
              agentid: app.agentid,
              msgtype: "text",
              text: { content: TEXT.foreign(printable(text, MAX_RESULT)) },
            })
            : post(
              app,
              "update_template_card",
              at,
              outcome(app, from, code, titleOf(letter, MAX_OUTCOME)),
            ),
      }),
    }),
  };
}

function message(letter: Letter, at: Moment, answers: boolean) {
  const { buttons, kind, link, ticket } = letter;
  if (kind !== "request" || link === null) {
    return { msgtype: "text", text: { content: textOf(letter, MAX_TEXT) } };
  }
  if (!answers || ticket === null || buttons.length === 0) {
    return { msgtype: "textcard", textcard: textCard(letter, link.url) };
  }
  const card = buttonCard(letter, ticket, `${ticket}_${at.id}`, link.url);
  return { msgtype: "template_card", template_card: card };
}

/** In place of all buttons a grey one that says so. @param code good once, for 72 hours (path/94888) */
function outcome({ agentid }: WecomApp, to: string, code: string, text: string) {
  return { userids: [to], agentid, response_code: code, button: { replace_name: text } };
}

function post({ url }: WecomApp, what: string, at: Moment, body: unknown): VendorRequest {
  const query = new URLSearchParams({ access_token: at.token });
  return { method: "POST", url: `${url}/cgi-bin/message/${what}?${query}`, body: jsonBody(body) };
}

function tokenRequest({ url, corpid, secret }: WecomApp): VendorRequest {
  const query = new URLSearchParams({ corpid, corpsecret: secret });
  return { method: "GET", url: `${url}/cgi-bin/gettoken?${query}` };
}

const Token = v.object({
  access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,512}$/)),
  expires_in: v.pipe(v.number(), v.minValue(1), v.maxValue(86_400)),
});

function readToken(answer: VendorAnswer): TokenAnswer {
  const fault = refusalOf(answer, APP);
  if (fault !== undefined) return { ...fault, mayArrive: false };
  const token = v.safeParse(Token, answer.json);
  if (!token.success) return { ...APP.unusable(answer), mayArrive: false };
  const { access_token, expires_in } = token.output;
  return { ok: true, token: access_token, validMs: expires_in * 1000 };
}

/** Names: with "|" between them, or, of a card that was changed, a list. */
const Names = v.optional(
  v.union([v.string(), v.pipe(v.array(v.string()), v.transform((names) => names.join("|")))]),
  "",
);
const Sent = v.object({
  invaliduser: Names,
  unlicenseduser: Names,
  response_code: v.optional(v.string()),
});

function readSent(answer: VendorAnswer): Answered {
  const fault = refusalOf(answer, APP);
  if (fault !== undefined) return fault;
  const sent = v.safeParse(Sent, answer.json);
  if (!sent.success) return APP.unusable(answer);
  const { invaliduser, response_code, unlicenseduser } = sent.output;
  // There is one recipient, so whoever is named here is it: nothing has arrived.
  if (invaliduser !== "") return APP.refuse("recipient", "knows no such user (invaliduser)");
  if (unlicenseduser !== "") {
    return APP.refuse("recipient", "has no licence for the user (unlicenseduser)");
  }
  return { ok: true, handle: response_code ?? null };
}
