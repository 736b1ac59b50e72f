/** What administrators read on the pages of channels: how each fares, and whom it reaches. */

export interface ChannelsMessages {
  readonly title: string;
  readonly none: string;
  readonly working: string;
  readonly failing: string;
  readonly untried: string;
  readonly lastSent: string;
  readonly lastFailure: string;
  readonly notSinceStart: string;
  readonly untold: (count: number) => string;
  readonly hint: string;
  readonly type: string;
  readonly language: string;
  readonly reach: Readonly<Record<"person" | "group" | "program", string>>;
  readonly sends: string;
  /** Where requests are answered in the chat. */
  readonly buttons: string;
  readonly buttonsText: string;
  readonly leftAlone: string;
  readonly reaches: string;
  /** And what to do about it. */
  readonly nobody: Readonly<Record<"person" | "group" | "program", string>>;
  /** Before the names of those who have a contact there. */
  readonly withContacts: Readonly<Record<"group" | "program", string>>;
  readonly shared: string;
  /** @param to the contact that they have */
  readonly sharedText: (names: string, to: string) => string;
  /** Behind the names of some. */
  readonly others: (count: number) => string;
  readonly named: (count: number) => string;
  /** On a button. */
  readonly test: Readonly<Record<"person" | "group" | "program", string>>;
  readonly noTest: string;
  readonly freshForTest: string;
  /** What went wrong follows. */
  readonly testFailed: string;
}

export const channelsEn: ChannelsMessages = {
  title: "Channels",
  none: "No channel is set up: nobody can be told of alerts. See [[notify]] in server.toml.",
  working: "working",
  failing: "failing",
  untried: "not used yet",
  lastSent: "Last sent",
  lastFailure: "Last failure",
  notSinceStart: "not since the server's start",
  untold: (n) =>
    n === 1
      ? "One alert has not reached everybody yet. It is tried again."
      : `${n} alerts have not reached everybody yet. They are tried again.`,
  hint: "What to do",
  type: "Kind",
  language: "Language",
  reach: { person: "for single persons", group: "for a group", program: "for a program" },
  sends: "Sends",
  buttons: "Buttons",
  buttonsText: "requests are answered right in the chat",
  leftAlone: "Tried again",
  reaches: "Reaches",
  nobody: {
    person:
      "Nobody. Give people a contact there, on their pages under “People”, or name some for " +
      "alerts in server.toml: alerts = […] under this [[notify]].",
    group: "Everybody in the group. It needs nobody's contact.",
    program: "The program. It needs nobody's contact.",
  },
  withContacts: {
    group: "Everybody in the group; mentions, where it is about them:",
    program: "The program; told whom it is for:",
  },
  shared: "Shared contacts",
  sharedText: (names, to) =>
    `${names} have the same contact, ${to}: an answer in the chat counts for nobody then. Give ` +
    "each their own, or let only one of them have it.",
  others: (n) => n === 1 ? "and one more" : `and ${n} more`,
  named: (n) => n === 1 ? "one contact of server.toml" : `${n} contacts of server.toml`,
  test: {
    person: "Send a test to yourself",
    group: "Send a test to the group",
    program: "Send a test to the program",
  },
  noTest: "To send a test you need a contact there yourself.",
  freshForTest: "To send a test, prove once more who you are.",
  testFailed: "The test was not sent:",
};

export const channelsZhCN: ChannelsMessages = {
  title: "通知渠道",
  none: "未设置通知渠道：发生警报时无法通知任何人。请参阅 server.toml 中的 [[notify]]。",
  working: "正常",
  failing: "有故障",
  untried: "尚未使用",
  lastSent: "最近发送",
  lastFailure: "最近失败",
  notSinceStart: "服务器启动后尚无",
  untold: (n) => `有 ${n} 条警报尚未送达所有人，正在重试。`,
  hint: "处理方法",
  type: "类型",
  language: "语言",
  reach: { person: "发给个人", group: "发给群组", program: "发给程序" },
  sends: "发送内容",
  buttons: "按钮",
  buttonsText: "可直接在聊天中批准或拒绝请求",
  leftAlone: "恢复尝试",
  reaches: "可通知",
  nobody: {
    person: "无人。请在“人员”页面为其填写该渠道的联系方式，或在 server.toml 的该 [[notify]] 下用 " +
      "alerts = […] 指定接收警报的联系方式。",
    group: "群组中的所有人，无需任何人的联系方式。",
    program: "该程序，无需任何人的联系方式。",
  },
  withContacts: {
    group: "群组中的所有人；与下列人员有关时提及：",
    program: "该程序，并告知是发给谁的：",
  },
  shared: "共用的联系方式",
  sharedText: (names, to) =>
    `${names} 的联系方式相同（${to}）：此时聊天中的回复对任何人都不算数。请为每人填写各自的联系方式，或只保留其中一人的。`,
  others: (n) => `等另外 ${n} 人`,
  named: (n) => `server.toml 中的 ${n} 个联系方式`,
  test: {
    person: "给自己发送测试消息",
    group: "向群组发送测试消息",
    program: "向程序发送测试消息",
  },
  noTest: "要发送测试消息，您自己须有该渠道的联系方式。",
  freshForTest: "如需发送测试消息，请再次验证身份。",
  testFailed: "测试消息未能发出：",
};
