/**
 * Telegram, by a bot of one's own (core.telegram.org/bots/api): it writes to whoever has pressed Start,
 * and fetches answers itself, so that it works where nobody can reach this server.
 */
import * as v from "valibot";
import { type Answered, channelType, type VendorAnswer } from "./channel.ts";
import { apiUrl, secret } from "./settings.ts";
import { editRequest, sendRequest } from "./telegram_bot.ts";
import { isThere, readTelegramFault, refuse } from "./telegram_codes.ts";
import { telegramInbox } from "./telegram_inbox.ts";

/** The bot's id, and what proves that one may act as it. */
const token = v.pipe(
  secret,
  v.regex(/^[0-9]{1,20}:[A-Za-z0-9_-]{30,64}$/, "must be a bot's token, as @BotFather shows it"),
);

export const telegram = channelType({
  type: "telegram",
  reach: "person",
  answers: true,
  settings: { url: v.optional(apiUrl, "https://api.telegram.org"), token },
  secrets: ["token"],
  isContact: (text) => /^-?[1-9][0-9]{0,15}$/.test(text),
  contact: "the number of a person's chat with the bot, such as 123456789; of a group it begins " +
    "with a minus",
  open: (bot, { buttons }) => ({
    via: "http",
    send: (letter, to) => {
      // Groups alone have negative ids.
      const isPerson = !to.startsWith("-");
      if (letter.pin !== null && !isPerson) {
        const hint = "a PIN is for one person: enter the person's own id, without a minus";
        return refuse("recipient", "sends no PIN to a group", { hint });
      }
      return sendRequest(bot, letter, to, buttons && isPerson);
    },
    sent,
    update: (letter, to, handle) =>
      editRequest(bot, letter, handle, buttons && !to.startsWith("-")),
    ...(buttons ? { inbox: telegramInbox(bot) } : {}),
  }),
});

const Sent = v.object({
  ok: v.literal(true),
  result: v.object({
    message_id: v.pipe(v.number(), v.integer()),
    chat: v.object({ id: v.pipe(v.number(), v.integer()) }),
  }),
});
/** Of methods that answer no message. */
const Done = v.object({ ok: v.literal(true), result: v.literal(true) });

function sent(answer: VendorAnswer): Answered {
  const read = v.safeParse(Sent, answer.json);
  if (read.success) {
    const { chat, message_id } = read.output.result;
    return { ok: true, handle: `${chat.id}:${message_id}` };
  }
  if (v.is(Done, answer.json) || isThere(answer)) return { ok: true, handle: null };
  return readTelegramFault(answer);
}
