/** What the message with a PIN says. */
import type { PinNotification } from "../notification.ts";
import { loginLines, type MessageStyle } from "./login_lines.ts";

interface Words {
  readonly head: (pin: string) => string;
  readonly valid: (validMs: number) => string;
  readonly notYou: string;
}

const en: Words = {
  // First the PIN: some settings of some channels show the first 20 bytes alone.
  head: (pin) => `${pin} is your code to log in`,
  valid: (ms) => `Valid for ${duration(ms, "min", "s")}, for this login only.`,
  notYou:
    "If this is not you: somebody has your password or key. Give the code to nobody, change " +
    "the password or key, and tell your administrator.",
};

const zhCN: Words = {
  head: (pin) => `${pin} 是您的登录验证码`,
  valid: (ms) => `${duration(ms, "分钟", "秒")}内有效，仅限本次登录。`,
  notYou:
    "如果不是您本人：有人掌握了您的密码或密钥。请勿将验证码告诉任何人，立即更换密码或密钥，并通知管理员。",
};

/** Plain text of several lines, at most some 300 characters and as many more as `clean` adds. */
export function pinMessage(notification: PinNotification, style: MessageStyle): string {
  const words = style.language === "zh-CN" ? zhCN : en;
  return [
    words.head(notification.pin),
    ...loginLines(notification, style),
    words.valid(notification.validMs),
    words.notYou,
  ].join("\n");
}

/** In minutes where they are whole. */
function duration(ms: number, minutes: string, seconds: string): string {
  const s = Math.round(ms / 1000);
  return s % 60 === 0 ? `${s / 60} ${minutes}` : `${s} ${seconds}`;
}
