/** Short messages by Twilio (twilio.com/docs/messaging/api/message-resource). */
import * as v from "valibot";
import type { Letter } from "../core/letter.ts";
import { basicAuth } from "./account.ts";
import { type Answered, channelType, formBody, type VendorAnswer } from "./channel.ts";
import { isPhone, PHONE } from "./phone.ts";
import { apiUrl, matching, secret } from "./settings.ts";
import { smsOf } from "./sms_text.ts";
import { readTwilioFault, twilioFault } from "./sms_twilio_codes.ts";

/** A number, a short code, or up to eleven letters and digits that are shown in place of one. */
const SENDER = new RegExp(`^(${PHONE}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11})$`);

/** Later than this nobody needs a PIN or a request any more. In seconds. */
const VALID_S = 300;

export const smsTwilio = channelType({
  type: "sms_twilio",
  reach: "person",
  answers: false,
  secretContacts: true,
  reachesAnyone: true,
  settings: {
    url: v.optional(apiUrl, "https://api.twilio.com"),
    account_sid: matching(/^AC[0-9a-fA-F]{32}$/, "an Account SID: AC and 32 hexadecimal digits"),
    auth_token: secret,
    from: v.optional(matching(SENDER, "a number such as +15017122661, or a sender's name")),
    messaging_service_sid: v.optional(
      matching(/^MG[0-9a-fA-F]{32}$/, "a Messaging Service's SID: MG and 32 hexadecimal digits"),
    ),
  },
  secrets: ["auth_token"],
  faults: ({ from, messaging_service_sid }): Record<string, string> =>
    (from === undefined) === (messaging_service_sid === undefined)
      ? { from: "must be set, or messaging_service_sid, and not both" }
      : {},
  isContact: isPhone,
  contact: "a mobile number with + and the country's code, such as +4915112345678",
  open: ({ account_sid, auth_token, from, messaging_service_sid, url }) => ({
    via: "http",
    send: (letter, to) => ({
      method: "POST",
      url: `${url}/2010-04-01/Accounts/${account_sid}/Messages.json`,
      headers: basicAuth(account_sid, auth_token),
      body: formBody({
        To: to,
        ...(from === undefined ? {} : { From: from }),
        ...(messaging_service_sid === undefined
          ? {}
          : { MessagingServiceSid: messaging_service_sid }),
        Body: smsOf(letter),
        ...(hurries(letter) ? { ValidityPeriod: String(VALID_S) } : {}),
      }),
    }),
    sent,
  }),
});

function hurries({ kind }: Letter): boolean {
  return kind === "pin" || kind === "request";
}

const Sent = v.object({
  sid: v.pipe(v.string(), v.regex(/^[SM]M[0-9a-fA-F]{32}$/)),
  error_code: v.optional(v.nullable(v.number()), null),
});

/** It is queued then: whether it reaches the phone Twilio does not know yet. */
function sent(answer: VendorAnswer): Answered {
  const read = v.safeParse(Sent, answer.json);
  if (!read.success) return readTwilioFault(answer);
  const { error_code } = read.output;
  return error_code === null ? { ok: true, handle: null } : twilioFault(error_code, answer);
}
