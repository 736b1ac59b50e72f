import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  type Bucket,
  giveBack,
  isFull,
  type Rate,
  take,
  takeInWindow,
} from "../../lib/core/rate_limit.ts";

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

const WINDOW = { count: 3, withinMs: 1_000 };

Deno.test("takeInWindow() gives so many, then says when the oldest is out of the window", () => {
  let times: readonly number[] = [];
  for (const now of [100, 200, 300]) {
    const taken = takeInWindow(times, WINDOW, now);
    ok(taken.ok);
    times = taken.times;
  }
  deepEqual(takeInWindow(times, WINDOW, 400), { ok: false, times, retryAfterMs: 700 });
  deepEqual(takeInWindow(times, WINDOW, 1_099), { ok: false, times, retryAfterMs: 1 });
  deepEqual(takeInWindow(times, WINDOW, 1_100), { ok: true, times: [200, 300, 1_100] });
});

Deno.test("takeInWindow() takes times from the future for now, so that nobody is locked out for long", () => {
  const refused = takeInWindow([9e9, 9e9, 9e9], WINDOW, 5_000);
  deepEqual(refused, { ok: false, times: [5_000, 5_000, 5_000], retryAfterMs: 1_000 });
  ok(takeInWindow(refused.times, WINDOW, 6_000).ok);
});

Deno.test("takeInWindow() never gives more than it may within any window, and keeps no more either", () => {
  const steps = fc.array(fc.nat(700), { maxLength: 60 });
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 5 }), (waits, count) => {
    const given: number[] = [];
    let times: readonly number[] = [];
    let now = 1_000_000;
    for (const wait of waits) {
      now += wait;
      const taken = takeInWindow(times, { count, withinMs: 1_000 }, now);
      times = taken.times;
      if (taken.ok) given.push(now);
      else ok(taken.retryAfterMs > 0 && taken.retryAfterMs <= 1_000);
      ok(times.length <= count);
      ok(given.filter((at) => at > now - 1_000).length <= count);
      equal(taken.ok || given.filter((at) => at > now - 1_000).length === count, true);
    }
  }));
});

Deno.test("giveBack() forgets one of that time, and no other", () => {
  deepEqual(giveBack([1, 2, 2, 3], 2), [1, 2, 3]);
  deepEqual(giveBack([1, 3], 2), [1, 3]);
  deepEqual(giveBack([], 2), []);
});
