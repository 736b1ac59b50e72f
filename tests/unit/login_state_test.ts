import assert from "node:assert/strict";
import fc from "fast-check";
import {
  askerOf,
  COLLECT_WITHIN_MS,
  type EndReason,
  isOpen,
  type Login,
  type LoginEvent,
  type LoginState,
  sameRequest,
  step,
  takesMore,
} from "../../lib/core/login.ts";
import { dueAt } from "../../lib/core/store_rules.ts";
import { aLogin, T0 } from "../support/logins.ts";

const DECIDED = T0 + 5_000;
const logins = {
  pending: aLogin(),
  approved: aLogin({ state: "approved", decidedAt: DECIDED, by: "link", via: "link" }),
  collected: aLogin({
    state: "approved",
    decidedAt: DECIDED,
    by: "link",
    via: "link",
    collected: true,
  }),
  denied: aLogin({
    state: "denied",
    decidedAt: DECIDED,
    reason: "denied",
    by: "link",
    via: "link",
  }),
  expired: aLogin({ state: "expired", decidedAt: DECIDED, reason: "timeout" }),
  cancelled: aLogin({ state: "cancelled", decidedAt: DECIDED, reason: "hung_up" }),
};
type From = keyof typeof logins;

const who = { by: "person:bob", via: "terminal" };
const events = {
  "approve with the right number": { type: "approve", match: "42", ...who },
  "approve with a wrong number": { type: "approve", match: "17", ...who },
  "approve without a number": { type: "approve", match: null, ...who },
  deny: { type: "deny", notMe: false, ...who },
  "not me": { type: "deny", notMe: true, ...who },
  cancel: { type: "cancel" },
  "fail for want of delivery": { type: "fail", reason: "not_delivered" },
  "fail for too many codes": { type: "fail", reason: "too_many_codes" },
  "fail for a late code": { type: "fail", reason: "timeout" },
  expire: { type: "expire" },
  collect: { type: "collect" },
} satisfies Record<string, LoginEvent>;
type EventName = keyof typeof events;

const LAST_PENDING = T0 + 59_999;
const LAST_APPROVED = DECIDED + COLLECT_WITHIN_MS - 1;
const times: Record<From, { before: number; after: number }> = {
  pending: { before: LAST_PENDING, after: LAST_PENDING + 1 },
  approved: { before: LAST_APPROVED, after: LAST_APPROVED + 1 },
  collected: { before: LAST_APPROVED, after: LAST_APPROVED + 1 },
  denied: { before: LAST_PENDING, after: LAST_PENDING + 1 },
  expired: { before: LAST_PENDING, after: LAST_PENDING + 1 },
  cancelled: { before: LAST_PENDING, after: LAST_PENDING + 1 },
};

/** What an event makes of a login that time has not ended; what is not named changes nothing. */
const table: Partial<Record<From, Partial<Record<EventName, Partial<Login>>>>> = {
  pending: {
    "approve with the right number": { state: "approved", ...who },
    "approve with a wrong number": { state: "denied", reason: "wrong_number", ...who },
    "approve without a number": { state: "denied", reason: "wrong_number", ...who },
    deny: { state: "denied", reason: "denied", ...who },
    "not me": { state: "denied", reason: "not_me", ...who },
    cancel: { state: "cancelled", reason: "hung_up" },
    "fail for want of delivery": { state: "denied", reason: "not_delivered" },
    "fail for too many codes": { state: "denied", reason: "too_many_codes" },
    "fail for a late code": { state: "expired", reason: "timeout" },
  },
  approved: {
    deny: { state: "denied", reason: "denied", ...who },
    "not me": { state: "denied", reason: "not_me", ...who },
    cancel: { state: "cancelled", reason: "hung_up" },
    collect: { collected: true },
  },
};

/** What every event makes of a login whose time is up. */
const timeUp: Partial<Record<From, { state: LoginState; reason: EndReason }>> = {
  pending: { state: "expired", reason: "timeout" },
  approved: { state: "expired", reason: "not_collected" },
};

for (const from of Object.keys(logins) as From[]) {
  for (const name of Object.keys(events) as EventName[]) {
    Deno.test(`step() ${from}: ${name}, in time and too late`, () => {
      const login = logins[from];
      const { before, after } = times[from];
      const change = table[from]?.[name];
      const expected = (change: Partial<Login> | undefined, now: number) => {
        if (change === undefined) return { changed: false, login };
        const decidedAt = change.state === undefined ? login.decidedAt : now;
        return { changed: true, login: { ...login, decidedAt, ...change } };
      };
      assert.deepEqual(step(login, events[name], before), expected(change, before));
      assert.deepEqual(step(login, events[name], after), expected(timeUp[from], after));
    });
  }
}

Deno.test("step() asks for no number when number matching is off", () => {
  const login = aLogin({ match: null, choices: [] });
  const result = step(login, { type: "approve", match: null, ...who }, T0);
  assert.equal(result.login.state, "approved");
});

Deno.test("isOpen() is true for a pending login in time alone", () => {
  for (const [from, login] of Object.entries(logins)) {
    assert.equal(isOpen(login, LAST_PENDING), from === "pending", from);
    assert.equal(isOpen(login, LAST_PENDING + 1), false, from);
  }
});

Deno.test("dueAt() is the very millisecond from which step() ends a login", () => {
  for (const [from, login] of Object.entries(logins)) {
    const due = dueAt(login);
    const changes = (now: number) => step(login, { type: "expire" }, now).changed;
    if (due === null) {
      assert.equal(changes(Number.MAX_SAFE_INTEGER), false, from);
    } else {
      assert.deepEqual([changes(due - 1), changes(due)], [false, true], from);
    }
  }
});

Deno.test("sameRequest() tells apart host, account, service, source, requester and key", () => {
  const login = aLogin();
  assert.ok(sameRequest(login, aLogin({ id: "2", nonce: "x", commandHash: "f" })));
  for (const other of ["host", "user", "service", "source", "requester", "key"] as const) {
    assert.ok(!sameRequest(login, aLogin({ [other]: "other" })), other);
  }
  assert.ok(!sameRequest(login, aLogin({ key: null })));
});

Deno.test("sameRequest() keeps terminals, commands and PAM apart, and makes each one request", () => {
  const kinds = {
    terminal: [{ command: null, tty: true }],
    command: [{ command: "ls", tty: true }, { command: "id", tty: false }, { tty: false }],
    pam: [{ commandWhole: false }, { commandWhole: false, tty: false }],
  };
  const all = Object.entries(kinds).flatMap(([kind, logins]) =>
    logins.map((changes) => [kind, aLogin(changes)] as const)
  );
  for (const [kind, a] of all) {
    assert.equal(askerOf(a), kind);
    for (const [other, b] of all) assert.equal(sameRequest(a, b), kind === other);
  }
});

Deno.test("takesMore() holds for ten seconds after the first, whichever way the clock goes", () => {
  const at = (now: number) => takesMore(aLogin({ createdAt: T0 + 9_000 }), now);
  assert.deepEqual([T0, T0 + 10_000, T0 + 10_001, T0 - 10_001].map(at), [true, true, false, false]);
});

Deno.test("sameRequest() never holds where no key is known", () => {
  assert.ok(!sameRequest(aLogin({ key: null }), aLogin({ key: null })));
});

const anyEvent = fc.constantFrom<LoginEvent>(...Object.values(events));
/** Events with the milliseconds that pass before each. */
const anyLife = fc.array(fc.tuple(anyEvent, fc.nat(40_000)), { maxLength: 12 });

function live(life: readonly (readonly [LoginEvent, number])[]) {
  let login = aLogin();
  let now = T0;
  return life.map(([event, pause]) => {
    now += pause;
    const before = login;
    const result = step(before, event, now);
    login = result.login;
    return { before, event, now, result };
  });
}

const hasEnded = (login: Login) =>
  login.state !== "pending" && (login.state !== "approved" || login.collected);

Deno.test("step() never changes a login that has ended", () => {
  fc.assert(fc.property(anyLife, (life) => {
    for (const { before, result } of live(life)) {
      if (hasEnded(before)) assert.deepEqual(result, { changed: false, login: before });
    }
  }));
});

Deno.test("step() approves by the right number in time alone", () => {
  fc.assert(fc.property(anyLife, (life) => {
    for (const { before, event, now, result } of live(life)) {
      if (result.login.state !== "approved" || before.state === "approved") continue;
      assert.equal(before.state, "pending");
      assert.ok(event.type === "approve" && event.match === before.match);
      assert.ok(now < before.expiresAt);
    }
  }));
});

Deno.test("step() lets a login be collected once at most, in time, and only if approved", () => {
  fc.assert(fc.property(anyLife, (life) => {
    const collected = live(life).filter(({ before, result }) =>
      result.login.collected && !before.collected
    );
    assert.ok(collected.length <= 1);
    for (const { before, now } of collected) {
      assert.equal(before.state, "approved");
      assert.ok(now < (before.decidedAt ?? 0) + COLLECT_WITHIN_MS);
    }
  }));
});

Deno.test("step() never touches what was asked", () => {
  const asked = (
    { state: _, decidedAt: __, by: ___, via: ____, reason: _____, ...rest }: Login,
  ) => {
    const { collected: ______, ...request } = rest;
    return request;
  };
  fc.assert(fc.property(anyLife, (life) => {
    for (const { result } of live(life)) assert.deepEqual(asked(result.login), asked(aLogin()));
  }));
});

Deno.test("step() says unchanged exactly when nothing changed", () => {
  fc.assert(fc.property(anyLife, (life) => {
    for (const { before, result } of live(life)) {
      assert.equal(result.changed, result.login !== before);
    }
  }));
});
