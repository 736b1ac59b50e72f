/** All vendors that have a fake: every channel that speaks HTTP. */
import { barkVendor } from "./bark.ts";
import { dingtalkVendor } from "./dingtalk.ts";
import { dingtalkRobotVendor } from "./dingtalk_robot.ts";
import { discordVendor } from "./discord.ts";
import { feishuVendor } from "./feishu.ts";
import { feishuRobotVendor } from "./feishu_robot.ts";
import { gotifyVendor } from "./gotify.ts";
import { ntfyVendor } from "./ntfy.ts";
import { pushoverVendor } from "./pushover.ts";
import { slackVendor } from "./slack.ts";
import { smsAliyunVendor } from "./sms_aliyun.ts";
import { smsTencentVendor } from "./sms_tencent.ts";
import { smsTwilioVendor } from "./sms_twilio.ts";
import { telegramVendor } from "./telegram.ts";
import type { VendorCase } from "./vendor.ts";
import { webhookVendor } from "./webhook.ts";
import { wecomVendor } from "./wecom.ts";
import { wecomRobotVendor } from "./wecom_robot.ts";

export const VENDORS: readonly VendorCase[] = [
  wecomVendor,
  wecomRobotVendor,
  dingtalkVendor,
  dingtalkRobotVendor,
  feishuVendor,
  feishuRobotVendor,
  telegramVendor,
  slackVendor,
  discordVendor,
  ntfyVendor,
  barkVendor,
  pushoverVendor,
  gotifyVendor,
  smsAliyunVendor,
  smsTencentVendor,
  smsTwilioVendor,
  webhookVendor,
];
