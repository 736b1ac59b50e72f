/** What the login flow needs of the host: the doors that its front ends open for it. Types only. */
import type { Attempt } from "../core/attempt.ts";
import type { CodeAnswer } from "../core/code.ts";
import type { HostMessages } from "../core/messages/host.ts";
import type { Clock } from "../ports.ts";
import type { ServersWord } from "./central_codes.ts";
import type { PinOffer } from "./pin_request.ts";

export interface Doors {
  readonly approvals: Approvals;
  readonly codes: Codes;
  readonly talk: Conversation;
  readonly clock: Clock;
  readonly messages: HostMessages;
  /**
   * For what comes with the verdict, which some programs cannot show in every language; else the same
   * as `messages`.
   */
  readonly lastWords: HostMessages;
  /** The file that says whether the account is enrolled; for the log. */
  readonly lookedFor: string;
  /**
   * Leads the person at the terminal through enrolment, after `talk` was closed.
   * @param signal ends it; the terminal is then left as it was found
   * @param withinMs when that will be
   * @returns true after the first right code
   */
  enroll(signal: AbortSignal, withinMs: number): Promise<boolean>;
  /** Where the login may not last as long as an enrolment may take. */
  readonly enrollingMs?: () => number;
}

/** How a request at the server ended. `failed`: the answer cannot be believed, for the given reason. */
export type Ending =
  /** `grantedForS`: how long the grant holds that was asked for; absent when none was given. */
  | { state: "approved"; by: string; grantedForS?: number }
  | { state: "denied" | "expired" | "cancelled"; reason: string | undefined }
  | { state: "failed"; fault: string };

/** A request that is open at a server. */
export interface OpenRequest {
  readonly url: string;
  readonly match: string | null;
  /** It takes two persons, so no code of the account's own does. */
  readonly twoPersons: boolean;
  /**
   * Has the server judge six digits as a code of the account's authenticator there. A right one ends the
   * request: it is approved. Never rejects. Undefined: the server takes none for it.
   */
  tryCode?(code: string): Promise<ServersWord>;
  /** Resolves when the request has ended, or the host's own time is up. */
  ended(signal: AbortSignal): Promise<Ending>;
  /** Tells the server that nobody waits any more; never rejects, takes no longer than a moment. */
  cancel(why: "hung_up" | "code_used"): Promise<void>;
}

export type Asked =
  /** This host has no servers: codes are its factor. */
  | { kind: "none" }
  | { kind: "open"; request: OpenRequest }
  | { kind: "approved"; by: string }
  /** The server answered and will not have this login. `detail`: in its own words, for the log. */
  | {
    kind: "refused";
    why: "frozen" | "busy" | "quiet";
    detail: string;
    retryAfterS: number | undefined;
    /** As in OpenRequest. */
    twoPersons: boolean;
  }
  /** No server could be reached in time. */
  | { kind: "unreachable"; detail: string; hint: string }
  /** A server answered, but not with anything usable. */
  | { kind: "unusable"; detail: string; hint: string };

export interface Approvals {
  ask(attempt: Attempt): Promise<Asked>;
}

export interface Codes {
  /** @throws Failure when the account's secret is there but unusable */
  enrolled(): boolean;
  /** A right code came from the same address a short while ago, and that shall do. */
  inGrace(): Promise<boolean>;
  /** Answers after the code's use is durable. @throws Failure when it cannot be made durable */
  check(code: string): Promise<CodeAnswer>;
  /** Undefined: this host has no emergency code. */
  readonly emergency?: Emergency | undefined;
}

/** The code of the whole host, so one can be typed although the account has no authenticator. */
export interface Emergency {
  /**
   * Judges a line as the emergency code and nothing else; "malformed" when it cannot be one. Answers
   * after a try is counted and a use is told. @throws Failure when it cannot be counted
   */
  check(line: string): Promise<CodeAnswer>;
}

/** The person at the other end. */
export interface Conversation {
  /** Somebody can read and type there. */
  readonly interactive: boolean;
  /** Shows where to approve. @param timeoutMs how long the request stays open */
  offer(request: { url: string; match: string | null }, timeoutMs: number, codes: boolean): void;
  /** Asks for a code where no offer stands. @param timeoutMs how long the person has */
  askCode(timeoutMs: number): void;
  /** The next line that is typed, without its newline; undefined when no more can be typed. */
  readCode(signal: AbortSignal): Promise<string | undefined>;
  /** One line for the person; what was offered or asked stays. */
  tell(text: string): void;
  /** Takes all of it off the screen and leaves the terminal as it was found; again does nothing. */
  close(): void;
  /** Resolves when the person interrupts or is gone. */
  readonly hungUp: Promise<void>;
}

/** One at which a PIN can be typed. */
export interface PinConversation extends Conversation {
  /**
   * Says that a PIN is on its way; readCode() then asks for it, and "" (Enter) comes through: a new
   * one is wanted. @param timeoutMs how long the person has
   */
  offerPin(offer: PinOffer, timeoutMs: number): void;
}
