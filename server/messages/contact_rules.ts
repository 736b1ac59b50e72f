/** What a contact of each kind of channel is, in the words of the form where administrators write it down. */
import { typeOfChannel } from "../../lib/config/notify.ts";
import type { Language } from "./language.ts";

interface Rule {
  /** Null: it has no contacts. */
  readonly example: string | null;
  /** In English the kind itself says it. */
  readonly zhCN: string;
}

const PHONE: Rule = { example: "+8613800138000", zhCN: "带国家代码的手机号，例如 +8613800138000" };
const PROGRAM: Rule = {
  example: "alice",
  zhCN: "程序用来识别此人的名称：1 至 128 个字母、数字或 +_.@-，不以点或连字符开头",
};

/** By the channel's type. */
const RULES: Readonly<Record<string, Rule>> = {
  wecom: { example: "zhangsan", zhCN: "成员的账号" },
  wecom_robot: { example: "zhangsan", zhCN: "成员的账号，消息会提及此人" },
  dingtalk: { example: "zhangsan", zhCN: "成员的 userid" },
  dingtalk_robot: { example: "13800138000", zhCN: "群成员的手机号或 userid，消息会提及此人" },
  feishu: {
    example: "alice@example.com",
    zhCN: "此人对本应用的 open_id（ou_…）、user_id 或邮箱地址；用邮箱地址时没有按钮",
  },
  feishu_robot: { example: "zhangsan", zhCN: "群成员的 open_id 或 user_id，消息会提及此人" },
  telegram: {
    example: "123456789",
    zhCN: "此人与机器人的聊天的编号，例如 123456789；群组的编号以减号开头",
  },
  slack: {
    example: "U012AB3CD",
    zhCN: "成员 ID，例如 U012AB3CD；或频道、私信的 ID（C…、G…、D…）",
  },
  discord: { example: "123456789012345678", zhCN: "用户的 ID，即 17 至 20 位数字，消息会提及此人" },
  ntfy: {
    example: "gatehouse-alice-x7Rk2mQ9",
    zhCN: "一个主题，含 1 至 64 个字母、数字、- 和 _；知道其名称的人都能读取，因此应当长而随机",
  },
  bark: {
    example: "ynJ5Ft4atkMkWeo2PAvFhF",
    zhCN: "设备的密钥，即应用中所示地址里主机名之后的部分",
  },
  pushover: { example: "uQiRzpo4DXghDmr9QzzfQu27cmVRsG", zhCN: "用户的密钥，30 个字母和数字" },
  gotify: { example: null, zhCN: "无：登录 Gotify 的人都能读到该应用的全部消息" },
  email: { example: "alice@example.com", zhCN: "邮箱地址，例如 alice@example.com" },
  sms_aliyun: PHONE,
  sms_tencent: PHONE,
  sms_twilio: PHONE,
  webhook: PROGRAM,
  command: PROGRAM,
};

/** As in "a contact there is …". Undefined: nobody knows that type. */
export function contactRule(type: string, language: Language): string | undefined {
  return language === "zh-CN" ? ruleOf(type)?.zhCN : typeOfChannel(type)?.contact;
}

/** Undefined: it has no contacts, or nobody knows that type. */
export function contactExample(type: string): string | undefined {
  return ruleOf(type)?.example ?? undefined;
}

function ruleOf(type: string): Rule | undefined {
  return Object.hasOwn(RULES, type) ? RULES[type] : undefined;
}
