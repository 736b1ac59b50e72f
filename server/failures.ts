/**
 * What a request that names an unknown link or shows a wrong token gets.
 *
 * Only failures are counted, and only failures are slowed down: refusing an address before looking
 * would let one account on a host, or one phone behind the same router, lock out all the others.
 * The secrets have 96 bits or more, so no speed of guessing gets anywhere; the limit keeps guessers
 * cheap and visible. Codes that people type are short, and each wrong one is kept: for them the limit
 * is asked first.
 */
import type { Log } from "./deps.ts";
import { type Fault, tooMany } from "./faults.ts";
import type { Limiter } from "./limiter.ts";
import { networkOf } from "../lib/core/cidr.ts";

interface Ahead {
  /** It was one. */
  readonly failed: (fault: Fault) => void;
  /** It was none. */
  readonly giveBack: () => void;
}

export class Failures {
  constructor(private readonly limiter: Limiter, private readonly log: Log) {}

  /** The fault to throw: the given one, or 429 once this source has failed too often. */
  of(source: string, fault: Fault): Fault {
    const retryAfterMs = this.limiter.take(networkOf(source));
    if (retryAfterMs !== undefined) return limited(retryAfterMs);
    this.#say(source, fault);
    return fault;
  }

  /**
   * For codes that people type. Counts a failure ahead, so that of many that come at once no more are
   * looked at than the limit allows.
   * @throws Fault 429
   */
  ahead(source: string): Ahead {
    const network = networkOf(source);
    const retryAfterMs = this.limiter.take(network);
    if (retryAfterMs !== undefined) throw limited(retryAfterMs);
    return {
      failed: (fault) => this.#say(source, fault),
      giveBack: () => this.limiter.giveBack(network),
    };
  }

  #say(source: string, { status, detail }: Fault): void {
    this.log("warning", "request refused", { source, status, why: detail });
  }
}

function limited(retryAfterMs: number): Fault {
  return tooMany("too many failed tries", retryAfterMs);
}
