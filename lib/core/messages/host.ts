/** What a person reads on a terminal of a guarded host, in English and Chinese. */
import { chooseLanguage, type Language } from "./language.ts";

export interface HostMessages {
  readonly title: string;
  readonly open: string;
  readonly number: string;
  readonly waiting: (seconds: number) => string;
  /** Follows the line above after a comma, or stands alone. */
  readonly orTypeCode: string;
  readonly comma: string;
  readonly logIn: (account: string, host: string) => string;
  readonly secondsLeft: (seconds: number) => string;
  /** Follows the line above after a full stop, or stands alone. */
  readonly typeCode: string;
  readonly stop: string;
  readonly wrongCode: string;
  /** The same beside an offer: a person may have another app, for the server's pages. */
  readonly wrongHostCode: string;
  readonly spentCode: string;
  readonly malformedCode: string;
  readonly limited: (seconds: number) => string;
  /** A code that came along. @param why one of the four above */
  readonly codeRefused: (why: string) => string;
  readonly sendAnother: string;
  readonly serverUnreachable: string;
  readonly serverUnusable: string;
  readonly busy: string;
  /** The account. @param seconds until it no longer is; undefined: nobody knows */
  readonly quiet: (seconds: number | undefined) => string;
  /** @param seconds undefined: nobody knows */
  readonly tryAgain: (seconds: number | undefined) => string;
  readonly frozen: string;
  readonly denied: string;
  readonly deniedWrongNumber: string;
  readonly deniedNotMe: string;
  readonly nobodyApproved: string;
  readonly connectAgain: string;
  readonly cancelled: string;
  readonly interrupted: string;
  readonly noCodeInTime: string;
  readonly codeNeeded: string;
  readonly codeNeedsTerminal: string;
  readonly notEnrolled: string;
  /** @param what has happened @param details the same more exactly, perhaps in English alone */
  readonly nothingToFallBackTo: (what: string, details: string) => string;
  readonly enrolledByAdministrator: string;
  readonly enrollNeedsTerminal: string;
  readonly notSetUp: string;
  readonly setUpAgain: string;
  /** A code that a server sends. The first two as people know them from elsewhere. */
  readonly timeLimitExceeded: string;
  readonly tooManyFailures: string;
  readonly noCodeCanBeSent: string;
  readonly takesTwoPersons: string;
  readonly askAdministrator: string;
  readonly pinNotDelivered: string;
  readonly tooManyPins: string;
  readonly lastPinsNotDelivered: string;
  readonly pinNeedsTyping: string;
  readonly wrongPin: (triesLeft: number) => string;
  readonly malformedPin: string;
  readonly pinNotChecked: string;
  readonly newPinIn: (seconds: number) => string;
  readonly noNewPin: string;
  /** One line for a connection without a terminal. */
  readonly approveAt: (url: string, number: string | null, seconds: number) => string;
}

const en: HostMessages = {
  title: "Approve this login on your phone",
  open: "open",
  number: "number",
  waiting: (s) => `waiting, ${s} s left`,
  orTypeCode: "or type a code: ",
  comma: ", ",
  logIn: (account, host) => `Log in to ${host} as ${account}`,
  secondsLeft: (s) => `${s} s left`,
  typeCode: "Code from your authenticator app: ",
  stop: ". ",
  wrongCode: "wrong code",
  // "App for hosts", as the page of devices calls it.
  wrongHostCode: "wrong code; was it from your app for hosts?",
  // Not "used already": after a change of secret its step may be spent though it is not.
  spentCode: "that code cannot be used any more, wait for the next one",
  malformedCode: "a code has six digits (a scratch code eight)",
  limited: (s) => `too many tries, try again in ${s} s`,
  codeRefused: (why) => `the code sent along was refused: ${why}`,
  sendAnother: "send another code, or type one where there is a terminal: ssh -t",
  serverUnreachable: "no approval server answers",
  serverUnusable: "the approval server gives no usable answer",
  quiet: (s) =>
    "too many requests of this account were refused, so nobody is asked for " +
    (s === undefined ? "a while" : lasting(s, "min", "s")),
  busy: "the approval server has too many logins of this account or host",
  tryAgain: (s) => s === undefined ? "try again in a minute" : `try again in ${s} s`,
  frozen: "this account is frozen",
  denied: "the login was denied",
  deniedWrongNumber: "the login was denied: another number was picked than the one shown here",
  // By the person, by another one who was asked, or by whoever has the link.
  deniedNotMe: "the login was denied, and reported as suspicious",
  nobodyApproved: "nobody approved in time",
  connectAgain: "connect again for a new link",
  cancelled: "the login was cancelled",
  interrupted: "interrupted",
  noCodeInTime: "no code was typed in time",
  codeNeeded: "a code from the authenticator app is needed",
  codeNeedsTerminal: "a code can be typed where there is a terminal: ssh -t",
  notEnrolled: "this account has no authenticator yet",
  nothingToFallBackTo: (_, details) =>
    `${details}, and this account has no authenticator code to fall back to`,
  enrolledByAdministrator: "an administrator can set one up: gatehouse enroll --user NAME",
  enrollNeedsTerminal: "log in once with a terminal to set one up: ssh -t",
  notSetUp: "the authenticator was not set up",
  setUpAgain: "connect again to begin anew",
  timeLimitExceeded: "Time limit exceeded",
  tooManyFailures: "Too many failures",
  noCodeCanBeSent: "no code can be sent to this account",
  takesTwoPersons: "this account takes two persons, so a code is not enough",
  askAdministrator: "ask your administrator",
  pinNotDelivered: "the code could not be sent",
  tooManyPins: "too many codes were sent lately",
  lastPinsNotDelivered: "no code is sent for now, because the last ones could not be",
  pinNeedsTyping: "a code that is sent must be typed, and nothing can be typed here",
  wrongPin: (left) => `wrong code, ${left} ${left === 1 ? "try" : "tries"} left`,
  malformedPin: "the code has six digits",
  pinNotChecked: "the server does not answer, try that again",
  newPinIn: (s) => `a new code can be sent in ${s} s`,
  noNewPin: "no other code will be sent for this login",
  approveAt: (url, number, s) =>
    `approve within ${s} s at ${url}${number === null ? "" : ` with number ${number}`}`,
};

const zhCN: HostMessages = {
  title: "请在手机上批准此次登录",
  open: "打开",
  number: "数字",
  waiting: (s) => `等待中，剩余 ${s} 秒`,
  orTypeCode: "或输入验证码：",
  comma: "，",
  logIn: (account, host) => `以 ${account} 的身份登录 ${host}`,
  secondsLeft: (s) => `剩余 ${s} 秒`,
  typeCode: "身份验证器应用中的验证码：",
  stop: "。",
  wrongCode: "验证码错误",
  wrongHostCode: "验证码错误；是主机验证码应用中的吗？",
  spentCode: "该验证码已失效，请等待下一个",
  malformedCode: "验证码为六位数字（备用码为八位）",
  limited: (s) => `尝试次数过多，请在 ${s} 秒后重试`,
  codeRefused: (why) => `随连接发送的验证码被拒绝：${why}`,
  sendAnother: "请发送另一个验证码，或使用带终端的连接输入：ssh -t",
  serverUnreachable: "批准服务器无应答",
  serverUnusable: "批准服务器的应答无法使用",
  quiet: (s) =>
    `该账户有过多请求被拒绝，${
      s === undefined ? "一段时间" : lasting(s, "分钟", "秒")
    }内不再通知任何人`,
  busy: "该账户或主机的登录请求过多",
  tryAgain: (s) => s === undefined ? "请一分钟后重试" : `请在 ${s} 秒后重试`,
  frozen: "该账户已被冻结",
  denied: "登录被拒绝",
  deniedWrongNumber: "登录被拒绝：所选数字与此处显示的不同",
  deniedNotMe: "登录被拒绝，并被报告为可疑",
  nobodyApproved: "无人在规定时间内批准",
  connectAgain: "请重新连接以获取新链接",
  cancelled: "登录已取消",
  interrupted: "已中断",
  noCodeInTime: "未在规定时间内输入验证码",
  codeNeeded: "需要身份验证器应用中的验证码",
  codeNeedsTerminal: "请使用带终端的连接输入验证码：ssh -t",
  notEnrolled: "该账户尚未设置身份验证器",
  nothingToFallBackTo: (what) => `${what}，且该账户没有可替代的验证码`,
  enrolledByAdministrator: "管理员可为其设置：gatehouse enroll --user NAME",
  enrollNeedsTerminal: "请使用带终端的连接登录一次以完成设置：ssh -t",
  notSetUp: "身份验证器未设置完成",
  setUpAgain: "请重新连接以重新开始",
  timeLimitExceeded: "已超出时间限制",
  tooManyFailures: "失败次数过多",
  noCodeCanBeSent: "无法向该账户发送验证码",
  takesTwoPersons: "该账户需要两人批准，仅凭验证码无法登录",
  askAdministrator: "请联系您的管理员",
  pinNotDelivered: "验证码发送失败",
  tooManyPins: "近期发送的验证码过多",
  lastPinsNotDelivered: "之前的验证码发送失败，暂不发送新的验证码",
  pinNeedsTyping: "需要输入所发送的验证码，但此处无法输入",
  wrongPin: (left) => `验证码错误，还可尝试 ${left} 次`,
  malformedPin: "验证码为六位数字",
  pinNotChecked: "服务器无应答，请重试",
  newPinIn: (s) => `${s} 秒后可重新发送验证码`,
  noNewPin: "本次登录不再发送新的验证码",
  approveAt: (url, number, s) =>
    `请在 ${s} 秒内打开 ${url} 批准${number === null ? "" : `，选择数字 ${number}`}`,
};

/** In minutes where there are some. */
function lasting(s: number, minutes: string, seconds: string): string {
  return s < 120 ? `${s} ${seconds}` : `${Math.ceil(s / 60)} ${minutes}`;
}

/** @param locale as chooseLanguage()'s */
export function hostMessages(
  setting: "auto" | Language,
  locale: string | undefined,
): HostMessages {
  return chooseLanguage(setting, locale) === "zh-CN" ? zhCN : en;
}
