/**
 * A Telegram that one bot is known to (core.telegram.org/bots/api), with the people who have pressed
 * Start: they read what it writes, press its buttons and write to it.
 */
import * as v from "valibot";
import type { Clock } from "../../../lib/ports.ts";
import { readTelegramHtml } from "./telegram_html.ts";
import {
  type Arrived,
  type Call,
  type FakeVendor,
  json,
  type Reply,
  type VendorCase,
} from "./vendor.ts";

const TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw-";
const BOT_ID = 110201543;

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
const SendMessage = v.object({
  ...Content.entries,
  chat_id: id,
  disable_notification: v.optional(v.boolean()),
  reply_parameters: v.optional(v.object({ message_id: id })),
});
const EditMessageText = v.object({ ...Content.entries, chat_id: id, message_id: id });
const AnswerCallbackQuery = v.object({
  callback_query_id: v.string(),
  text: v.optional(v.string()),
  show_alert: v.optional(v.boolean()),
});
const GetUpdates = v.object({
  offset: v.optional(id),
  timeout: v.optional(v.pipe(id, v.minValue(0), v.maxValue(50))),
  allowed_updates: v.optional(v.array(v.string())),
});
type Content = v.InferOutput<typeof Content>;

interface Message {
  readonly chat: number;
  readonly id: number;
  content: Content;
  readonly quiet: boolean;
}
/** What a client shows of an answerCallbackQuery; null text: only that it is done. */
export interface Toast {
  readonly text: string | null;
  readonly alert: boolean;
}

export class FakeTelegram implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly to = "123456789";
  readonly nobody = "987654321";
  /** Who has pressed Start, and the group that the bot is in. */
  readonly chats = new Set([123456789, 222222222, -1001234567890]);
  /** Who has blocked the bot. */
  readonly blocked = new Set<number>();
  readonly messages: Message[] = [];
  /** A webhook is set, which takes the updates. */
  webhook = false;
  readonly #updates: { readonly update_id: number; readonly [kind: string]: unknown }[] = [];
  readonly #toasts = new Map<string, (toast: Toast) => void>();
  readonly #waiting: ((reply: Reply) => void)[] = [];
  /** Kinds of updates, as last said; by default all but some that we do not have. */
  #allowed = new Set(["message", "callback_query"]);
  #limit = false;
  #edited = Promise.withResolvers<void>();
  #next = 1;

  constructor(private readonly clock: Clock) {}

  settings(url: string) {
    return { url, token: TOKEN };
  }

  wrongCredentials(url: string) {
    return { url, token: TOKEN.replace("AAH", "BBH") };
  }

  /** Resolves when a message is changed for the first time. */
  get edited(): Promise<void> {
    return this.#edited.promise;
  }

  limitNext(): void {
    this.#limit = true;
  }

  /** Presses a button of the latest message that has it. @returns what is shown of that */
  press(data: string, by = Number(this.to), asIn?: number): Promise<Toast> {
    const message = this.messages.findLast((one) => buttons(one.content).includes(data));
    if (message === undefined) throw new Error(`no button carries ${data}`);
    const query = String(this.#next++);
    const { promise, resolve } = Promise.withResolvers<Toast>();
    this.#toasts.set(query, resolve);
    this.#update("callback_query", {
      id: query,
      from: user(by),
      message: this.#shown(message, asIn ?? message.chat),
      chat_instance: "1",
      data,
    });
    return promise;
  }

  /** Replies to the latest message to that person, or to another one. */
  replyWith(text: string, by = Number(this.to), to?: Message): void {
    const message = to ?? this.messages.findLast((one) => one.chat === by);
    if (message === undefined) throw new Error("there is no message to reply to");
    this.write(text, by, { reply_to_message: this.#shown(message, by) });
  }

  write(text: string, by = Number(this.to), more: Readonly<Record<string, unknown>> = {}): void {
    this.#update("message", {
      message_id: this.#next++,
      from: user(by),
      chat: chat(by),
      date: Math.floor(this.clock.now() / 1000),
      text,
      ...more,
    });
  }

  /** Ends the long polls, as when their time is over. */
  release(): void {
    for (const end of this.#waiting.splice(0)) end(this.#ok([]));
  }

  answer({ body, headers, method, path }: Call): Reply | Promise<Reply> {
    const [, token = "", name = ""] = /^\/bot([^/]+)\/([A-Za-z]+)$/.exec(path) ?? [];
    if (!/^[0-9]+:[A-Za-z0-9_-]{35}$/.test(token)) return failed(404, "Not Found");
    if (token !== TOKEN) return failed(401, "Unauthorized");
    if (this.#limit) {
      this.#limit = false;
      return failed(429, "Too Many Requests: retry after 3", { retry_after: 3 });
    }
    if (method !== "POST" || !/^application\/json\b/.test(headers.get("content-type") ?? "")) {
      return failed(400, "Bad Request: message text is empty");
    }
    const given: unknown = JSON.parse(body);
    switch (name) {
      case "sendMessage":
        return this.#read(SendMessage, given, (message) => this.#send(message));
      case "editMessageText":
        return this.#read(EditMessageText, given, (message) => this.#edit(message));
      case "answerCallbackQuery":
        return this.#read(AnswerCallbackQuery, given, (toast) => this.#toast(toast));
      case "getUpdates":
        return this.#read(GetUpdates, given, (question) => this.#getUpdates(question));
      default:
        return failed(404, "Not Found: method not found");
    }
  }

  #read<S extends v.GenericSchema, A>(
    schema: S,
    given: unknown,
    then: (value: v.InferOutput<S>) => A,
  ): A | Reply {
    const read = v.safeParse(schema, given);
    return read.success ? then(read.output) : failed(400, "Bad Request: can't parse parameters");
  }

  #send(message: v.InferOutput<typeof SendMessage>): Reply {
    const { chat_id: to, disable_notification: quiet = false } = message;
    if (!this.chats.has(to)) return failed(400, "Bad Request: chat not found");
    if (this.blocked.has(to)) return failed(403, "Forbidden: bot was blocked by the user");
    const wrong = this.#fault(message);
    if (wrong !== undefined) return wrong;
    const sent = { chat: to, id: this.#next++, content: message, quiet };
    this.messages.push(sent);
    this.#arrive(sent, null);
    return this.#ok(this.#shown(sent, to));
  }

  #edit(change: v.InferOutput<typeof EditMessageText>): Reply {
    const { chat_id, message_id } = change;
    const message = this.messages.find((one) => one.chat === chat_id && one.id === message_id);
    if (message === undefined) return failed(400, "Bad Request: message to edit not found");
    const wrong = this.#fault(change);
    if (wrong !== undefined) return wrong;
    const same = (one: Content) => JSON.stringify([one.text, one.reply_markup]);
    if (same(message.content) === same(change)) {
      return failed(400, "Bad Request: message is not modified: specified new message content is");
    }
    message.content = change;
    this.#arrive(message, `${chat_id}:${message_id}`);
    return this.#ok(this.#shown(message, chat_id));
  }

  /** What is wrong with a message. */
  #fault({ parse_mode, reply_markup, text }: Content): Reply | undefined {
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
      const bytes = new TextEncoder().encode(callback_data ?? "x").length;
      if (bytes < 1 || bytes > 64) return failed(400, "Bad Request: BUTTON_DATA_INVALID");
      if (url !== undefined && !/^https?:\/\/([^/]*\.[^/]*|\[[^\]]+\](:[0-9]+)?)(\/|$)/.test(url)) {
        return failed(400, "Bad Request: inline keyboard button URL is invalid: Wrong HTTP URL");
      }
    }
    return undefined;
  }

  #arrive({ chat, content }: Message, replaces: string | null): void {
    const { links, mentions, text } = readTelegramHtml(content.text);
    const addresses = content.reply_markup?.inline_keyboard.flat().map(({ url }) => url) ?? [];
    const all = [...links, ...addresses.filter((url) => url !== undefined)];
    this.arrived.push({
      to: String(chat),
      text,
      links: [...new Set(all)],
      mentions,
      buttons: buttons(content),
      replaces,
    });
    if (replaces !== null) this.#edited.resolve();
  }

  #shown({ id, content }: Message, to: number) {
    return {
      message_id: id,
      from: { id: BOT_ID, is_bot: true, first_name: "gatehouse" },
      chat: chat(to),
      date: Math.floor(this.clock.now() / 1000),
      text: readTelegramHtml(content.text).text,
    };
  }

  #toast(
    { callback_query_id, show_alert = false, text = "" }: v.InferOutput<typeof AnswerCallbackQuery>,
  ) {
    const show = this.#toasts.get(callback_query_id);
    if (show === undefined) {
      return failed(400, "Bad Request: query is too old and response timeout expired");
    }
    if (text.length > 200) return failed(400, "Bad Request: MESSAGE_TOO_LONG");
    this.#toasts.delete(callback_query_id);
    show({ text: text === "" ? null : text, alert: show_alert });
    return this.#ok(true);
  }

  #getUpdates({ allowed_updates, offset, timeout = 0 }: v.InferOutput<typeof GetUpdates>) {
    if (this.webhook) {
      return failed(409, "Conflict: can't use getUpdates method while webhook is active");
    }
    for (const end of this.#waiting.splice(0)) {
      end(failed(409, "Conflict: terminated by other getUpdates request"));
    }
    // What is before the offset counts as received.
    while ((this.#updates[0]?.update_id ?? Infinity) < (offset ?? 0)) this.#updates.shift();
    this.#allowed = new Set(allowed_updates ?? this.#allowed);
    if (this.#updates.length > 0 || timeout === 0) return this.#ok(this.#updates.slice(0, 100));
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#waiting.push(resolve);
    return promise;
  }

  #update(kind: string, value: unknown): void {
    if (!this.#allowed.has(kind)) return;
    this.#updates.push({ update_id: this.#next++, [kind]: value });
    for (const end of this.#waiting.splice(0)) end(this.#ok(this.#updates.slice(0, 100)));
  }

  #ok(result: unknown): Reply {
    return json({ ok: true, result }, 200, { date: new Date(this.clock.now()).toUTCString() });
  }
}

function buttons({ reply_markup }: Content): string[] {
  return (reply_markup?.inline_keyboard.flat() ?? [])
    .flatMap(({ callback_data }) => callback_data === undefined ? [] : [callback_data]);
}

function user(id: number) {
  return { id, is_bot: false, first_name: "A", language_code: id === 222222222 ? "zh-hans" : "en" };
}

function chat(id: number) {
  return { id, type: id < 0 ? "supergroup" : "private" };
}

function failed(error_code: number, description: string, parameters?: object): Reply {
  return json(
    { ok: false, error_code, description, ...(parameters && { parameters }) },
    error_code,
  );
}

export const telegramVendor: VendorCase = {
  type: "telegram",
  start: (clock) => new FakeTelegram(clock),
};
