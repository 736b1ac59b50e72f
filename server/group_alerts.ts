/**
 * How many alerts a group gets: DingTalk takes 20 messages a minute of a robot, and requests take up to 12
 * of them, see ask_limits.ts.
 */
import { takeInWindow, type Window } from "../lib/core/rate_limit.ts";
import type { Clock } from "../lib/ports.ts";

const ALL: Window = { count: 8, withinMs: 60_000 };
/** Of those, the most about one host, or one person. */
const OF_ONE: Window = { count: 4, withinMs: 60_000 };

interface Told {
  readonly subject: string;
  readonly at: number;
}

export class GroupAlerts {
  /** By the channel's name. */
  readonly #told = new Map<string, readonly Told[]>();

  constructor(private readonly clock: Clock) {}

  /** Takes one, if there is one left. @param subject as of a topic */
  take(channel: string, subject: string): boolean {
    const now = this.clock.now();
    const before = this.#told.get(channel) ?? [];
    const all = takeInWindow(before.map(({ at }) => at), ALL, now);
    const same = before.filter((one) => one.subject === subject).map(({ at }) => at);
    if (!all.ok || !takeInWindow(same, OF_ONE, now).ok) return false;
    const recent = before.filter(({ at }) => at > now - ALL.withinMs);
    this.#told.set(channel, [...recent, { subject, at: now }]);
    return true;
  }
}
