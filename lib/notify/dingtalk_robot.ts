/**
 * Messages of a robot in a DingTalk group, by the address that DingTalk gives it
 * (open.dingtalk.com/document/robots/custom-robot-access). Cards call nobody, so what is for somebody is a
 * text.
 */
import * as v from "valibot";
import type { Letter } from "../core/letter.ts";
import { type Answered, channelType, jsonBody, type VendorAnswer } from "./channel.ts";
import { refusalOf, ROBOT } from "./dingtalk_codes.ts";
import { linkCard, textOf } from "./dingtalk_text.ts";
import { hmacBase64 } from "./hmac_base64.ts";
import { apiUrl, matching } from "./settings.ts";

/** Of China, or with the country in front as DingTalk writes it; no userid looks like either. */
const MOBILE = /^(1[3-9][0-9]{9}|\+[0-9]{1,4}-[0-9]{5,15})$/;
/** Its alphabet keeps out whatever could be more than one. */
const USERID = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

export const dingtalkRobot = channelType({
  type: "dingtalk_robot",
  reach: "group",
  answers: false,
  language: "zh-CN",
  settings: {
    access_token: matching(
      /^[A-Za-z0-9]{1,128}$/,
      "what stands behind access_token= in the robot's address",
    ),
    /** Where the robot's security settings ask for a signature. */
    secret: v.optional(
      matching(/^SEC[A-Za-z0-9]{1,128}$/, "the robot's secret for signing, which begins with SEC"),
    ),
    url: v.optional(apiUrl, "https://oapi.dingtalk.com"),
  },
  secrets: ["access_token", "secret"],
  isContact: (text) => MOBILE.test(text) || USERID.test(text),
  contact: "the mobile number or userid of a member of the group, who is mentioned",
  open({ access_token, secret, url }) {
    return {
      via: "http",
      send: (letter, to, { now }) => ({
        method: "POST",
        url: `${url}/robot/send?${new URLSearchParams({
          access_token,
          ...(secret === undefined ? {} : signed(secret, now)),
        })}`,
        body: jsonBody(messageOf(letter, to)),
      }),
      sent,
    };
  },
});

/** Good for an hour (open.dingtalk.com/document/robots/customize-robot-security-settings). */
function signed(secret: string, now: number) {
  const timestamp = String(now);
  return { timestamp, sign: hmacBase64(secret, `${timestamp}\n${secret}`) };
}

function messageOf(letter: Letter, to: string) {
  const card = to === "" ? linkCard(letter) : undefined;
  if (card !== undefined) {
    const { link, markdown, title } = card;
    return {
      msgtype: "actionCard",
      actionCard: { title, text: markdown, singleTitle: link.text, singleURL: link.url },
    };
  }
  const content = textOf(letter);
  if (to === "") return { msgtype: "text", text: { content } };
  // Who is called has to be in the text as well, where the name takes its place.
  return {
    msgtype: "text",
    text: { content: `${content}\n@${to}` },
    at: MOBILE.test(to) ? { atMobiles: [to] } : { atUserIds: [to] },
  };
}

function sent(answer: VendorAnswer): Answered {
  return refusalOf(answer, ROBOT) ?? { ok: true, handle: null };
}
