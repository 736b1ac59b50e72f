/** Alerts in Chinese. */
import type { DeviceType } from "../notification.ts";
import type { AlertWords } from "./alert.ts";

const at = (host: string | null) => host === null ? "" : ` ${host} 上`;

const TYPES: Readonly<Record<DeviceType, string>> = {
  passkey: "通行密钥",
  authenticator: "验证器",
  host_codes: "用于主机登录的验证器",
};

export const zhCN: AlertWords = {
  emergency: (host) => `有人使用 ${host} 的应急码登录`,
  frozen: (user, host) => `账号 ${user} 已在${host === undefined ? "所有主机" : ` ${host} `}上冻结`,
  frozenBy: (name) => `操作者：${name}`,
  reported: "原因：以下登录被报告为“不是我”",
  quiet: (user, host, refusals) => `以 ${user} 登录 ${host} 的请求已有 ${refusals} 次未获批准`,
  quietUntil: (time) => `在 ${time} 之前，该账号的登录不再发起审批`,
  notMe: (user, host) => `持有链接的人报告：以 ${user} 登录 ${host} 的不是本人`,
  newDevice: (person) => `${person} 新增了一台设备`,
  device: (name, type) => `设备：${name}（${TYPES[type]}）`,
  added: (byInvitation) => byInvitation ? "添加方式：邀请链接" : "添加方式：已登录的设备",
  recovery: (person, left) => `${person} 的一个恢复码已被使用，剩余 ${left} 个`,
  cloned: (person) => `${person} 的一个通行密钥被拒绝：它可能已被复制`,
  personFrozen: (person) => `用户 ${person} 已被冻结，无法登录或审批`,
  hostKey: (host) => `有人以另一个密钥使用了 ${host} 的加入令牌`,
  source: (source) => `来源：${source}`,
  time: (time) => `时间：${time}`,
  summary: {
    emergency_code: (count, host, since) =>
      host === null
        ? `自 ${since} 起，应急码又被使用 ${count} 次`
        : `自 ${since} 起，${host} 的应急码又被使用 ${count} 次`,
    frozen: (count, _, since) => `自 ${since} 起，又有 ${count} 个账号被冻结`,
    quiet: (count, host, since) =>
      `自 ${since} 起，${at(host)}又有 ${count} 次因登录请求多次未获批准而暂停审批`,
    not_me_unproven: (count, host, since) =>
      `自 ${since} 起，${at(host)}又有 ${count} 次登录被持有链接的人报告为“不是我”`,
    new_device: (count, _, since) => `自 ${since} 起，又新增了 ${count} 台设备`,
    recovery_used: (count, _, since) => `自 ${since} 起，又有 ${count} 个恢复码被使用`,
    passkey_cloned: (count, _, since) =>
      `自 ${since} 起，又有 ${count} 次因通行密钥可能被复制而拒绝`,
    person_frozen: (count, _, since) => `自 ${since} 起，又有 ${count} 个用户被冻结`,
    host_key_disputed: (count, host, since) =>
      `自 ${since} 起，${at(host)}又有 ${count} 次令牌被以另一个密钥使用`,
  },
  record: "账号与来源：请在服务器上执行 gatehouse audit show",
  advice: {
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
