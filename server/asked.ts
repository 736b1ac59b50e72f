/** Messages that ask people: sent, remembered, and made to say what became of the request. */
import type { ChatOutcome } from "../lib/core/chat.ts";
import { isOpen, type Login } from "../lib/core/login.ts";
import type { Notification, RequestNotification } from "../lib/core/notification.ts";
import { isOwnUser, mayApprove } from "../lib/core/person.ts";
import { RECORD_ID_BYTES, recordId } from "../lib/core/record_id.ts";
import type { Ask } from "../lib/core/routing.ts";
import {
  changeMessage,
  type Ended,
  endedOf,
  removeMessage,
  type SentMessage,
} from "../lib/core/sent_message.ts";
import type { Channel } from "./channel.ts";
import type { Channels } from "./channels.ts";
import { ownerOf } from "./contacts.ts";
import type { AppConfig, Deps } from "./deps.ts";
import type { Records } from "./records.ts";
import {
  answerTo,
  endedNotification,
  requestNotification,
  type Some,
} from "./request_notification.ts";

/** A request that can still be decided. */
interface Open {
  readonly kind: "open";
  readonly open: Some<Login>;
  /** Who has given the first of two approvals. */
  readonly firstBy: string | null;
}
type Standing = Open | { readonly kind: "ended"; readonly ended: Ended };

export class Asked {
  /** By the message's id, what is done with it last. */
  readonly #working = new Map<string, Promise<void>>();
  /** How many answers to a message are being worked on; then what it says comes with their outcome. */
  readonly #answered = new Map<string, number>();

  constructor(
    private readonly deps: Pick<Deps, "clock" | "log" | "random" | "store">,
    private readonly config: Pick<AppConfig, "approval" | "publicUrl">,
    private readonly channels: Channels,
    private readonly records: Records,
  ) {}

  /** False: it has not arrived, and another way may be tried. Never rejects. */
  async send(ticket: string, ask: Ask): Promise<boolean> {
    try {
      return await this.#send(ticket, ask);
    } catch {
      this.deps.log("error", "a request could not be sent", { channel: ask.channel });
      return false;
    }
  }

  /** Makes the messages about it say how it stands. Never rejects. */
  async refresh(ticket: string): Promise<void> {
    try {
      const messages = await this.deps.store.find("message", { ticket });
      await Promise.all(messages.map(({ id }) => this.#inTurn(id, "all")));
    } catch {
      this.deps.log("error", "messages about a request could not be read");
    }
  }

  /** Works on an answer to that message, which the channel makes to say what the outcome has. */
  async answering(
    { id, ticket }: SentMessage,
    work: () => Promise<ChatOutcome>,
  ): Promise<ChatOutcome> {
    this.#answered.set(id, (this.#answered.get(id) ?? 0) + 1);
    try {
      const outcome = await work();
      const says = outcome.ended?.outcome;
      if (says !== undefined) await this.deps.store.change(changeMessage(id, { says }));
      return outcome;
    } finally {
      const left = (this.#answered.get(id) ?? 1) - 1;
      if (left === 0) this.#answered.delete(id);
      else this.#answered.set(id, left);
      void this.refresh(ticket);
    }
  }

  async #send(ticket: string, ask: Ask): Promise<boolean> {
    const { store } = this.deps;
    const channel = this.channels.find(ask.channel);
    const standing = await this.#standing(ticket);
    if (channel === undefined || standing?.kind !== "open") return true;
    const [login] = standing.open;
    if (!await this.#mayBeAsked(ask, login) || await this.#isSent(ticket, ask)) return true;

    const request = await this.#text(channel, ask, standing);
    const answers = request.answer.by === "chat";
    const message: SentMessage = {
      ...ask,
      ...sayingNow(ask, standing),
      id: recordId("m", this.deps.random.bytes(RECORD_ID_BYTES)),
      ticket,
      handle: null,
      answers,
      sentAt: this.deps.clock.now(),
    };
    const isKept = channel.notifier.updates || answers;
    const text = inLanguage(request, ask);
    // Together, for an answer may come as soon as it is sent.
    const [delivery] = await Promise.all([
      channel.send(text, ask.to),
      isKept ? store.change(adding(message)) : undefined,
    ]);
    if (isKept) {
      const { handle } = delivery.ok ? delivery : { handle: null };
      if (handle !== null) await store.change(changeMessage(message.id, { handle }));
      else if (!delivery.ok && !delivery.mayArrive) await store.change(removeMessage(message.id));
    }
    await this.records.asked(login, { channel, to: ask.to }, delivery).catch(() => {
      const { id } = login;
      this.deps.log("error", "what became of a message could not be recorded", { login: id });
    });
    // Meanwhile it may have ended. Those that have joined are told of later, together.
    if (isKept) void this.#inTurn(message.id, "end");
    return delivery.ok;
  }

  /** Since it was planned the person may have been frozen, or have given the first of two approvals. */
  async #mayBeAsked({ person: id }: Ask, login: Login): Promise<boolean> {
    if (id === null) return true;
    const { store } = this.deps;
    const [person] = await store.find("person", { id });
    if (person === undefined || !mayApprove(person, login, this.config.approval).ok) return false;
    const given = await store.find("approval", { ticket: login.ticket });
    return !given.some((one) => one.login === login.id && one.person === id);
  }

  /** Also before a restart. */
  async #isSent(ticket: string, { channel, to }: Ask): Promise<boolean> {
    const messages = await this.deps.store.find("message", { ticket });
    return messages.some((message) => message.channel === channel && message.to === to);
  }

  /** After what is being done with it already, so that what is said last is true. */
  async #inTurn(id: string, news: News): Promise<void> {
    const before = this.#working.get(id) ?? Promise.resolve();
    const work = before.then(() => this.#update(id, news)).catch(() =>
      this.deps.log("error", "a message could not be changed")
    );
    this.#working.set(id, work);
    await work;
    if (this.#working.get(id) === work) this.#working.delete(id);
  }

  async #update(id: string, news: News): Promise<void> {
    const { store, log } = this.deps;
    const [message] = await store.find("message", { id });
    if (message === undefined || this.#answered.has(id)) return;
    const channel = this.channels.find(message.channel);
    const standing = await this.#standing(message.ticket);
    if (message.handle === null || !channel?.notifier.updates || standing === undefined) return;
    const now: Saying = standing.kind === "ended"
      ? { says: standing.ended.outcome, shown: message.shown }
      : sayingNow(message, standing);
    const tellsOfJoins = news === "all" && !channel.notifier.changesRing;
    const isShown = !tellsOfJoins || sameIds(now.shown, message.shown);
    if (now.says === message.says && isShown) return;
    const text = standing.kind === "ended"
      ? endedNotification(standing.ended)
      : await this.#text(channel, message, standing);
    const delivery = await channel.update(
      inLanguage(text, message),
      message.to,
      message.handle,
    );
    if (delivery.ok) return await store.change(changeMessage(id, now));
    const { why, detail, hint } = delivery;
    log("warning", "message not changed", { channel: channel.name, why, detail, hint });
  }

  async #text(
    channel: Channel,
    { person, escalated }: Pick<Ask, "person" | "escalated">,
    { open, firstBy }: Open,
  ): Promise<RequestNotification> {
    const answers = channel.notifier.answers && person !== null;
    const answer = answerTo(open[0], answers, this.config);
    const told = person === null ? null : firstBy;
    const reading = { escalated: escalated === true, ...await this.#reading(person, open[0]) };
    return requestNotification(open, { answer, firstBy: told, ...reading }, this.config);
  }

  async #reading(
    id: string | null,
    { requester, user }: Login,
  ): Promise<Pick<RequestNotification, "reader" | "shared">> {
    const { store } = this.deps;
    const shared = requester === null && await ownerOf(user, store) === undefined;
    if (id === null) return { reader: "group", shared };
    const [person] = await store.find("person", { id });
    const isTheirs = person !== undefined && isOwnUser(person, requester ?? user);
    return { reader: isTheirs ? "self" : "other", shared };
  }

  /** Undefined: there is no such request any more. */
  async #standing(ticket: string): Promise<Standing | undefined> {
    const { store, clock } = this.deps;
    const now = clock.now();
    const logins = await store.loginsByTicket(ticket);
    const [first, ...others] = logins.filter((login) => isOpen(login, now));
    if (first === undefined) {
      const ended = endedOf(logins, now);
      return ended === undefined ? undefined : { kind: "ended", ended };
    }
    const open: Some<Login> = [first, ...others];
    const ids = new Set(open.map(({ id }) => id));
    const approvals = await store.find("approval", { ticket });
    const given = approvals.find(({ login }) => ids.has(login));
    return { kind: "open", open, firstBy: given?.by ?? null };
  }
}

/** What a message is changed for: "end": not because other connections have joined. */
type News = "end" | "all";
type Saying = Pick<SentMessage, "says" | "shown">;

function sayingNow({ person }: Pick<Ask, "person">, { open, firstBy }: Open): Saying {
  // A group is not told who approves.
  const isSecond = firstBy !== null && person !== null;
  return { says: isSecond ? "second" : "request", shown: open.map(({ id }) => id) };
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}

function inLanguage(text: Notification, { language }: Pick<Ask, "language">): Notification {
  return language === null ? text : { ...text, language };
}

function adding(message: SentMessage) {
  return { wants: {}, make: () => ({ answer: undefined, put: { message: [message] } }) };
}
