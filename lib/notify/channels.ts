/** All kinds of channels, in the order in which they are listed to people. */
import type { ChannelType } from "./channel.ts";
import { bark } from "./bark.ts";
import { command } from "./command.ts";
import { dingtalk } from "./dingtalk.ts";
import { dingtalkRobot } from "./dingtalk_robot.ts";
import { discord } from "./discord.ts";
import { email } from "./email.ts";
import { feishu } from "./feishu.ts";
import { feishuRobot } from "./feishu_robot.ts";
import { gotify } from "./gotify.ts";
import { ntfy } from "./ntfy.ts";
import { pushover } from "./pushover.ts";
import { slack } from "./slack.ts";
import { smsAliyun } from "./sms_aliyun.ts";
import { smsTencent } from "./sms_tencent.ts";
import { smsTwilio } from "./sms_twilio.ts";
import { telegram } from "./telegram.ts";
import { webhook } from "./webhook.ts";
import { wecom } from "./wecom.ts";
import { wecomRobot } from "./wecom_robot.ts";

export const CHANNEL_TYPES: readonly ChannelType[] = [
  wecom,
  wecomRobot,
  dingtalk,
  dingtalkRobot,
  feishu,
  feishuRobot,
  telegram,
  slack,
  discord,
  ntfy,
  bark,
  pushover,
  gotify,
  email,
  smsAliyun,
  smsTencent,
  smsTwilio,
  webhook,
  command,
];
