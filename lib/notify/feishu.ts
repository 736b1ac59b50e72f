/**
 * Messages of an app's bot in Feishu or Lark to one person at a time. Documented at open.feishu.cn/document/
 * ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/tenant_access_token_internal (token) and /document/uAjLw4CM/
 * ukTMukTMukTM/reference/im-v1/message/ create and patch (messages).
 */
import * as v from "valibot";
import type { Letter } from "../core/letter.ts";
import {
  type Answered,
  channelType,
  type HttpDialect,
  jsonBody,
  type TokenAnswer,
  type VendorAnswer,
  type VendorRequest,
} from "./channel.ts";
import { feishuCallback, type FeishuSecrets } from "./feishu_callback.ts";
import { cardOf, type OperatorId } from "./feishu_card.ts";
import { APP, refusalOf } from "./feishu_codes.ts";
import { apiUrl, matching, neededForButtons, secret } from "./settings.ts";

/** In bytes: 30 KB with what is around it, in which it is text, so that its quotes take two. */
const MAX_CARD = 20_000;

interface FeishuApp {
  /** Without a final slash. */
  readonly url: string;
  readonly app_id: string;
  readonly app_secret: string;
}

export const feishu = channelType({
  type: "feishu",
  reach: "person",
  answers: true,
  language: "zh-CN",
  settings: {
    app_id: matching(/^cli_[A-Za-z0-9]{1,64}$/, "the App ID, which begins with cli_"),
    app_secret: secret,
    /** Of what Feishu sends to us. */
    verification_token: v.optional(secret),
    encrypt_key: v.optional(secret),
    url: v.optional(apiUrl, "https://open.feishu.cn"),
  },
  secrets: ["app_secret", "verification_token", "encrypt_key"],
  faults: (settings) =>
    settings.buttons === true
      ? neededForButtons(settings, "verification_token", "encrypt_key")
      : {},
  isContact: (text) => idTypeOf(text) !== undefined,
  contact: "the open_id for this app (ou_…), the user_id or the mail address of a person; with a " +
    "mail address there are no buttons",
  open({ encrypt_key, verification_token, ...app }, { buttons }) {
    return dialect(
      app,
      buttons && encrypt_key !== undefined && verification_token !== undefined
        ? { encryptKey: encrypt_key, verificationToken: verification_token }
        : undefined,
    );
  },
});

/** As `receive_id_type`; undefined: it is none, or names a chat (oc_…). */
function idTypeOf(contact: string): OperatorId | "email" | undefined {
  if (/^ou_[A-Za-z0-9]{8,61}$/.test(contact)) return "open_id";
  if (/^(?!(ou|on|oc|om)_)[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(contact)) return "user_id";
  return contact.length <= 128 &&
      /^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(contact)
    ? "email"
    : undefined;
}

function dialect(app: FeishuApp, secrets: FeishuSecrets | undefined): HttpDialect {
  const card = (letter: Letter, by: OperatorId | null) =>
    cardOf(letter, { asks: by, mention: "", max: MAX_CARD });
  const content = (letter: Letter, to: string) => {
    const type = idTypeOf(to);
    // Who answers is not told by mail address.
    const asks = secrets === undefined || type === undefined || type === "email" ? null : type;
    return JSON.stringify(card(letter, asks));
  };
  const authorized = (token: string) => ({ authorization: `Bearer ${token}` });
  return {
    via: "http",
    token: { request: () => tokenRequest(app), read: readToken },
    send: (letter, to, { id, token }) => ({
      method: "POST",
      url: `${app.url}/open-apis/im/v1/messages?receive_id_type=${idTypeOf(to) ?? "open_id"}`,
      headers: authorized(token),
      body: jsonBody({
        receive_id: to,
        msg_type: "interactive",
        content: content(letter, to),
        // The same within an hour is one message.
        uuid: id,
      }),
    }),
    sent,
    update: (letter, to, handle, { token }) => ({
      method: "PATCH",
      url: `${app.url}/open-apis/im/v1/messages/${encodeURIComponent(handle)}`,
      headers: authorized(token),
      body: jsonBody({ content: content(letter, to) }),
    }),
    ...(secrets === undefined
      ? {}
      : { callback: feishuCallback({ ...secrets, appId: app.app_id, card }) }),
  };
}

function tokenRequest({ app_id, app_secret, url }: FeishuApp): VendorRequest {
  return {
    method: "POST",
    url: `${url}/open-apis/auth/v3/tenant_access_token/internal`,
    body: jsonBody({ app_id, app_secret }),
  };
}

const Token = v.object({
  tenant_access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,4096}$/)),
  expire: v.pipe(v.number(), v.minValue(1), v.maxValue(86_400)),
});

function readToken(answer: VendorAnswer): TokenAnswer {
  const refusal = refusalOf(answer, APP);
  if (refusal !== undefined) return refusal;
  const token = v.safeParse(Token, answer.json);
  if (!token.success) return APP.unusable(answer);
  const { expire, tenant_access_token } = token.output;
  return { ok: true, token: tenant_access_token, validMs: expire * 1000 };
}

const Sent = v.object({
  data: v.object({
    message_id: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,128}$/))),
  }),
});

/** What changes a message is answered without its id. */
function sent(answer: VendorAnswer): Answered {
  const refusal = refusalOf(answer, APP);
  if (refusal !== undefined) return refusal;
  const result = v.safeParse(Sent, answer.json);
  return result.success
    ? { ok: true, handle: result.output.data.message_id ?? null }
    : APP.unusable(answer);
}
