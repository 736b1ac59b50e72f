/**
 * Messages of a custom bot in a group of Feishu or Lark, by the address that it is given
 * (open.feishu.cn/document/client-docs/bot-v3/add-custom-bot).
 */
import * as v from "valibot";
import { type Answered, channelType, jsonBody, type VendorAnswer } from "./channel.ts";
import { cardOf } from "./feishu_card.ts";
import { refusalOf, ROBOT } from "./feishu_codes.ts";
import { hmacBase64 } from "./hmac_base64.ts";
import { apiUrl, matching, secret } from "./settings.ts";

/** In bytes; of the whole body 20 KB. */
const MAX_CARD = 20_000 - 300;

export const feishuRobot = channelType({
  type: "feishu_robot",
  reach: "group",
  answers: false,
  language: "zh-CN",
  settings: {
    hook: matching(
      /^[A-Za-z0-9-]{1,128}$/,
      "the end of the bot's webhook address, what follows /hook/",
    ),
    /** Where the bot's settings ask for a signature. */
    secret: v.optional(secret),
    url: v.optional(apiUrl, "https://open.feishu.cn"),
  },
  secrets: ["hook", "secret"],
  // "all" would mention everybody.
  isContact: (text) => /^[A-Za-z0-9_-]{1,64}$/.test(text) && text.toLowerCase() !== "all",
  contact: "the open_id or user_id of a member of the group, who is mentioned",
  open({ hook, secret, url }) {
    return {
      via: "http",
      send: (letter, to, { now }) => ({
        method: "POST",
        url: `${url}/open-apis/bot/v2/hook/${hook}`,
        body: jsonBody({
          ...(secret === undefined ? {} : signed(secret, now)),
          msg_type: "interactive",
          card: cardOf(letter, { asks: null, mention: to, max: MAX_CARD }),
        }),
      }),
      sent,
    };
  },
});

/** Of nothing, by a key that has all in it; good for an hour. */
function signed(secret: string, now: number) {
  const timestamp = String(Math.floor(now / 1000));
  return { timestamp, sign: hmacBase64(`${timestamp}\n${secret}`, "") };
}

function sent(answer: VendorAnswer): Answered {
  return refusalOf(answer, ROBOT) ?? { ok: true, handle: null };
}
