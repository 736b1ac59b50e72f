/** Requests, PINs and tests in Chinese. */
import { line } from "../letter.ts";
import type { LetterWords } from "./letter_words.ts";

const OTHERS = {
  choose: "请向对方询问，并选择其终端上显示的数字。",
  type: "近期有多次请求被拒绝，因此需要手动输入对方终端上显示的数字。",
  freeze: "可疑：冻结此账号",
  reflex: "如果不确定对方是否正在登录：请先询问，否则拒绝。",
};

export const zhCN: LetterWords = {
  request: (user, host) => line`以 ${user} 登录 ${host}，是否批准？`,
  requestBy: (who, user, host) =>
    who === null
      ? line`有人请求以 ${user} 登录 ${host}，您批准吗？`
      : line`${who} 请求以 ${user} 登录 ${host}，您批准吗？`,
  requestOf: (user, host) => line`${user} 请求登录 ${host}，您批准吗？`,
  waits: (user, host) => line`以 ${user} 登录 ${host} 的请求等待批准`,
  ahead: (user, host, duration) => line`允许 ${user} 在接下来的 ${duration}内登录 ${host}？`,
  connections: "连接数",
  until: "有效至",
  to: {
    self: {
      choose: "请选择终端上显示的数字。",
      type: "近期有多次请求被拒绝，因此需要手动输入终端上显示的数字。",
      freeze: "不是我",
      reflex: "如果您此刻没有在登录：请拒绝。",
    },
    other: OTHERS,
    group: {
      ...OTHERS,
      reflex: "由登录者本人或负责该账号的人处理。如果无人知情：请拒绝。",
    },
  },
  typePrompt: "终端上的数字",
  open: "请打开页面批准或拒绝。",
  two: "该账号需要两人批准。",
  first: (name) => line`${name} 已批准，还需要另一人批准。`,
  escalated: "此前无人处理，因此也通知您。",
  answersFor: "您负责该账号，因此收到此请求。",
  link: "打开页面",
  approve: "批准",
  deny: "拒绝",
  ended: {
    approved: (user, host) => line`已批准：${user}，主机 ${host}`,
    denied: (user, host) => line`已拒绝：${user}，主机 ${host}`,
    not_me: (user, host) => line`已拒绝，并已冻结账号：${user}，主机 ${host}`,
    wrong_number: (user, host) => line`数字错误，已拒绝：${user}，主机 ${host}`,
    expired: (user, host) => line`超时未处理：${user}，主机 ${host}`,
    cancelled: (user, host) => line`已不再需要：${user}，主机 ${host}`,
  },
  reportedByLink: (user, host) => line`已拒绝，被报告为“不是我”：${user}，主机 ${host}`,
  by: "操作者",
  decided: "处理时间",
  pin: (pin) => line`${pin} 是您的登录验证码`,
  pinValid: (duration) => `${duration}内有效，仅限本次登录。`,
  pinNotYou:
    "如果不是您本人：有人掌握了您的密码或密钥。请勿将验证码告诉任何人，立即更换密码或密钥，并通知管理员。",
  test: (channel) => line`gatehouse 可以通过 ${channel} 通知您`,
  testNote: "这是一条测试消息，无需处理。",
  time: "时间",
  hours: "小时",
  minutes: "分钟",
  seconds: "秒",
};
