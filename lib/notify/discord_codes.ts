/** Discord's error codes: discord.com/developers/docs/topics/opcodes-and-status-codes, /rate-limits. */
import * as v from "valibot";
import type { DeliveryFault } from "../core/delivery.ts";
import type { Refusal, VendorAnswer } from "./channel.ts";
import { refusing, retryAfter, unspoken } from "./refusal.ts";

const CODES: Readonly<Record<number, DeliveryFault>> = {
  10003: "settings", // the webhook's channel is gone
  10004: "settings", // and the server with it
  10008: "rejected", // the message that was to be changed is gone
  10015: "settings", // no such webhook
  20016: "rate_limited", // the channel's slow mode
  20028: "rate_limited", // the channel
  20029: "rate_limited", // the server
  40005: "rejected", // too long
  40062: "rate_limited",
  40333: "address", // Cloudflare stopped it
  50001: "settings", // no access
  50013: "settings", // no permission
  50027: "settings", // wrong token
  50035: "rejected", // a field is wrong
  130000: "unavailable", // overloaded
  200000: "rejected", // the server's AutoMod
  200001: "rejected",
  220001: "settings", // a forum's webhook, which has no place for messages alone
  240000: "rejected", // a link that Discord holds for harmful
};

const refuse = refusing("discord", {
  recipient: "compare the contact with the user's id (Copy User ID, with developer mode on)",
  rate_limited: "try again in a minute",
  settings:
    "compare webhook and token in server.toml with the webhook's address, in the channel's " +
    "settings under Integrations; it must be a text channel",
  address: "wait some minutes: Discord shuts out addresses that were refused too often",
  unavailable: "check that this server can reach Discord",
  unusable: "check url in server.toml; a proxy may answer in Discord's place",
  rejected: "look the code up in Discord's list of JSON error codes",
});

const Fault = v.object({ code: v.pipe(v.number(), v.integer()) });
/** Seconds, with a fraction. */
const Limited = v.object({ retry_after: v.pipe(v.number(), v.minValue(0), v.maxValue(86_400)) });

export function readDiscordFault(answer: VendorAnswer): Refusal {
  if (answer.status === 429) {
    const limited = v.safeParse(Limited, answer.json);
    // A page instead of JSON is Cloudflare's, and lasts.
    if (!limited.success) return refuse("address", "answers HTTP 429 without a wait");
    const retryAfterMs = Math.ceil(limited.output.retry_after * 1000);
    return refuse("rate_limited", "answers HTTP 429", { retryAfterMs });
  }
  const fault = v.safeParse(Fault, answer.json);
  if (!fault.success || fault.output.code === 0) return unspoken(refuse, answer);
  const { code } = fault.output;
  const why = CODES[code] ?? "rejected";
  const more = why === "unavailable" || why === "rate_limited"
    ? { retryAfterMs: retryAfter(answer) }
    : {};
  return refuse(why, `answers code ${code}`, more);
}
