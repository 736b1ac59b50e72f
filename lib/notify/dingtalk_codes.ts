/**
 * What DingTalk's error codes mean for us: open.dingtalk.com/document/orgapp/server-api-error-codes-1 (all),
 * /document/orgapp/asynchronous-sending-of-enterprise-session-messages and /document/orgapp/
 * obtain-the-sending-result-of-the-work-notification (work notices), /document/robots/custom-robot-access and
 * /document/robots/customize-robot-security-settings (robots). It asks not to go by its texts; the one code
 * that has several reasons is looked at more closely for its hint alone.
 */
import * as v from "valibot";
import type { DeliveryFault } from "../core/delivery.ts";
import type { Refusal, VendorAnswer } from "./channel.ts";
import { type CodeTable, codeTable } from "./code_table.ts";
import { refusing, unspoken } from "./refusal.ts";

const COMMON_HINTS = {
  unavailable: "check that this server can reach DingTalk",
  unusable: "check url in server.toml; a proxy may answer in DingTalk's place",
  rejected: "look the code up in DingTalk's list of error codes",
} as const;

const MINUTE_MS = 60_000;
const KEYS =
  "compare appkey and appsecret in server.toml with the application's page in DingTalk " +
  "(Client ID, Client Secret)";
const AGENT = "compare agent_id in server.toml with the application's page in DingTalk";
const ADDRESS = "add this server's address to the application's outgoing IPs (Security settings)";
const USERID =
  "compare the contact with the person's userid in DingTalk's directory, and see that " +
  "the application may be used by them";
const DAILY = "tomorrow it works again: DingTalk lets no more through to one person a day";
const SCOPE = "on the application's page in DingTalk give it the permission to send work notices";

const MARKS = {
  retryMs: {
    [-1]: null,
    1430003: null,
    143103: MINUTE_MS,
    143104: MINUTE_MS,
    143203: MINUTE_MS,
    143204: MINUTE_MS,
    // More than 20 in a minute, and nothing gets through for ten.
    130101: 10 * MINUTE_MS,
    410100: 10 * MINUTE_MS,
  },
  stale: [40014, 42001],
  /** What an earlier try has brought there. */
  mayArrive: [143106, 143206],
};

export const APP = codeTable(
  refusing("dingtalk", {
    ...COMMON_HINTS,
    recipient: USERID,
    rate_limited: "try again in a minute",
    settings: "compare appkey, appsecret and agent_id in server.toml with the application's page " +
      "in DingTalk, and see that it is switched on",
    address: ADDRESS,
  }),
  {
    [-1]: "unavailable", // busy: "once more, three times at the most"
    88: "settings", // of which the other code is not known
    33001: ["settings", KEYS], // no such enterprise
    33012: "recipient",
    34016: "rejected", // too long
    40001: ["settings", KEYS],
    40003: "recipient",
    40008: "rejected", // sort of message
    40013: ["settings", KEYS],
    40014: "settings", // wrong token, although it is a fresh one
    40035: "rejected", // parameters
    40056: ["settings", AGENT],
    40089: ["settings", KEYS],
    40096: ["settings", KEYS],
    41001: "settings", // no token
    41002: ["settings", KEYS], // none
    41004: ["settings", KEYS], // none
    41011: ["settings", AGENT], // none
    42001: "settings", // as 40014
    43004: "rejected", // Content-Type
    50002: "recipient", // outside of what the application may see
    50003: ["settings", "switch the application on in DingTalk: it is disabled"],
    60011: ["settings", SCOPE],
    60020: "address",
    60121: "recipient",
    // Too many calls: of this address, of this enterprise, of this application.
    ...Object.fromEntries(range(90001, 90018).map((code) => [code, "rate_limited" as const])),
    143103: "rate_limited", // of the application, in a minute
    143104: "rate_limited", // of the enterprise, in a minute
    143105: ["rate_limited", DAILY],
    143106: ["rejected", "there is nothing to do: they have got the very same today"],
    143203: "rate_limited",
    143204: "rate_limited",
    143205: ["rate_limited", DAILY],
    143206: ["rejected", "there is nothing to do: they have got the very same today"],
    400002: "rejected",
    1430000: "recipient", // nobody
    1430002: ["rejected", "DingTalk's filter takes offence at the text"],
    1430003: "unavailable",
    1430004: [
      "recipient",
      "let the person take themselves out of DingTalk's protection of executives",
    ],
  },
  MARKS,
);

const TOKEN = "compare access_token in server.toml with the end of the robot's address in DingTalk";
const SECURITY = "compare secret in server.toml with the robot's (SEC…), see that this server's " +
  "clock is right, its address among the robot's IPs, and that no keywords are asked for";

export const ROBOT = codeTable(
  refusing("dingtalk_robot", {
    ...COMMON_HINTS,
    recipient: "compare the contact with a member of the group",
    rate_limited: "try again in ten minutes: DingTalk takes 20 messages a minute",
    settings: TOKEN,
    address: "add this server's address to the robot's IPs",
  }),
  {
    [-1]: "unavailable",
    40035: "rejected",
    43004: "rejected",
    130101: "rate_limited",
    300001: ["settings", TOKEN],
    300005: ["settings", TOKEN],
    310000: ["settings", SECURITY],
    400013: ["settings", "the group is dissolved: add a robot to another one"],
    400101: ["settings", TOKEN],
    400102: ["settings", "switch the robot on in DingTalk: it is disabled"],
    400105: "rejected",
    400106: ["settings", "the robot is gone: add one, and set its access_token in server.toml"],
    410100: "rate_limited",
    430101: ["rejected", "DingTalk takes the link for unsafe"],
    430102: ["rejected", "DingTalk's filter takes offence at the text"],
    430103: "rejected",
    430104: ["rejected", "DingTalk's filter takes offence at the text"],
    460101: "rejected", // too long
  },
  MARKS,
);

/** Why 310000, by what its text has always named; the first that fits. */
const REASONS: readonly (readonly [words: RegExp, why: DeliveryFault, hint: string])[] = [
  [
    /keyword|关键词/i,
    "settings",
    "choose signing in the robot's security settings, in place of keywords",
  ],
  [/whitelist|白名单/i, "address", "add this server's address to the robot's IPs"],
  [
    /sign|timestamp|签名|时间戳/i,
    "settings",
    "compare secret in server.toml with the robot's (SEC…), and see that this server's clock is right",
  ],
];

/** Undefined: it is no refusal. */
export function refusalOf(answer: VendorAnswer, table: CodeTable): Refusal | undefined {
  const read = v.safeParse(Status, answer.json);
  if (!read.success) return unspoken(table.refuse, answer);
  const { errcode, errmsg, sub_code } = read.output;
  if (errcode === 0) return undefined;
  // 88 says that another code is beside it.
  const code = errcode === 88 && /^[0-9]{1,8}$/.test(sub_code) ? Number(sub_code) : errcode;
  const what = `answers errcode ${code}`;
  const reason = code === 310000 ? REASONS.find(([words]) => words.test(errmsg)) : undefined;
  if (reason === undefined) return table.refusal(code, what);
  const [, why, hint] = reason;
  return table.refuse(why, what, { hint });
}

const Status = v.object({
  errcode: v.number(),
  errmsg: v.optional(v.string(), ""),
  sub_code: v.optional(v.union([v.string(), v.pipe(v.number(), v.transform(String))]), ""),
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
