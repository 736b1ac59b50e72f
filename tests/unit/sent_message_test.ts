import { deepEqual, equal } from "node:assert/strict";
import type { Login } from "../../lib/core/login.ts";
import { endedOf } from "../../lib/core/sent_message.ts";
import { aLogin, T0 } from "../support/logins.ts";

function outcome(...logins: readonly Partial<Login>[]) {
  const ended = endedOf(logins.map(aLogin), T0 + 1_000);
  return ended === undefined ? undefined : [ended.outcome, ended.by];
}

Deno.test("endedOf() is nothing while one of the request still waits", () => {
  equal(outcome(), undefined);
  equal(outcome({}), undefined);
  equal(outcome({ state: "approved", by: "link", decidedAt: T0 }, { id: "login-2" }), undefined);
});

Deno.test("endedOf() says what became of it, and by whom", () => {
  const by = "person:alice";
  const decidedAt = T0 + 500;
  deepEqual(outcome({ state: "approved", by, decidedAt }), ["approved", by]);
  deepEqual(outcome({ state: "approved", by, decidedAt, collected: true }), ["approved", by]);
  deepEqual(outcome({ state: "denied", reason: "denied", by, decidedAt }), ["denied", by]);
  deepEqual(outcome({ state: "denied", reason: "not_me", by, decidedAt }), ["not_me", by]);
  const wrong = { state: "denied", reason: "wrong_number", by, decidedAt } as const;
  deepEqual(outcome(wrong), ["wrong_number", by]);
  const cancelled = { state: "cancelled", reason: "hung_up", decidedAt } as const;
  deepEqual(outcome(cancelled), ["cancelled", null]);
  const unused = { state: "expired", reason: "not_collected", by, decidedAt } as const;
  deepEqual(outcome(unused), ["cancelled", by], "approved, and nobody was waiting");
});

Deno.test("endedOf() goes by time, noted down or not", () => {
  deepEqual(outcome({ expiresAt: T0 + 1_000 }), ["expired", null]);
  equal(outcome({ expiresAt: T0 + 1_001 }), undefined);
});

Deno.test("endedOf() says what was decided last, where logins went different ways", () => {
  const first = { state: "denied", reason: "denied", by: "link", decidedAt: T0 + 1 } as const;
  const last = { id: "login-2", state: "approved", by: "person:bob", decidedAt: T0 + 2 } as const;
  deepEqual(outcome(first, last), ["approved", "person:bob"]);
  deepEqual(outcome(last, first), ["approved", "person:bob"]);
});
