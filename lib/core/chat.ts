/** Answers that people give in a chat, as they come in from a channel and as they go back. */
import type { ChatAct } from "./chat_act.ts";
import type { Language } from "./messages/language.ts";
import type { EndedNotification } from "./notification.ts";

/** A person's answer, as the vendor vouches for it. */
export interface ChatAnswer {
  /** Who, as a contact of this channel. */
  readonly from: string;
  /** Null: it does not say, but `handle` does. */
  readonly ticket: string | null;
  /** Of the message that is answered; null: unknown. */
  readonly handle: string | null;
  /** "words": something was written that decides nothing. */
  readonly act: ChatAct | { readonly kind: "words" };
}

/** What the person is shown of it. */
export interface ChatOutcome {
  /** One line. To words of somebody whom nobody here knows "": the channel tells them who they are there. */
  readonly text: string;
  /** What the message is to say from now on; null: it stays as it is. */
  readonly ended: (EndedNotification & { readonly language?: Language }) | null;
}

export type AnswerChat = (answer: ChatAnswer) => Promise<ChatOutcome>;

/** What a vendor sends to us. */
export interface CallbackRequest {
  readonly method: "GET" | "POST";
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
export interface CallbackReply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}
/** Not the vendor's, too old, or of no use. */
export interface CallbackRefusal {
  readonly refused: 400 | 401 | 403;
  /** For the log, in our own words. */
  readonly why: string;
}
