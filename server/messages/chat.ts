/** What people are answered in a chat, in one line. */
import type { Language } from "./language.ts";

/** What keeps a request as it is, beside what the page tells as well. */
interface ChatMessages {
  readonly approved: string;
  /** @param count connections that have asked meanwhile */
  readonly othersWait: (count: number) => string;
  readonly denied: string;
  readonly deniedOnly: string;
  /** @param host undefined: on all */
  readonly frozen: (user: string, host: string | undefined) => string;
  readonly wrongNumber: string;
  readonly secondNeeded: string;
  readonly over: string;
  readonly noNumber: string;
  readonly onPage: string;
  /** To who is not known there, or was never asked about it. */
  readonly stranger: string;
  /** To whose contact is another person's as well. */
  readonly ambiguous: string;
  /** To who has written something. */
  readonly registered: (name: string) => string;
  /** To who replies with something else to what wants a number typed. */
  readonly twoDigits: string;
  readonly unavailable: string;
}

const en: ChatMessages = {
  approved: "Approved.",
  othersWait: (count) =>
    count === 1
      ? "Approved. Another connection has asked and still waits."
      : `Approved. ${count} other connections have asked and still wait.`,
  denied: "Denied.",
  deniedOnly: "Denied. Nothing is frozen; administrators are told.",
  frozen: (user, host) => `Denied, and ${user} is frozen on ${host ?? "all hosts"}.`,
  wrongNumber: "Denied: that is not the number on the terminal.",
  secondNeeded: "You have approved it. One more person has to.",
  over: "This request waits no more.",
  noNumber: "Choose or type the number that the terminal shows. Nothing was decided.",
  onPage: "Open the page to decide this one. Nothing was decided.",
  stranger: "This is not for you to answer. Nothing was decided.",
  ambiguous:
    "Several persons have this contact, so it is nobody's. Nothing was decided. Tell your " +
    "administrator.",
  registered: (name) => `You are registered here as ${name}: requests come to this chat.`,
  twoDigits: "Reply to that message with the two digits on the terminal, and nothing else.",
  unavailable: "It could not be recorded, so nothing was approved. Try again shortly.",
};

const zhCN: ChatMessages = {
  approved: "已批准。",
  othersWait: (count) => `已批准。期间又有 ${count} 个连接发起请求，仍在等待。`,
  denied: "已拒绝。",
  deniedOnly: "已拒绝。账号未冻结，已通知管理员。",
  frozen: (user, host) => `已拒绝，并已冻结 ${user}（${host === undefined ? "所有主机" : host}）。`,
  wrongNumber: "已拒绝：该数字与终端上显示的不一致。",
  secondNeeded: "您已批准，还需要另一位同事批准。",
  over: "该请求已结束。",
  noNumber: "请选择或输入终端上显示的数字。尚未作出任何决定。",
  onPage: "请打开页面处理此请求。尚未作出任何决定。",
  stranger: "您不能答复此请求。未作出任何决定。",
  ambiguous: "有多个用户登记了此联系方式，因此不属于任何人。未作出任何决定，请告知管理员。",
  registered: (name) => `您在这里登记为 ${name}：登录请求会发送到此聊天。`,
  twoDigits: "请回复那条消息，并且只输入终端上显示的两位数字。",
  unavailable: "无法记录，因此未批准。请稍后再试。",
};

export function chatMessages(language: Language): ChatMessages {
  return language === "zh-CN" ? zhCN : en;
}
