import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Breaker,
  CLOSED,
  leftAloneUntil,
  noted,
  type Outcome,
  pass,
} from "../../lib/core/breaker.ts";
import type { DeliveryFault } from "../../lib/core/notification.ts";
import { T0 } from "../support/logins.ts";

const DONE: Outcome = { ok: true };

function failed(why: DeliveryFault, waitMs: number | null = null): Outcome {
  return { ok: false, why, hint: `hint of ${why}`, waitMs };
}

/** A message that passes, and what comes of it. @throws when it does not pass */
function tried(breaker: Breaker, outcome: Outcome, now: number): Breaker {
  const passed = pass(breaker, now);
  assert.ok(passed.ok, "it is left alone");
  return noted(passed.breaker, outcome, passed.probe, now);
}

function opened(now = T0): Breaker {
  return [1, 2, 3].reduce((breaker) => tried(breaker, failed("unavailable"), now), CLOSED);
}

Deno.test("three failures on end open it for half a minute, with the last hint", () => {
  const [one, two, three] = [failed("unavailable"), failed("unusable"), failed("address")];
  const breaker = tried(tried(tried(CLOSED, one, T0), two, T0), three, T0);
  const passed = pass(breaker, T0 + 10_500);
  assert.deepEqual(passed, {
    ok: false,
    why: "unavailable",
    what: "is left alone for 20 s after failures",
    hint: "hint of address",
  });
  assert.equal(pass(breaker, T0 + 29_999).ok, false);
  assert.equal(pass(breaker, T0 + 30_000).ok, true);
  assert.equal(leftAloneUntil(breaker, T0), T0 + 30_000);
  assert.equal(leftAloneUntil(breaker, T0 + 30_000), null);
});

Deno.test("whatever shows that the vendor can be reached counts as no failure", () => {
  const others: Outcome[] = [
    DONE,
    failed("recipient"),
    failed("settings"),
    failed("rejected"),
    failed("rate_limited"),
  ];
  for (const other of others) {
    let breaker = tried(tried(CLOSED, failed("unavailable"), T0), failed("unavailable"), T0);
    breaker = tried(breaker, other, T0);
    breaker = tried(tried(breaker, failed("unavailable"), T0), failed("unavailable"), T0);
    assert.equal(pass(breaker, T0).ok, true);
  }
});

Deno.test("half open it lets one message through at a time", () => {
  const now = T0 + 30_000;
  const first = pass(opened(), now);
  assert.ok(first.ok && first.probe);
  const second = pass(first.breaker, now);
  assert.ok(!second.ok && second.why === "unavailable");
  assert.match(second.what, /until one message has come through/);
  const dropped = noted(first.breaker, "unknown", true, now);
  assert.equal(pass(dropped, now).ok, true, "the next one is the probe");
  const closed = noted(first.breaker, DONE, true, now);
  assert.deepEqual(closed, CLOSED);
});

Deno.test("a probe that fails doubles the time, up to five minutes", () => {
  let [breaker, now] = [opened(), T0];
  for (const seconds of [30, 60, 120, 240, 300, 300]) {
    assert.equal(leftAloneUntil(breaker, now), now + seconds * 1000);
    now += seconds * 1000;
    breaker = tried(breaker, failed("unavailable"), now);
  }
  breaker = tried(breaker, DONE, now + 300_000);
  assert.equal(leftAloneUntil(opened(now), now), now + 30_000, "it begins at the bottom again");
  assert.deepEqual(breaker, CLOSED);
});

Deno.test("what was begun before it opened neither prolongs it nor ends a probe", () => {
  const many = Array.from({ length: 9 }, () => pass(CLOSED, T0));
  const breaker = many.reduce((each) => noted(each, failed("unavailable"), false, T0), CLOSED);
  assert.equal(leftAloneUntil(breaker, T0), T0 + 30_000);
  const probe = pass(breaker, T0 + 30_000);
  assert.ok(probe.ok && probe.probe);
  const late = noted(probe.breaker, failed("unavailable"), false, T0 + 30_001);
  assert.equal(pass(late, T0 + 30_001).ok, false, "the probe is still under way");
});

Deno.test("a vendor that asks for it is left alone for so long, an hour at most", () => {
  const held = tried(CLOSED, failed("rate_limited", 90_000), T0);
  assert.deepEqual(pass(held, T0 + 1), {
    ok: false,
    why: "rate_limited",
    what: "is left alone for 90 s as it asks",
    hint: "hint of rate_limited",
  });
  assert.equal(pass(held, T0 + 90_000).ok, true);
  const meanwhile = noted(held, DONE, false, T0 + 5);
  assert.equal(pass(meanwhile, T0 + 6).ok, false, "another message's success changes nothing");
  const forever = tried(CLOSED, failed("rate_limited", 1e12), T0);
  assert.equal(leftAloneUntil(forever, T0), T0 + 3_600_000);
});

Deno.test("a clock that goes back closes nothing for longer", () => {
  const held = tried(CLOSED, failed("rate_limited", 90_000), T0);
  for (const breaker of [opened(), held]) assert.equal(pass(breaker, T0 - 86_400_000).ok, true);
});

Deno.test("whatever happens, a message passes five minutes after the last failure", () => {
  const step = fc.record({
    gap: fc.integer({ min: 0, max: 400_000 }),
    outcome: fc.constantFrom<Outcome>(
      DONE,
      "unknown",
      failed("unavailable"),
      failed("settings"),
      failed("rate_limited", 60_000),
    ),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    let [breaker, now] = [CLOSED, T0];
    for (const { gap, outcome } of steps) {
      now += gap;
      const passed = pass(breaker, now);
      if (passed.ok) breaker = noted(passed.breaker, outcome, passed.probe, now);
    }
    assert.equal(pass(breaker, now + 300_000).ok, true);
  }));
});
