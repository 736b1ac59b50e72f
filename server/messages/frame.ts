/** The words around every page. */
import type { Language } from "./language.ts";

interface FrameMessages {
  /** The name of the navigation, for screen readers. */
  readonly pages: string;
  readonly logins: string;
  readonly grants: string;
  readonly devices: string;
  readonly administration: string;
  readonly persons: string;
  readonly hosts: string;
  readonly allLogins: string;
  readonly allGrants: string;
  readonly freezes: string;
  readonly channels: string;
  readonly audit: string;
  readonly signedInAs: string;
  readonly signOut: string;
  /** For the keyboard: over the navigation. */
  readonly skip: string;
}

const EN: FrameMessages = {
  pages: "Pages",
  logins: "My logins",
  grants: "Remembered",
  devices: "My devices",
  administration: "Administration",
  persons: "People",
  hosts: "Hosts",
  allLogins: "All logins",
  allGrants: "All remembered",
  freezes: "Frozen",
  channels: "Channels",
  audit: "Audit log",
  signedInAs: "Signed in as",
  signOut: "Sign out",
  skip: "Skip to the content",
};

const ZH_CN: FrameMessages = {
  pages: "页面",
  logins: "我的登录",
  grants: "已记住",
  devices: "我的设备",
  administration: "管理",
  persons: "人员",
  hosts: "主机",
  allLogins: "全部登录",
  allGrants: "全部已记住",
  freezes: "冻结",
  channels: "通知渠道",
  audit: "审计日志",
  signedInAs: "当前用户",
  signOut: "退出",
  skip: "跳到正文",
};

export function frameMessages(language: Language): FrameMessages {
  return language === "zh-CN" ? ZH_CN : EN;
}
