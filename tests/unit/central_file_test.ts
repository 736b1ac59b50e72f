import assert from "node:assert/strict";
import fc from "fast-check";
import { newCentralFile, renewedCentralFile } from "../../lib/core/central_file.ts";
import type { CentralAccount } from "../../lib/core/central_set.ts";
import { judgeCode } from "../../lib/core/code.ts";
import { parseStateFile, type StateFile } from "../../lib/core/state_file.ts";
import { setOption } from "../../lib/core/state_file_change.ts";
import { T0 } from "../support/logins.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const STEP = T0 / 30_000;
const OTHER = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const OTHER_KEY = new Uint8Array([
  ...[0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x21, 0xde, 0xad, 0xbe, 0xef],
  ...[0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x21, 0xde, 0xad, 0xbe, 0xef],
]);
const DAY = 86_400;
const RULES = { noskewadj: false, noIncrementHotp: false };

const account = (changes: Partial<CentralAccount> = {}): CentralAccount => {
  return { name: "alice", seeds: [RFC_BASE32], used: [], ...changes };
};
const at = (seconds = 0) => ({ now: T0 + seconds * 1000, validFor: 30 * DAY });

function verdictOn(file: StateFile, code: string, now = T0): string {
  const { answer } = judgeCode(file, code, RULES, now);
  return answer.ok ? "accepted" : answer.why;
}

function reread(file: StateFile): StateFile {
  const read = parseStateFile(file.text);
  assert.ok(read.ok);
  return read.value;
}

Deno.test("newCentralFile() makes a file of google-authenticator's that says where it is from", () => {
  const file = reread(newCentralFile(account({ used: [STEP - 2] }), at()));
  assert.equal(file.text.split("\n")[0], RFC_BASE32);
  assert.deepEqual(
    [file.kind, file.step, file.window, file.usedSteps, file.scratchCodes],
    ["totp", 30, 3, [STEP - 2], []],
  );
  assert.deepEqual(file.synced, { at: T0 / 1000, until: T0 / 1000 + 30 * DAY });
  assert.equal(verdictOn(file, codeOf(STEP)), "accepted");
});

Deno.test("a code that was used elsewhere is spent in the file", () => {
  const file = newCentralFile(account({ used: [STEP] }), at());
  assert.equal(verdictOn(file, codeOf(STEP)), "spent");
  const renewed = renewedCentralFile(
    newCentralFile(account(), at()),
    account({ used: [STEP] }),
    at(),
  );
  assert.equal(verdictOn(renewed, codeOf(STEP)), "spent");
});

Deno.test("codes of each of a person's phones count, and a step only once", () => {
  const file = reread(newCentralFile(account({ seeds: [RFC_BASE32, OTHER] }), at()));
  assert.deepEqual(file.otherSecrets, [OTHER]);
  assert.equal(verdictOn(file, codeOf(STEP, OTHER_KEY)), "accepted");
  const used = judgeCode(file, codeOf(STEP), RULES, T0).file;
  assert.equal(verdictOn(used, codeOf(STEP, OTHER_KEY)), "spent");
  const one = renewedCentralFile(used, account({ seeds: [OTHER] }), at());
  assert.deepEqual([one.secret, one.otherSecrets], [OTHER, []]);
  assert.equal(verdictOn(one, codeOf(STEP + 1)), "wrong");
});

Deno.test("a synced file learns no other clock: the server would not know of it", () => {
  const learn = (file: StateFile) => {
    for (const [n, off] of [40, 41, 42].entries()) {
      file = judgeCode(file, codeOf(STEP + off), RULES, T0 + n * 30_000).file;
    }
    return file.skew;
  };
  const file = newCentralFile(account(), at());
  const own = reread({ ...file, text: file.text.replace(/^" GATEHOUSE_SYNCED.*\n/m, "") });
  assert.deepEqual([learn(file), learn(own)], [0, 40]);
});

Deno.test("renewedCentralFile() writes nothing for a date alone, but now and then", () => {
  const file = newCentralFile(account(), at());
  assert.equal(renewedCentralFile(file, account(), at(DAY - 1)), file);
  const renewed = renewedCentralFile(file, account(), at(DAY));
  assert.deepEqual(renewed.synced, { at: T0 / 1000 + DAY, until: T0 / 1000 + 31 * DAY });
  // An administrator allows less, or the clock was set back.
  const shorter = { ...at(), validFor: DAY };
  assert.equal(renewedCentralFile(file, account(), shorter).synced?.until, T0 / 1000 + DAY);
  assert.equal(renewedCentralFile(file, account(), at(-60)).synced?.at, T0 / 1000 - 60);
});

Deno.test("renewedCentralFile() leaves what an administrator has added", () => {
  const file = reread(newCentralFile(account(), at()));
  const more = setOption(file, "RATE_LIMIT", "3 30 1767225600");
  const scratch = reread({ ...more, text: `${more.text}12345678\n` });
  const renewed = renewedCentralFile(scratch, account({ seeds: [OTHER] }), at(60));
  assert.deepEqual(
    [renewed.secret, renewed.rateLimit?.times, renewed.scratchCodes],
    [OTHER, [1_767_225_600], ["12345678"]],
  );
});

Deno.test("no sync makes a spent code good again, whatever it brings and in which order", () => {
  const step = fc.integer({ min: STEP - 1, max: STEP + 1 });
  const event = fc.oneof(
    fc.record({ type: fc.constant("login" as const), step, other: fc.boolean() }),
    fc.record({
      type: fc.constant("sync" as const),
      used: fc.array(step, { maxLength: 3 }),
      seeds: fc.constantFrom<string[][]>([RFC_BASE32], [OTHER], [RFC_BASE32, OTHER], [
        OTHER,
        RFC_BASE32,
      ]),
      later: fc.integer({ min: 0, max: 3 * DAY }),
    }),
  );
  fc.assert(fc.property(fc.array(event, { maxLength: 12 }), (events) => {
    let file = newCentralFile(account(), at());
    const spent = new Set<number>();
    for (const each of events) {
      if (each.type === "sync") {
        // The time of the sync does not matter to codes that are in the window now.
        const sync = { now: T0, validFor: 30 * DAY - each.later };
        file = renewedCentralFile(file, account(each), sync);
        for (const step of each.used) spent.add(step);
        continue;
      }
      const code = codeOf(each.step, each.other ? OTHER_KEY : undefined);
      const judged = judgeCode(file, code, RULES, T0);
      if (judged.answer.ok) {
        assert.ok(!spent.has(each.step), `step ${each.step} again`);
        spent.add(each.step);
      }
      file = reread(judged.file);
    }
  }));
});

Deno.test("a file whose own lines are damaged is none", () => {
  const text = (line: string) => `${RFC_BASE32}\n" ${line}\n" TOTP_AUTH\n`;
  for (
    const line of [
      "GATEHOUSE_SYNCED",
      "GATEHOUSE_SYNCED 1",
      "GATEHOUSE_SYNCED 1 x",
      "GATEHOUSE_OTHER_SECRETS no*base32",
    ]
  ) {
    const read = parseStateFile(text(line));
    assert.ok(!read.ok && /^line 2: GATEHOUSE_/.test(read.fault), line);
  }
});
