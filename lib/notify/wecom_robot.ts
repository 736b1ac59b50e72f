/**
 * Messages of a robot in a WeCom group, by the address that WeCom gives it
 * (developer.work.weixin.qq.com/document/path/91770). Cards cannot mention anybody, so what is for somebody
 * is a text.
 */
import * as v from "valibot";
import { type Answered, channelType, jsonBody, type VendorAnswer } from "./channel.ts";
import { apiUrl, matching } from "./settings.ts";
import { noticeCard } from "./wecom_card.ts";
import { refusalOf, ROBOT } from "./wecom_codes.ts";
import { isMember, memberKey } from "./wecom_member.ts";
import { textOf } from "./wecom_text.ts";

const MAX_TEXT = 2_048;

export const wecomRobot = channelType({
  type: "wecom_robot",
  reach: "group",
  answers: false,
  language: "zh-CN",
  settings: {
    key: matching(
      /^[A-Za-z0-9-]{1,128}$/,
      "what stands behind key= in the robot's address",
    ),
    url: v.optional(apiUrl, "https://qyapi.weixin.qq.com"),
  },
  secrets: ["key"],
  isContact: isMember,
  contactKey: memberKey,
  contact: "the account of a member, who is mentioned",
  open({ key, url }) {
    return {
      via: "http",
      send: (letter, to) => ({
        method: "POST",
        url: `${url}/cgi-bin/webhook/send?${new URLSearchParams({ key })}`,
        body: jsonBody(
          letter.kind === "request" && letter.link !== null && to === ""
            ? { msgtype: "template_card", template_card: noticeCard(letter, letter.link.url) }
            : {
              msgtype: "text",
              text: {
                content: textOf(letter, MAX_TEXT),
                ...(to === "" ? {} : { mentioned_list: [to] }),
              },
            },
        ),
      }),
      sent: readSent,
    };
  },
});

function readSent(answer: VendorAnswer): Answered {
  return refusalOf(answer, ROBOT) ?? { ok: true, handle: null };
}
