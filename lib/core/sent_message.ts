/** A message about a request, as the server remembers it: what it says, and who may answer it. */
import { isOpen, type Login, step } from "./login.ts";
import type { Language } from "./messages/language.ts";
import type { EndedNotification } from "./notification.ts";
import type { Change } from "./store_change.ts";

export type Outcome = EndedNotification["outcome"];

export interface SentMessage {
  /** `m_…` */
  readonly id: string;
  /** Of the request. */
  readonly ticket: string;
  /** The channel's name. */
  readonly channel: string;
  readonly to: string;
  /** What the channel calls it; null: not known (yet), or it cannot be changed. */
  readonly handle: string | null;
  /** The id of the person that it was for; null: of a group. */
  readonly person: string | null;
  readonly language: Language | null;
  /** Others were asked before; none: it is not so. */
  readonly escalated?: true;
  /** It can be answered in the chat. */
  readonly answers: boolean;
  /** Ids of the logins that it stands for. */
  readonly shown: readonly string[];
  /** What it says now: "second": the first of two persons has approved it. */
  readonly says: "request" | "second" | Outcome;
  /** Milliseconds since the Unix epoch. */
  readonly sentAt: number;
}

export interface Ended {
  readonly login: Login;
  readonly outcome: Outcome;
  readonly by: string | null;
}

/**
 * What became of a request; undefined: it is still open, or there is none. Where its logins went
 * different ways, what was decided last.
 */
export function endedOf(logins: readonly Login[], now: number): Ended | undefined {
  if (logins.some((login) => isOpen(login, now))) return undefined;
  // Time counts, noted down or not.
  const all = logins.map((login) => step(login, { type: "expire" }, now).login);
  const [first, ...others] = all;
  if (first === undefined) return undefined;
  const login = others.reduce((a, b) => (b.decidedAt ?? 0) > (a.decidedAt ?? 0) ? b : a, first);
  return { login, outcome: outcomeOf(login), by: login.by };
}

function outcomeOf({ state, reason, by }: Login): Outcome {
  switch (state) {
    case "approved":
      return "approved";
    case "denied":
      return reason === "not_me" || reason === "wrong_number" ? reason : "denied";
    case "expired":
      // Approved, and nobody was waiting any more.
      return by === null ? "expired" : "cancelled";
    default:
      return "cancelled";
  }
}

/** Writes it down anew, if it is still there. */
export function changeMessage(
  id: string,
  what: Partial<Pick<SentMessage, "handle" | "shown" | "says">>,
): Change<void> {
  return {
    wants: { message: [{ id }] },
    make: ({ message }) => ({
      answer: undefined,
      put: { message: message.map((each) => ({ ...each, ...what })) },
    }),
  };
}

export function removeMessage(id: string): Change<void> {
  return {
    wants: { message: [{ id }] },
    make: ({ message }) => ({
      answer: undefined,
      remove: { message: message.map((each) => each.id) },
    }),
  };
}
