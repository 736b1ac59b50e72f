import { secondsUntil } from "../../lib/core/time.ts";
import type { SignMessages } from "./sign_words.ts";

export const signZhCN: SignMessages = {
  language: "zh-CN",

  signIn: "登录",
  again: "距离上次验证身份已过去几分钟，请再验证一次。",
  byPasskey: "使用通行密钥登录",
  byCode: "改用验证码",
  byCodeHint: "身份验证器应用中的六位数字。",
  withCode: "使用验证码登录",
  lostDevices: "设备不在身边？",
  recoveryHint: "恢复码可让您登录一次，以便添加新设备。",
  withRecoveryCode: "使用恢复码登录",
  name: "用户名",
  code: "验证码",
  recoveryCode: "恢复码",
  passkey: {
    insecure: "此页面通过普通 http 打开，浏览器不提供通行密钥。请使用验证码。",
    unsupported: "此浏览器不支持通行密钥。请使用验证码，或换一个浏览器。",
    cancelled: "未完成签名：已取消或超时。请重试，或使用验证码。",
    registered: "此设备上已有您的通行密钥。",
    elsewhere: "打开页面的地址不是服务器自己的地址，请使用正确的地址打开。",
    unsuitable: "此设备无法保存通行密钥：需要先设置锁屏或 PIN。",
    failed: "通行密钥未成功。请重试，或使用验证码。",
    offline: "服务器没有响应，请重试。",
  },
  noScript: "通行密钥需要 JavaScript，而此处已禁用。验证码不受影响。",
  noPasskeys: {
    insecure: "此服务器通过普通 http 访问，浏览器不提供通行密钥。可以使用身份验证器应用的验证码。",
    address:
      "此服务器通过 IP 地址而非域名访问，而通行密钥只属于域名。可以使用身份验证器应用的验证码。",
  },
  refusals: {
    malformed: "输入的内容不符合要求，请核对后完整输入。",
    wrong: "用户名或验证码错误，或验证码已被使用。请等待下一个验证码。",
    late: "操作超时，请再按一次按钮。",
    unknown: "此处不认识这个通行密钥，或它已被撤销。",
    refused: "此通行密钥已被拒绝。如果再次发生，请告知管理员。",
  },
  limited: (retryAt, now) => {
    const seconds = secondsUntil(retryAt, now);
    return seconds > 90
      ? `错误次数过多，请在 ${Math.ceil(seconds / 60)} 分钟后重试。`
      : `错误次数过多，请在 ${seconds} 秒后重试。`;
  },

  invited: "您收到邀请",
  invitedBy: (by) => `${by}邀请您使用自己的设备批准登录。`,
  theServer: "本服务器",
  invitedWho: "您是",
  invitedFor: "您可批准",
  validUntil: "有效期至",
  everything: "作为管理员，所有登录",
  ownAccount: "登录到您自己的账户",
  more: (count) => `以及另外 ${count} 项`,
  haveDevices: (count) => `您已有的 ${count} 台设备会保留。如有遗失，请之后在“我的设备”中撤销。`,
  makePasskey: "创建通行密钥",
  makePasskeyHint: "它保存在此设备上，用面容、指纹或 PIN 解锁。",
  useAuthenticator: "使用身份验证器应用",
  closed: {
    used: {
      title: "已使用",
      text: "此邀请已被使用：每个邀请只能登记一台设备。如果不是您本人，请立即告知管理员。",
    },
    expired: { title: "已过期", text: "此邀请已过期，请向管理员索取新的邀请。" },
    unknown: {
      title: "没有这个邀请",
      text: "链接有误，或已被新的邀请取代。请完整打开链接，或询问管理员。",
    },
  },

  deviceName: "设备名称",
  browserOn: (browser, system) => `${system} 上的 ${browser}`,
  passkeyKind: "通行密钥",
  authenticatorApp: "身份验证器应用",
  hostApp: "主机验证码应用",
  notRegistered: {
    malformed: "未能创建通行密钥，请再按一次按钮。",
    late: "操作超时，请再按一次按钮。",
    refused: "此通行密钥不能在这里使用：使用时必须解锁设备。",
    known: "此设备已登记。",
    too_many: "您的设备数量已达上限，请先撤销一台。",
    name: "请为设备取一个 1 到 64 个字符的名称。",
  },

  addAuthenticator: "添加身份验证器应用",
  addHostCodes: "添加用于主机的验证码应用",
  hostCodesHint:
    "其验证码在主机的提示处输入，用于登录您自己的账户；不能用于登录网页，也不能批准任何登录。",
  scan: "用应用扫描此二维码。",
  qrCode: "含密钥的二维码",
  openApp: "在此设备的应用中打开",
  typeSecret: "或将此密钥输入应用：",
  typeCode: "然后输入应用显示的六位数字。",
  confirm: "确认",
  draftOver: "原密钥已过期，这是新的密钥。请从应用中删除旧的。",
  codeRefused: {
    malformed: "验证码为六位数字。",
    foreign: "这不是此密钥的验证码，请查看应用中最新的一项。",
  },
  clockOff: (minutes) =>
    `验证码属于另一时刻：您设备的时钟${minutes > 0 ? "快" : "慢"}了约 ${
      Math.abs(minutes)
    } 分钟。请校准时钟，再输入下一个验证码。`,
  back: "返回",

  recoveryTitle: "您的恢复码",
  recoveryText:
    "请抄写或打印，并与设备分开保存。设备丢失时，每个恢复码可让您登录一次。此后不会再次显示。",
  recoveryOf: "用户",
  recoveryMade: "生成于",
  noted: "我已记下",

  registered: "您的设备已登记。",

  myDevices: "我的设备",
  recovering: "您使用恢复码登录。请立即添加新设备，并撤销遗失的设备，之后才能进行其他操作。",
  freshNeeded: "添加或撤销设备之前，请再次验证身份。",
  proveAgain: "验证身份",
  noDevices: "您还没有设备，请在退出之前添加一台。",
  forPages: "身份验证器",
  forHosts: "用于主机",
  current: "正在使用",
  added: "添加于",
  lastUsed: "上次使用",
  never: "从未",
  backedUp: "已由厂商云端备份",
  notBackedUp: "仅存于这一台设备",
  change: "重命名或撤销",
  rename: "重命名",
  revoke: "撤销",
  revokeLast: "没有其他设备将无法登录。如果确实需要，请勾选。",
  confirmLast: "我知道之后需要新的邀请",
  addDevice: "添加设备",
  addPasskey: "添加通行密钥",
  recoveryCodes: "恢复码",
  codesLeft: (count) => `剩余 ${count} 个。`,
  newSheet: "生成新的恢复码",
  newSheetHint: "旧的恢复码将随之失效。",
  aboutYou: "关于您",
  pageLanguage: "语言",
  languages: { auto: "跟随浏览器", en: "English", "zh-CN": "简体中文" },
  save: "保存",
  contacts: "通知方式",
  noContacts: "尚未设置。管理员可以为您填写联系方式。",

  frozenTitle: "已冻结的账户",
  frozenNote: (count) => `您有 ${count} 个账户已被冻结。`,
  look: "查看",
  noneFrozen: "您没有被冻结的账户。",
  onAllHosts: "所有主机",
  frozenSince: "时间",
  frozenBy: "操作者",
  reportedLogin: "相关登录",
  unfreeze: "解除冻结",
  unfreezeHint:
    "请先更换密码和 SSH 密钥：可能已被他人掌握。解除冻结需要通行密钥和一个恢复码，恢复码会因此失效。",
  onlyAdministrators: "只有管理员可以解除。",
  administratorsHere: "查看所有冻结",
  unfreezeNeedsPasskey: "需要通行密钥，而此地址不支持：请联系管理员。",
};
