/** What a message to a person's phone says of the login that it is about. */
import type { LoginFacts } from "../notification.ts";
import { localTime } from "../time.ts";
import type { Language } from "./language.ts";

export interface MessageStyle {
  readonly language: Language;
  /** IANA name of the time zone in which people read the time. */
  readonly timeZone: string;
  /** Makes what others chose harmless in the channel's dialect; at most `max` characters stay. */
  readonly clean: (text: string, max: number) => string;
}

interface Words {
  readonly account: string;
  readonly host: string;
  readonly service: string;
  readonly source: string;
  readonly requester: string;
  readonly time: string;
}

const en: Words = {
  account: "Account: ",
  host: "Host: ",
  service: "Service: ",
  source: "From: ",
  requester: "Asked by: ",
  time: "Time: ",
};

const zhCN: Words = {
  account: "账号：",
  host: "主机：",
  service: "服务：",
  source: "来源：",
  requester: "请求者：",
  time: "时间：",
};

export function loginLines(facts: LoginFacts, { language, timeZone, clean }: MessageStyle) {
  const { user, host, service, source, requester, at } = facts;
  const words = language === "zh-CN" ? zhCN : en;
  return [
    `${words.account}${clean(user, 64)}`,
    `${words.host}${clean(host, 64)}`,
    `${words.service}${clean(service, 32)}`,
    `${words.source}${clean(source, 64)}`,
    ...(requester === null ? [] : [`${words.requester}${clean(requester, 64)}`]),
    `${words.time}${localTime(at, timeZone)}`,
  ];
}
