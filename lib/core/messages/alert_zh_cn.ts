/** Alerts in Chinese. */
import type { DeviceType } from "../notification.ts";
import { type Foreign, line } from "../letter.ts";
import type { AlertWords } from "./alert.ts";

const at = (host: Foreign | null) => host === null ? line`` : line` ${host} 上`;

const TYPES: Readonly<Record<DeviceType, string>> = {
  passkey: "通行密钥",
  authenticator: "验证器",
  host_codes: "用于主机登录的验证器",
};

export const zhCN: AlertWords = {
  denied: (user, host) => line`以 ${user} 登录 ${host} 的请求已被拒绝`,
  ownNumber: (user, host) => line`您选择的数字不正确，以 ${user} 登录 ${host} 的请求已被拒绝`,
  failOpen: (user, host) => line`${user} 未经第二因素登录了 ${host}`,
  emergency: (host) => line`有人使用 ${host} 的应急码登录`,
  frozen: (user, host) =>
    host === undefined
      ? line`账号 ${user} 已在所有主机上冻结`
      : line`账号 ${user} 已在 ${host} 上冻结`,
  quiet: (user, host, refusals) => line`以 ${user} 登录 ${host} 的请求已有 ${refusals} 次未获批准`,
  notMe: (user, host) => line`持有链接的人报告：以 ${user} 登录 ${host} 的不是本人`,
  newDevice: (person) => line`${person} 新增了一台设备`,
  recovery: (person, left) => line`${person} 的一个恢复码已被使用，剩余 ${left} 个`,
  cloned: (person) => line`${person} 的一个通行密钥被拒绝：它可能已被复制`,
  personFrozen: (person) => line`用户 ${person} 已被冻结，无法登录或审批`,
  hostKey: (host) => line`有人以另一个密钥使用了 ${host} 的加入令牌`,
  by: "操作者",
  reason: "原因",
  reported: "该登录被报告为可疑",
  reasons: {
    denied: "有人拒绝了该登录",
    wrong_number: "数字错误",
    offline: '服务器均无应答，且该主机设置了 offline = "allow"',
    unenrolled: '该账号没有验证器，且该主机设置了 unenrolled = "allow"',
  },
  quietUntil: "在此之前不再发起审批",
  device: "设备",
  deviceOf: (name, type) => line`${name}（${TYPES[type]}）`,
  addedBy: "添加方式",
  added: (byInvitation) => byInvitation ? "邀请链接" : "已登录的设备",
  source: "来源",
  time: "时间",
  summary: {
    denied: (count, host, since) => line`自 ${since} 起，${at(host)}又有 ${count} 次登录被拒绝`,
    fail_open: (count, host, since) =>
      line`自 ${since} 起，${at(host)}又有 ${count} 次登录未经第二因素`,
    emergency_code: (count, host, since) =>
      host === null
        ? line`自 ${since} 起，应急码又被使用 ${count} 次`
        : line`自 ${since} 起，${host} 的应急码又被使用 ${count} 次`,
    frozen: (count, _, since) => line`自 ${since} 起，又有 ${count} 个账号被冻结`,
    quiet: (count, host, since) =>
      line`自 ${since} 起，${at(host)}又有 ${count} 次因登录请求多次未获批准而暂停审批`,
    not_me_unproven: (count, host, since) =>
      line`自 ${since} 起，${at(host)}又有 ${count} 次登录被持有链接的人报告为“不是我”`,
    new_device: (count, _, since) => line`自 ${since} 起，又新增了 ${count} 台设备`,
    recovery_used: (count, _, since) => line`自 ${since} 起，又有 ${count} 个恢复码被使用`,
    passkey_cloned: (count, _, since) =>
      line`自 ${since} 起，又有 ${count} 次因通行密钥可能被复制而拒绝`,
    person_frozen: (count, _, since) => line`自 ${since} 起，又有 ${count} 个用户被冻结`,
    host_key_disputed: (count, host, since) =>
      line`自 ${since} 起，${at(host)}又有 ${count} 次令牌被以另一个密钥使用`,
  },
  record: "账号与来源：请在服务器上执行 gatehouse audit show",
  deniedBy: (own) =>
    own
      ? "如果是您本人在登录：请重新登录，并先查看您的终端。"
      : "如果是您本人在登录：请询问拒绝的人。",
  advice: {
    denied: "如果不是您本人在登录：有人掌握了密码或密钥，请立即更换并通知管理员。",
    fail_open:
      "如果这不是有意的设置：请修改该主机 host.toml 中的 offline 和 unenrolled，并检查它能否连接服务器。",
    emergency_code:
      "如果不是您或其他管理员所为：应急码已泄露。请结束该会话，检查其操作，并在该主机上重新设置：gatehouse emergency set",
    frozen: "解冻之前，任何人都无法通过审批登录该账号。请查明是谁在请求：密码或密钥可能已泄露。",
    quiet: "如果不是您本人在请求：有人掌握了密码或密钥。请立即更换，并通知管理员。",
    not_me_unproven: "该登录已被拒绝，账号未被冻结。请向账号所有者核实：密码或密钥可能已泄露。",
    new_device: "如果不是您本人所为：请立即通知管理员，并在“我的设备”页面撤销该设备。",
    recovery_used: "如果不是您本人所为：有人掌握了您的恢复码。请重新生成，并立即通知管理员。",
    passkey_cloned:
      "可能有两台设备持有该通行密钥。请在“我的设备”页面撤销它并重新注册，同时通知管理员。",
    person_frozen: "其设备会保留，由管理员解冻后即可继续使用。如不清楚原因，请向操作者确认。",
    host_key_disputed:
      "该主机不再获得验证码数据。先加入的一方可能已取走数据：请撤销该主机并重新添加，在审计日志中查找 host.codes_sent，并让其中列出的账号的用户重新注册用于主机登录的验证器。",
  },
};
