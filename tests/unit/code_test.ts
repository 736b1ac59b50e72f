import assert from "node:assert/strict";
import fc from "fast-check";
import { type CodeRules, judgeCode, normalizeCode } from "../../lib/core/code.ts";
import { parseStateFile, type StateFile } from "../../lib/core/state_file.ts";
import { setOption } from "../../lib/core/state_file_change.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const NOW_STEP = T0 / 30_000;
const S = 1_000;
const STEP = 30 * S;
/** Never right: the codes around T0 are known. */
const WRONG = "000000";
/** A secret of which no code is computed here but through the file. */
const OTHER = "JBSWY3DPEHPK3PXPJBSWY3DPEH";

function stateFile(...lines: string[]): StateFile {
  return parse([RFC_BASE32, ...lines, ""].join("\n"));
}

function parse(text: string): StateFile {
  const read = parseStateFile(text);
  if (!read.ok) assert.fail(read.fault);
  return read.value;
}

/** One person at one clock. */
class Account {
  now = T0;
  clockOff: number | undefined;
  retryAt: number | undefined;
  readonly rules: CodeRules;
  constructor(public file: StateFile, rules: Partial<CodeRules> = {}) {
    this.rules = { noskewadj: false, noIncrementHotp: false, ...rules };
  }

  try(code: string): string {
    const { answer, file } = judgeCode(this.file, code, this.rules, this.now);
    this.file = file;
    this.clockOff = !answer.ok && answer.why === "wrong" ? answer.clockOff : undefined;
    this.retryAt = !answer.ok && answer.why === "limited" ? answer.retryAt : undefined;
    return answer.ok ? answer.kind : answer.why;
  }

  line(name: string): string | undefined {
    return this.file.text.split("\n").find((line) => line.startsWith(`" ${name} `));
  }
}

const totp = (...lines: string[]) => new Account(stateFile('" TOTP_AUTH', ...lines));
const hotp = (counter: number, rules: Partial<CodeRules> = {}, ...lines: string[]) =>
  new Account(stateFile(`" HOTP_COUNTER ${counter}`, ...lines), rules);

Deno.test("the window is google-authenticator's: -(w-1)/2 to w/2 steps", () => {
  for (const window of [1, 2, 3, 4, 5, 17, 100]) {
    const first = -Math.floor((window - 1) / 2);
    const last = Math.floor(window / 2);
    for (const offset of [first - 1, first, 0, last, last + 1]) {
      const account = totp(`" WINDOW_SIZE ${window}`);
      const expected = offset >= first && offset <= last ? "totp" : "wrong";
      assert.equal(account.try(codeOf(NOW_STEP + offset)), expected, `${window}: ${offset}`);
    }
  }
});

Deno.test("a step begins and ends on its second", () => {
  const account = totp('" WINDOW_SIZE 1', '" STEP_SIZE 60');
  const next = codeOf(T0 / 60_000 + 1);
  account.now = T0 + 60 * S - 1;
  assert.equal(account.try(next), "wrong");
  account.now = T0 + 60 * S;
  assert.equal(account.try(next), "totp");
});

Deno.test("a code is accepted once where reuse is not allowed, and the neighbouring ones still", () => {
  const account = totp('" DISALLOW_REUSE');
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "totp");
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "spent");
  assert.equal(account.try(codeOf(NOW_STEP)), "totp");
  assert.equal(account.try(codeOf(NOW_STEP - 1)), "totp");
  for (const offset of [1, 0, -1]) assert.equal(account.try(codeOf(NOW_STEP + offset)), "spent");
  assert.equal(
    account.line("DISALLOW_REUSE"),
    `" DISALLOW_REUSE ${[NOW_STEP + 1, NOW_STEP, NOW_STEP - 1].join(" ")}`,
  );
  account.now += 3 * STEP;
  assert.equal(account.try(codeOf(NOW_STEP + 3)), "totp");
  assert.equal(account.line("DISALLOW_REUSE"), `" DISALLOW_REUSE ${NOW_STEP + 1} ${NOW_STEP + 3}`);
});

Deno.test("where the file allows reuse, the file is left as it is", () => {
  const account = totp();
  const { text } = account.file;
  assert.equal(account.try(codeOf(NOW_STEP)), "totp");
  assert.equal(account.try(codeOf(NOW_STEP)), "totp");
  assert.equal(account.file.text, text);
});

Deno.test("an accepted code names its step, for the memory beside the file", () => {
  const { usedStep } = judgeCode(totp().file, codeOf(NOW_STEP - 1), totp().rules, T0);
  assert.equal(usedStep, T0 / S - 30);
});

Deno.test("each scratch code works once, with any kind of file", () => {
  for (const line of ['" TOTP_AUTH', '" HOTP_COUNTER 7', '" WINDOW_SIZE 3']) {
    const account = new Account(stateFile(line, "12345678", "87654321"));
    assert.equal(account.try("87654321"), "scratch", line);
    assert.equal(account.try("87654321"), "wrong", line);
    assert.equal(account.try("12345678"), "scratch", line);
    assert.equal(account.file.text, stateFile(line).text);
  }
});

Deno.test("a file without TOTP_AUTH or counter accepts nothing but scratch codes", () => {
  const account = new Account(stateFile());
  assert.equal(account.try(codeOf(NOW_STEP)), "wrong");
  assert.equal(account.try(codeOf(0)), "wrong");
});

Deno.test("a counter's code moves it past, codes that were shown and not used included", () => {
  const account = hotp(5);
  assert.equal(account.try(codeOf(7)), "hotp");
  assert.equal(account.line("HOTP_COUNTER"), '" HOTP_COUNTER 8');
  assert.equal(account.try(codeOf(7)), "wrong");
  assert.equal(account.try(codeOf(6)), "wrong");
  // Each wrong one moved it too.
  assert.equal(account.line("HOTP_COUNTER"), '" HOTP_COUNTER 10');
  assert.equal(account.try(codeOf(13)), "wrong", "past the window");
  assert.equal(account.try(codeOf(13)), "hotp");
});

Deno.test("no_increment_hotp leaves the counter where it is when a code is wrong", () => {
  const account = hotp(5, { noIncrementHotp: true });
  assert.equal(account.try(codeOf(4)), "wrong");
  assert.equal(account.try("12345678"), "wrong");
  assert.equal(account.line("HOTP_COUNTER"), '" HOTP_COUNTER 5');
});

Deno.test("a wrong scratch code does not move the counter", () => {
  const account = hotp(5);
  assert.equal(account.try("12345678"), "wrong");
  assert.equal(account.line("HOTP_COUNTER"), '" HOTP_COUNTER 5');
});

Deno.test("RATE_LIMIT counts every try, refused ones too, and says when to try again", () => {
  const account = totp('" RATE_LIMIT 3 30');
  assert.equal(account.try(codeOf(NOW_STEP)), "totp");
  account.now += 10 * S;
  assert.equal(account.try(WRONG), "wrong");
  assert.equal(account.try("12345678"), "wrong");
  account.now += 10 * S;
  assert.equal(account.try(codeOf(NOW_STEP)), "limited");
  const second = T0 / S;
  assert.equal(
    account.line("RATE_LIMIT"),
    `" RATE_LIMIT 3 30 ${second + 10} ${second + 10} ${second + 20}`,
  );
  assert.equal(account.retryAt, T0 + 41 * S);
  account.now = T0 + 40 * S;
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "limited");
  account.now = T0 + 51 * S;
  assert.equal(account.try(codeOf(NOW_STEP + 1)), "totp");
});

Deno.test("three codes in a row that are off by the same time set the clock's skew", () => {
  const account = totp('" DISALLOW_REUSE');
  for (const step of [0, 1]) {
    account.now = T0 + step * STEP;
    assert.equal(account.try(codeOf(NOW_STEP + step + 20)), "wrong");
    assert.equal(account.clockOff, 600);
  }
  assert.equal(
    account.line("RESETTING_TIME_SKEW"),
    `" RESETTING_TIME_SKEW ${NOW_STEP}+20 ${NOW_STEP + 1}+20`,
  );
  account.now = T0 + 2 * STEP;
  assert.equal(account.try(codeOf(NOW_STEP + 22)), "totp");
  assert.equal(account.line("TIME_SKEW"), '" TIME_SKEW 20');
  assert.equal(account.line("RESETTING_TIME_SKEW"), '" RESETTING_TIME_SKEW ');
  // google-authenticator forgets to mark it as used.
  assert.equal(account.try(codeOf(NOW_STEP + 22)), "spent");
  account.now = T0 + 3 * STEP;
  assert.equal(account.try(codeOf(NOW_STEP + 23)), "totp");
});

Deno.test("no skew is learned from the same code again, from gaps, or from jumps", () => {
  const sequences: [at: number, off: number][][] = [
    [[0, 20], [0, 20], [0, 20]],
    [[0, 20], [3, 20], [4, 20]],
    [[0, 20], [1, 22], [2, 20]],
    [[0, 20], [1, 20], [2, -20]],
    [[0, 20], [0, 21], [1, 20]],
  ];
  for (const sequence of sequences) {
    const account = totp();
    for (const [at, off] of sequence) {
      account.now = T0 + at * STEP;
      assert.equal(account.try(codeOf(NOW_STEP + at + off)), "wrong", JSON.stringify(sequence));
    }
    assert.equal(account.file.skew, 0);
  }
});

Deno.test("codes that the file has as used teach no other time", () => {
  const used = [0, 1, 2].map((step) => NOW_STEP + step + 20).join(" ");
  for (const pairs of ["", `${NOW_STEP - 2}+20 ${NOW_STEP - 1}+20`]) {
    const lines = [`" RESETTING_TIME_SKEW ${pairs}`, `" DISALLOW_REUSE ${used}`];
    const account = totp(...lines);
    const { text } = account.file;
    for (const step of [0, 1, 2]) {
      account.now = T0 + step * STEP;
      assert.equal(account.try(codeOf(NOW_STEP + step + 20)), "wrong");
      assert.equal(account.clockOff, 600);
      assert.equal(account.file.text, text);
    }
  }
});

Deno.test("a code of another time names its step, for the memory beside the file", () => {
  for (const noskewadj of [false, true]) {
    const { rules, file } = new Account(stateFile('" TOTP_AUTH'), { noskewadj });
    const judged = judgeCode(file, codeOf(NOW_STEP - 9), rules, T0 + 7 * S);
    assert.equal(judged.otherStep, T0 / S - 270);
    assert.equal(judged.usedStep, undefined);
    assert.equal(judgeCode(file, WRONG, rules, T0).otherStep, undefined);
  }
});

Deno.test("noskewadj learns nothing and still tells how far off a code is", () => {
  const account = new Account(stateFile('" TOTP_AUTH'), { noskewadj: true });
  const { text } = account.file;
  for (const step of [0, 1, 2]) {
    account.now = T0 + step * STEP;
    assert.equal(account.try(codeOf(NOW_STEP + step - 9)), "wrong");
    assert.equal(account.clockOff, -270);
  }
  assert.equal(account.file.text, text);
  assert.equal(account.try(WRONG), "wrong");
  assert.equal(account.clockOff, undefined);
});

Deno.test("a waiting secret takes over with its first code, and the old one works until then", () => {
  const waiting = setOption(
    parse(
      `${OTHER}\n" DISALLOW_REUSE ${NOW_STEP}\n" TOTP_AUTH\n" TIME_SKEW 40\n" RESETTING_TIME_SKEW 5+6\n12345678\n`,
    ),
    "GATEHOUSE_NEXT_SECRET",
    RFC_BASE32,
  );
  const account = new Account(waiting);
  assert.equal(account.try(WRONG), "wrong");
  assert.equal(account.file.secret, OTHER);
  assert.equal(account.try(codeOf(NOW_STEP)), "totp");
  assert.equal(
    account.file.text,
    `${RFC_BASE32}\n" DISALLOW_REUSE ${NOW_STEP}\n" TOTP_AUTH\n12345678\n`,
  );
  assert.equal(account.try(codeOf(NOW_STEP)), "spent");

  const old = new Account(
    setOption(stateFile('" TOTP_AUTH'), "GATEHOUSE_NEXT_SECRET", OTHER),
  );
  assert.equal(old.try(codeOf(NOW_STEP)), "totp");
  assert.deepEqual([old.file.secret, old.file.nextSecret], [RFC_BASE32, OTHER]);
});

Deno.test("a waiting secret with a counter begins at 1", () => {
  const waiting = parse(`${OTHER}\n" GATEHOUSE_NEXT_SECRET ${RFC_BASE32}\n" HOTP_COUNTER 70\n`);
  const account = new Account(waiting);
  assert.equal(account.try(codeOf(71)), "wrong");
  assert.equal(account.try(codeOf(2)), "hotp");
  assert.equal(account.file.text, `${RFC_BASE32}\n" HOTP_COUNTER 3\n`);
  assert.equal(new Account(waiting).try(codeOf(0)), "wrong");
  assert.equal(new Account(waiting).try(codeOf(3)), "hotp");
  assert.equal(new Account(waiting).try(codeOf(4)), "wrong");
});

Deno.test("a waiting secret with a counter begins after the code that proved the app", () => {
  const waiting = parse(`${OTHER}\n" GATEHOUSE_NEXT_SECRET ${RFC_BASE32} 3\n" HOTP_COUNTER 70\n`);
  const verdicts = [2, 3, 5, 6].map((counter) => new Account(waiting).try(codeOf(counter)));
  assert.deepEqual(verdicts, ["wrong", "hotp", "hotp", "wrong"]);
  const account = new Account(waiting);
  account.try(codeOf(5));
  assert.equal(account.file.text, `${RFC_BASE32}\n" HOTP_COUNTER 6\n`);
});

Deno.test("no TOTP code is accepted twice where reuse is not allowed, whatever is tried", () => {
  const move = fc.record({
    seconds: fc.integer({ min: 0, max: 90 }),
    offset: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -30, max: 30 })),
    replay: fc.option(fc.nat(20), { freq: 2 }),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 30 }), fc.integer({ min: 1, max: 6 }), (moves, w) => {
      const account = totp('" DISALLOW_REUSE', `" WINDOW_SIZE ${w}`);
      const accepted: number[] = [];
      for (const { seconds, offset, replay } of moves) {
        account.now += seconds * S;
        const old = replay === null ? undefined : accepted.at(-1 - replay % 6);
        const step = old ?? Math.floor(account.now / STEP) + offset;
        const around = Array.from({ length: 14 }, (_, i) => step - 7 + i);
        // Two steps may have the same digits by chance; those prove nothing.
        if (around.filter((other) => codeOf(other) === codeOf(step)).length > 1) continue;
        if (account.try(codeOf(step)) !== "totp") continue;
        assert.ok(!accepted.includes(step), `step ${step} was accepted twice`);
        accepted.push(step);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("normalizeCode() takes what people type and paste, and nothing else", () => {
  const six = ["123456", " 123 456 ", "123-456", "1-2-3-4-5-6", "１２３４５６", "123\u00a0456\n"];
  for (const typed of six) assert.equal(normalizeCode(typed), "123456", typed);
  for (const typed of ["12345678", "1234 5678\r", "１２３４-５６７８"]) {
    assert.equal(normalizeCode(typed), "12345678", typed);
  }
  const refused = [
    ...["", "12345", "1234567", "123456789", "12345a", "-", "123.456", "+12345", "٠١٢٣٤٥"],
    ...["\x00123456", "\ufffd123456", " ".repeat(59) + "123456", "1".repeat(1_048_576)],
  ];
  for (const typed of refused) assert.equal(normalizeCode(typed), undefined, typed.slice(0, 20));
});

Deno.test("normalizeCode() answers six or eight ASCII digits or nothing", () => {
  fc.assert(fc.property(anyText(80), (typed) => {
    const code = normalizeCode(typed);
    assert.ok(code === undefined || /^([0-9]{6}|[0-9]{8})$/.test(code));
  }));
});
