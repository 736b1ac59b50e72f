/**
 * What Telegram's refusals mean (core.telegram.org/bots/api#making-requests). `error_code` is an HTTP
 * status, so what it is about has to be read from the description; that is never shown.
 */
import * as v from "valibot";
import type { Refusal, VendorAnswer } from "./channel.ts";
import { refusing, unspoken } from "./refusal.ts";

const Failed = v.object({
  ok: v.literal(false),
  error_code: v.number(),
  description: v.optional(v.string(), ""),
  parameters: v.optional(
    v.object({
      /** In seconds. */
      retry_after: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400))),
      migrate_to_chat_id: v.optional(v.number()),
    }),
    {},
  ),
});

/** In descriptions of 400. */
const NOBODY =
  /chat not found|user not found|peer_id_invalid|chat_write_forbidden|upgraded to a supergroup|not enough rights|have no rights|group chat was deactivated/i;
const ADDRESS = /button url|button_url_invalid|wrong http url/i;
const SAME = /message is not modified/i;

const START = "have the person open the bot's chat and press Start, and compare the contact with " +
  "their id";

export const refuse = refusing("telegram", {
  recipient: START,
  rate_limited: "try again in a minute",
  settings: "compare token in server.toml with what @BotFather shows for the bot; look at url",
  address: "see that Telegram takes messages from this server's address",
  unavailable: "check that this server can reach Telegram",
  unusable: "check url in server.toml; a proxy may answer in Telegram's place",
  rejected: "look at the bot in @BotFather, and at this server's log",
});

export function readTelegramFault(answer: VendorAnswer): Refusal {
  const read = v.safeParse(Failed, answer.json);
  if (!read.success) return unspoken(refuse, answer);
  const { description, error_code: status, parameters } = read.output;
  const what = `answers error_code ${status}`;
  if (parameters.migrate_to_chat_id !== undefined) {
    const hint = "the group has become a supergroup, with another id: enter that one";
    return refuse("recipient", what, { hint });
  }
  switch (status) {
    case 400:
      if (NOBODY.test(description)) return refuse("recipient", what);
      if (ADDRESS.test(description)) {
        const hint = "set public_url in server.toml to an address that Telegram takes for one";
        return refuse("settings", what, { hint });
      }
      return refuse("rejected", what);
    case 401:
    // So is a token that has not the form of one.
    case 404:
      return refuse("settings", what);
    case 403:
      return refuse("recipient", what, { hint: `${START}; the bot may be blocked or removed` });
    case 409: {
      const hint =
        "another program fetches what is written to this bot, or it has a webhook: give " +
        "gatehouse a bot of its own, or end the other one (deleteWebhook)";
      return refuse("settings", what, { hint });
    }
    case 429: {
      const { retry_after } = parameters;
      const retryAfterMs = retry_after === undefined ? null : Math.ceil(retry_after * 1000);
      return refuse("rate_limited", what, { retryAfterMs });
    }
    default:
      return status >= 500
        ? refuse("unavailable", what, { mayArrive: true })
        : refuse("rejected", what);
  }
}

/** An edit that would change nothing is refused, for what is wanted is there. */
export function isThere({ json }: VendorAnswer): boolean {
  const read = v.safeParse(Failed, json);
  return read.success && SAME.test(read.output.description);
}
