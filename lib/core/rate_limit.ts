/** A token bucket as pure arithmetic: times in milliseconds since the Unix epoch are passed in. */

export interface Rate {
  /** Tokens of a full bucket: what may come at once. */
  readonly burst: number;
  /** Tokens that come back within a minute. */
  readonly perMinute: number;
}

export interface Bucket {
  /** Tokens left at `at`; between 0 and the burst. */
  readonly tokens: number;
  readonly at: number;
}

export type Take =
  | { ok: true; bucket: Bucket }
  /** `retryAfterMs`: when there will be a token again. */
  | { ok: false; bucket: Bucket; retryAfterMs: number };

/** Takes one token; without a bucket yet it is a full one. A clock that went back refills nothing. */
export function take(bucket: Bucket | undefined, rate: Rate, now: number): Take {
  const filled = refill(bucket, rate, now);
  if (filled.tokens >= 1) {
    return { ok: true, bucket: { tokens: filled.tokens - 1, at: filled.at } };
  }
  const retryAfterMs = Math.ceil(((1 - filled.tokens) / rate.perMinute) * 60_000);
  return { ok: false, bucket: filled, retryAfterMs };
}

/** True when the bucket is full again, so that forgetting it changes nothing. */
export function isFull(bucket: Bucket, rate: Rate, now: number): boolean {
  return refill(bucket, rate, now).tokens >= rate.burst;
}

function refill(bucket: Bucket | undefined, rate: Rate, now: number): Bucket {
  if (bucket === undefined) return { tokens: rate.burst, at: now };
  const gained = Math.max(0, now - bucket.at) * rate.perMinute / 60_000;
  return { tokens: Math.min(rate.burst, bucket.tokens + gained), at: now };
}
