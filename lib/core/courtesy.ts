/**
 * Replies that people can do without, and that anybody can make us send: few, whoever asks for them. Times
 * in milliseconds since the Unix epoch.
 */
import { type Bucket, isFull, type Rate, take } from "./rate_limit.ts";

const TO_EACH: Rate = { burst: 1, perMinute: 1 };
const TO_ALL: Rate = { burst: 20, perMinute: 20 };

/** What was sent of late. */
export interface Courtesies {
  readonly all: Bucket | undefined;
  /** Not many, for `all` is asked as well before one is kept. */
  readonly each: ReadonlyMap<string, Bucket>;
}

export const NO_COURTESIES: Courtesies = { all: undefined, each: new Map() };

/** Whether one may be sent, which then counts. @param to names who would get it */
export function takeCourtesy(
  { all, each }: Courtesies,
  to: string,
  now: number,
): { readonly ok: boolean; readonly courtesies: Courtesies } {
  const recent = new Map([...each].filter(([, bucket]) => !isFull(bucket, TO_EACH, now)));
  if (recent.has(to)) return { ok: false, courtesies: { all, each: recent } };
  const taken = take(all, TO_ALL, now);
  if (taken.ok) recent.set(to, take(undefined, TO_EACH, now).bucket);
  return { ok: taken.ok, courtesies: { all: taken.bucket, each: recent } };
}
