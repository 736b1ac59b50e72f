import type { ManageMessages } from "./enroll_manage.ts";

export const manageZhCn: ManageMessages = {
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
