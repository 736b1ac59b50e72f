/**
 * A token bucket as pure arithmetic: times in milliseconds since the Unix epoch are passed in.
 * Whole numbers only, so that no rounding ever withholds or gives away a token.
 */

export interface Rate {
  /** Tokens of a full bucket: what may come at once. */
  readonly burst: number;
  /** Tokens that come back within a minute. */
  readonly perMinute: number;
}

/** One token, in the parts that a bucket counts: each millisecond brings back `perMinute` of them. */
const TOKEN = 60_000;

export interface Bucket {
  /** Parts of tokens left at `at`; between 0 and the burst. */
  readonly parts: number;
  readonly at: number;
}

type Take =
  | { ok: true; bucket: Bucket }
  /** `retryAfterMs`: when there will be a token again. */
  | { ok: false; bucket: Bucket; retryAfterMs: number };

/** Takes one token; without a bucket yet it is a full one. A clock that went back refills nothing. */
export function take(bucket: Bucket | undefined, rate: Rate, now: number): Take {
  const parts = refilled(bucket, rate, now);
  if (parts >= TOKEN) return { ok: true, bucket: { parts: parts - TOKEN, at: now } };
  const retryAfterMs = Math.ceil((TOKEN - parts) / rate.perMinute);
  return { ok: false, bucket: { parts, at: now }, retryAfterMs };
}

/** True when the bucket is full again, so that forgetting it changes nothing. */
export function isFull(bucket: Bucket, rate: Rate, now: number): boolean {
  return refilled(bucket, rate, now) === rate.burst * TOKEN;
}

function refilled(bucket: Bucket | undefined, rate: Rate, now: number): number {
  if (bucket === undefined) return rate.burst * TOKEN;
  const gained = Math.max(0, now - bucket.at) * rate.perMinute;
  return Math.min(rate.burst * TOKEN, bucket.parts + gained);
}
