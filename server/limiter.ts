/** Token buckets by key, in bounded memory. */
import { type Bucket, isFull, putBack, type Rate, take } from "../lib/core/rate_limit.ts";
import type { Clock } from "../lib/ports.ts";

const MAX_KEYS = 10_000;

export class Limiter {
  readonly #buckets = new Map<string, Bucket>();

  constructor(private readonly rate: Rate, private readonly clock: Clock) {}

  /** Undefined when a token was there, else the milliseconds until there is one. */
  take(key: string): number | undefined {
    const now = this.clock.now();
    const taken = take(this.#buckets.get(key), this.rate, now);
    // Set anew, so that the map's order is that of last use.
    this.#buckets.delete(key);
    this.#buckets.set(key, taken.bucket);
    if (this.#buckets.size > MAX_KEYS) this.#shrink(now);
    return taken.ok ? undefined : taken.retryAfterMs;
  }

  /** What was taken is not to count. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) this.#buckets.set(key, putBack(bucket, this.rate));
  }

  /** As take(), and takes none. */
  wait(key: string): number | undefined {
    const taken = take(this.#buckets.get(key), this.rate, this.clock.now());
    return taken.ok ? undefined : taken.retryAfterMs;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Forgets what has recovered; if nothing has, what was not used for the longest time. */
  #shrink(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (isFull(bucket, this.rate, now)) this.#buckets.delete(key);
    }
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= MAX_KEYS) return;
      this.#buckets.delete(key);
    }
  }
}
