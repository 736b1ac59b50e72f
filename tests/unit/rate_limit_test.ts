import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { type Bucket, isFull, type Rate, take } from "../../lib/core/rate_limit.ts";

const rate: Rate = { burst: 3, perMinute: 6 };

Deno.test("take() gives a burst, then says when there is more", () => {
  let bucket: Bucket | undefined;
  for (let i = 0; i < 3; i++) {
    const taken = take(bucket, rate, 1_000);
    ok(taken.ok);
    bucket = taken.bucket;
  }
  const refused = take(bucket, rate, 1_000);
  deepEqual(refused, { ok: false, bucket: { parts: 0, at: 1_000 }, retryAfterMs: 10_000 });
  equal(take(refused.bucket, rate, 10_999).ok, false);
  equal(take(refused.bucket, rate, 11_000).ok, true);
});

Deno.test("take() refills nothing when the clock goes back", () => {
  const { bucket } = take({ parts: 0, at: 60_000 }, rate, 0);
  deepEqual(bucket, { parts: 0, at: 0 });
});

Deno.test("isFull() is true once nothing is owed any more", () => {
  const { bucket } = take(undefined, rate, 0);
  equal(isFull(bucket, rate, 9_999), false);
  equal(isFull(bucket, rate, 10_000), true);
});

Deno.test("take() never gives more than burst plus what time allows", () => {
  fc.assert(fc.property(fc.array(fc.nat(5_000), { maxLength: 200 }), (gaps) => {
    let bucket: Bucket | undefined;
    let now = 0;
    let given = 0;
    for (const gap of gaps) {
      now += gap;
      const taken = take(bucket, rate, now);
      bucket = taken.bucket;
      if (taken.ok) given++;
      else ok(take(bucket, rate, now + taken.retryAfterMs).ok);
    }
    ok(given <= rate.burst + Math.floor(now * rate.perMinute / 60_000));
  }));
});
