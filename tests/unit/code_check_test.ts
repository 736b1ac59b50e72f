import assert from "node:assert/strict";
import fc from "fast-check";
import { checkCode, checkLimits, type CheckRules } from "../../lib/core/code_check.ts";
import { type CodeMemory, EMPTY_MEMORY } from "../../lib/core/code_memory.ts";
import { parseStateFile, type StateFile } from "../../lib/core/state_file.ts";
import { T0 } from "../support/logins.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const STEP_MS = 30_000;
const NOW_STEP = T0 / STEP_MS;
/** Never right: the codes around T0 are known. */
const WRONG = "000000";
/** Another secret, and the base32 of it. */
const NEXT_KEY = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRST");
const NEXT_BASE32 = "IFBEGRCFIZDUQSKKJNGE2TSPKBIVEU2U";

const RULES: CheckRules = {
  noskewadj: false,
  noIncrementHotp: false,
  reuse: "never",
  grace: false,
};

function stateFile(...lines: string[]): StateFile {
  const read = parseStateFile([RFC_BASE32, ...lines, ""].join("\n"));
  if (!read.ok) assert.fail(read.fault);
  return read.value;
}

/** One person at one clock, with both files. */
class Account {
  now = T0;
  memory: CodeMemory = EMPTY_MEMORY;
  constructor(public file: StateFile, readonly rules: CheckRules = RULES) {}

  try(code: string, source = "192.0.2.7"): string {
    const attempt = { code, source, now: this.now };
    const limits = checkLimits(this.memory, attempt);
    this.memory = limits.memory;
    if (limits.answer !== undefined) return "kept out";
    const { answer, file, memory } = checkCode(this.file, this.memory, attempt, this.rules);
    this.file = file;
    this.memory = memory;
    return answer.ok ? answer.kind : answer.why;
  }
}

const TOTP = '" TOTP_AUTH';

Deno.test("checkCode() accepts no step twice, whatever the file says and the clock does", () => {
  const move = fc.record({
    seconds: fc.oneof(
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: -200, max: 200 }),
      fc.integer({ min: -20_000, max: 20_000 }),
    ),
    offset: fc.integer({ min: -3, max: 3 }),
    replay: fc.option(fc.nat(20)),
  });
  const file = fc.record({
    window: fc.integer({ min: 1, max: 6 }),
    disallow: fc.boolean(),
    noskewadj: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 30 }), file, (moves, options) => {
      const { window, disallow, noskewadj } = options;
      const lines = [TOTP, `" WINDOW_SIZE ${window}`, ...(disallow ? ['" DISALLOW_REUSE'] : [])];
      const account = new Account(stateFile(...lines), { ...RULES, noskewadj });
      const accepted: number[] = [];
      for (const { seconds, offset, replay } of moves) {
        account.now += seconds * 1_000;
        const old = replay === null ? undefined : accepted[replay];
        // Somebody who saw an old code and has the clock set to its time.
        if (old !== undefined) account.now = old * STEP_MS;
        const step = old ?? Math.floor(account.now / STEP_MS) + offset;
        const around = Array.from({ length: 14 }, (_, index) => step - 7 + index);
        // Two steps may have the same digits by chance; those prove nothing.
        if (around.filter((other) => codeOf(other) === codeOf(step)).length > 1) continue;
        if (account.try(codeOf(step)) !== "totp") continue;
        assert.ok(!accepted.includes(step), `step ${step} was accepted twice`);
        accepted.push(step);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("checkCode() lets nothing but the try be recorded of a code that was accepted before", () => {
  const lines = ['" RATE_LIMIT 9 30', TOTP, `" GATEHOUSE_NEXT_SECRET ${NEXT_BASE32}`];
  const account = new Account(stateFile(...lines));
  account.memory = { ...EMPTY_MEMORY, spent: [T0 / 1_000] };
  const second = T0 / 1_000;
  // The waiting secret's code of the same step: it does not take over.
  assert.equal(account.try(codeOf(NOW_STEP, NEXT_KEY)), "spent");
  const recorded = [`" RATE_LIMIT 9 30 ${second}`, ...lines.slice(1)];
  assert.equal(account.file.text, stateFile(...recorded).text);
  account.now += STEP_MS;
  assert.equal(account.try(codeOf(NOW_STEP + 1, NEXT_KEY)), "totp");
  assert.equal(account.file.secret, NEXT_BASE32);
});

Deno.test("codes that were used before teach no other time", () => {
  const account = new Account(stateFile(TOTP));
  account.now -= 40 * STEP_MS;
  for (let i = -40; i <= -38; i++, account.now += STEP_MS) {
    assert.equal(account.try(codeOf(NOW_STEP + i)), "totp");
  }
  account.now = T0;
  const answers: string[] = [];
  for (let i = -40; i <= -38; i++, account.now += STEP_MS) {
    // From several addresses, so that no limit hides the answer.
    answers.push(account.try(codeOf(NOW_STEP + i), `192.0.2.${50 + i}`));
  }
  assert.deepEqual(answers, ["wrong", "wrong", "spent"]);
  assert.equal(account.file.skew, 0);
});

Deno.test('reuse = "file" accepts a code as often as the file does, and remembers it once', () => {
  const account = new Account(stateFile(TOTP), { ...RULES, reuse: "file" });
  for (let i = 0; i < 3; i++) assert.equal(account.try(codeOf(NOW_STEP)), "totp");
  assert.deepEqual(account.memory.spent, [T0 / 1_000]);
});

Deno.test("wrong codes are counted by the network that they come from, right ones forgive", () => {
  const account = new Account(stateFile(TOTP, "12345678"));
  assert.equal(account.try(WRONG, "2001:db8::1"), "wrong");
  assert.equal(account.try(WRONG, "2001:db8::2"), "wrong");
  assert.equal(account.try("12345678", "2001:db8::3"), "scratch");
  assert.deepEqual(account.memory, { ...EMPTY_MEMORY, known: ["2001:db8::"] });
  for (let i = 1; i <= 3; i++) assert.equal(account.try(WRONG, `2001:db8::${i}`), "wrong");
  const { memory, file } = account;
  assert.equal(account.try(codeOf(NOW_STEP), "2001:db8::4"), "kept out");
  assert.deepEqual([account.memory, account.file], [memory, file]);
  assert.equal(account.try(codeOf(NOW_STEP), "192.0.2.7"), "totp");
});

Deno.test("a try that the file's limit refuses is not counted against its source", () => {
  const account = new Account(stateFile('" RATE_LIMIT 1 30', TOTP));
  assert.equal(account.try(WRONG), "wrong");
  const { memory } = account;
  for (let i = 0; i < 5; i++) assert.equal(account.try(codeOf(NOW_STEP)), "limited");
  assert.equal(account.memory, memory);
});

Deno.test("only right codes are remembered for the grace period, and only where there is one", () => {
  for (const grace of [false, true]) {
    const account = new Account(stateFile(TOTP), { ...RULES, grace });
    assert.equal(account.try(WRONG), "wrong");
    assert.deepEqual(account.file.logins, []);
    assert.equal(account.try(codeOf(NOW_STEP)), "totp");
    assert.deepEqual(
      account.file.logins,
      grace ? [{ slot: 0, host: "192.0.2.7", at: T0 / 1_000 }] : [],
    );
  }
});
