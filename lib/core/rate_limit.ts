/**
 * Limits as pure arithmetic: times in milliseconds since the Unix epoch are passed in. The token
 * bucket counts in whole numbers only, so that no rounding ever withholds or gives away a token.
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

/** As if one token less had been taken. */
export function putBack(bucket: Bucket, rate: Rate): Bucket {
  return { ...bucket, parts: Math.min(rate.burst * TOKEN, bucket.parts + TOKEN) };
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

/** So many within any span of that length. */
export interface Window {
  readonly count: number;
  readonly withinMs: number;
}

type TakeInWindow =
  | { ok: true; times: readonly number[] }
  | { ok: false; times: readonly number[]; retryAfterMs: number };

/**
 * Notes one more, if the window allows it. For what must count across restarts: `times` are all that
 * there is to keep. What seems to come from the future counts from now, so that a clock which was
 * ahead locks nobody out for long.
 */
export function takeInWindow(
  times: readonly number[],
  { count, withinMs }: Window,
  now: number,
): TakeInWindow {
  const recent = times.map((at) => Math.min(at, now)).filter((at) => at > now - withinMs).sort(
    (a, b) => a - b,
  );
  if (recent.length < count) return { ok: true, times: [...recent, now] };
  const oldest = recent[recent.length - count] ?? now;
  return { ok: false, times: recent, retryAfterMs: oldest + withinMs - now };
}

/** As if one had not been noted at that time. */
export function giveBack(times: readonly number[], at: number): readonly number[] {
  const index = times.indexOf(at);
  return index < 0 ? times : times.toSpliced(index, 1);
}
