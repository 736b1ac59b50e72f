/** Twilio's error codes: twilio.com/docs/api/errors. */
import * as v from "valibot";
import type { Refusal, VendorAnswer } from "./channel.ts";
import { codeTable } from "./code_table.ts";
import { refusing, retryAfter, unspoken } from "./refusal.ts";

const CODES = codeTable(
  refusing("sms_twilio", {
    recipient: "compare the contact with the person's mobile number, written like +4915112345678",
    rate_limited:
      "try again later, or spread the messages over more numbers by a Messaging Service",
    settings:
      "compare account_sid, auth_token and from (or messaging_service_sid) in server.toml " +
      "with Twilio's console",
    address: "let Twilio take requests from this server's address",
    unavailable: "check that this server can reach Twilio, and look at status.twilio.com",
    unusable: "check url in server.toml; a proxy may answer in Twilio's place",
    rejected: "look the code up at twilio.com/docs/api/errors",
  }),
  {
    14107: "rate_limited", // messages between these two numbers
    20003: "settings", // wrong account_sid or auth_token
    20005: "settings", // the account is suspended or closed
    20006: "settings", // the account may not use this
    20008: "settings", // credentials for tests
    20403: "settings",
    20404: "settings", // no such account, or not Twilio's address
    20429: "rate_limited",
    20500: "unavailable",
    20503: "unavailable",
    20504: "unavailable",
    21211: "recipient", // no telephone number
    21212: "settings", // from is no number
    21266: "recipient", // from itself
    21408: [
      "settings",
      "allow the number's country under Messaging, Geo permissions, in Twilio's console",
    ],
    21603: "settings", // no from
    21604: "recipient", // no to
    21606: "settings", // from is not this account's, or cannot send there
    21607: "settings",
    21608: ["recipient", "verify the number in Twilio's console, or upgrade the trial account"],
    21610: [
      "recipient",
      "the person has answered STOP: have them send START to the number that from names",
    ],
    21611: "rate_limited", // from's queue is full
    21612: "recipient", // cannot be reached from there
    21614: "recipient", // not a mobile number
    21617: "rejected", // longer than 1,600 characters
    21635: "recipient", // a landline
    21656: "settings",
    21658: "rejected",
    21659: "settings", // from is not a number of Twilio's
    21660: "settings", // from is another account's
    21661: "settings", // from cannot send messages
    21701: "settings", // no such Messaging Service
    21703: "settings", // a Messaging Service without numbers
    21704: "settings",
    21705: "settings", // no Messaging Service's SID
    30001: "rate_limited", // the queue is full
    30002: "settings", // the account is suspended
    30003: "recipient", // cannot be reached
    30004: "recipient", // blocked
    30005: "recipient", // no such handset
    30006: "recipient", // a landline, or its carrier cannot be reached
    30007: "rejected", // filtered by Twilio or a carrier
    30008: "unavailable",
    30010: "settings", // costs more than max_price
    30022: "rate_limited", // of the sender's registration
    30023: "rate_limited", // and of the day
    30032: "settings", // a toll-free number that is not verified
    30034: ["settings", "register the number for A2P 10DLC in Twilio's console"],
    63038: "rate_limited", // of the day
  },
  {
    // "429 responses aren't processed and are safe to retry after backing off"; 503 likewise.
    retryMs: { 20429: null, 20503: null },
    mayArrive: [20500, 20504],
  },
);

const Failed = v.object({ code: v.pipe(v.number(), v.integer()), status: v.number() });

export function readTwilioFault(answer: VendorAnswer): Refusal {
  const read = v.safeParse(Failed, answer.json);
  return read.success ? twilioFault(read.output.code, answer) : unspoken(CODES.refuse, answer);
}

export function twilioFault(code: number, answer: VendorAnswer): Refusal {
  return CODES.refusal(code, `answers code ${code}`, retryAfter(answer));
}
