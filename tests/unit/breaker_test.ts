import assert from "node:assert/strict";
import fc from "fast-check";
import {
  aboutOf,
  type Addressed,
  type Breaker,
  CLOSED,
  leftAloneUntil,
  noted,
  type Outcome,
  pass,
} from "../../lib/core/breaker.ts";
import type { DeliveryFault } from "../../lib/core/delivery.ts";
import { T0 } from "../support/logins.ts";

const DONE: Outcome = { ok: true };
/** Where a channel has one place for all. */
const ROOM: Addressed = { about: "deploy", to: null };

function failed(why: DeliveryFault, waitMs: number | null = null, mayArrive = false): Outcome {
  return { ok: false, why, hint: `hint of ${why}`, waitMs, mayArrive };
}

/** A message that passes, and what comes of it. @throws when it does not pass */
function tried(breaker: Breaker, outcome: Outcome, now: number, message = ROOM): Breaker {
  const passed = pass(breaker, message, now);
  assert.ok(passed.ok, "it is left alone");
  return noted(passed.breaker, passed.attempt, outcome, now);
}

function after(messages: readonly Addressed[], outcome: Outcome, now = T0): Breaker {
  return messages.reduce((breaker, one) => tried(breaker, outcome, now, one), CLOSED);
}

function opened(now = T0): Breaker {
  return [1, 2, 3].reduce((breaker) => tried(breaker, failed("unavailable"), now), CLOSED);
}

Deno.test("three failures on end open it for half a minute, with the last hint", () => {
  const [one, two, three] = [failed("unavailable"), failed("unusable"), failed("address")];
  const breaker = tried(tried(tried(CLOSED, one, T0), two, T0), three, T0);
  const passed = pass(breaker, ROOM, T0 + 10_500);
  assert.deepEqual(passed, {
    ok: false,
    why: "unavailable",
    what: "is left alone for 20 s after failures",
    hint: "hint of address",
  });
  assert.equal(pass(breaker, ROOM, T0 + 29_999).ok, false);
  assert.equal(pass(breaker, ROOM, T0 + 30_000).ok, true);
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
    assert.equal(pass(breaker, ROOM, T0).ok, true);
  }
});

Deno.test("half open it lets one message through at a time", () => {
  const now = T0 + 30_000;
  const first = pass(opened(), ROOM, now);
  assert.ok(first.ok && first.attempt.probe);
  const second = pass(first.breaker, ROOM, now);
  assert.ok(!second.ok && second.why === "unavailable");
  assert.match(second.what, /until one message has come through/);
  const dropped = noted(first.breaker, first.attempt, "unknown", now);
  assert.equal(pass(dropped, ROOM, now).ok, true, "the next one is the probe");
  const closed = noted(first.breaker, first.attempt, DONE, now);
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
  const many = Array.from({ length: 9 }, () => pass(CLOSED, ROOM, T0));
  const begun = { ...ROOM, probe: false };
  const breaker = many.reduce((each) => noted(each, begun, failed("unavailable"), T0), CLOSED);
  assert.equal(leftAloneUntil(breaker, T0), T0 + 30_000);
  const probe = pass(breaker, ROOM, T0 + 30_000);
  assert.ok(probe.ok && probe.attempt.probe);
  const late = noted(probe.breaker, begun, failed("unavailable"), T0 + 30_001);
  assert.equal(pass(late, ROOM, T0 + 30_001).ok, false, "the probe is still under way");
});

Deno.test("a vendor that asks for it is left alone for so long, an hour at most", () => {
  const held = tried(CLOSED, failed("rate_limited", 90_000), T0);
  assert.deepEqual(pass(held, ROOM, T0 + 1), {
    ok: false,
    why: "rate_limited",
    what: "is left alone for 90 s as it asks",
    hint: "hint of rate_limited",
  });
  assert.equal(pass(held, ROOM, T0 + 90_000).ok, true);
  const meanwhile = noted(held, { ...ROOM, probe: false }, DONE, T0 + 5);
  assert.equal(
    pass(meanwhile, ROOM, T0 + 6).ok,
    false,
    "another message's success changes nothing",
  );
  const forever = tried(CLOSED, failed("rate_limited", 1e12), T0);
  assert.equal(leftAloneUntil(forever, T0), T0 + 3_600_000);
});

Deno.test("a clock that goes back closes nothing for longer", () => {
  const held = tried(CLOSED, failed("rate_limited", 90_000), T0);
  for (const breaker of [opened(), held]) {
    assert.equal(pass(breaker, ROOM, T0 - 86_400_000).ok, true);
  }
});

Deno.test("whatever happens, a message passes five minutes after the last failure", () => {
  const step = fc.record({
    gap: fc.integer({ min: 0, max: 400_000 }),
    about: fc.constantFrom("deploy", "root", "alice", "bob"),
    to: fc.constantFrom("alice", "bob", "carol", null),
    outcome: fc.constantFrom<Outcome>(
      DONE,
      "unknown",
      failed("unavailable"),
      failed("settings"),
      failed("unusable", null, true),
      failed("rate_limited", 60_000),
    ),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    let [breaker, now] = [CLOSED, T0];
    for (const { about, gap, outcome, to } of steps) {
      now += gap;
      const passed = pass(breaker, { about, to }, now);
      if (passed.ok) breaker = noted(passed.breaker, passed.attempt, outcome, now);
    }
    assert.equal(pass(breaker, ROOM, now + 300_000).ok, true);
  }));
});

/** Nobody knows whether it arrived. */
const LOST = failed("unavailable", null, true);
const OWN = { about: "alice", to: "alice" } as const;
const OTHER = { about: "bob", to: "bob" } as const;

Deno.test("one account's messages that fail stop that account's, whoever gets them, and no others", () => {
  const recipients = ["alice", "bob", "carol"];
  const breaker = after(recipients.map((to) => ({ about: "alice", to })), LOST);
  assert.equal(pass(breaker, OWN, T0).ok, false);
  for (const to of recipients) assert.equal(pass(breaker, { about: "bob", to }, T0).ok, true);
  assert.equal(leftAloneUntil(breaker, T0), null);
});

Deno.test("accounts that somebody makes up for one recipient stop no others", () => {
  const made = ["a", "b", "c", "d", "e"].map((about) => ({ about, to: "root" }));
  const breaker = after(made, LOST);
  for (const one of made) assert.equal(pass(breaker, one, T0).ok, false);
  assert.equal(pass(breaker, { about: "alice", to: "root" }, T0).ok, true);
  assert.equal(leftAloneUntil(breaker, T0), null);
});

Deno.test("messages of three accounts to two recipients: it is the vendor", () => {
  const three = [OWN, OTHER, { about: "carol", to: "alice" }];
  const breaker = after(three, LOST);
  assert.equal(pass(breaker, { about: "dave", to: "dave" }, T0).ok, false);
  assert.equal(leftAloneUntil(breaker, T0), T0 + 30_000);
  const room = after(three.map(({ about }) => ({ about, to: null })), LOST);
  assert.equal(leftAloneUntil(room, T0), T0 + 30_000);
});

Deno.test("what failed before anything of a message was sent counts for all", () => {
  const breaker = after([OWN, OWN, OWN], failed("unavailable"));
  assert.equal(pass(breaker, OTHER, T0).ok, false);
  assert.equal(leftAloneUntil(breaker, T0), T0 + 30_000);
});

Deno.test("a probe whose text may be why it fails keeps nobody else waiting", () => {
  const breaker = after([OWN, OTHER, { about: "carol", to: "alice" }], LOST);
  const now = T0 + 30_000;
  const still = tried(breaker, LOST, now, OWN);
  assert.equal(pass(still, OWN, now).ok, false);
  assert.equal(pass(still, OWN, now + 59_999).ok, false, "twice as long");
  assert.deepEqual(tried(still, DONE, now, OTHER), CLOSED);
  const gone = tried(breaker, failed("unavailable"), now, OWN);
  assert.equal(pass(gone, OTHER, now).ok, false);
});

Deno.test("a recipient who had too much is left alone, and nobody else", () => {
  const held = tried(CLOSED, failed("rate_limited", 35_000), T0, OWN);
  assert.deepEqual(pass(held, OWN, T0 + 1), {
    ok: false,
    why: "rate_limited",
    what: "wants nothing for this recipient for 35 s",
    hint: "hint of rate_limited",
  });
  assert.equal(pass(held, OTHER, T0 + 1).ok, true);
  assert.equal(leftAloneUntil(held, T0), null);
  const later = tried(held, DONE, T0 + 1, OTHER);
  assert.equal(pass(later, OWN, T0 + 2).ok, false, "another one's success changes nothing");
  assert.equal(pass(later, OWN, T0 + 35_000).ok, true);
  assert.equal(pass(later, OWN, T0 - 86_400_000).ok, true, "a clock that goes back");
});

Deno.test("it says how long one message is left alone, also where others are not", () => {
  const held = tried(CLOSED, failed("rate_limited", 35_000), T0, OWN);
  assert.deepEqual([OWN, OTHER, ROOM].map((one) => leftAloneUntil(held, T0, one)), [
    ...[T0 + 35_000, null, null],
  ]);
  assert.equal(leftAloneUntil(held, T0 + 35_000, OWN), null);
  const blamed = after([OWN, OWN, OWN], LOST);
  assert.deepEqual([OWN, OTHER].map((one) => leftAloneUntil(blamed, T0, one)), [T0 + 30_000, null]);
  const wide = after([OWN, OWN, OWN], failed("unavailable"));
  assert.equal(leftAloneUntil(wide, T0, OTHER), T0 + 30_000);
});

Deno.test("three recipients in a row who had too much: the channel is left alone", () => {
  const limited = failed("rate_limited", 35_000);
  const [one, two, three] = ["alice", "bob", "carol"].map((to) => ({ about: "root", to }));
  assert.ok(one && two && three);
  const broken = tried(tried(after([one, two], limited), DONE, T0), limited, T0, three);
  assert.equal(pass(broken, OTHER, T0).ok, false, "it is held itself");
  assert.equal(leftAloneUntil(broken, T0), null, "one came through in between");
  assert.equal(leftAloneUntil(after([one, two], limited), T0), null);
  assert.equal(leftAloneUntil(after([one, two, three], limited), T0), T0 + 35_000);
});

Deno.test("who is left alone is forgotten when it is over, and there are never too many", () => {
  let breaker = CLOSED;
  for (let n = 0; n < 3_000; n++) {
    breaker = tried(breaker, failed("rate_limited", 60_000), T0, { about: "a", to: `p${n}` });
    breaker = tried(breaker, LOST, T0, { about: `a${n}`, to: "one" });
  }
  assert.equal(breaker.held.size, 1_000);
  const over = tried(breaker, failed("rate_limited", 60_000), T0 + 60_000, OWN);
  assert.deepEqual([...over.held.keys()], ["alice"]);
  let many = CLOSED;
  for (let n = 0; n < 1_500; n++) many = tried(many, LOST, T0, { about: `a${n}`, to: "one" });
  assert.equal(many.blamed.length, 1_000);
});

Deno.test("a message is about its account, its person, or what it tells", () => {
  const at = T0;
  assert.equal(aboutOf({ kind: "test", channel: "toys", at }), "test");
  assert.equal(
    aboutOf({ kind: "recovery_used", person: "alice", left: 3, source: "::1", at }),
    "alice",
  );
  assert.equal(
    aboutOf({ kind: "frozen", user: "deploy", host: null, by: "person:bob", login: null, at }),
    "deploy",
  );
});
