/**
 * How many requests people are sent messages about. Whoever has a host's token can make up requests, and
 * must neither bury people nor use up what a vendor bears. The links are on the terminals all the same.
 */
import type { Login } from "../lib/core/login.ts";
import { takeInWindow, type Window } from "../lib/core/rate_limit.ts";
import type { Ask } from "../lib/core/routing.ts";
import type { Deps } from "./deps.ts";
import { Limiter } from "./limiter.ts";

/** To one person from one host: about others' accounts, and as many about the person's own. */
const PER_PERSON = { burst: 10, perMinute: 2 };
/**
 * To one group. DingTalk takes 20 a minute of a robot, and nothing for ten minutes when there are more
 * (open.dingtalk.com/document/orgapp/custom-robot-access); what is left of them is for alerts.
 */
const GROUP: Window = { count: 12, withinMs: 60_000 };
/** Of those, the most about accounts that belong to no person: names can be made up. */
const GROUP_STRANGERS: Window = { count: 9, withinMs: 60_000 };
/** The same from one host. */
const GROUP_STRANGERS_OF_HOST = { burst: 5, perMinute: 4 };
/** About one person's account, from one host. */
const GROUP_OF_PERSON = { burst: 3, perMinute: 2 };
/** What a group is not told of is counted for so long, for one line in the log. */
const COUNTED_MS = 60_000;

interface Untold {
  count: number;
  readonly stop: () => void;
  readonly log: () => void;
}

export class AskLimits {
  readonly #perPerson: Limiter;
  readonly #strangersOfHost: Limiter;
  readonly #ofPerson: Limiter;
  /** When groups were told, by what of it counts. */
  readonly #told = new Map<string, readonly number[]>();
  readonly #untold = new Map<string, Untold>();

  constructor(private readonly deps: Pick<Deps, "after" | "clock" | "log">) {
    this.#perPerson = new Limiter(PER_PERSON, deps.clock);
    this.#strangersOfHost = new Limiter(GROUP_STRANGERS_OF_HOST, deps.clock);
    this.#ofPerson = new Limiter(GROUP_OF_PERSON, deps.clock);
  }

  /**
   * Counts one request more for that person or group, if there may be one.
   * @param owner the id of the person whose account it is; null: nobody's
   */
  admits(ask: Ask, { host }: Pick<Login, "host">, owner: string | null): boolean {
    const { person, channel } = ask;
    if (person === null) {
      const admitted = this.#admitsGroup(channel, host, owner);
      if (!admitted) this.#count(channel, host);
      return admitted;
    }
    const key = JSON.stringify([person, host, person === owner]);
    if (this.#perPerson.take(key) === undefined) return true;
    const what = "a person is asked too often, so no message is sent";
    this.deps.log("warning", what, { person, host });
    return false;
  }

  /** What was counted is logged now. */
  stop(): void {
    for (const { stop, log } of [...this.#untold.values()]) {
      stop();
      log();
    }
  }

  #admitsGroup(channel: string, host: string, owner: string | null): boolean {
    const all = this.#open(channel, GROUP);
    if (owner !== null) {
      if (all === undefined) return false;
      if (this.#ofPerson.take(JSON.stringify([channel, host, owner])) !== undefined) return false;
      all();
      return true;
    }
    const strangers = this.#open(`${channel} strangers`, GROUP_STRANGERS);
    if (all === undefined || strangers === undefined) return false;
    if (this.#strangersOfHost.take(JSON.stringify([channel, host])) !== undefined) return false;
    all();
    strangers();
    return true;
  }

  /** What counts one more; undefined: there may be none. */
  #open(key: string, window: Window): (() => void) | undefined {
    const taken = takeInWindow(this.#told.get(key) ?? [], window, this.deps.clock.now());
    return taken.ok ? () => void this.#told.set(key, taken.times) : undefined;
  }

  #count(channel: string, host: string): void {
    const key = JSON.stringify([channel, host]);
    const counted = this.#untold.get(key);
    if (counted !== undefined) {
      counted.count++;
      return;
    }
    const log = () => {
      const count = this.#untold.get(key)?.count ?? 0;
      this.#untold.delete(key);
      const what = "a group was not told of requests, for there were too many";
      const hint = "whoever has the host's token can make them up; docs/notifiers.md, Limits";
      this.deps.log("warning", what, { channel, host, count, hint });
    };
    this.#untold.set(key, { count: 1, stop: this.deps.after(COUNTED_MS, log), log });
  }
}
