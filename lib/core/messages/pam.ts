/** What a person reads at PAM's prompts, beside the words of messages/host.ts. */
import { chooseLanguage, type Language } from "./language.ts";

export interface PamMessages {
  readonly approve: (seconds: number) => string;
  readonly enterOrCode: string;
  readonly enterOnceApproved: string;
  readonly notApprovedYet: (seconds: number) => string;
  readonly logIn: (account: string, host: string, seconds: number) => string;
  /** Scripts wait for the English one, which google-authenticator asks too. */
  readonly code: string;
  /** @param validForS how long the code can be used */
  readonly pinSent: (validForS: number) => string;
  readonly pinOnItsWay: (validForS: number) => string;
  readonly enterForNewPin: (afterS: number) => string;
  readonly enterToGoOn: string;
}

const en: PamMessages = {
  approve: (s) => `Approve this login on your phone within ${s} s`,
  enterOrCode: "Press Enter once approved, or type a code: ",
  enterOnceApproved: "Press Enter once approved: ",
  notApprovedYet: (s) => `not approved yet, ${s} s left`,
  logIn: (account, host, s) => `Log in to ${host} as ${account} within ${s} s`,
  code: "Verification code: ",
  pinSent: (s) => `A code was sent to you; it is valid for ${s} s.`,
  pinOnItsWay: (s) => `A code is on its way to you; it is valid for ${s} s.`,
  enterForNewPin: (s) => `Press Enter for a new code${s > 0 ? ` (after ${s} s)` : ""}.`,
  enterToGoOn: "Press Enter to go on: ",
};

const zhCN: PamMessages = {
  approve: (s) => `请在 ${s} 秒内在手机上批准此次登录`,
  enterOrCode: "批准后请按回车键，或输入验证码：",
  enterOnceApproved: "批准后请按回车键：",
  notApprovedYet: (s) => `尚未批准，剩余 ${s} 秒`,
  logIn: (account, host, s) => `请在 ${s} 秒内以 ${account} 的身份登录 ${host}`,
  code: "验证码：",
  pinSent: (s) => `验证码已发送给您，${s} 秒内有效。`,
  pinOnItsWay: (s) => `验证码正在发送给您，${s} 秒内有效。`,
  enterForNewPin: (s) => `按回车键获取新的验证码${s > 0 ? `（${s} 秒后）` : ""}。`,
  enterToGoOn: "按回车键继续：",
};

/** @param locale as chooseLanguage()'s */
export function pamMessages(setting: "auto" | Language, locale: string | undefined): PamMessages {
  return chooseLanguage(setting, locale) === "zh-CN" ? zhCN : en;
}
