/**
 * What the codes of Feishu and Lark mean for us: open.feishu.cn/document/ukTMukTMukTM/ugjM14COyUjL4ITN (all),
 * /document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/create and patch (messages), /document/
 * ukTMukTMukTM/uUzN04SN3QjL1cDN (limits), /document/client-docs/bot-v3/add-custom-bot (custom bots).
 */
import * as v from "valibot";
import type { Refusal, VendorAnswer } from "./channel.ts";
import { type CodeTable, codeTable } from "./code_table.ts";
import { refusing, unspoken } from "./refusal.ts";

const COMMON_HINTS = {
  rate_limited: "try again in a minute",
  unavailable: "check that this server can reach Feishu",
  unusable: "check url in server.toml (Lark: https://open.larksuite.com); a proxy may answer in " +
    "Feishu's place",
  rejected: "look the code up in Feishu's list of error codes",
} as const;

const SECRET =
  "compare app_id and app_secret in server.toml with the app's page Credentials, and " +
  "url with where the app was made (Feishu, Lark)";
const SCOPE = "give the app the permission im:message:send_as_bot and publish a version of it";
const BOT = "add the feature Bot to the app and publish a version of it";
const RELEASE = "publish a version of the app, and see that the enterprise's administrator has " +
  "switched it on";
const RANGE = "let the person use the app: add them to its availability and publish a version";
const OTHERS_ID = "an open_id counts in one app alone: take the one that this app is told";

const MARKS = {
  retryMs: { 11232: null, 230020: null, 99991400: null },
  /** 99991661: it was sent empty. */
  stale: [99991661, 99991663, 99991665, 99991668, 99991671, 99991677],
  /** What an earlier try has brought there. */
  mayArrive: [230049],
};

export const APP = codeTable(
  refusing("feishu", {
    ...COMMON_HINTS,
    recipient: "compare the contact with the person's open_id for this app, user_id or mail " +
      "address in Feishu",
    settings: SECRET,
    address: "add this server's address to the app's IP allowlist (Security settings)",
  }),
  {
    10003: ["settings", SECRET], // no such app
    10014: ["settings", SECRET], // wrong secret
    230001: "recipient", // a parameter; of ours this one alone can be wrong
    230002: "recipient", // not in the chat
    230006: ["settings", BOT],
    230011: "rejected", // was taken back
    230013: ["recipient", RANGE],
    230017: ["rejected", "the message is another app's"],
    230018: "recipient", // what the group allows
    230020: "rate_limited", // five a second to one person
    230022: ["rejected", "Feishu's filter takes offence at the text"],
    230025: "rejected", // too long
    230027: ["settings", SCOPE],
    230028: ["rejected", "the enterprise's own filter takes offence at the text"],
    230029: "recipient", // has left the enterprise
    230031: ["rejected", "the message is older than 14 days"],
    230034: "recipient",
    230035: ["recipient", "see in Feishu that the app may write to the person"],
    230038: "recipient", // of another enterprise
    230049: ["rejected", "there is nothing to do: the very same is being sent"],
    230053: ["recipient", "let the person turn messages of the app on again, in the chat with it"],
    230054: "rejected", // cannot be done to this message
    230099: "rejected", // the card
    99991400: "rate_limited",
    99991401: "address",
    99991661: "settings", // no token
    99991662: ["settings", RELEASE],
    99991663: "settings", // wrong token, although it is a fresh one
    99991664: "settings",
    99991665: "settings",
    99991668: "settings",
    99991671: "settings",
    99991672: ["settings", SCOPE],
    99991673: ["settings", RELEASE],
    99991677: "settings", // as 99991663
    99992351: "recipient",
    99992352: "recipient",
    99992354: "rejected", // no such message
    99992360: "recipient",
    99992361: ["recipient", OTHERS_ID],
  },
  MARKS,
);

const HOOK =
  "compare hook in server.toml with the end of the bot's webhook address, and url with " +
  "its beginning (Lark: https://open.larksuite.com)";

export const ROBOT = codeTable(
  refusing("feishu_robot", {
    ...COMMON_HINTS,
    recipient: "compare the contact with the person's open_id or user_id in Feishu",
    settings: HOOK,
    address: "add this server's address to the bot's IP allowlist",
  }),
  {
    9499: "rejected", // not what a message has to be, or too long
    11232: "rate_limited", // also on the hour, when everybody sends
    19001: ["settings", HOOK],
    19002: "rejected",
    19021: [
      "settings",
      "compare secret in server.toml with the bot's signature verification, and see that this " +
      "server's clock is right",
    ],
    19022: "address",
    19024: [
      "settings",
      "choose signature verification in the bot's settings, in place of keywords",
    ],
    19036: "rejected", // too long
    99991400: "rate_limited",
  },
  MARKS,
);

const Status = v.object({ code: v.number() });
/** Of custom bots, once. */
const OldStatus = v.pipe(
  v.object({ StatusCode: v.number() }),
  v.transform(({ StatusCode }) => ({ code: StatusCode })),
);

/** Undefined: it is no refusal. */
export function refusalOf(answer: VendorAnswer, table: CodeTable): Refusal | undefined {
  const read = v.safeParse(v.union([Status, OldStatus]), answer.json);
  if (!read.success) return unspoken(table.refuse, answer);
  const { code } = read.output;
  if (code === 0) return undefined;
  if (!table.knows(code) && (answer.status === 429 || answer.status >= 500)) {
    return unspoken(table.refuse, answer);
  }
  return table.refusal(code, `answers code ${code}`, resetMs(answer));
}

/** Until the limit is lifted; null: it is not said. The header counts seconds. */
function resetMs({ headers }: VendorAnswer): number | null {
  const seconds = headers["x-ogw-ratelimit-reset"] ?? "";
  return /^[0-9]{1,6}$/.test(seconds) ? Number(seconds) * 1000 : null;
}
