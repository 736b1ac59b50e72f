import assert from "node:assert/strict";
import fc from "fast-check";
import {
  accountOutcome,
  BY_GRANT,
  ladder,
  QUIET_MS,
  REFUSED_WITHIN_MS,
} from "../../lib/core/fatigue.ts";
import { type Login, step } from "../../lib/core/login.ts";
import { aLogin, T0 } from "../support/logins.ts";

const MINUTE = 60_000;
const at = (...minutes: number[]) => minutes.map((m) => T0 + m * MINUTE);
const rung = (refusals: readonly number[], minute: number) => {
  const { typed, quietUntil } = ladder(refusals, T0 + minute * MINUTE);
  return [typed, quietUntil === null ? null : (quietUntil - T0) / MINUTE];
};

Deno.test("accountOutcome() is refused where somebody may have been bothered in vain", () => {
  const by = { by: "link", via: "link" };
  const ended: [Partial<Login>, ReturnType<typeof accountOutcome>][] = [
    [{ state: "pending" }, undefined],
    [{ state: "denied", reason: "denied", ...by }, "refused"],
    [{ state: "denied", reason: "not_me", ...by }, "refused"],
    [{ state: "denied", reason: "wrong_number", ...by }, "refused"],
    [{ state: "denied", reason: "too_many_codes" }, "refused"],
    [{ state: "denied", reason: "not_delivered" }, undefined],
    [{ state: "expired", reason: "timeout" }, "refused"],
    [{ state: "cancelled", reason: "hung_up" }, "refused"],
    [{ state: "cancelled", reason: "code_used" }, undefined],
    // A person did approve these.
    [{ state: "approved", ...by }, "approved"],
    [{ state: "approved", collected: true, ...by }, "approved"],
    [{ state: "expired", reason: "not_collected", ...by }, "approved"],
    [{ state: "cancelled", reason: "hung_up", ...by }, "approved"],
    // And nobody was asked for these.
    [{ state: "approved", by: "grant:g_1", via: BY_GRANT }, undefined],
    [{ state: "expired", reason: "not_collected", by: "grant:g_1", via: BY_GRANT }, undefined],
  ];
  for (const [changes, expected] of ended) {
    assert.equal(accountOutcome(aLogin(changes)), expected, JSON.stringify(changes));
  }
});

Deno.test("accountOutcome() is refused when an approval was taken back, which nobody collected", () => {
  const approve = { type: "approve", match: "42", by: "link", via: "link" } as const;
  const approved = step(aLogin(), approve, T0 + 1).login;
  const deny = { type: "deny", notMe: true, by: "link", via: "link" } as const;
  assert.equal(accountOutcome(step(approved, deny, T0 + 2).login), "refused");
});

Deno.test("ladder() asks for the number to be typed after two refusals within ten minutes", () => {
  assert.deepEqual(rung([], 0), [false, null]);
  assert.deepEqual(rung(at(0), 1), [false, null]);
  assert.deepEqual(rung(at(0, 1), 1), [true, null]);
  assert.deepEqual(rung(at(0, 9), 9.99), [true, null]);
  assert.deepEqual(rung(at(0, 9), 10), [false, null]);
  assert.deepEqual(rung(at(1, 0), 1), [true, null], "in any order");
});

Deno.test("ladder() is quiet for 15 minutes from the fifth refusal within ten minutes", () => {
  assert.deepEqual(rung(at(0, 1, 2, 3), 3), [true, null]);
  assert.deepEqual(rung(at(0, 1, 2, 3, 4), 4), [true, 19]);
  assert.deepEqual(rung(at(0, 1, 2, 3, 4), 18.99), [true, 19]);
  assert.deepEqual(rung(at(0, 3, 6, 9, 12), 12), [true, null], "too slow for it");
  assert.deepEqual(rung(at(0, 3, 6, 9, 12, 12.5), 12.5), [true, 27.5]);
});

Deno.test("ladder() goes on with typed numbers for ten minutes after the quiet", () => {
  assert.deepEqual(rung(at(0, 0, 0, 0, 0), 15), [true, null]);
  assert.deepEqual(rung(at(0, 0, 0, 0, 0), 24.99), [true, null]);
  assert.deepEqual(rung(at(0, 0, 0, 0, 0), 25), [false, null]);
});

Deno.test("ladder() does not make a quiet time longer for what was pending when it began", () => {
  assert.deepEqual(rung(at(0, 0, 0, 0, 0, 4, 5, 5, 5, 5), 5), [true, 15]);
  // What comes after it counts anew.
  assert.deepEqual(rung(at(0, 0, 0, 0, 0, 4, 15, 15, 16, 16), 16), [true, null]);
  assert.deepEqual(rung(at(0, 0, 0, 0, 0, 4, 15, 15, 16, 16, 17), 17), [true, 32]);
});

Deno.test("ladder() takes refusals from the future for now, so that nobody is shut out for long", () => {
  const { quietUntil } = ladder([9e15, 9e15, 9e15, 9e15, 9e15], T0);
  assert.equal(quietUntil, T0 + QUIET_MS);
});

/** Refusals as an attacker gets them who asks again as soon as the ladder lets him. */
const attack = fc.array(fc.nat(20 * MINUTE), { maxLength: 60 }).map((pauses) => {
  const refusals: number[] = [];
  let now = T0;
  for (const pause of pauses) {
    now += pause;
    now = Math.max(now, ladder(refusals, now).quietUntil ?? 0);
    refusals.push(now);
  }
  return refusals;
});

Deno.test("ladder() never lets more than five refusals into ten minutes", () => {
  fc.assert(fc.property(attack, (refusals) => {
    for (const end of refusals) {
      const within = refusals.filter((at) => at <= end && at > end - REFUSED_WITHIN_MS);
      assert.ok(within.length <= 5);
    }
  }));
});

Deno.test("ladder() never offers numbers again while the second of two refusals is ten minutes young", () => {
  fc.assert(fc.property(attack, fc.nat(40 * MINUTE), (refusals, later) => {
    const now = (refusals.at(-1) ?? T0) + later;
    const young = refusals.filter((at) => at > now - REFUSED_WITHIN_MS);
    if (young.length >= 2) assert.ok(ladder(refusals, now).typed);
  }));
});

Deno.test("ladder() says the same of the last hour's refusals as of all", () => {
  fc.assert(fc.property(attack, fc.nat(40 * MINUTE), (refusals, later) => {
    const now = (refusals.at(-1) ?? T0) + later;
    const lastHour = refusals.filter((at) => at > now - 60 * MINUTE);
    assert.deepEqual(ladder(lastHour, now), ladder(refusals, now));
  }));
});
