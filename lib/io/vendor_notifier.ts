/** A channel that speaks HTTP, opened: messages to its vendor, and what people answer there. */
import { aboutOf, type Addressed } from "../core/breaker.ts";
import type {
  AnswerChat,
  CallbackRefusal,
  CallbackReply,
  CallbackRequest,
  ChatOutcome,
} from "../core/chat.ts";
import type { Letter } from "../core/letter.ts";
import type { Language } from "../core/messages/language.ts";
import { letterOf } from "../core/messages/letter.ts";
import type { Delivery } from "../core/delivery.ts";
import type { MessageSort, Notification } from "../core/notification.ts";
import type { Callback, CallbackRead, ChatResult, HttpDialect, Inbox } from "../notify/channel.ts";
import type { VendorRequest } from "../notify/channel.ts";
import type { Notifier } from "../ports.ts";
import { ignoreSurroundings } from "./vendor_http.ts";
import { listenTo } from "./vendor_inbox.ts";
import {
  SENDING_LIMITS,
  type SendingLimits,
  type SendingPorts,
  VendorSender,
} from "./vendor_sender.ts";

/** Chats that are shown at once what became of an answer; more are not. */
const MOST_SHOWN = 32;
const FLOOD_LOG_MS = 60_000;

/** As server.toml says. */
export interface VendorChannel {
  readonly name: string;
  readonly type: string;
  readonly reach: "person" | "group";
  readonly sends: ReadonlySet<MessageSort>;
  /** The type can, and server.toml says `buttons = true`. */
  readonly answers: boolean;
  readonly isContact: (text: string) => boolean;
  readonly contactKey: (contact: string) => string;
  readonly secretContacts?: boolean;
  readonly reachesAnyone?: boolean;
  readonly changesRing?: boolean;
  readonly language: Language;
  /** In which people read times, by its IANA name. */
  readonly timeZone: string;
  /** "http://[user:password@]host:port"; null: none */
  readonly proxy: string | null;
  readonly dialect: HttpDialect;
}

export interface VendorPorts extends SendingPorts {
  readonly log: (
    level: "info" | "warning" | "error",
    message: string,
    fields: Readonly<Record<string, string | number>>,
  ) => void;
}

export class VendorNotifier implements Notifier, AsyncDisposable {
  readonly name: string;
  readonly type: string;
  readonly reach: "person" | "group";
  readonly sends: ReadonlySet<MessageSort>;
  readonly language: Language;
  readonly answers: boolean;
  readonly updates: boolean;
  readonly isContact: (text: string) => boolean;
  readonly contactKey: (contact: string) => string;
  readonly secretContacts: boolean;
  readonly reachesAnyone: boolean;
  readonly changesRing: boolean;
  readonly receive?: NonNullable<Notifier["receive"]>;
  readonly listen?: NonNullable<Notifier["listen"]>;
  readonly #sender: VendorSender;
  readonly #showing = new Set<Promise<void>>();
  #floodAt = -Infinity;

  private constructor(
    private readonly channel: VendorChannel,
    private readonly ports: VendorPorts,
    limits: SendingLimits,
  ) {
    const { answers, dialect, proxy, type } = channel;
    this.name = channel.name;
    this.type = type;
    this.reach = channel.reach;
    this.sends = channel.sends;
    this.language = channel.language;
    this.answers = answers;
    this.updates = dialect.update !== undefined;
    this.isContact = channel.isContact;
    this.contactKey = channel.contactKey;
    this.secretContacts = channel.secretContacts ?? false;
    this.reachesAnyone = channel.reachesAnyone ?? false;
    this.changesRing = channel.changesRing ?? false;
    this.#sender = new VendorSender(type, dialect, proxy, ports, limits);
    const { callback, inbox } = dialect;
    if (!answers) return;
    if (callback !== undefined) {
      this.receive = (request, answer) => this.#receive(callback, request, answer);
    }
    if (inbox !== undefined) this.listen = (answer) => this.#listen(inbox, answer);
  }

  static open(
    channel: VendorChannel,
    ports: VendorPorts,
    limits: SendingLimits = SENDING_LIMITS,
  ): VendorNotifier {
    ignoreSurroundings();
    return new VendorNotifier(channel, ports, limits);
  }

  leftAloneUntil(message?: { readonly about: string; readonly to: string }): number | null {
    return this.#sender.leftAloneUntil(
      message === undefined ? undefined : this.#addressed(message.about, message.to),
    );
  }

  async send(message: Notification, to: string): Promise<Delivery> {
    const letter = this.#letter(message);
    const addressed = this.#addressed(aboutOf(message), to);
    return await this.#sender.deliver(addressed, (at) => this.channel.dialect.send(letter, to, at));
  }

  async update(message: Notification, to: string, handle: string): Promise<Delivery> {
    const { dialect } = this.channel;
    const change = dialect.update?.bind(dialect);
    if (change === undefined) {
      const detail = `${this.type} cannot change a message`;
      const hint = "nothing is wrong with the settings";
      return { ok: false, why: "rejected", detail, hint, mayArrive: false };
    }
    const letter = this.#letter(message);
    const addressed = this.#addressed(aboutOf(message), to);
    return await this.#sender.deliver(addressed, (at) => change(letter, to, handle, at));
  }

  /** Whatever is under way comes to nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#sender.close();
    await Promise.all(this.#showing);
  }

  #addressed(about: string, to: string): Addressed {
    return { about, to: this.reach === "group" ? null : to };
  }

  #letter(message: Notification): Letter {
    const { language, timeZone } = this.channel;
    return letterOf(message, message.language ?? language, timeZone);
  }

  async #receive(
    callback: Callback,
    request: CallbackRequest,
    answer: AnswerChat,
  ): Promise<CallbackReply | CallbackRefusal> {
    const read = await callback(request, this.ports.clock.now());
    switch (read.kind) {
      case "reply":
        return read.reply;
      case "refused":
        return { refused: read.refused, why: read.why };
      case "answer": {
        const result = this.#result(await answer(read.answer));
        this.#showAfter(read, result);
        // Vendors wait some seconds only, so no token is got for this.
        return await read.reply(result, this.#sender.moment(""));
      }
    }
  }

  #listen(inbox: Inbox, answer: AnswerChat): () => Promise<void> {
    const { clock, after, log } = this.ports;
    return listenTo({
      channel: this.name,
      inbox,
      fetch: (request, how) => this.#sender.fetch(request, how),
      answer: async (given) => {
        try {
          return this.#result(await answer(given));
        } catch {
          log("error", "an answer in a chat could not be handled", { channel: this.name });
          return null;
        }
      },
      reply: (requests) => {
        for (const request of requests) this.#show(() => Promise.resolve(request));
      },
      now: () => clock.now(),
      after,
      log,
    });
  }

  #result({ text, ended }: ChatOutcome): ChatResult {
    return { text, letter: ended === null ? null : this.#letter(ended) };
  }

  #showAfter(read: Extract<CallbackRead, { kind: "answer" }>, result: ChatResult): void {
    const { after } = read;
    if (after === undefined) return;
    this.#show(async () => {
      const token = await this.#sender.token();
      return token.ok ? after(result, this.#sender.moment(token.token)) : undefined;
    });
  }

  /** In the background, once: nobody waits for it, and what it would show is on record anyhow. */
  #show(make: () => Promise<VendorRequest | undefined>): void {
    const failed = (fields: Readonly<Record<string, string | number>>) =>
      this.ports.log("warning", "a chat does not show what became of an answer", {
        channel: this.name,
        ...fields,
      });
    if (this.#showing.size >= MOST_SHOWN) {
      const now = this.ports.clock.now();
      // Whoever floods the chat does not flood the log as well.
      if (Math.abs(now - this.#floodAt) >= FLOOD_LOG_MS) failed({ detail: "too many at once" });
      this.#floodAt = now;
      return;
    }
    const shown = this.#showNow(make, failed).catch(() => failed({ detail: "no token" }));
    this.#showing.add(shown);
    void shown.then(() => this.#showing.delete(shown));
  }

  async #showNow(
    make: () => Promise<VendorRequest | undefined>,
    failed: (fields: Readonly<Record<string, string | number>>) => void,
  ): Promise<void> {
    const request = await make();
    if (request === undefined) return;
    const answer = await this.#sender.fetch(request);
    if ("ok" in answer) failed({ detail: answer.detail });
    else if (answer.status >= 400) failed({ status: answer.status });
  }
}
