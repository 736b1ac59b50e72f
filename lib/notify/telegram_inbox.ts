/**
 * What people press and write in their chats with the bot, fetched by long polling
 * (core.telegram.org/bots/api#getupdates). Telegram vouches for who it was.
 */
import * as v from "valibot";
import type { ChatAnswer } from "../core/chat.ts";
import { readAct } from "../core/chat_act.ts";
import { type Line, written } from "../core/letter.ts";
import { chatWords } from "../core/messages/chat.ts";
import { chooseLanguage } from "../core/messages/language.ts";
import { printable } from "../core/text.ts";
import type { ChatResult, Inbox, InboxItem, VendorAnswer, VendorRequest } from "./channel.ts";
import { type Bot, botRequest, editRequest } from "./telegram_bot.ts";
import { readTelegramFault, refuse } from "./telegram_codes.ts";
import { HTML } from "./telegram_html.ts";

const WAIT_S = 25;
/** At once, of the 100 there may be: anybody can write, and 4096 characters may be 48 KiB of JSON. */
const MOST = 10;
/** Older than this nobody waits for what was written: Telegram keeps it for a day. */
const STALE_MS = 10 * 60_000;
const TWO_DIGITS = /^[0-9]{2}$/;
/** "0-200 characters" (answerCallbackQuery). */
const TOAST = 200;

const id = v.pipe(v.number(), v.safeInteger());
const Chat = v.object({ id, type: v.string() });
const User = v.object({ id, language_code: v.optional(v.string()) });
const Press = v.object({
  id: v.string(),
  from: User,
  /** Also of one that is too old to be shown, as far as we need it. */
  message: v.optional(v.object({ message_id: id, chat: Chat })),
  data: v.optional(v.string(), ""),
});
const Message = v.object({
  message_id: id,
  from: User,
  chat: Chat,
  /** In seconds. */
  date: v.number(),
  text: v.optional(v.string(), ""),
  reply_to_message: v.optional(v.object({ message_id: id, from: v.object({ id }) })),
});
type Press = v.InferOutput<typeof Press>;
type Message = v.InferOutput<typeof Message>;

const Updates = v.object({ ok: v.literal(true), result: v.array(v.unknown()) });
const Update = v.object({
  update_id: id,
  callback_query: v.optional(v.unknown()),
  message: v.optional(v.unknown()),
});

export function telegramInbox(bot: Bot): Inbox {
  return {
    waitMs: WAIT_S * 1000,
    request: (cursor, most) =>
      botRequest(bot, "getUpdates", {
        ...(cursor === null ? {} : { offset: Number(cursor) }),
        limit: most === "one" ? 1 : MOST,
        timeout: WAIT_S,
        allowed_updates: ["message", "callback_query"],
      }),
    read: (answer) => {
      const read = v.safeParse(Updates, answer.json);
      if (!read.success) {
        return v.is(v.object({ ok: v.literal(true) }), answer.json)
          ? refuse("unusable", `gives no usable updates (HTTP ${answer.status})`)
          : readTelegramFault(answer);
      }
      // One that we do not understand must not come again and again.
      const updates = read.output.result.flatMap((one) => {
        const update = v.safeParse(Update, one);
        return update.success ? [update.output] : [];
      });
      const next = Math.max(...updates.map(({ update_id }) => update_id + 1));
      return { ok: true, items: items(bot, updates, answer), cursor: cursorOf(next) };
    },
    skip: ({ text }) => {
      // The first of it; whatever people write, its quotes are escaped.
      const [, update] = /"update_id"\s*:\s*([0-9]{1,15})\b/.exec(text) ?? [];
      return update === undefined ? null : cursorOf(Number(update) + 1);
    },
  };
}

/** Without any update: whatever was fetched before is forgotten there. */
function cursorOf(next: number): string | null {
  return Number.isFinite(next) ? String(next) : null;
}

function items(
  bot: Bot,
  updates: readonly v.InferOutput<typeof Update>[],
  answer: VendorAnswer,
): InboxItem[] {
  // By Telegram's own clock, which the dates are of.
  const now = Date.parse(answer.headers["date"] ?? "");
  return updates.flatMap(({ callback_query, message }): InboxItem[] => {
    const press = v.safeParse(Press, callback_query);
    if (press.success) return [pressed(bot, press.output)];
    const text = v.safeParse(Message, message);
    if (!text.success || !isPrivate(text.output)) return [];
    const { date } = text.output;
    if (now - date * 1000 > STALE_MS) return [];
    const answered = typed(bot, text.output);
    return [answered ?? help(bot, text.output)];
  });
}

function isPrivate({ chat, from }: Pick<Message, "chat" | "from">): boolean {
  return chat.type === "private" && chat.id === from.id;
}

/** A button of ours, pressed in one's own chat; what it carries the client could have made up. */
function pressed(bot: Bot, { data, from, id, message }: Press): InboxItem {
  const read = readAct(data);
  if (read === undefined || message === undefined || !isPrivate({ chat: message.chat, from })) {
    // Else the button seems to be working on it for a while.
    return { answer: null, reply: () => [answerPress(bot, id, null)], courtesyTo: () => null };
  }
  const { act, ticket } = read;
  const handle = `${message.chat.id}:${message.message_id}`;
  return {
    answer: { from: String(from.id), ticket, handle, act },
    reply: (result) => [answerPress(bot, id, result), ...ended(bot, handle, result)],
    courtesyTo: () => null,
  };
}

/** A refusal has to be read, what else there is to say the message says. */
function answerPress(bot: Bot, id: string, result: ChatResult | null): VendorRequest {
  return botRequest(bot, "answerCallbackQuery", {
    callback_query_id: id,
    ...(result === null ? {} : {
      text: printable(result.text, TOAST),
      show_alert: result.letter === null,
    }),
  });
}

function ended(bot: Bot, handle: string, result: ChatResult | null): VendorRequest[] {
  const letter = result?.letter ?? null;
  return letter === null ? [] : [editRequest(bot, letter, handle, false)];
}

/** The number, as a reply to the message that asks for it; null: it is none. */
function typed(bot: Bot, message: Message): InboxItem | null {
  const { chat, from, message_id, text } = message;
  const match = text.trim();
  const handle = repliesTo(bot, message);
  if (!TWO_DIGITS.test(match) || handle === null) return null;
  const answer: ChatAnswer = {
    from: String(from.id),
    ticket: null,
    handle,
    act: { kind: "approve", match },
  };
  return {
    answer,
    reply: (result) => [
      ...(result === null ? [] : [say(bot, chat.id, [{ foreign: result.text }], message_id)]),
      ...ended(bot, handle, result),
    ],
    // Whoever decided is told; anybody may write a number.
    courtesyTo: (result) => result?.letter ? null : handle,
  };
}

/** Which message of ours; null: none. */
function repliesTo(bot: Bot, { chat, reply_to_message: asked }: Message): string | null {
  return asked?.from.id === botId(bot) ? `${chat.id}:${asked.message_id}` : null;
}

/** A token begins with the id of its bot. */
function botId({ token }: Bot): number {
  return Number(token.split(":")[0]);
}

/** To whom nobody here knows: who they are. */
function help(bot: Bot, message: Message): InboxItem {
  const { chat, from, message_id, text } = message;
  const words = chatWords(chooseLanguage("auto", from.language_code));
  const courtesyTo = () => String(chat.id);
  if (TWO_DIGITS.test(text.trim())) {
    const reply = () => [say(bot, chat.id, [words.replyToIt], message_id)];
    return { answer: null, reply, courtesyTo };
  }
  const id = String(from.id);
  return {
    answer: { from: id, ticket: null, handle: repliesTo(bot, message), act: { kind: "words" } },
    reply: (result) => {
      const told = result?.text ?? "";
      return [say(bot, chat.id, told === "" ? words.yourId(id) : [{ foreign: told }], message_id)];
    },
    courtesyTo,
  };
}

/** @param to the message that is answered */
function say(bot: Bot, chat: number, line: Line, to: number): VendorRequest {
  return botRequest(bot, "sendMessage", {
    chat_id: chat,
    text: written(line, HTML),
    parse_mode: "HTML",
    link_preview_options: { is_disabled: true },
    // Whatever became of that message meanwhile.
    reply_parameters: { message_id: to, allow_sending_without_reply: true },
  });
}
