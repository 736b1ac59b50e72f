/** The words of requests, PINs and tests. Alerts have their own, alert_words.ts. */
import type { Foreign, Line } from "../letter.ts";
import type { EndedNotification } from "../notification.ts";

export interface LetterWords {
  readonly request: (user: Foreign, host: Foreign) => Line;
  readonly ahead: (user: Foreign, host: Foreign, duration: string) => Line;
  readonly connections: string;
  readonly until: string;
  /** A number, that of one of several buttons. */
  readonly choose: string;
  readonly type: string;
  readonly typePrompt: string;
  readonly open: string;
  readonly two: string;
  /** The first of them has. */
  readonly first: (name: Foreign) => Line;
  readonly link: string;
  readonly approve: string;
  readonly deny: string;
  readonly notMe: string;
  readonly reflex: string;
  readonly ended: Readonly<
    Record<EndedNotification["outcome"], (user: Foreign, host: Foreign) => Line>
  >;
  readonly by: string;
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
