/** What a person reads on a terminal of a guarded host, in English and Chinese. */

export interface HostMessages {
  readonly title: string;
  readonly open: string;
  readonly number: string;
  readonly secondsLeft: (seconds: number) => string;
  readonly orTypeCode: string;
  readonly typeCode: string;
  readonly wrongCode: string;
  readonly spentCode: string;
  readonly malformedCode: string;
  readonly limited: (seconds: number) => string;
  readonly serverUnreachable: string;
  readonly serverUnusable: string;
  readonly busy: string;
  readonly denied: string;
  readonly deniedWrongNumber: string;
  readonly deniedNotMe: string;
  readonly nobodyApproved: string;
  readonly connectAgain: string;
  readonly cancelled: string;
  readonly interrupted: string;
  readonly noCodeInTime: string;
  /** One line for a connection without a terminal. */
  readonly approveAt: (url: string, number: string | null, seconds: number) => string;
}

const en: HostMessages = {
  title: "Approve this login on your phone",
  open: "open",
  number: "number",
  secondsLeft: (s) => `waiting, ${s} s left`,
  orTypeCode: "or type a code: ",
  typeCode: "Code from your authenticator app: ",
  wrongCode: "wrong code, try again",
  spentCode: "that code was used already, wait for the next one",
  malformedCode: "a code has six digits, try again",
  limited: (s) => `too many wrong codes, try again in ${s} s`,
  serverUnreachable: "no approval server answers",
  serverUnusable: "the approval server gives no usable answer",
  busy: "the approval server has too many logins of this account or host",
  denied: "the login was denied",
  deniedWrongNumber: "the login was denied: another number was picked than the one shown here",
  deniedNotMe: "the login was denied: the person says it was not them",
  nobodyApproved: "nobody approved in time",
  connectAgain: "connect again for a new link",
  cancelled: "the login was cancelled",
  interrupted: "interrupted",
  noCodeInTime: "no code was typed in time",
  approveAt: (url, number, s) =>
    `approve within ${s} s at ${url}${number === null ? "" : ` with number ${number}`}`,
};

const zhCN: HostMessages = {
  title: "请在手机上批准此次登录",
  open: "打开",
  number: "数字",
  secondsLeft: (s) => `等待中，剩余 ${s} 秒`,
  orTypeCode: "或输入验证码：",
  typeCode: "身份验证器应用中的验证码：",
  wrongCode: "验证码错误，请重试",
  spentCode: "该验证码已使用过，请等待下一个",
  malformedCode: "验证码为六位数字，请重试",
  limited: (s) => `错误次数过多，请在 ${s} 秒后重试`,
  serverUnreachable: "批准服务器无应答",
  serverUnusable: "批准服务器的应答无法使用",
  busy: "该账户或主机的登录请求过多",
  denied: "登录被拒绝",
  deniedWrongNumber: "登录被拒绝：所选数字与此处显示的不同",
  deniedNotMe: "登录被拒绝：对方表示不是本人操作",
  nobodyApproved: "无人在规定时间内批准",
  connectAgain: "请重新连接以获取新链接",
  cancelled: "登录已取消",
  interrupted: "已中断",
  noCodeInTime: "未在规定时间内输入验证码",
  approveAt: (url, number, s) =>
    `请在 ${s} 秒内打开 ${url} 批准${number === null ? "" : `，选择数字 ${number}`}`,
};

/** @param locale what the client sent as LC_ALL, LC_MESSAGES or LANG, for "auto" */
export function hostMessages(
  language: "auto" | "en" | "zh-CN",
  locale: string | undefined,
): HostMessages {
  const chinese = language === "zh-CN" || (language === "auto" && /^zh/i.test(locale ?? ""));
  return chinese ? zhCN : en;
}
