/**
 * What WeCom's error codes mean for us (developer.work.weixin.qq.com/document/path/90455, once 90313). Its
 * texts may change, as it says, so only the codes are looked at.
 */
import * as v from "valibot";
import type { Refusal, VendorAnswer } from "./channel.ts";
import { type CodeTable, codeTable } from "./code_table.ts";
import { refusing, unspoken } from "./refusal.ts";

const COMMON_HINTS = {
  rate_limited: "try again in a minute",
  address: "add this server's address to the application's trusted IPs",
  unavailable: "check that this server can reach WeCom",
  unusable: "check url in server.toml; a proxy may answer in WeCom's place",
  rejected: "look the code up in WeCom's list of error codes",
} as const;

const CONTACT = "compare the contact with the account in WeCom's directory, and see that the " +
  "application may be seen by it";
const CORPID = "compare corpid in server.toml with the id on WeCom's page of the enterprise";
const SECRET = "compare secret in server.toml with that on the application's page in WeCom";
const AGENTID = "compare agentid in server.toml with that on the application's page in WeCom";
const CALLBACK = "on the application's page in WeCom set where messages are received, or buttons " +
  "= false in server.toml";

const MARKS = {
  /** path/90455, 90312 */
  retryMs: { [-1]: null, 45009: 60_000, 45033: null },
  /** WeCom may end a token early (path/91039). */
  stale: [40014, 42001],
};

export const APP = codeTable(
  refusing("wecom", {
    ...COMMON_HINTS,
    recipient: CONTACT,
    settings: "compare corpid, secret and agentid in server.toml with the application's page in " +
      "WeCom, and see that it is switched on",
  }),
  {
    [-1]: "unavailable", // busy
    40001: ["settings", SECRET],
    40003: "recipient",
    40008: "rejected", // sort of message
    40013: ["settings", CORPID],
    40014: "settings", // wrong token, although it is a fresh one
    40031: "recipient", // not in the directory, or not in what the application may see
    40033: "rejected", // \uXXXX
    40035: "rejected", // parameters, as are the two below
    40056: ["settings", AGENTID],
    40057: ["settings", CALLBACK],
    40058: "rejected",
    40063: "rejected",
    40091: ["settings", SECRET], // perhaps another enterprise's
    41001: "settings", // no token
    41002: ["settings", CORPID], // none
    41004: ["settings", SECRET], // none
    41011: ["settings", AGENTID], // none
    41054: ["recipient", "let the person open WeCom once: the account is not active yet"],
    42001: "settings", // as 40014
    42014: "rejected", // task_id
    42015: ["settings", AGENTID], // another application's message
    42016: "rejected", // unknown task_id
    42017: "rejected", // keys of buttons, as are the two below
    42018: "rejected",
    42019: "rejected",
    42020: "rejected", // a button without a name
    42022: [
      "rejected",
      "there is nothing to do: the card was changed before, which goes once only",
    ],
    43004: ["recipient", "let the person sign in to WeCom, or follow the enterprise in WeChat"],
    43012: ["settings", CALLBACK],
    44004: "rejected", // no text
    45002: "rejected", // too long
    45009: "rate_limited", // calls; a minute later it works again
    45033: "rate_limited", // calls at once
    46004: "recipient",
    48002: ["settings", "see on the application's page in WeCom that it may send messages"],
    48004: ["settings", "see in WeCom that the enterprise still lets the application in"],
    48006: ["settings", "see on the application's page in WeCom that it may send messages"],
    50002: "recipient", // outside of what the application may see
    50003: ["settings", "switch the application on, on its page in WeCom"],
    60011: "recipient", // as 50002
    60020: "address",
    60111: "recipient",
    81013: "recipient", // none of the recipients
    82001: "recipient", // as 81013
    92000: "recipient", // as 50002
    301002: [
      "settings",
      "compare agentid and secret in server.toml: they are two applications'",
    ],
    2000002: ["settings", CORPID],
  },
  MARKS,
);

const KEY = "compare key in server.toml with the end of the robot's address in WeCom";

export const ROBOT = codeTable(
  refusing("wecom_robot", {
    ...COMMON_HINTS,
    recipient: "compare the contact with the account in WeCom's directory",
    settings: KEY,
  }),
  {
    [-1]: "unavailable",
    40008: "rejected",
    40033: "rejected",
    40035: "rejected",
    40058: "rejected",
    44004: "rejected",
    45002: "rejected",
    45009: "rate_limited", // more than 20 a minute
    45033: "rate_limited",
    93000: ["settings", `${KEY}, and see that the robot is still in the group`],
    93004: ["settings", "switch the robot on in WeCom: it is disabled"],
    93008: ["settings", "add the robot to the group again, and set its new key in server.toml"],
  },
  MARKS,
);

/** Undefined: it is no refusal. */
export function refusalOf(answer: VendorAnswer, table: CodeTable): Refusal | undefined {
  const code = errcode(answer);
  if (code === 0) return undefined;
  if (code === undefined) return unspoken(table.refuse, answer);
  return table.refusal(code, `answers errcode ${code}`);
}

const Status = v.object({ errcode: v.number() });

function errcode({ json }: VendorAnswer): number | undefined {
  const status = v.safeParse(Status, json);
  return status.success ? status.output.errcode : undefined;
}
