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
  assert.deepEqual(answers, ["wrong", "wrong", "wrong"]);
  assert.equal(account.file.text, stateFile(TOTP).text);
});

Deno.test("a used code counts as a try and says how far off it is, whatever the file forgot of it", () => {
  const limit = '" RATE_LIMIT 9 30';
  const pairs = `" RESETTING_TIME_SKEW ${NOW_STEP - 1}-40`;
  const spent = [(NOW_STEP - 40) * 30];
  for (const disallow of [[], ['" DISALLOW_REUSE']]) {
    const lines = [pairs, ...disallow, TOTP];
    const reuse = disallow.length === 0 ? "never" : "file";
    const { answer, file, memory } = checkCode(
      stateFile(limit, ...lines),
      { ...EMPTY_MEMORY, spent },
      { code: codeOf(NOW_STEP - 40), source: "192.0.2.7", now: T0 },
      { ...RULES, reuse },
    );
    assert.deepEqual(answer, { ok: false, why: "wrong", clockOff: -1_200 });
    assert.equal(file.text, stateFile(`${limit} ${T0 / 1_000}`, ...lines).text);
    assert.equal(memory.failures.length, 1);
  }
});

Deno.test("a used code is not accepted for being the third of another time, and teaches none", () => {
  const lines = [`" RESETTING_TIME_SKEW ${NOW_STEP - 2}-40 ${NOW_STEP - 1}-40`, TOTP];
  const account = new Account(stateFile(...lines));
  account.memory = { ...EMPTY_MEMORY, spent: [(NOW_STEP - 40) * 30] };
  assert.equal(account.try(codeOf(NOW_STEP - 40)), "spent");
  assert.equal(account.file.text, stateFile(...lines).text);
});

Deno.test("codes that the file lets be used again may teach it another time", () => {
  const account = new Account(stateFile(TOTP), { ...RULES, reuse: "file" });
  const steps = [-40, -39, -38];
  account.memory = { ...EMPTY_MEMORY, spent: steps.map((step) => (NOW_STEP + step) * 30) };
  const answers = steps.map((step, index) => {
    account.now = T0 + index * STEP_MS;
    return account.try(codeOf(NOW_STEP + step));
  });
  assert.deepEqual(answers, ["wrong", "wrong", "totp"]);
  assert.equal(account.file.skew, -40);
});

Deno.test('reuse = "file" accepts a code as often as the file does, and remembers it once', () => {
  const account = new Account(stateFile(TOTP), { ...RULES, reuse: "file" });
  for (let i = 0; i < 3; i++) assert.equal(account.try(codeOf(NOW_STEP)), "totp");
  assert.deepEqual(account.memory.spent, [T0 / 1_000]);
});

Deno.test('reuse = "file" accepts no step twice that the file forgot and says not to use again', () => {
  const lines = ['" DISALLOW_REUSE', TOTP];
  const account = new Account(stateFile(...lines), { ...RULES, reuse: "file" });
  assert.equal(account.try(codeOf(NOW_STEP)), "totp");
  account.now += 5 * STEP_MS;
  assert.equal(account.try(codeOf(NOW_STEP + 5)), "totp");
  assert.deepEqual(account.file.usedSteps, [NOW_STEP + 5]);
  account.now = T0;
  const { text } = account.file;
  assert.equal(account.try(codeOf(NOW_STEP)), "spent");
  assert.equal(account.file.text, text);
});

Deno.test("steps are remembered for as many of the file's own length as a clock may be off", () => {
  for (const [step, kept, forgotten] of [[60, 191_940, 192_000], [1, 3_199, 3_200]] as const) {
    const account = new Account(stateFile(`" STEP_SIZE ${step}`, TOTP));
    const codeAt = () => codeOf(account.now / 1_000 / step);
    assert.equal(account.try(codeAt()), "totp");
    account.now = T0 - kept * 1_000;
    assert.equal(account.try(codeAt()), "totp", `${step} s`);
    assert.deepEqual(account.memory.spent, [T0 / 1_000, T0 / 1_000 - kept]);
    account.now = T0 - forgotten * 1_000;
    assert.equal(account.try(codeAt()), "spent", `${step} s`);
  }
});

Deno.test("a clock that was set back lets a source try again when the limit has passed", () => {
  const account = new Account(stateFile(TOTP));
  for (let i = 0; i < 3; i++) assert.equal(account.try(WRONG), "wrong");
  account.now -= 365 * 24 * 60 * 60 * 1_000;
  const code = codeOf(account.now / STEP_MS);
  assert.equal(account.try(code), "kept out");
  account.now += STEP_MS - 1;
  assert.equal(account.try(code), "kept out");
  account.now += 1;
  assert.equal(account.try(code), "totp");
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

Deno.test("a try that the file's limit refuses is not counted where right codes came from", () => {
  const account = new Account(stateFile('" RATE_LIMIT 1 30', TOTP));
  assert.equal(account.try(codeOf(NOW_STEP)), "totp");
  const { memory } = account;
  for (let i = 0; i < 20; i++) assert.equal(account.try(codeOf(NOW_STEP + 1)), "limited");
  assert.equal(account.memory, memory);
});

Deno.test("a try that the file's limit refuses is counted against any other source", () => {
  const account = new Account(stateFile(`" RATE_LIMIT 1 30 ${T0 / 1_000}`, TOTP));
  const answers = [1, 2, 3, 4].map((host) => account.try(codeOf(NOW_STEP), `127.0.0.${host}`));
  assert.deepEqual(answers, ["limited", "limited", "limited", "kept out"]);
});

Deno.test("who is on this machine is never taken for the owner who once was", () => {
  for (
    const [source, last] of [["127.0.0.9", "kept out"], ["::1", "kept out"], [
      "192.0.2.9",
      "limited",
    ]]
  ) {
    const account = new Account(stateFile('" RATE_LIMIT 1 600', TOTP));
    account.memory = { ...EMPTY_MEMORY, known: ["127.0.0.1", "::", "192.0.2.9"] };
    account.try(codeOf(NOW_STEP), "198.51.100.7");
    const answers = [1, 2, 3, 4].map(() => account.try(codeOf(NOW_STEP), source));
    assert.deepEqual(answers, ["limited", "limited", "limited", last], source);
  }
});

/**
 * Whoever may log in can feed the file's limit, from any address of 127.0.0.0/8. Of his tries ten in
 * 15 min and a hundred a day get as far as the file. Each keeps the owner out for at most the limit's
 * interval, so that the owner's codes are right again well before five minutes are over.
 */
Deno.test("one source that feeds the file's limit cannot keep the owner out", () => {
  const account = new Account(stateFile('" RATE_LIMIT 3 30', '" DISALLOW_REUSE', TOTP));
  const owner = "198.51.100.7";
  account.memory = { ...EMPTY_MEMORY, known: [owner] };
  const reached: number[] = [];
  let refusedSince: number | undefined;
  let accepted = 0;
  for (let second = 0; second < 24 * 60 * 60; second++) {
    account.now = T0 + second * 1_000;
    // Three at once, then one each 9 s.
    if (second < 3 || second % 9 === 0) {
      const answer = account.try(WRONG, `127.0.0.${77 + second % 100}`);
      if (answer !== "kept out") reached.push(second);
    }
    if (second % 30 !== 25) continue;
    const answer = account.try(codeOf(Math.floor(account.now / STEP_MS)), owner);
    if (answer === "totp") {
      accepted++;
      refusedSince = undefined;
      continue;
    }
    assert.equal(answer, "limited");
    refusedSince ??= second;
    assert.ok(second - refusedSince < 120, `refused from ${refusedSince} to ${second}`);
    assert.ok(reached.some((at) => at >= second - 30), `nothing fed the limit before ${second}`);
  }
  assert.equal(reached.length, 100);
  for (const [index, at] of reached.entries()) {
    assert.ok(at - (reached[index - 10] ?? -Infinity) >= 15 * 60);
  }
  assert.equal(accepted, 24 * 60 * 2 - 40);
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

Deno.test("the grace period is for the very address, not for the network of it", () => {
  const account = new Account(stateFile(TOTP), { ...RULES, grace: true });
  assert.equal(account.try(codeOf(NOW_STEP), "2001:db8::5"), "totp");
  assert.deepEqual(account.file.logins.map(({ host }) => host), ["2001:db8::5"]);
  assert.deepEqual(account.memory.known, ["2001:db8::"]);
});
