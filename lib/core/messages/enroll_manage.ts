/** What a person reads whose authenticator is shown again, changed, taken over or removed. */

export interface ManageMessages {
  readonly notEnrolled: (account: string, path: string) => string;
  /** @param command what to type for this account */
  readonly notEnrolledHint: (command: string) => string;
  readonly noAppSecret: (account: string) => string;
  readonly noAppSecretHint: (command: string) => string;
  readonly codesLeft: (count: number) => string;
  /** An authenticator on one line. @param codes as codesLeft() says it */
  readonly summary: (kind: string, codes: string) => string;

  /** What exists already, or is gone, and could not be told. */
  readonly unseen: (why: string) => string;
  readonly unseenHint: (command: string) => string;
  /** A file at the place that `-s` names. */
  readonly notOurs: (path: string) => string;
  readonly notOursHint: string;
  readonly rootsAlone: (account: string) => string;
  /** @param path where PAM looks @param mend one of the next three */
  readonly pamElsewhere: (path: string, mend: string) => string;
  readonly pamCopy: (command: string) => string;
  readonly pamHere: (path: string) => string;
  readonly pamForAll: string;
  readonly keptByRoot: (account: string, path: string) => string;
  readonly keptByRootHint: (account: string) => string;
  readonly rootsConfig: (path: string) => string;

  readonly willProve: (account: string, host: string) => string;
  readonly askProof: string;
  readonly wrongCode: string;
  readonly spentCode: string;
  readonly malformedCode: string;
  readonly limited: (seconds: number) => string;
  readonly notProven: string;
  readonly notProvenHint: (account: string) => string;
  readonly showsOld: string;
  readonly nowNew: string;
  readonly oneCounter: string;

  readonly willRemove: (account: string, path: string) => string;
  readonly unusable: (fault: string) => string;
  /** What the next login meets, by host.toml's `unenrolled`. */
  readonly unenrolled: Readonly<Record<"deny" | "enroll" | "allow", string>>;
  /** The same for "deny", on a host without servers. */
  readonly nobodyGetsIn: (account: string) => string;
  readonly askRemove: string;
  readonly nothingRemoved: string;
  readonly nothingRemovedHint: string;
  readonly removed: (account: string) => string;
  /** Instead of `removed`, and of what the next login would meet. */
  readonly removedHere: string;
  readonly stillListed: (path: string) => string;

  readonly rotateTitle: (account: string, host: string) => string;
  readonly willRotate: string;
  readonly replacesWaiting: string;
  readonly oldStillWorks: (path: string) => string;
  readonly codesReplaced: (count: number) => string;

  readonly openToOthers: (path: string, mode: string) => string;
  readonly importHint: string;
  readonly importForce: string;
  readonly importedState: (account: string, path: string) => string;
  readonly oneSecretFile: string;
  readonly oneSecretFileHint: string;
  readonly listHead: readonly [line: string, account: string, result: string];
  readonly imported: (path: string) => string;
  readonly noAccountName: string;
  readonly noSuchAccount: string;
  readonly listedTwice: string;
  readonly notInList: (account: string, path: string) => string;
  readonly notImported: (failed: number, all: number) => string;
  readonly notImportedHint: string;

  readonly addedCodes: (added: number, kept: number, account: string) => string;
  readonly shownOnce: string;
}

const en: ManageMessages = {
  notEnrolled: (account, path) => `${account} has no authenticator here: there is no ${path}`,
  notEnrolledHint: (command) => `to make one, run: ${command}`,
  noAppSecret: (account) => `${account} has scratch codes only, and no app`,
  noAppSecretHint: (command) => `to make a new authenticator, run: ${command} -f`,
  codesLeft: (count) => count === 1 ? "1 scratch code is left" : `${count} scratch codes are left`,
  summary: (kind, codes) => `${kind}; ${codes}`,

  unseen: (why) => `it was done, but could not be shown: ${why}`,
  unseenHint: (command) => `nobody knows it now; to make another one, run: ${command}`,
  notOurs: (path) => `${path} is no authenticator's file`,
  notOursHint: "it may be any file, so remove it by hand if nobody needs it",
  rootsAlone: (account) =>
    `Only root can read it there. PAM mode will use it so; the gate runs as ${account} and cannot.`,

  pamElsewhere: (path, mend) =>
    `warning: PAM looks for codes in ${path}, and not in the home: ${mend}`,
  pamCopy: (command) => `for the same there, run: ${command}`,
  pamHere: (path) => `for the same there, use: -s ${path}`,
  pamForAll: "set codes.secret in host.toml",
  keptByRoot: (account, path) => `root keeps the codes of ${account}, in ${path}`,
  keptByRootHint: (account) => `root has to run: gatehouse enroll --user ${account}`,
  rootsConfig: (path) => `only root can read ${path}`,

  willProve: (account, host) =>
    `First a code of ${account}'s authenticator on ${host}, or a scratch code; it is used up by this.`,
  askProof: "Code: ",
  wrongCode: "That is not right.",
  spentCode: "That code was used already. Wait for the next one.",
  malformedCode: "A code has six digits, a scratch code eight.",
  limited: (s) => `too many tries, try again in ${s} s`,
  notProven: "no right code was given",
  notProvenHint: (account) =>
    `without phone and scratch codes, root helps: gatehouse enroll --user ${account} --emergency 1`,
  showsOld: "A new secret waits for its first use; this is the one before it. " +
    "--rotate makes another new one.",
  nowNew: "That was the new secret's first use: the old one is worthless from now on.",
  oneCounter: "Its codes are counted: from now on use one app or token only.",

  willRemove: (account, path) => `The authenticator of ${account}, ${path}:`,
  unusable: (fault) => `it cannot be used: ${fault}`,
  unenrolled: {
    deny: "Without it, a login that needs a code is refused.",
    enroll: "Without it, a login that needs a code leads through enrolment first.",
    allow: "Without it, a login that needs a code is let in WITHOUT one.",
  },
  nobodyGetsIn: (account) =>
    `Without it, nobody can log in as ${account}: here, only codes let in.`,
  askRemove: "Remove it?",
  nothingRemoved: "nothing was removed",
  nothingRemovedHint: "answer y, or say --yes",
  removed: (account) => `Removed. Codes of ${account}'s authenticator are worthless from now on.`,
  removedHere: "Removed.",
  stillListed: (path) => `${path} has a secret of this account too: its codes go on to count.`,

  rotateTitle: (account, host) => `A new secret for ${account} on ${host}`,
  willRotate: "The old one works until the first code of the new one was used at a login.",
  replacesWaiting: "It takes the place of another new secret, which was never used.",
  oldStillWorks: (path) =>
    `Saved in ${path}.\nThe old secret works until you log in with a code of the new one.`,
  codesReplaced: (count) =>
    count === 0
      ? "The scratch codes are worthless; there are no others."
      : "The old scratch codes are worthless.",

  openToOthers: (path, mode) =>
    `warning: ${path} is open to others (mode ${mode}): remove it, or run: chmod go= ${path}`,
  importHint: "google-authenticator's state file can be imported, or a list of user:SECRET lines",
  importForce: "-f replaces it",
  importedState: (account, path) => `The authenticator of ${account} is now in ${path}:`,
  oneSecretFile: "-s names one file, and the list is of many accounts",
  oneSecretFileHint: "add --user NAME, or set codes.secret in host.toml",
  listHead: ["LINE", "ACCOUNT", "RESULT"],
  imported: (path) => `imported to ${path}`,
  noAccountName: "no account is named",
  noSuchAccount: "there is no such account",
  listedTwice: "an earlier line of this account counts",
  notInList: (account, path) => `${path} has no line of ${account}`,
  notImported: (failed, all) => `${failed} of ${all} ${all === 1 ? "line" : "lines"} not imported`,
  notImportedHint: "all others are in place",

  addedCodes: (added, kept, account) => {
    const made = added === 1 ? "1 new scratch code" : `${added} new scratch codes`;
    const older = kept === 0
      ? "there were none before"
      : kept === 1
      ? "1 older one stays"
      : `${kept} older ones stay`;
    return `${made} for ${account}; ${older}.`;
  },
  shownOnce: "They are shown only this once.",
};

const zhCN: ManageMessages = {
  notEnrolled: (account, path) => `${account} 在此没有身份验证器：${path} 不存在`,
  notEnrolledHint: (command) => `如需设置，请运行：${command}`,
  noAppSecret: (account) => `${account} 只有备用验证码，没有应用`,
  noAppSecretHint: (command) => `如需设置新的身份验证器，请运行：${command} -f`,
  codesLeft: (count) => `剩余 ${count} 个备用验证码`,
  summary: (kind, codes) => `${kind}；${codes}`,

  unseen: (why) => `操作已完成，但无法显示：${why}`,
  unseenHint: (command) => `没有人看到它；如需再生成一个，请运行：${command}`,
  notOurs: (path) => `${path} 不是身份验证器的文件`,
  notOursHint: "它可能是任何文件；如无人需要，请手动删除",
  rootsAlone: (account) =>
    `该文件在那里只有 root 能读。PAM 模式将如此使用；gate 以 ${account} 的身份运行，无法读取。`,

  pamElsewhere: (path, mend) => `警告：PAM 在 ${path} 中查找验证码，而不是在主目录中：${mend}`,
  pamCopy: (command) => `如需在那里同样设置，请运行：${command}`,
  pamHere: (path) => `如需在那里同样操作，请使用：-s ${path}`,
  pamForAll: "请在 host.toml 中设置 codes.secret",
  keptByRoot: (account, path) => `${account} 的验证码由 root 保管，位于 ${path}`,
  keptByRootHint: (account) => `须由 root 运行：gatehouse enroll --user ${account}`,
  rootsConfig: (path) => `只有 root 可以读取 ${path}`,

  willProve: (account, host) =>
    `请先输入 ${host} 上 ${account} 的身份验证器的验证码，或备用验证码；该码随即失效。`,
  askProof: "验证码：",
  wrongCode: "验证码错误。",
  spentCode: "该验证码已使用过，请等待下一个。",
  malformedCode: "验证码为六位数字，备用验证码为八位。",
  limited: (s) => `尝试次数过多，请在 ${s} 秒后重试`,
  notProven: "没有输入正确的验证码",
  notProvenHint: (account) =>
    `手机和备用验证码都没有时，root 可运行：gatehouse enroll --user ${account} --emergency 1`,
  showsOld: "有一个新密钥尚未首次使用；这里显示的是之前的密钥。--rotate 可再生成一个新密钥。",
  nowNew: "这是新密钥的首次使用：旧密钥从此无效。",
  oneCounter: "其验证码按次计数：今后请只使用一个应用或令牌。",

  willRemove: (account, path) => `${account} 的身份验证器 ${path}：`,
  unusable: (fault) => `无法使用：${fault}`,
  unenrolled: {
    deny: "移除后，需要验证码的登录将被拒绝。",
    enroll: "移除后，需要验证码的登录会先引导重新设置。",
    allow: "移除后，需要验证码的登录将无需验证码直接放行。",
  },
  nobodyGetsIn: (account) => `移除后，没有人能以 ${account} 登录：此处只凭验证码登录。`,
  askRemove: "移除？",
  nothingRemoved: "没有移除任何内容",
  nothingRemovedHint: "请回答 y，或使用 --yes",
  removed: (account) => `已移除。${account} 的身份验证器的验证码从此无效。`,
  removedHere: "已移除。",
  stillListed: (path) => `${path} 中也有此账户的密钥，其验证码仍然有效。`,

  rotateTitle: (account, host) => `${host} 上 ${account} 的新密钥`,
  willRotate: "用新密钥的验证码首次登录之前，旧密钥仍然有效。",
  replacesWaiting: "它将取代另一个从未使用过的新密钥。",
  oldStillWorks: (path) => `已保存到 ${path}。\n用新密钥的验证码登录之前，旧密钥仍然有效。`,
  codesReplaced: (count) =>
    count === 0 ? "备用验证码已失效，且没有新的。" : "旧的备用验证码已失效。",

  openToOthers: (path, mode) =>
    `警告：其他用户可以访问 ${path}（权限 ${mode}）：请删除，或运行：chmod go= ${path}`,
  importHint: "可以导入 google-authenticator 的状态文件，或 user:SECRET 列表",
  importForce: "-f 可将其替换",
  importedState: (account, path) => `${account} 的身份验证器现位于 ${path}：`,
  oneSecretFile: "-s 只指定一个文件，而列表中有多个账户",
  oneSecretFileHint: "请加上 --user NAME，或在 host.toml 中设置 codes.secret",
  listHead: ["行", "账户", "结果"],
  imported: (path) => `已导入到 ${path}`,
  noAccountName: "没有账户名",
  noSuchAccount: "没有此账户",
  listedTwice: "以此账户的前一行为准",
  notInList: (account, path) => `${path} 中没有 ${account} 的行`,
  notImported: (failed, all) => `${all} 行中有 ${failed} 行没有导入`,
  notImportedHint: "其余的已就绪",

  addedCodes: (added, kept, account) => {
    const older = kept === 0 ? "之前没有" : `之前的 ${kept} 个仍然有效`;
    return `${account} 的 ${added} 个新备用验证码；${older}。`;
  },
  shownOnce: "仅显示这一次。",
};

export function manageMessages(language: "en" | "zh-CN"): ManageMessages {
  return language === "zh-CN" ? zhCN : en;
}
