/**
 * What a channel is: its settings in server.toml, the requests that it makes of a letter, and what the
 * vendor's answers mean. Data in, data out: nothing here sends anything.
 */
import * as v from "valibot";
import type { CallbackRefusal, CallbackReply, CallbackRequest, ChatAnswer } from "../core/chat.ts";
import type { Letter } from "../core/letter.ts";
import type { Language } from "../core/messages/language.ts";
import type { FailedDelivery } from "../core/delivery.ts";

/** One HTTP request to a vendor. */
export interface VendorRequest {
  readonly method: "GET" | "POST" | "PATCH";
  /** May hold a secret: never shown. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Exactly what is sent, for some vendors want it signed. */
  readonly body?: { readonly type: string; readonly text: string };
}

export interface VendorAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined when the body is no JSON. */
  readonly json: unknown;
  /** Of a body that is too long the beginning. */
  readonly text: string;
}

/** What a request is made with. */
export interface Moment {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Of the vendor, where the dialect has `token`; else "". */
  readonly token: string;
  /** 32 hexadecimal digits: of this message, the same when it is sent again. */
  readonly id: string;
}

/** What a vendor has answered. */
export type Answered = { readonly ok: true; readonly handle: string | null } | Refusal;

export interface Refusal extends FailedDelivery {
  /** The token does not count any more: the same again with another one. */
  readonly staleToken?: true;
  /** The same again after so many milliseconds (null: the vendor does not say) may go well. */
  readonly retryAfterMs?: number | null;
}

export type TokenAnswer =
  | { readonly ok: true; readonly token: string; readonly validMs: number }
  | Refusal;

/** A vendor's access token, which is kept until it ends. */
export interface TokenSource {
  request(now: number): VendorRequest;
  read(answer: VendorAnswer): TokenAnswer;
}

/** A channel that speaks HTTP. */
export interface HttpDialect {
  readonly via: "http";
  readonly token?: TokenSource;
  /**
   * A refusal: it cannot say that, or not to them.
   * @param to a contact; of a channel that reaches a group whom to mention, "": nobody
   */
  send(
    letter: Letter,
    to: string,
    at: Moment,
  ): VendorRequest | Refusal | Promise<VendorRequest | Refusal>;
  sent(answer: VendorAnswer): Answered;
  /** The message is made to say that. Its answer is read by `sent` too. */
  update?(
    letter: Letter,
    to: string,
    handle: string,
    at: Moment,
  ): VendorRequest | Promise<VendorRequest>;
  /** Reads what the vendor sends to us. */
  readonly callback?: Callback;
  /** What we fetch from the vendor, who holds the answer back until there is something. */
  readonly inbox?: Inbox;
}

/** A mail, for an SMTP server. */
export interface MailDialect {
  readonly via: "smtp";
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly tls: "none" | "starttls" | "tls";
    readonly user: string | null;
    readonly password: string | null;
  };
  readonly from: { readonly name: string; readonly address: string };
  mail(letter: Letter): { readonly subject: string; readonly text: string; readonly html: string };
}

/** A program that is started for each message. */
export interface CommandDialect {
  readonly via: "command";
  /** The program and its arguments; there is no shell, and nothing of a message among them. */
  readonly argv: readonly string[];
  /** All of its environment. */
  environment(letter: Letter, to: string): Readonly<Record<string, string>>;
  stdin(letter: Letter, to: string): string;
  readonly withinMs: number;
}

export type Dialect = HttpDialect | MailDialect | CommandDialect;

/** What the person is shown of it. */
export interface ChatResult {
  /** One line. */
  readonly text: string;
  /** What the message is to say from now on; null: as it is. */
  readonly letter: Letter | null;
}

export type CallbackRead =
  /** A handshake. */
  | { readonly kind: "reply"; readonly reply: CallbackReply }
  | {
    readonly kind: "answer";
    readonly answer: ChatAnswer;
    /** @param at as in `send` */
    readonly reply: (result: ChatResult, at: Moment) => CallbackReply | Promise<CallbackReply>;
    /** A request that shows it as well, where the reply cannot. */
    readonly after?: (result: ChatResult, at: Moment) => VendorRequest | undefined;
  }
  | ({ readonly kind: "refused" } & CallbackRefusal);
/** @param now milliseconds since the Unix epoch */
export type Callback = (
  request: CallbackRequest,
  now: number,
) => CallbackRead | Promise<CallbackRead>;

/** One thing that came by an inbox. */
export interface InboxItem {
  /** Null: it is only to be answered, by `reply`. */
  readonly answer: ChatAnswer | null;
  /** What to send back. @param result null when there was no answer in it */
  reply(result: ChatResult | null): readonly VendorRequest[];
  /**
   * Whom the reply tells only what they can do without, for anybody may make us say it: that is said
   * seldom. Null: it is always sent.
   */
  courtesyTo(result: ChatResult | null): string | null;
}
export interface Inbox {
  /** Longest that the vendor holds it back. */
  readonly waitMs: number;
  /** @param cursor what the last answer said; null at first @param most so many things at once */
  request(cursor: string | null, most: "some" | "one"): VendorRequest;
  read(answer: VendorAnswer):
    | { readonly ok: true; readonly items: readonly InboxItem[]; readonly cursor: string | null }
    | Refusal;
  /**
   * Where to go on behind the one thing in an answer that cannot be read, or that is too long and cut.
   * Null: there is none in it.
   */
  skip(answer: VendorAnswer): string | null;
}

/** A kind of channel, by what `type` says in server.toml. */
export interface ChannelType {
  readonly type: string;
  /** "group": it has one place where all is read, so it needs nobody's contact. */
  readonly reach: "person" | "group";
  /** Requests can be answered in it, when server.toml says `buttons = true`. */
  readonly answers: boolean;
  /** Of those whose own language nobody knows, unless server.toml says another one. */
  readonly language: Language;
  /** Settings beside those that all have. */
  readonly settings: v.ObjectEntries;
  /** Which of them are never shown, and may stand in a file or in the environment. */
  readonly secrets: readonly string[];
  /** Other settings are impossible together: what is wrong, by the setting's name. */
  faults?(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, string>>;
  isContact(text: string): boolean;
  /** What contacts of one recipient have in common, and no others; a contact as well. */
  contactKey(contact: string): string;
  /** What a contact is, as in "must be the account of a member". */
  readonly contact: string;
  /** Who knows a contact can read what goes there, or write to it: hosts and logs get it masked. */
  readonly secretContacts?: true;
  /** A contact may be anybody's in the world, who never asked for it; or each message costs money. */
  readonly reachesAnyone?: true;
  /** A changed message is shown or told anew, so it is changed only when it says something else. */
  readonly changesRing?: true;
  /** @param settings as `settings` has read them, secrets resolved */
  open(settings: unknown, common: CommonSettings): Dialect;
}

interface CommonSettings {
  /** `buttons = true` */
  readonly buttons: boolean;
}

/**
 * Forgets the type of the settings, so that all kinds of channels fit in one table. By default it speaks
 * English, and no two contacts are one recipient's.
 */
export function channelType<E extends v.ObjectEntries>(
  type: Omit<ChannelType, "contactKey" | "language" | "open" | "settings" | "secrets"> & {
    readonly contactKey?: ChannelType["contactKey"];
    readonly language?: Language;
    readonly settings: E;
    readonly secrets: readonly (keyof E & string)[];
    open(
      settings: v.InferOutput<v.ObjectSchema<E, undefined>>,
      common: CommonSettings,
    ): Dialect;
  },
): ChannelType {
  return {
    language: "en",
    contactKey: (contact) => contact,
    ...type,
    // What `settings` has read once: parsing it again would transform it twice.
    open: (settings, common) =>
      type.open(settings as v.InferOutput<v.ObjectSchema<E, undefined>>, common),
  };
}

/** JSON as a body. */
export function jsonBody(value: unknown): { readonly type: string; readonly text: string } {
  return { type: "application/json; charset=utf-8", text: JSON.stringify(value) };
}

/** A form as a body. */
export function formBody(
  fields: Readonly<Record<string, string>>,
): NonNullable<VendorRequest["body"]> {
  return {
    type: "application/x-www-form-urlencoded",
    text: new URLSearchParams(fields).toString(),
  };
}
