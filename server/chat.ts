/**
 * What people answer in chats. The vendor vouches for who it is; that counts for the one person whose
 * contact it is, and only for what that contact was asked: cards are passed on, and callbacks made up.
 */
import type { ChatAnswer, ChatOutcome } from "../lib/core/chat.ts";
import type { ChatAct } from "../lib/core/chat_act.ts";
import { ALL_HOSTS } from "../lib/core/freeze.ts";
import { isOpen, type Login } from "../lib/core/login.ts";
import type { Person } from "../lib/core/person.ts";
import type { ApprovalAnswer } from "../lib/core/approval.ts";
import { endedOf, type SentMessage } from "../lib/core/sent_message.ts";
import { printable } from "../lib/core/text.ts";
import type { Notifier } from "../lib/ports.ts";
import type { Asked } from "./asked.ts";
import type { Decisions } from "./decisions.ts";
import type { Deps } from "./deps.ts";
import { Unavailable } from "./faults.ts";
import { Limiter } from "./limiter.ts";
import { chatMessages } from "./messages/chat.ts";
import type { Language } from "./messages/language.ts";
import { pageMessages } from "./messages/page.ts";
import type { Metrics } from "./metrics.ts";
import { endedNotification } from "./request_notification.ts";

/**
 * Lines in the audit log about one person's contact, and about all others of a channel together: they must
 * not fill the disk, and a stranger's must not stand in the way of those.
 */
const RECORDED = { burst: 60, perMinute: 60 };

/** Why an answer is none. */
interface Refusal {
  /** One word of ours. */
  readonly why: "not_on" | "unknown" | "ambiguous" | "not_active" | "never_asked";
  /** Whose contact it is, where it is several persons'. */
  readonly persons?: string;
}

interface Answerer {
  readonly person: Person;
  readonly message: SentMessage;
  /** All of the request. */
  readonly logins: readonly [Login, ...Login[]];
}

export class Chat {
  readonly #recorded: Limiter;

  constructor(
    private readonly deps: Pick<Deps, "audit" | "clock" | "log" | "store">,
    private readonly decisions: Pick<
      Decisions,
      "approveBy" | "denyBy" | "denyByLink" | "reportNotMe"
    >,
    private readonly asked: Pick<Asked, "answering">,
    private readonly metrics: Pick<Metrics, "chatRefused">,
  ) {
    this.#recorded = new Limiter(RECORDED, deps.clock);
  }

  /** Never rejects. */
  async answer(channel: Notifier, given: ChatAnswer): Promise<ChatOutcome> {
    const told: { language: Language } = { language: channel.language };
    try {
      const { act } = given;
      if (act.kind === "words") return await this.#hear(channel, given);
      const found = await this.#find(channel, given);
      if ("why" in found) return await this.#refuse(channel, given, found);
      const { person, message } = found;
      if (person.language !== "auto") told.language = person.language;
      const { language } = told;
      return await this.asked.answering(
        message,
        () => this.#decide(channel, act, found, language),
      );
    } catch (error) {
      const isKnown = error instanceof Unavailable;
      const why = isKnown ? "store or audit log failed" : "unexpected error";
      this.deps.log("error", why, { channel: channel.name });
      return said(chatMessages(told.language).unavailable);
    }
  }

  async #find(channel: Notifier, given: ChatAnswer): Promise<Answerer | Refusal> {
    const person = await this.#who(channel, given);
    if ("why" in person) return person;
    const message = await this.#messageTo(person, channel, given);
    if (message === undefined) return { why: "never_asked" };
    const [first, ...rest] = await this.deps.store.loginsByTicket(message.ticket);
    return first === undefined
      ? { why: "never_asked" }
      : { person, message, logins: [first, ...rest] };
  }

  async #who(channel: Notifier, given: ChatAnswer): Promise<Person | Refusal> {
    const { name, answers } = channel;
    if (!answers) return { why: "not_on" };
    const from = channel.contactKey(given.from);
    const all = await this.deps.store.find("person", { all: true });
    const persons = all.filter(({ state, contacts }) => {
      const contact = Object.hasOwn(contacts, name) ? contacts[name] : undefined;
      return state !== "removed" && contact !== undefined && channel.contactKey(contact) === from;
    });
    const [person, ...others] = persons;
    if (person === undefined) return { why: "unknown" };
    if (others.length > 0) {
      return { why: "ambiguous", persons: persons.map((one) => one.name).join(", ") };
    }
    return person.state === "active" ? person : { why: "not_active" };
  }

  /** The message that is answered, if it was for that person. */
  async #messageTo(
    person: Person,
    channel: Notifier,
    given: ChatAnswer,
  ): Promise<SentMessage | undefined> {
    const { store } = this.deps;
    const { ticket, handle } = given;
    const from = channel.contactKey(given.from);
    // Vendors may call one message by another name in each callback, so the ticket goes first.
    const messages = ticket !== null
      ? await store.find("message", { ticket })
      : handle !== null
      ? await store.find("message", { handle })
      : [];
    return messages.find((each) =>
      each.channel === channel.name && each.person === person.id &&
      channel.contactKey(each.to) === from
    );
  }

  /** Somebody has written what decides nothing: who they are here, or what is missing. */
  async #hear(channel: Notifier, given: ChatAnswer): Promise<ChatOutcome> {
    const who = await this.#who(channel, given);
    if ("why" in who) {
      const { language } = channel;
      return said(
        who.why === "ambiguous"
          ? chatMessages(language).ambiguous
          : who.why === "not_active"
          ? pageMessages(language).approving.hindrances.not_active
          : "",
      );
    }
    const words = chatMessages(who.language === "auto" ? channel.language : who.language);
    const message = await this.#messageTo(who, channel, given);
    const logins = message === undefined
      ? []
      : await this.deps.store.loginsByTicket(message.ticket);
    const now = this.deps.clock.now();
    const isNumber = message?.answers === true &&
      logins.some((login) => isOpen(login, now) && login.match !== null);
    return said(isNumber ? words.twoDigits : words.registered(printable(who.name, 64)));
  }

  async #refuse(
    channel: Notifier,
    { from }: ChatAnswer,
    { why, persons }: Refusal,
  ): Promise<ChatOutcome> {
    const { audit, log } = this.deps;
    this.metrics.chatRefused(channel.name);
    const isStranger = why === "unknown" || why === "not_on";
    const key = isStranger ? [channel.name] : [channel.name, from.toLowerCase()];
    if (this.#recorded.take(JSON.stringify(key)) === undefined) {
      const what = {
        ...{ channel: channel.name, contact: printable(from, 64), why },
        ...(persons === undefined ? {} : { persons: printable(persons) }),
      };
      log("warning", "answer in a chat refused", what);
      await audit.append({ event: "chat.refused", ...what });
    }
    const words = chatMessages(channel.language);
    return said(why === "ambiguous" ? words.ambiguous : words.stranger);
  }

  async #decide(
    channel: Notifier,
    act: ChatAct,
    found: Answerer,
    language: Language,
  ): Promise<ChatOutcome> {
    switch (act.kind) {
      case "approve":
        return await this.#approve(channel, act.match, found, language);
      case "deny":
      case "not_me":
        return await this.#deny(channel, act.kind === "not_me", found, language);
    }
  }

  async #approve(
    channel: Notifier,
    match: string | null,
    { person, message, logins }: Answerer,
    language: Language,
  ): Promise<ChatOutcome> {
    const words = chatMessages(language);
    const now = this.deps.clock.now();
    const open = logins.filter((login) => isOpen(login, now) && login.pin === null);
    const [login = logins[0]] = open;
    if (!message.answers) return said(words.onPage);
    if (match === null && open.some((each) => each.match !== null)) return said(words.noNumber);
    const answer = await this.decisions.approveBy(login, {
      person: person.id,
      via: channel.name,
      match,
      shown: new Set(message.shown),
      remember: null,
    });
    const waiting = open.length - (answer.outcome === "approved" ? answer.approved.length : 0);
    return await this.#outcome(told(answer, waiting, language), login, language);
  }

  async #deny(
    channel: Notifier,
    notMe: boolean,
    { person, logins }: Answerer,
    language: Language,
  ): Promise<ChatOutcome> {
    const words = chatMessages(language);
    const [login] = logins;
    const by = { person: person.id, via: channel.name };
    if (notMe) {
      const reported = await this.decisions.reportNotMe(login, by);
      if (reported.ok) {
        const { user, host } = reported.frozen.freeze;
        return await this.#outcome(
          words.frozen(printable(user, 64), host === ALL_HOSTS ? undefined : printable(host, 64)),
          login,
          language,
        );
      }
    } else {
      const denial = await this.decisions.denyBy(login, by);
      if (denial.ok) {
        return await this.#outcome(
          denial.denied.length > 0 ? words.denied : words.over,
          login,
          language,
        );
      }
    }
    // They have the link, and whoever has it may deny it.
    const denied = await this.decisions.denyByLink(login, notMe);
    const text = denied.length === 0 ? words.over : notMe ? words.deniedOnly : words.denied;
    return await this.#outcome(text, login, language);
  }

  /** With what the message says from now on, once the request is over. */
  async #outcome(
    text: string,
    { ticket }: Login,
    language: Language,
  ): Promise<ChatOutcome> {
    const logins = await this.deps.store.loginsByTicket(ticket);
    const ended = endedOf(logins, this.deps.clock.now());
    return { text, ended: ended === undefined ? null : { ...endedNotification(ended), language } };
  }
}

function said(text: string): ChatOutcome {
  return { text, ended: null };
}

/** @param waiting how many of the request are still open */
function told(answer: ApprovalAnswer, waiting: number, language: Language): string {
  const words = chatMessages(language);
  switch (answer.outcome) {
    case "approved":
      return waiting > 0 ? words.othersWait(waiting) : words.approved;
    case "denied":
      return words.wrongNumber;
    case "second_needed":
      return words.secondNeeded;
    case "refused":
      return answer.why === "ended"
        ? words.over
        : pageMessages(language).approving.hindrances[answer.why];
  }
}
