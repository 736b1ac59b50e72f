/** What a message to a person's phone says of the login that it is about. */
import { type Fact, foreign, type Line } from "../letter.ts";
import type { LoginFacts } from "../notification.ts";
import { localTime } from "../time.ts";
import type { Language } from "./language.ts";

/** In whose language and time zone (IANA name) people read it. */
export interface Reader {
  readonly language: Language;
  readonly timeZone: string;
}

const en = {
  account: "Account",
  host: "Host",
  service: "Service",
  source: "From",
  requester: "Asked by",
  command: "Command",
  part: "Command, in part",
  time: "Time",
};

const zhCN: typeof en = {
  account: "账号",
  host: "主机",
  service: "服务",
  source: "来源",
  requester: "请求者",
  command: "命令",
  part: "命令（部分）",
  time: "时间",
};

/** More than a phone shows at a glance; all of it is on the page. */
const COMMAND = 160;

export function loginFacts(
  { user, host, service, source, requester, at }: LoginFacts,
  { language, timeZone }: Reader,
  command: { readonly text: string; readonly whole: boolean } | null = null,
): Fact[] {
  const words = language === "zh-CN" ? zhCN : en;
  const fact = (label: string, value: Line) => ({ label, value });
  return [
    fact(words.account, [foreign(user, 64)]),
    fact(words.host, [foreign(host, 64)]),
    fact(words.service, [foreign(service, 32)]),
    fact(words.source, [foreign(source, 64)]),
    ...(requester === null ? [] : [fact(words.requester, [foreign(requester, 64)])]),
    ...(command === null ? [] : [
      fact(
        command.whole && [...command.text].length <= COMMAND ? words.command : words.part,
        [foreign(command.text, COMMAND)],
      ),
    ]),
    fact(words.time, [localTime(at, timeZone)]),
  ];
}
