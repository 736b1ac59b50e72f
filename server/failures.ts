/**
 * What a request that names an unknown link or shows a wrong token gets.
 *
 * Only failures are counted, and only failures are slowed down: refusing an address before looking
 * would let one account on a host, or one phone behind the same router, lock out all the others.
 * The secrets have 96 bits or more, so no speed of guessing gets anywhere; the limit keeps guessers
 * cheap and visible.
 */
import type { Log } from "./deps.ts";
import { type Fault, tooMany } from "./faults.ts";
import type { Limiter } from "./limiter.ts";
import { networkOf } from "../lib/core/cidr.ts";

export class Failures {
  constructor(private readonly limiter: Limiter, private readonly log: Log) {}

  /** The fault to throw: the given one, or 429 once this source has failed too often. */
  of(source: string, fault: Fault): Fault {
    const retryAfterMs = this.limiter.take(networkOf(source));
    if (retryAfterMs !== undefined) return tooMany("too many failed tries", retryAfterMs);
    this.log("warning", "request refused", { source, status: fault.status, why: fault.detail });
    return fault;
  }
}
