/** A channel like Telegram: it keeps what it is given, lets people answer, and changes messages. */
import type { AnswerChat, ChatAnswer, ChatOutcome } from "../../lib/core/chat.ts";
import { typeOfChannel } from "../../lib/config/notify.ts";
import type { ChatAct } from "../../lib/core/chat_act.ts";
import type { Delivery } from "../../lib/core/delivery.ts";
import type {
  EndedNotification,
  MessageSort,
  Notification,
  RequestNotification,
} from "../../lib/core/notification.ts";
import type { Notifier } from "../../lib/ports.ts";
import { FAILED } from "./pins.ts";

export interface Shown {
  readonly to: string;
  readonly handle: string;
  /** What it has said, the last is what it says now. */
  readonly said: Notification[];
}

type Facts = Pick<Notifier, "name" | "type" | "reach" | "answers" | "updates" | "changesRing">;

export class ChatNotifier implements Notifier {
  readonly name: string;
  readonly type: string;
  readonly reach: "person" | "group";
  readonly answers: boolean;
  readonly updates: boolean;
  readonly changesRing: boolean;
  readonly language = "en";
  readonly sends: ReadonlySet<MessageSort> = new Set(["request", "pin", "alert"]);
  readonly messages: Shown[] = [];
  /** Contacts that nothing arrives at. */
  readonly unreachable = new Set<string>();
  /** No message is answered any more. */
  hangs = false;
  listening = 0;
  receive?: NonNullable<Notifier["receive"]>;
  #answer: AnswerChat | undefined;
  readonly #looks = new Set<() => void>();

  constructor({ name = "telegram", type = name, ...facts }: Partial<Facts> = {}) {
    const { reach = "person", answers = true, updates = true } = facts;
    this.name = name;
    this.type = type;
    this.reach = reach;
    this.answers = answers;
    this.updates = updates;
    this.changesRing = facts.changesRing ?? false;
  }

  isContact(): boolean {
    return true;
  }

  contactKey(contact: string): string {
    return typeOfChannel(this.type)?.contactKey(contact) ?? contact;
  }

  send(message: Notification, to: string): Promise<Delivery> {
    if (this.hangs) return new Promise(() => {});
    if (this.unreachable.has(to)) return Promise.resolve(FAILED);
    const handle = `${to}:${this.messages.length + 1}`;
    this.messages.push({ to, handle, said: [message] });
    this.#changed();
    return Promise.resolve({ ok: true, handle: this.updates ? handle : null });
  }

  update(message: Notification, to: string, handle: string): Promise<Delivery> {
    const shown = this.messages.find((one) => one.handle === handle && one.to === to);
    if (shown === undefined) throw new Error("there is no such message");
    shown.said.push(message);
    this.#changed();
    return Promise.resolve({ ok: true, handle });
  }

  listen = (answer: AnswerChat): () => Promise<void> => {
    this.#answer = answer;
    this.listening++;
    return () => {
      this.listening--;
      return Promise.resolve();
    };
  };

  /** Somebody presses a button, or types a number. The message shows what came of it. */
  async act(answer: ChatAnswer): Promise<ChatOutcome> {
    if (this.#answer === undefined) throw new Error("nobody listens");
    const outcome = await this.#answer(answer);
    const shown = this.messages.find(({ handle }) => handle === answer.handle);
    if (outcome.ended !== null) shown?.said.push(outcome.ended);
    this.#changed();
    return outcome;
  }

  /** A button of that message, pressed by the one it was for. */
  press({ to, handle, said }: Shown, act: ChatAct, from = to): Promise<ChatOutcome> {
    const [first] = said;
    const ticket = first?.kind === "request" ? first.ticket : null;
    return this.act({ from, ticket, handle, act });
  }

  /** The number, as a reply to that message. */
  reply({ to, handle }: Shown, match: string, from = to): Promise<ChatOutcome> {
    return this.act({ from, ticket: null, handle, act: { kind: "approve", match } });
  }

  /** Requests, in order. */
  get requests(): Shown[] {
    return this.messages.filter(({ said }) => said[0]?.kind === "request");
  }

  /** To whom requests were sent, in order. */
  get asked(): string[] {
    return this.requests.map(({ to }) => to);
  }

  /** Once that is so. @throws after ten seconds */
  until(condition: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => reject(new Error(`not so within ten seconds: ${condition}`));
    const limit = setTimeout(giveUp, 10_000);
    const look = () => {
      if (!condition()) return;
      this.#looks.delete(look);
      clearTimeout(limit);
      resolve();
    };
    this.#looks.add(look);
    look();
    return promise;
  }

  /** The request that came as that message, as soon as it has. */
  async request(index = 0): Promise<Shown & { readonly first: RequestNotification }> {
    await this.until(() => this.requests.length > index);
    const shown = this.requests[index];
    const [first] = shown?.said ?? [];
    if (shown === undefined || first?.kind !== "request") throw new Error("no request");
    return { ...shown, first };
  }

  /** What a message says once it waits no more. */
  async ended(shown: Shown): Promise<EndedNotification> {
    await this.until(() => shown.said.at(-1)?.kind === "request_ended");
    const last = shown.said.at(-1);
    if (last?.kind !== "request_ended") throw new Error("it still waits");
    return last;
  }

  #changed(): void {
    for (const look of [...this.#looks]) look();
  }
}
