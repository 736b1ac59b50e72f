/** The words for how somebody is told, on the pages of persons and administrators. */
import type { MessageSort } from "../../lib/core/notification.ts";
import type { Language } from "./language.ts";

interface WayMessages {
  readonly sorts: Readonly<Record<MessageSort, string>>;
  /** Between several. */
  readonly and: string;
  /** In the place of what it sends. */
  readonly noChannel: string;
  readonly noContact: string;
}

const EN: WayMessages = {
  sorts: { request: "requests", pin: "codes", alert: "alerts" },
  and: ", ",
  noChannel: "not set up at this server",
  noContact: "not a contact of this channel",
};

const ZH_CN: WayMessages = {
  sorts: { request: "登录请求", pin: "验证码", alert: "警报" },
  and: "、",
  noChannel: "本服务器未设置该渠道",
  noContact: "不是该渠道的联系方式",
};

export function wayMessages(language: Language): WayMessages {
  return language === "zh-CN" ? ZH_CN : EN;
}
