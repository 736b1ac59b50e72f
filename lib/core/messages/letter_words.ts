/** The words of requests, PINs and tests. Alerts have their own, alert_words.ts. */
import type { Foreign, Line } from "../letter.ts";
import type { EndedNotification, RequestNotification } from "../notification.ts";

/** What is said differently to who logs in, to another person, and to a group. */
interface ReaderWords {
  /** A number, that of one of several buttons. */
  readonly choose: string;
  readonly type: string;
  readonly freeze: string;
  readonly reflex: string;
}

export interface LetterWords {
  /** To who logs in. */
  readonly request: (user: Foreign, host: Foreign) => Line;
  /** To another person. @param who null: nobody knows */
  readonly requestBy: (who: Foreign | null, user: Foreign, host: Foreign) => Line;
  /** The same, of somebody's own account. */
  readonly requestOf: (user: Foreign, host: Foreign) => Line;
  /** To a group. */
  readonly waits: (user: Foreign, host: Foreign) => Line;
  readonly ahead: (user: Foreign, host: Foreign, duration: string) => Line;
  readonly connections: string;
  readonly until: string;
  readonly to: Readonly<Record<RequestNotification["reader"], ReaderWords>>;
  readonly typePrompt: string;
  readonly open: string;
  readonly two: string;
  /** The first of them has. */
  readonly first: (name: Foreign) => Line;
  /** Why somebody is asked who does not log in. */
  readonly escalated: string;
  readonly answersFor: string;
  readonly link: string;
  readonly approve: string;
  readonly deny: string;
  readonly ended: Readonly<
    Record<EndedNotification["outcome"], (user: Foreign, host: Foreign) => Line>
  >;
  /** "Not me" of somebody who has only the link: it freezes nothing. */
  readonly reportedByLink: (user: Foreign, host: Foreign) => Line;
  readonly by: string;
  /** When. */
  readonly decided: string;
  /** First the PIN: some settings of some channels show the first 20 bytes alone. */
  readonly pin: (pin: string) => Line;
  readonly pinValid: (duration: string) => string;
  readonly pinNotYou: string;
  readonly test: (channel: Foreign) => Line;
  readonly testNote: string;
  readonly time: string;
  readonly hours: string;
  readonly minutes: string;
  readonly seconds: string;
}
