/** What administrators read on the pages of hosts: the list, one host, what its doctor found. */
import type { Severity } from "../../lib/core/doctor/finding.ts";
import type { HostVerdict } from "../../lib/core/host_report.ts";

export interface HostsMessages {
  readonly title: string;
  readonly none: string;
  readonly add: string;
  readonly states: Readonly<Record<"joined" | "waiting" | "revoked", string>>;
  readonly joined: string;
  readonly seen: string;
  readonly version: string;
  readonly chart: { readonly title: string; readonly text: string };
  /** How long ago: up to five minutes, an hour, a day, a week, longer, never. */
  readonly ages: readonly [string, string, string, string, string, string];
  readonly count: string;
  /** What a host's doctor found. */
  readonly doctor: {
    readonly title: string;
    readonly none: string;
    readonly stale: string;
    readonly verdicts: Readonly<Record<HostVerdict, string>>;
    readonly severities: Readonly<Record<Severity, string>>;
    readonly counts: (counts: Readonly<Record<Severity, number>>) => string;
    /** A command follows. */
    readonly howTo: string;
    /** The same. */
    readonly hint: string;
  };
  readonly revoke: string;
  readonly revokeText: string;
  readonly revokeButton: string;
  readonly back: string;
  readonly logins: string;
}

export const hostsEn: HostsMessages = {
  title: "Hosts",
  none: "No host yet.",
  add: "To add one, run at the server:",
  states: { joined: "joined", waiting: "not joined yet", revoked: "revoked" },
  joined: "Joined",
  seen: "Last seen",
  version: "Version",
  chart: {
    title: "When hosts were last seen",
    text: "How many of the hosts in use were last heard of how long ago.",
  },
  ages: ["up to 5 min", "up to 1 h", "up to 1 day", "up to 1 week", "longer", "never"],
  count: "Hosts",
  doctor: {
    title: "Doctor",
    none: "no report",
    stale: "overdue",
    verdicts: { critical: "critical", warning: "warnings", ok: "well" },
    severities: { critical: "critical", warning: "warning", info: "info" },
    counts: ({ critical, warning, info }) =>
      `${critical} critical, ${warning} warning${
        warning === 1 ? "" : "s"
      }, ${info} for information;`,
    howTo: "It has not reported yet. On the host, as root, or by its timer:",
    hint: "What each means, and how to mend it, on that host:",
  },
  revoke: "Revoke",
  revokeText:
    "Its token is worthless from then on: nobody can ask for approval from there. This cannot " +
    "be undone, but the host can join again with a new token.",
  revokeButton: "Revoke this host",
  back: "All hosts",
  logins: "Its logins",
};

export const hostsZhCN: HostsMessages = {
  title: "主机",
  none: "尚无主机。",
  add: "如需添加，请在服务器上运行：",
  states: { joined: "已加入", waiting: "尚未加入", revoked: "已撤销" },
  joined: "加入",
  seen: "最近出现",
  version: "版本",
  chart: { title: "主机最近出现的时间", text: "在用主机最近一次联系距今多久。" },
  ages: ["5 分钟内", "1 小时内", "1 天内", "1 周内", "更久", "从未"],
  count: "主机数",
  doctor: {
    title: "体检",
    none: "尚无报告",
    stale: "逾期",
    verdicts: { critical: "严重", warning: "有警告", ok: "正常" },
    severities: { critical: "严重", warning: "警告", info: "提示" },
    counts: ({ critical, warning, info }) =>
      `严重 ${critical} 项，警告 ${warning} 项，提示 ${info} 项；`,
    howTo: "尚未报告。请在该主机上以 root 运行（或由定时器运行）：",
    hint: "各项含义与处理方法，请在该主机上运行：",
  },
  revoke: "撤销",
  revokeText: "其令牌随即失效：该主机上无法再请求批准。此操作无法恢复，但主机可用新令牌重新加入。",
  revokeButton: "撤销此主机",
  back: "全部主机",
  logins: "该主机的登录",
};
