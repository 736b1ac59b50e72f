/** What a login that is decided by a PIN needs of the server. Types only. */
import type { Attempt } from "../core/attempt.ts";
import type { Asked, Ending } from "./doors.ts";

/** What the person can be told of the PIN that is on its way. */
export interface PinOffer {
  /** "sending": should it fail, the next try or resend says so. */
  readonly delivery: "sent" | "sending";
  readonly validForS: number;
  /** Until another one may be asked for; null: there will be none. */
  readonly resendAfterS: number | null;
  readonly triesLeft: number;
}

/** A request that is open at a server until the right PIN is typed. */
export interface PinRequest {
  readonly offer: PinOffer;
  /** @param code six digits; anything else is not sent, and counts for nothing */
  try(code: string): Promise<PinTried>;
  /** Has a new PIN sent, in the place of the last one. */
  resend(): Promise<PinResent>;
  /** Tells the server that nobody waits any more; never rejects, takes no longer than a moment. */
  cancel(why: "hung_up" | "code_used"): Promise<void>;
}

export type PinTried =
  | { kind: "ended"; ending: Ending }
  | { kind: "wrong"; triesLeft: number }
  | { kind: "malformed" }
  | NoAnswer;

export type PinResent =
  | { kind: "sent"; offer: PinOffer }
  | { kind: "ended"; ending: Ending }
  /** `retryAfterS`: when it makes sense again; undefined: not for this login. */
  | {
    kind: "refused";
    why: "too_early" | "no_more_pins" | "too_many_pins" | "pins_unsent";
    retryAfterS: number | undefined;
  }
  | NoAnswer;

/** The server did not answer, or could not; the request is still open, and asking again may help. */
export interface NoAnswer {
  readonly kind: "no_answer";
  readonly detail: string;
}

export type PinAsked =
  | { kind: "open"; request: PinRequest }
  /** The server answered and will not have this login. `detail`: in its own words, for the log. */
  | {
    kind: "refused";
    why:
      | "frozen"
      | "busy"
      | "quiet"
      | "too_many_pins"
      | "pins_unsent"
      | "no_contact"
      | "no_channel"
      | "two_persons"
      | "not_delivered";
    detail: string;
    retryAfterS: number | undefined;
  }
  | Extract<Asked, { kind: "unreachable" | "unusable" }>;

export interface Pins {
  /** @param contacts at most eight (core/contact.ts); none is the server's to refuse */
  ask(attempt: Attempt, contacts: readonly string[]): Promise<PinAsked>;
}
