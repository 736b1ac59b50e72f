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
  /** Others have the same contact of a channel where requests are answered. @param names of them */
  readonly shared: (names: string) => string;
}

const EN: WayMessages = {
  sorts: { request: "requests", pin: "codes", alert: "alerts" },
  and: ", ",
  noChannel: "not set up at this server",
  noContact: "not a contact of this channel",
  shared: (names) =>
    `${names} too: an answer in the chat counts for nobody while several people have this contact`,
};

const ZH_CN: WayMessages = {
  sorts: { request: "登录请求", pin: "验证码", alert: "警报" },
  and: "、",
  noChannel: "本服务器未设置该渠道",
  noContact: "不是该渠道的联系方式",
  shared: (names) => `${names} 也使用此联系方式：多人共用期间，聊天中的回复对任何人都不算数`,
};

export function wayMessages(language: Language): WayMessages {
  return language === "zh-CN" ? ZH_CN : EN;
}
