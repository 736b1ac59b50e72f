/** What a person reads who asks for a grant: `gatehouse preauth`. */
import { duration } from "./duration.ts";
import { chooseLanguage, type Language } from "./language.ts";

export interface PreauthMessages {
  /** @param ms for how long, in milliseconds */
  readonly title: (ms: number, commands: "any" | "transfer") => string;
  /** @param key its fingerprint @param until a time in the text */
  readonly granted: (
    grant: { source: string; key: string; until: string; commands: "any" | "transfer" },
  ) => string;
  readonly askAgain: string;
  readonly notGranted: string;
  readonly notGrantedHint: string;
  /** @param detail what the server says, in English */
  readonly notAllowed: (detail: string) => string;
  readonly tryShorter: string;
  readonly noServer: string;
  readonly noServerHint: string;
  readonly noSession: string;
  readonly noSessionHint: string;
  readonly keyUnknown: string;
  readonly keyUnknownHint: string;
  readonly noKey: string;
  readonly noKeyHint: string;
}

const en: PreauthMessages = {
  title: (ms, commands) =>
    `Approve on your phone: ${whatEn(commands)} from here, for ${duration(ms, "en")}, ` +
    "without a question",
  granted: ({ source, key, until, commands }) =>
    `until ${until}: ${whatEn(commands)} from ${source} with the key ${key} need no approval`,
  askAgain: "run it again for a new link",
  notGranted: "no grant was given, so each login is asked about as before",
  notGrantedHint: "whoever approves chooses for how long",
  notAllowed: (detail) => `the server does not allow it: ${detail}`,
  tryShorter: "take a shorter time, such as --for 10m, or ask your administrator",
  noServer: "this host has no approval server",
  noServerHint: "codes are its factor, and each of them counts once",
  noSession: "this is no ssh session, so it cannot be told where you log in from",
  noSessionHint: "run it where you have logged in, as yourself: sudo and su hide that",
  keyUnknown: "sshd does not tell with which key you have logged in",
  keyUnknownHint: "an administrator can change that: ExposeAuthInfo yes, in sshd_config",
  noKey: "you have logged in without an SSH key, and only logins with one can be told apart",
  noKeyHint: "log in with a key and run it there",
};

const whatEn = (commands: "any" | "transfer") =>
  commands === "any" ? "logins" : "rsync, scp, sftp and git";

const zhCN: PreauthMessages = {
  title: (ms, commands) =>
    `请在手机上批准：${duration(ms, "zh-CN")}内，来自此处的${whatZh(commands)}无需再确认`,
  granted: ({ source, key, until, commands }) =>
    `在 ${until} 之前，来自 ${source}、使用密钥 ${key} 的${whatZh(commands)}无需批准`,
  askAgain: "请重新运行以获取新链接",
  notGranted: "未授予免批准时段，每次登录仍需批准",
  notGrantedHint: "时长由批准者选择",
  notAllowed: (detail) => `服务器不允许：${detail}`,
  tryShorter: "请缩短时间，例如 --for 10m，或联系您的管理员",
  noServer: "此主机没有批准服务器",
  noServerHint: "此主机仅使用验证码，每个验证码只能使用一次",
  noSession: "当前不是 ssh 会话，无法得知您从何处登录",
  noSessionHint: "请以本人身份在登录后的会话中运行：sudo 和 su 会隐藏来源",
  keyUnknown: "sshd 未告知您登录时使用的密钥",
  keyUnknownHint: "管理员可在 sshd_config 中设置：ExposeAuthInfo yes",
  noKey: "您登录时未使用 SSH 密钥，而只有使用密钥的登录才能彼此区分",
  noKeyHint: "请使用密钥登录后再运行",
};

const whatZh = (commands: "any" | "transfer") =>
  commands === "any" ? "登录" : " rsync、scp、sftp 和 git ";

/** @param locale as chooseLanguage()'s */
export function preauthMessages(
  setting: "auto" | Language,
  locale: string | undefined,
): PreauthMessages {
  return chooseLanguage(setting, locale) === "zh-CN" ? zhCN : en;
}
