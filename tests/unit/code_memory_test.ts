import assert from "node:assert/strict";
import fc from "fast-check";
import {
  afterRightCode,
  afterWrongCode,
  type CodeMemory,
  EMPTY_MEMORY,
  formatMemory,
  isSpent,
  limitedUntil,
  parseMemory,
  withoutFuture,
} from "../../lib/core/code_memory.ts";
import { clientAddress } from "../../lib/core/ssh_session.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";

const S = 1_000;
const MIN = 60 * S;
const DAY = 24 * 60 * MIN;
const HERE = "192.0.2.7";

/** One account at one clock. */
class Account {
  memory: CodeMemory = EMPTY_MEMORY;
  now = T0;

  wrong(source = HERE): void {
    this.memory = afterWrongCode(this.memory, source, this.now);
  }

  right(usedStep?: number, source = HERE, step = 30): void {
    const used = usedStep === undefined ? undefined : { usedStep, step };
    this.memory = afterRightCode(this.memory, source, used);
  }

  limit(source = HERE): number | undefined {
    return limitedUntil(withoutFuture(this.memory, this.now), source, this.now);
  }
}

Deno.test("three wrong codes in 30 s close that source for the rest of them", () => {
  const account = new Account();
  for (const wait of [0, 5, 5]) {
    account.now += wait * S;
    assert.equal(account.limit(), undefined);
    account.wrong();
  }
  assert.equal(account.limit(), T0 + 30 * S);
  assert.equal(account.limit("192.0.2.8"), undefined, "another source");
  account.now = T0 + 30 * S - 1;
  assert.equal(account.limit(), T0 + 30 * S);
  account.now = T0 + 30 * S;
  assert.equal(account.limit(), undefined);
});

Deno.test("ten wrong codes in 15 min close that source until the first is that old", () => {
  const account = new Account();
  for (let i = 0; i < 10; i++, account.now += 30 * S) account.wrong();
  assert.equal(account.limit(), T0 + 15 * MIN);
  assert.equal(account.limit("192.0.2.8"), undefined);
  account.now = T0 + 15 * MIN;
  assert.equal(account.limit(), undefined);
});

Deno.test("thirty wrong codes in 15 min close the account, however many sources share them", () => {
  const account = new Account();
  for (let i = 0; i < 30; i++, account.now += S) account.wrong(`2001:db8::${i}`);
  assert.equal(account.limit("2001:db8::ffff"), T0 + 15 * MIN);
  account.now = T0 + 15 * MIN;
  assert.equal(account.limit("2001:db8::ffff"), undefined);
});

Deno.test("a hundred wrong codes in a day close the account until the first is that old", () => {
  const account = new Account();
  account.right(undefined, "198.51.100.1");
  for (let i = 0; i < 100; i++, account.now += 10 * MIN) {
    assert.equal(account.limit("203.0.113.9"), undefined, `after ${i}`);
    account.wrong(`192.0.2.${i}`);
  }
  assert.equal(account.limit("203.0.113.9"), T0 + DAY);
  assert.equal(account.limit("198.51.100.1"), undefined, "a right code came from there");
  account.now = T0 + DAY - 1;
  assert.equal(account.limit("203.0.113.9"), T0 + DAY);
  account.now = T0 + DAY;
  assert.equal(account.limit("203.0.113.9"), undefined);
  account.wrong("203.0.113.9");
  assert.equal(account.limit("203.0.113.9"), T0 + 10 * MIN + DAY);
});

Deno.test("however many codes are wrong, what is remembered of them can be read back", () => {
  const account = new Account();
  for (let i = 0; i < 250; i++, account.now += S) account.wrong(`192.0.2.${i}`);
  assert.deepEqual(parseMemory(formatMemory(account.memory)), account.memory);
  assert.deepEqual(account.memory.failures.at(-1), { at: T0 + 249 * S, source: "192.0.2.249" });
});

Deno.test("a scratch code's success keeps what is known of used steps", () => {
  const account = new Account();
  account.right(600);
  account.right(undefined);
  assert.ok(isSpent(account.memory, 600, 30));
});

Deno.test("the eight networks that right codes came from last are known", () => {
  const account = new Account();
  for (let i = 1; i <= 8; i++) account.right(undefined, `192.0.2.${i}`);
  account.right(undefined, "192.0.2.1");
  account.right(undefined, "192.0.2.9");
  assert.deepEqual(account.memory.known, [3, 4, 5, 6, 7, 8, 1, 9].map((i) => `192.0.2.${i}`));
});

Deno.test("a success forgives that source's wrong codes and no other's", () => {
  const account = new Account();
  account.wrong();
  account.wrong("198.51.100.1");
  account.right();
  assert.deepEqual(account.memory.failures, [{ at: T0, source: "198.51.100.1" }]);
});

Deno.test("strangers' guesses lock out strangers, not where right codes came from before", () => {
  const account = new Account();
  account.right();
  for (let i = 0; i < 30; i++) account.wrong(`198.51.100.${i}`);
  assert.notEqual(account.limit("203.0.113.9"), undefined);
  assert.equal(account.limit(), undefined);
});

Deno.test("a clock that was set back keeps nobody out longer than the limit says", () => {
  const account = new Account();
  for (let i = 0; i < 10; i++, account.now += 30 * S) account.wrong();
  account.now = T0 - 365 * DAY;
  assert.equal(account.limit(), account.now + 15 * MIN);
});

Deno.test("a limit always ends when it said it would", () => {
  const failure = fc.record({
    at: fc.integer({ min: T0 - 20 * MIN, max: T0 + 20 * MIN }),
    source: fc.constantFrom(HERE, "192.0.2.8"),
  });
  fc.assert(fc.property(fc.array(failure, { maxLength: 150 }), (failures) => {
    const account = new Account();
    const sorted = failures.toSorted((a, b) => a.at - b.at);
    account.memory = withoutFuture({ spent: [], failures: sorted, known: [] }, T0);
    const until = account.limit();
    if (until === undefined) return;
    assert.ok(until > account.now && until <= account.now + DAY);
    account.now = until;
    assert.equal(account.limit(), undefined);
  }));
});

Deno.test("a step is spent once its code was accepted, and its neighbours are not", () => {
  const account = new Account();
  account.right(600);
  assert.ok(isSpent(account.memory, 600, 30));
  assert.ok(!isSpent(account.memory, 570, 30));
  assert.ok(!isSpent(account.memory, 630, 30));
});

Deno.test("a code of long ago stays spent when the clock is set back to its time", () => {
  const account = new Account();
  const day = 24 * 60 * 60;
  account.right(1_000 * day);
  account.right(1_010 * day);
  assert.ok(isSpent(account.memory, 1_000 * day, 30));
  assert.ok(isSpent(account.memory, 999 * day, 30), "nobody can say");
});

Deno.test("a phone whose clock is hours off is believed once that was learned", () => {
  const account = new Account();
  account.right(T0 / S + 12 * 60 * 60);
  assert.ok(!isSpent(account.memory, T0 / S - 12 * 60 * 60, 30));
});

Deno.test("parseMemory() reads back whatever codes and tries leave", () => {
  // As long as an address can be.
  const source = clientAddress(`${"ffff:".repeat(7)}ffff%${"z".repeat(32)} 22 ::1 22`);
  assert.ok(source !== undefined);
  const event = fc.record({
    at: fc.nat({ max: 20_000_000 }),
    right: fc.boolean(),
    step: fc.constantFrom(1, 30, 60),
  });
  fc.assert(fc.property(fc.array(event, { maxLength: 60 }), (events) => {
    const account = new Account();
    for (const { at, right, step } of events) {
      account.now = T0 + at * S;
      if (right) account.right(Math.floor(account.now / S / step) * step, source, step);
      else account.wrong(source);
      assert.deepEqual(parseMemory(formatMemory(account.memory)), account.memory);
    }
  }));
});

Deno.test("what is remembered stays small, however many codes are used", () => {
  const account = new Account();
  for (let step = 0; step < 10_000; step++) account.right(step, `source ${step}`, 1);
  assert.equal(account.memory.spent.length, 3_200);
  assert.equal(account.memory.known.length, 8);
  assert.notEqual(parseMemory(formatMemory(account.memory)), undefined);
});

Deno.test("parseMemory() refuses every file that is not whole", () => {
  const good = formatMemory({ spent: [60], failures: [{ at: 1, source: HERE }], known: [] });
  assert.notEqual(parseMemory(good), undefined);
  for (let length = 0; length < good.length - 1; length++) {
    assert.equal(parseMemory(good.slice(0, length)), undefined, `the first ${length}`);
  }
  const others = [
    {},
    null,
    [],
    { version: 2, spent: [], failures: [], known: [] },
    { version: 1, spent: [] },
    { version: 1, spent: [-1], failures: [], known: [] },
    { version: 1, spent: [0.5], failures: [], known: [] },
    { version: 1, spent: ["60"], failures: [], known: [] },
    { version: 1, spent: Array(6_401).fill(1), failures: [], known: [] },
    { version: 1, spent: [], failures: [{ at: 1 }], known: [] },
    { version: 1, spent: [], failures: [], known: [], more: 1 },
  ];
  for (const other of others) {
    assert.equal(parseMemory(JSON.stringify(other)), undefined, JSON.stringify(other));
  }
});

Deno.test("parseMemory() never throws", () => {
  const file = fc.oneof(anyText(), fc.json());
  fc.assert(fc.property(file, (text) => assert.equal(parseMemory(text), undefined)));
});
