/** What Telegram takes from a bot (core.telegram.org/bots/api), and how it refuses the rest. */
import * as v from "valibot";
import { size } from "./json_fields.ts";
import { readTelegramHtml } from "./telegram_html.ts";
import { json, type Reply } from "./vendor.ts";

const id = v.pipe(v.number(), v.integer());
const Button = v.object({
  text: v.pipe(v.string(), v.minLength(1)),
  callback_data: v.optional(v.string()),
  url: v.optional(v.string()),
});
const Content = v.object({
  text: v.string(),
  parse_mode: v.optional(v.string()),
  link_preview_options: v.optional(v.object({ is_disabled: v.optional(v.boolean()) })),
  reply_markup: v.optional(v.object({ inline_keyboard: v.array(v.array(Button)) })),
});
export const SendMessage = v.object({
  ...Content.entries,
  chat_id: id,
  disable_notification: v.optional(v.boolean()),
  reply_parameters: v.optional(v.object({ message_id: id })),
});
export const EditMessageText = v.object({ ...Content.entries, chat_id: id, message_id: id });
export const AnswerCallbackQuery = v.object({
  callback_query_id: v.string(),
  text: v.optional(v.string()),
  show_alert: v.optional(v.boolean()),
});
export const GetUpdates = v.object({
  offset: v.optional(id),
  limit: v.optional(v.pipe(id, v.minValue(1), v.maxValue(100))),
  timeout: v.optional(v.pipe(id, v.minValue(0), v.maxValue(50))),
  allowed_updates: v.optional(v.array(v.string())),
});
export type Content = v.InferOutput<typeof Content>;

/** What is wrong with a message. */
export function contentFault({ parse_mode, reply_markup, text }: Content): Reply | undefined {
  if (text === "") return failed(400, "Bad Request: message text is empty");
  if (parse_mode !== "HTML") return failed(400, "Bad Request: unsupported parse_mode");
  try {
    if (readTelegramHtml(text).text.length > 4096) {
      return failed(400, "Bad Request: message is too long");
    }
  } catch (error) {
    return failed(400, `Bad Request: can't parse entities: ${error}`);
  }
  for (const { callback_data, url } of reply_markup?.inline_keyboard.flat() ?? []) {
    if ((callback_data === undefined) === (url === undefined)) {
      return failed(400, "Bad Request: can't parse inline keyboard button");
    }
    const bytes = size(callback_data ?? "x");
    if (bytes < 1 || bytes > 64) return failed(400, "Bad Request: BUTTON_DATA_INVALID");
    if (url !== undefined && !/^https?:\/\/([^/]*\.[^/]*|\[[^\]]+\](:[0-9]+)?)(\/|$)/.test(url)) {
      return failed(400, "Bad Request: inline keyboard button URL is invalid: Wrong HTTP URL");
    }
  }
  return undefined;
}

export function buttons({ reply_markup }: Content): string[] {
  return (reply_markup?.inline_keyboard.flat() ?? [])
    .flatMap(({ callback_data }) => callback_data === undefined ? [] : [callback_data]);
}

export function failed(error_code: number, description: string, parameters?: object): Reply {
  return json(
    { ok: false, error_code, description, ...(parameters && { parameters }) },
    error_code,
  );
}

/** @param now in milliseconds since the Unix epoch */
export function done(result: unknown, now: number): Reply {
  const reply = json({ ok: true, result }, 200, { date: new Date(now).toUTCString() });
  return { ...reply, body: asciiOnly(reply.body) };
}

/** As Telegram writes its JSON. */
function asciiOnly(text: string): string {
  return text.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
