/**
 * What every channel must do, whatever its vendor: one list for all, so that a channel that lacks something
 * can be seen to lack it, and where.
 */
import { VENDORS } from "./all.ts";
import type { ContractCase } from "./case_tools.ts";
import { openCommand } from "./command_place.ts";
import { FAULT_CASES } from "./fault_cases.ts";
import { openVendor } from "./http_place.ts";
import { LETTER_CASES } from "./letter_cases.ts";
import { openMail } from "./mail_place.ts";
import type { Place } from "./place.ts";

export const CONTRACT: readonly ContractCase[] = [...LETTER_CASES, ...FAULT_CASES];

/** Each channel with what stands at its other end, by type. */
export const PLACES: ReadonlyMap<string, () => Promise<Place>> = new Map([
  ...VENDORS.map((vendor) => [vendor.type, () => openVendor(vendor)] as const),
  ["email", openMail],
  ["command", openCommand],
]);

type Lacking = Readonly<Record<string, string>>;

const TEMPLATES = "carriers let approved templates through alone, and there is none for it";
const UNTOLD = "the vendor does not tell";
const NO_TOKEN = "its credentials go with each request";
const NO_BUSY = "no answer is documented that says so";
const ANY_YES = "whatever a receiver says with 2xx is a yes, and a redirect is for administrators";
const NO_HTTP = "it does not speak HTTP";
const NO_OUTPUT = "what a program prints is not read";

/** What a channel need not do, by the case's name and the channel's type, and why. */
export const LACKING: Readonly<Record<string, Lacking>> = {
  "a request that has ended, in place of the request where the vendor can": {
    sms_aliyun: TEMPLATES,
    sms_tencent: TEMPLATES,
  },
  "refused credentials: whose fault, and which setting": { command: "a program wants none" },
  "a contact that is nobody's": {
    wecom_robot: "a name that is nobody's is written as it is",
    dingtalk: "what becomes of a notice is told later, and only to who asks",
    dingtalk_robot: "a name that is nobody's is written as it is",
    feishu_robot: "an id that is nobody's is written as it is",
    discord: "an id that is nobody's is written as it is",
    gotify: "it has no contacts",
    sms_aliyun: UNTOLD,
    sms_tencent: UNTOLD,
    webhook: "what a contact is, its receiver says",
    command: "what a contact is, the program says",
  },
  "a token that ended before its time is renewed, once": {
    ...Object.fromEntries(
      [...PLACES.keys()].filter((type) => !["wecom", "dingtalk", "feishu"].includes(type))
        .map((type) => [type, NO_TOKEN]),
    ),
  },
  "one message too many: asked again when the vendor's rules allow it, and no sooner": {
    command: "how many run at once is our own limit",
  },
  "a vendor that is busy: asked again when its rules allow it, and no sooner": {
    feishu: NO_BUSY,
    feishu_robot: NO_BUSY,
    telegram: NO_BUSY,
  },
  ...garbage("page", { webhook: ANY_YES, command: NO_OUTPUT }),
  ...garbage("json", { webhook: ANY_YES, command: NO_OUTPUT }),
  ...garbage("endless", { webhook: ANY_YES, command: NO_OUTPUT }),
  ...garbage("redirect", { webhook: ANY_YES, email: NO_HTTP, command: NO_HTTP }),
  ...garbage("gateway", { email: NO_HTTP, command: NO_HTTP }),
  ...garbage("closed", { command: NO_OUTPUT }),
  "down: nothing arrived; left alone after three messages, and found again": {
    command: "a program that cannot be started is a fault of the settings",
  },
};

function garbage(mode: string, lacking: Lacking): Readonly<Record<string, Lacking>> {
  return {
    [`${mode} for an answer, at once`]: lacking,
    [`${mode} for an answer, after a message that went well`]: lacking,
  };
}
