/** What administrators are told at once. */
import type { EmergencyNotification } from "../notification.ts";
import { loginLines, type MessageStyle } from "./login_lines.ts";

interface Words {
  readonly head: (host: string) => string;
  readonly notYou: string;
}

const en: Words = {
  head: (host) => `The emergency code of ${host} was used to log in`,
  notYou:
    "If it was none of you: somebody knows the code. End the session, look at what was done, and " +
    "set a new code there: gatehouse emergency set",
};

const zhCN: Words = {
  head: (host) => `有人使用 ${host} 的应急码登录`,
  notYou:
    "如果不是您或其他管理员所为：应急码已泄露。请结束该会话，检查其操作，并在该主机上重新设置：gatehouse emergency set",
};

/** Plain text of several lines. */
export function emergencyMessage(facts: EmergencyNotification, style: MessageStyle): string {
  const words = style.language === "zh-CN" ? zhCN : en;
  const head = words.head(style.clean(facts.host, 64));
  return [head, ...loginLines(facts, style), words.notYou].join("\n");
}
