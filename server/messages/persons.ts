/** What administrators read on the pages of people, and of one person: what they may, contacts, invitation, devices. */

export interface PersonsMessages {
  readonly title: string;
  readonly add: string;
  readonly addButton: string;
  readonly administrator: string;
  readonly administratorText: string;
  readonly approves: string;
  readonly approvesText: string;
  readonly allAccounts: string;
  readonly ownAccount: string;
  readonly invited: Readonly<Record<"open" | "expired", string>>;
  /** In an invitation's section; then comes the time. */
  readonly invitedUntil: Readonly<Record<"open" | "expired", string>>;
  readonly contacts: string;
  /** @param example undefined: there is no channel that has contacts */
  readonly contactsText: (example: string | undefined) => string;
  /** @param rule as `contactRule` says */
  readonly contactIs: (channel: string, rule: string) => string;
  readonly didYouMean: (channel: string) => string;
  readonly noContacts: string;
  /** @param names none: no channel is set up */
  readonly channelsHere: (names: readonly string[]) => string;
  readonly devices: string;
  readonly lastUsed: string;
  readonly states: Readonly<Record<"active" | "frozen" | "removed", string>>;
  readonly language: string;
  readonly languages: Readonly<Record<"auto" | "en" | "zh-CN", string>>;
  readonly change: string;
  readonly save: string;
  readonly invite: string;
  readonly inviteText: string;
  readonly inviteButton: string;
  readonly link: (name: string) => string;
  readonly linkText: string;
  readonly qr: string;
  readonly freeze: string;
  readonly freezeText: string;
  readonly freezeButton: string;
  readonly unfreezeButton: string;
  readonly remove: string;
  readonly removeText: string;
  readonly removeButton: string;
  readonly noDevices: string;
  readonly kinds: Readonly<Record<"passkey" | "sign_in" | "hosts", string>>;
  readonly revokeDevice: string;
  readonly revoked: string;
  readonly added: string;
  readonly back: string;
}

export const personsEn: PersonsMessages = {
  title: "People",
  add: "Add a person",
  addButton: "Add and invite",
  administrator: "Administrator",
  administratorText: "sees everything, and answers for all accounts",
  approves: "Approves",
  approvesText:
    'One a line: "own" for the account of the own name on all hosts, or USER@HOST with * and ?, ' +
    "or USER@group:NAME.",
  allAccounts: "all accounts",
  ownAccount: "own account",
  invited: { open: "invited", expired: "invitation expired" },
  invitedUntil: { open: "There is a link, good until", expired: "The last link expired" },
  contacts: "Contacts",
  noContacts: "No contact yet.",
  contactsText: (example) =>
    `One a line${
      example === undefined
        ? ": a channel's name, a colon, and the contact there"
        : `, as in "${example}"`
    }. They are tried in this order.`,
  contactIs: (channel, rule) => `A contact of ${channel} is ${rule}.`,
  didYouMean: (channel) => `Did you mean ${channel}?`,
  channelsHere: (names) =>
    names.length === 0
      ? "No channel is set up yet."
      : `There are these channels: ${names.join(", ")}.`,
  devices: "Devices",
  lastUsed: "Last used",
  states: { active: "active", frozen: "frozen", removed: "removed" },
  language: "Language",
  languages: { "auto": "of the browser", "en": "English", "zh-CN": "中文" },
  change: "Change",
  save: "Save",
  invite: "Invite",
  inviteText:
    "Makes a link that lets this person register a device, once, within 24 hours. An earlier " +
    "link ends.",
  inviteButton: "Make an invitation link",
  link: (name) => `The link for ${name}`,
  linkText:
    "It is shown only now. It works once, within 24 hours: hand it to this person and nobody " +
    "else.",
  qr: "QR code of the link",
  freeze: "Freeze",
  freezeText:
    "Signs the person out, and ends what they remembered. They can approve nothing until " +
    "unfrozen. Their devices stay.",
  freezeButton: "Freeze this person",
  unfreezeButton: "Unfreeze this person",
  remove: "Remove",
  removeText: "As freezing, and the devices are revoked. This cannot be undone.",
  removeButton: "Remove this person",
  noDevices: "No device yet.",
  kinds: {
    passkey: "passkey",
    sign_in: "authenticator, for pages",
    hosts: "authenticator, for hosts",
  },
  revokeDevice: "Revoke",
  revoked: "revoked",
  added: "Added",
  back: "All people",
};

export const personsZhCN: PersonsMessages = {
  title: "人员",
  add: "添加人员",
  addButton: "添加并邀请",
  administrator: "管理员",
  administratorText: "可查看全部内容，并对所有账号负责",
  approves: "可批准",
  approvesText:
    "每行一项：own 表示所有主机上的本人同名账号；也可写 用户@主机（可用 * 和 ?），或 用户@group:组名。",
  allAccounts: "所有账号",
  ownAccount: "本人账号",
  invited: { open: "已邀请", expired: "邀请已过期" },
  invitedUntil: { open: "现有链接有效至", expired: "上一个链接过期于" },
  contacts: "联系方式",
  noContacts: "尚无联系方式。",
  contactsText: (example) =>
    `每行一项${
      example === undefined ? "：渠道名、冒号和该渠道中的联系方式" : `，例如“${example}”`
    }。按此顺序依次尝试。`,
  contactIs: (channel, rule) => `${channel} 的联系方式为${rule}。`,
  didYouMean: (channel) => `是否指 ${channel}？`,
  channelsHere: (names) =>
    names.length === 0 ? "尚未设置通知渠道。" : `现有渠道：${names.join("、")}。`,
  devices: "设备",
  lastUsed: "最近使用",
  states: { active: "正常", frozen: "已冻结", removed: "已移除" },
  language: "语言",
  languages: { "auto": "随浏览器", "en": "English", "zh-CN": "中文" },
  change: "更改",
  save: "保存",
  invite: "邀请",
  inviteText: "生成一个链接，让此人在 24 小时内登记一台设备，仅可使用一次。之前的链接随即失效。",
  inviteButton: "生成邀请链接",
  link: (name) => `给 ${name} 的链接`,
  linkText: "仅此时显示。24 小时内可用一次：请只交给本人。",
  qr: "链接的二维码",
  freeze: "冻结",
  freezeText: "此人将退出登录，其记住的授权随即结束；解除冻结前无法批准任何登录。设备保留。",
  freezeButton: "冻结此人",
  unfreezeButton: "解除冻结",
  remove: "移除",
  removeText: "与冻结相同，并撤销其所有设备。此操作无法恢复。",
  removeButton: "移除此人",
  noDevices: "尚无设备。",
  kinds: {
    passkey: "通行密钥",
    sign_in: "身份验证器（用于网页）",
    hosts: "身份验证器（用于主机）",
  },
  revokeDevice: "撤销",
  revoked: "已撤销",
  added: "添加",
  back: "全部人员",
};
