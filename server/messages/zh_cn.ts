import type { PageMessages } from "./page.ts";

export const zhCN: PageMessages = {
  language: "zh-CN",
  question: "是您在登录吗？",
  source: "来源",
  askedBy: "请求方",
  requester: "请求者",
  service: "服务",
  runs: "执行",
  shell: "交互式终端",
  noTerminal: "无终端的 Shell",
  notSaid: "登录前尚不可知",
  key: "SSH 密钥",
  started: "发起",
  time: "时间",
  allYours: (n) => `共 ${n} 个连接：仅当全部由您本人发起时才可批准。`,
  times: (n) => `${n} 次`,
  showAll: "显示全部",
  cutShort: "仅显示开头部分。",
  notWhole: "这不是完整的命令：命令过长，或含有非文本内容。",
  more: (n) => `以及另外 ${n} 条命令`,
  left: ["剩余 ", " 秒"],
  timeUp: { title: "已超时", text: "没有人及时处理，登录未获放行。如果是您本人，请重新登录。" },
  chooseNumber: "请选择终端上显示的数字",
  approve: "批准",
  deny: "拒绝",
  notMe: "不是我本人",
  approved: { title: "已批准", text: "终端会自动继续，您可以关闭此页面。" },
  approvedInPam: {
    title: "已批准",
    text: "请回到终端；如果终端仍在等待，请按回车键。您可以关闭此页面。",
  },
  denied: { title: "已拒绝", text: "登录已被拒绝，您可以关闭此页面。" },
  notMine: {
    title: "已拒绝：非本人",
    text: "登录已被拒绝并记录。有人掌握了您的密码或 SSH 密钥：请立即更换，并通知管理员。",
  },
  wrongNumber: {
    title: "已拒绝：数字错误",
    text:
      "所选数字与终端上的不一致，登录已被拒绝。如果是您本人，请重新登录，并先看清终端上的数字。",
  },
  expired: { title: "已过期", text: "没有人及时处理，登录未获放行。如果是您本人，请重新登录。" },
  notCollected: { title: "未使用", text: "已批准，但终端已不再等待。请重新登录。" },
  cancelled: { title: "已取消", text: "终端在处理之前已断开，无需任何操作。" },
  codeUsed: {
    title: "已用验证码登录",
    text: "已改为输入身份验证器中的验证码登录。如果不是您本人，请告知管理员。",
  },
  alsoWaiting: (n) => `期间又有 ${n} 个连接发起请求，仍在等待。`,
  decideThem: "查看等待中的请求",
  approving: {
    signedInAs: ["当前用户：", ""],
    withPasskey: "用通行密钥批准",
    codeInstead: "改用验证码",
    withCode: "用验证码批准",
    typeNumber: "请输入终端上显示的数字",
    howLong: "记住",
    onlyOnce: "仅此一次",
    forTime: (time) => time,
    where: "范围",
    onHost: (host) => `仅 ${host}`,
    inGroup: (name) => `整个 ${name} 组`,
    onlyTransfer: "仅限文件传输（rsync、scp、sftp、git）",
    transferWrites: "仍可写入该账户的任何文件，例如下次登录时会运行的文件。",
    covers: (account, source, key) =>
      `此后 ${account} 从 ${source} ${key ? "用此 SSH 密钥" : "不用 SSH 密钥"}登录时不再询问。`,
    preauth: {
      question: "放行您接下来的登录吗？",
      runs: "现在不执行任何命令",
      asked: "请求时长",
      howLong: "放行时长",
      text: "此后同样的登录将直接放行，不再询问。",
      approved: { title: "已批准", text: "同样的登录将直接放行，不再询问。您可以关闭此页面。" },
    },
    twoPersons: "此账户需要两人批准。",
    firstGiven: (names) => `${names} 已批准，还需要另一人批准。`,
    firstHidden: "已有一人批准，还需要另一人批准。",
    seeWho: "登录以查看是谁",
    yoursGiven: "您已批准，还需要另一人批准：请把本页地址发给对方。",
    others: {
      question: (user) => `${user} 请求登录，您批准吗？`,
      preauth: (user) => `放行 ${user} 接下来的登录吗？`,
      chooseNumber: (user) => `请选择 ${user} 的终端上显示的数字`,
      typeNumber: (user) => `请输入 ${user} 的终端上显示的数字`,
      suspicious: "可疑：冻结此账户",
      suspiciousFreezes: (user, host) =>
        `“可疑”还会在${host === undefined ? "所有主机" : ` ${host} `}上冻结 ${user}。`,
    },
    handOver: "此登录由其他人批准。您可以把本页或手机交给对方。",
    asSomebodyElse: "以其他人的身份批准",
    notMeTells: "“不是我本人”还会通知管理员。",
    notMeRecords: "“不是我本人”同样会拒绝登录，并留下记录。",
    notMeFreezes: (user, host) =>
      `“不是我本人”还会在${host === undefined ? "所有主机" : ` ${host} `}上冻结 ${user}。`,
    hindrances: {
      proof_needed: "请证明您的身份：仅有链接还不够。目前尚未作出任何决定。",
      number: "请选择终端上显示的数字。目前尚未作出任何决定。",
      not_theirs: "此账户的登录不由您处理。",
      own_login: "此账户需要两人批准，且登录者本人不能批准。",
      not_active: "您已不能批准登录，请联系管理员。",
      frozen: "此账户已被冻结，任何人都无法批准。请联系管理员。",
      not_remembered: "无法这样记住，因此尚未批准。请重新选择。",
    },
    triesLeft: (count) => count === 0 ? "现在需要等待片刻。" : `还可尝试 ${count} 次。`,
    freeze: {
      title: (user) => user === "" ? "同时冻结此账户吗？" : `同时冻结 ${user} 吗？`,
      text: (lifts) =>
        "冻结后，无人能批准它的登录，已记住的批准也会终止：本人账户在所有主机上冻结，" +
        `其他账户仅在此主机上冻结。管理员可以解除${
          lifts ? "，您也可以用通行密钥加恢复码解除" : ""
        }。`,
      now: "冻结此账户",
      withPasskey: "用通行密钥冻结",
      withCode: "用验证码冻结",
    },
    frozen: (user, host, { lifts, own }) => ({
      title: `已拒绝，并已冻结 ${user}`,
      text:
        `在管理员${lifts ? "或您本人（用通行密钥加恢复码）" : ""}解除之前，${
          host === undefined ? "任何主机" : `主机 ${host} `
        }上都无人能批准 ${user} 的登录。` +
        (own
          ? "有人掌握了您的密码或 SSH 密钥：请立即更换。"
          : "可能有人掌握了它的密码或 SSH 密钥：请让人立即更换。"),
    }),
    approvedBy: "批准人",
    remembered: "已记住",
    until: (time) => `至 ${time}`,
  },
  reference: "编号",
  errors: {
    link: {
      title: "没有这个请求",
      text: "链接有误或已失效。请完整打开终端上显示的链接。",
    },
    origin: {
      title: "并非来自本页面",
      text: "该操作不是从批准页面的原地址发出的，因此无效。请严格按终端显示的链接打开。",
    },
    not_signed_in: { title: "已退出登录", text: "您已不在登录状态，未作任何更改。请登录后重试。" },
    proof_too_old: {
      title: "请再次验证身份",
      text: "距离上次登录已过几分钟，因此未作任何更改。请返回并重新加载页面，再次登录。",
    },
    not_allowed: { title: "仅限管理员", text: "您无权查看此页面。" },
    number: {
      title: "未选择数字",
      text: "请返回并选择终端上显示的数字。目前尚未作出任何决定。",
    },
    400: { title: "无法识别", text: "请求格式有误，未作出任何决定。" },
    401: { title: "未授权", text: "此地址仅供主机凭令牌使用。" },
    403: { title: "不允许", text: "不允许从此处访问。" },
    404: { title: "这里什么也没有", text: "这是登录批准服务器。请打开终端上显示的链接。" },
    405: { title: "无法操作", text: "此地址不能这样使用。" },
    408: { title: "太慢了", text: "请求未能及时送达，未作出任何决定。" },
    409: { title: "无法操作", text: "与已有的内容冲突，未作出任何决定。" },
    410: { title: "已失效", text: "已被使用过。" },
    413: { title: "过大", text: "请求过大，未作出任何决定。" },
    415: { title: "无法识别", text: "请求格式有误，未作出任何决定。" },
    422: { title: "无法识别", text: "请求格式有误，未作出任何决定。" },
    429: { title: "尝试次数过多", text: "请等待一分钟，再打开链接。" },
    500: {
      title: "出错了",
      text: "服务器发生错误，未批准任何登录。管理员可凭下面的编号查明原因。",
    },
    503: { title: "暂不可用", text: "服务器目前无法记录决定，因此未批准任何登录。请稍后再试。" },
  },
};
