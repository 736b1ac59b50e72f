import assert from "node:assert/strict";
import { type Courtesies, NO_COURTESIES, takeCourtesy } from "../../lib/core/courtesy.ts";
import { T0 } from "../support/logins.ts";

/** How many of these may be sent. */
function sent(names: readonly string[], now: number, courtesies = NO_COURTESIES) {
  let [count, all]: [number, Courtesies] = [0, courtesies];
  for (const to of names) {
    const taken = takeCourtesy(all, to, now);
    if (taken.ok) count++;
    all = taken.courtesies;
  }
  return { count, courtesies: all };
}

const MANY = Array.from({ length: 100 }, (_, n) => `s${n}`);

Deno.test("one a minute to each, and twenty to all", () => {
  const first = sent(Array(10).fill("a"), T0);
  assert.equal(first.count, 1);
  const others = sent(MANY, T0, first.courtesies);
  assert.equal(others.count, 19);
  assert.equal(sent(["a"], T0 + 59_999, others.courtesies).count, 0);
  assert.equal(sent(["a"], T0 + 60_000, others.courtesies).count, 1);
});

Deno.test("those who got nothing are not kept, nor those whose minute is over", () => {
  const { courtesies } = sent(MANY, T0);
  assert.equal(courtesies.each.size, 20);
  assert.equal(sent(["a"], T0 + 60_000, courtesies).courtesies.each.size, 1);
});
