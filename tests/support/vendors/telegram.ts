/**
 * A Telegram that one bot is known to (core.telegram.org/bots/api), with the people who have pressed
 * Start: they read what it writes, press its buttons and write to it.
 */
import * as v from "valibot";
import { after as realAfter } from "../../../lib/io/timers.ts";
import type { Clock } from "../../../lib/ports.ts";
import { isJson } from "./json_fields.ts";
import { readTelegramHtml } from "./telegram_html.ts";
import {
  AnswerCallbackQuery,
  buttons,
  type Content,
  contentFault,
  done,
  EditMessageText,
  failed,
  GetUpdates,
  SendMessage,
} from "./telegram_rules.ts";
import { TelegramUpdates } from "./telegram_updates.ts";
import {
  type Arrived,
  type Call,
  type FakeVendor,
  type Reply,
  type Rule,
  type VendorCase,
} from "./vendor.ts";

const TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw-";
const BOT_ID = 110201543;

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
  readonly #updates: TelegramUpdates;
  readonly #toasts = new Map<string, (toast: Toast) => void>();
  #limit = false;
  #edited = Promise.withResolvers<void>();
  #next = 1;

  constructor(private readonly clock: Clock, after: typeof realAfter = realAfter) {
    this.#updates = new TelegramUpdates((result) => this.#ok(result), after);
  }

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

  limitNext(): Rule {
    this.#limit = true;
    return { againAfterMs: 3_000 };
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
    this.#updates.release();
  }

  answer({ body, headers, method, path }: Call): Reply | Promise<Reply> {
    const [, token = "", name = ""] = /^\/bot([^/]+)\/([A-Za-z]+)$/.exec(path) ?? [];
    if (!/^[0-9]+:[A-Za-z0-9_-]{35}$/.test(token)) return failed(404, "Not Found");
    if (token !== TOKEN) return failed(401, "Unauthorized");
    if (this.#limit) {
      this.#limit = false;
      return failed(429, "Too Many Requests: retry after 3", { retry_after: 3 });
    }
    if (method !== "POST" || !isJson(headers)) {
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
    const wrong = contentFault(message);
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
    const wrong = contentFault(change);
    if (wrong !== undefined) return wrong;
    const same = (one: Content) => JSON.stringify([one.text, one.reply_markup]);
    if (same(message.content) === same(change)) {
      return failed(400, "Bad Request: message is not modified: specified new message content is");
    }
    message.content = change;
    this.#arrive(message, `${chat_id}:${message_id}`);
    return this.#ok(this.#shown(message, chat_id));
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

  #getUpdates(question: v.InferOutput<typeof GetUpdates>) {
    return this.webhook
      ? failed(409, "Conflict: can't use getUpdates method while webhook is active")
      : this.#updates.get(question);
  }

  #update(kind: string, value: unknown): void {
    this.#updates.add(this.#next++, kind, value);
  }

  #ok(result: unknown): Reply {
    return done(result, this.clock.now());
  }
}

function user(id: number) {
  return { id, is_bot: false, first_name: "A", language_code: id === 222222222 ? "zh-hans" : "en" };
}

function chat(id: number) {
  return { id, type: id < 0 ? "supergroup" : "private" };
}

export const telegramVendor: VendorCase = {
  type: "telegram",
  start: (clock) => new FakeTelegram(clock),
};
