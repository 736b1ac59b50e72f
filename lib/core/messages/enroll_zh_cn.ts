import type { EnrollMessages } from "./enroll.ts";

export const enrollZhCn: EnrollMessages = {
  title: (account, host) => `为 ${host} 上的 ${account} 设置新的身份验证器`,
  willSave: (path, confirmed) => `${confirmed ? "输入正确的验证码之后才会" : "将"}保存到 ${path}`,
  titleAtLogin: (host) => `登录 ${host} 之前，此账户需要设置身份验证器应用`,
  willAskCode: (s) =>
    `请在 ${
      s < 120 ? `${s} 秒` : `${Math.floor(s / 60)} 分钟`
    }内完成；输入第一个正确的验证码后登录即会继续。`,
  scan: "请用身份验证器应用扫描，或在应用中输入密钥：",
  typeIn: "请在身份验证器应用中输入密钥：",
  qrTooLarge: (columns, rows) => `此处放不下二维码：需要 ${columns} 列 ${rows} 行。`,

  secret: "密钥",
  type: "类型",
  account: "账户",
  clock: "时钟",
  timeBased: (seconds) => `基于时间，${seconds} 秒`,
  counterBased: "基于计数器",
  synchronised: (yes) =>
    yes === undefined ? "NTP 状态未知" : yes ? "已由 NTP 同步" : "未由 NTP 同步",

  askCode: "应用显示的验证码：",
  codeRight: "正确。",
  codeMalformed: "验证码为六位数字。",
  codeForeign: "这不是此密钥的验证码。应用显示的是否为另一个账户？",
  codeForeignCounter: "这不是此密钥最初的验证码之一。应用显示的是否为另一个账户？",
  codeOff: (off, time, synchronised) => {
    const what = `这是${span(Math.abs(off))}${off < 0 ? "之前" : "之后"}的验证码。`;
    const clock = `本机时钟为 ${time}`;
    switch (synchronised) {
      case true:
        return `${what}\n${clock}，已由 NTP 同步，所以手机时钟${off < 0 ? "偏慢" : "偏快"}：\n` +
          "请让手机自动设置时间，然后重试。";
      case false:
        return `${what}\n${clock}，未由 NTP 同步：\n请与手机时间比较；如果不对，请告知管理员。`;
      case undefined:
        return `${what}\n${clock}；本机或手机的时钟不准。`;
    }
  },

  askReuse: ["每个验证码只允许使用一次？", "这样别人看到您输入的验证码也无法再用。"],
  askWindow: {
    totp: [
      "接受前后 4 分钟之内的验证码？通常前后 30 秒就够了：",
      "此项适用于无法校准时钟的手机。",
    ],
    hotp: [
      "接受接下来 17 个验证码中的任意一个？通常 3 个就够了：",
      "此项适用于按钮常被误按的令牌。",
    ],
  },
  askRateLimit: ["每 30 秒只允许尝试 3 次？", "这样别人就无法逐个试验证码。"],
  yesOrNo: "请回答 y（是）或 n（否）。",

  sheetTitle: "备用验证码：每个可不用应用登录一次",
  sheetHost: "主机",
  sheetDate: "日期",
  sheetNotes: ["请与手机分开保管。"],

  saved: (path) => `已保存到 ${path}`,
  savedAtLogin: "已保存。今后可用应用的验证码登录此处。",
  nothingSaved: "没有保存任何内容",
  nothingSavedHint: "输入在回答完之前已结束；使用 --yes 则不提问",
  alreadyEnrolled: (account, path) => `${account} 已经设置过（${path}）`,
  alreadyEnrolledHint: "--rotate 无缝更换密钥，--show 再次显示，-f 覆盖",
  cannotWrite: (account, folder) => `${account} 无权写入 ${folder}`,
  cannotWriteHint: "管理员可以：gatehouse enroll --user NAME",
};

function span(seconds: number): string {
  if (seconds < 120) return ` ${seconds} 秒`;
  const rest = seconds % 60;
  if (seconds < 600 && rest !== 0) return ` ${Math.floor(seconds / 60)} 分 ${rest} 秒`;
  return seconds < 7_200
    ? ` ${Math.round(seconds / 60)} 分钟`
    : ` ${Math.round(seconds / 3_600)} 小时`;
}
