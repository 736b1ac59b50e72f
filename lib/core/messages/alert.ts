/** What administrators are told at once. */
import type { EmergencyNotification, EmergencySummary } from "../notification.ts";
import { localTime } from "../time.ts";
import { loginLines, type MessageStyle } from "./login_lines.ts";

interface Words {
  readonly head: (host: string) => string;
  readonly more: (count: number, host: string, since: string) => string;
  readonly record: string;
  readonly notYou: string;
}

const en: Words = {
  head: (host) => `The emergency code of ${host} was used to log in`,
  more: (count, host, since) =>
    `${count} more ${count === 1 ? "use" : "uses"} of the emergency code at ${host} since ${since}`,
  record: "Accounts and addresses: gatehouse audit show, at the server",
  notYou:
    "If it was none of you: somebody knows the code. End the session, look at what was done, and " +
    "set a new code there: gatehouse emergency set",
};

const zhCN: Words = {
  head: (host) => `有人使用 ${host} 的应急码登录`,
  more: (count, host, since) => `自 ${since} 起，${host} 的应急码又被使用 ${count} 次`,
  record: "账号与来源：请在服务器上执行 gatehouse audit show",
  notYou:
    "如果不是您或其他管理员所为：应急码已泄露。请结束该会话，检查其操作，并在该主机上重新设置：gatehouse emergency set",
};

/** Plain text of several lines. */
export function emergencyMessage(facts: EmergencyNotification, style: MessageStyle): string {
  const words = style.language === "zh-CN" ? zhCN : en;
  const head = words.head(style.clean(facts.host, 64));
  return [head, ...loginLines(facts, style), words.notYou].join("\n");
}

/** The same for those of which no message was sent. */
export function emergencySummary(facts: EmergencySummary, style: MessageStyle): string {
  const words = style.language === "zh-CN" ? zhCN : en;
  const since = localTime(facts.since, style.timeZone);
  const head = words.more(facts.count, style.clean(facts.host, 64), since);
  return [head, words.record, words.notYou].join("\n");
}
