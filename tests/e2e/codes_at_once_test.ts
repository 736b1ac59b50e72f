/** Codes used by many logins at the same moment, each a process of its own. */
import assert from "node:assert/strict";
import { checkedAtOnce } from "../support/checkers.ts";
import { codeFilesConfig } from "../support/code_files.ts";
import { T0 } from "../support/logins.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const FILE = `${RFC_BASE32}\n" DISALLOW_REUSE\n" TOTP_AUTH\n`;

/** From another address each, so that no limit on wrong codes hides an answer. */
function jobs(folder: Scratch, codes: readonly string[]) {
  return codes.map((code, index) => ({
    code,
    config: codeFilesConfig(folder, { source: `192.0.2.${index}`, noIncrementHotp: true }),
  }));
}

/** With a memory and so a lock of its own each: nothing but the state file's lock is left. */
async function jobsApart(folder: Scratch, codes: readonly string[]) {
  const spent = await folder.dir("spent", 0o700);
  return jobs(folder, codes).map(({ code, config }, index) => ({
    code,
    config: { ...config, spent: `${spent}/${index}` },
  }));
}

/** How often each answer was given. */
function counted(answers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

async function stateAfter(folder: Scratch): Promise<string> {
  const entries = await Array.fromAsync(Deno.readDir(folder.path));
  assert.deepEqual(entries.map(({ name }) => name).toSorted(), ["secret", "spent"]);
  return await Deno.readTextFile(`${folder.path}/secret`);
}

Deno.test("fifty scratch codes at once: each is accepted, and none is left", async () => {
  await using folder = await scratch();
  const codes = Array.from({ length: 50 }, (_, index) => String(10_000_000 + index * 1_234_567));
  await folder.file("secret", `${FILE}${codes.join("\n")}\n`, 0o400);
  const logins = await jobsApart(folder, codes);
  assert.deepEqual(counted(await checkedAtOnce(logins)), { accepted: 50 });
  assert.equal(await stateAfter(folder), FILE);
  assert.deepEqual(counted(await checkedAtOnce(logins.slice(0, 5))), { wrong: 5 });
});

const TWENTY = Array.from({ length: 20 });

Deno.test("one scratch code at twenty logins at once: accepted exactly once", async () => {
  await using folder = await scratch();
  await folder.file("secret", `${FILE}12345678\n87654321\n`, 0o400);
  const codes = TWENTY.map(() => "12345678");
  assert.deepEqual(counted(await checkedAtOnce(jobs(folder, codes))), { accepted: 1, wrong: 19 });
  assert.equal(await stateAfter(folder), `${FILE}87654321\n`);
});

Deno.test("one TOTP code at twenty logins at once: accepted exactly once", async () => {
  for (const text of [FILE, FILE.replace('" DISALLOW_REUSE\n', "")]) {
    await using folder = await scratch();
    await folder.file("secret", text, 0o400);
    const codes = TWENTY.map(() => codeOf(T0 / 30_000));
    const answers = counted(await checkedAtOnce(jobs(folder, codes)));
    assert.deepEqual(answers, { accepted: 1, spent: 19 });
    await stateAfter(folder);
  }
});

Deno.test("one counter's code at twenty logins at once: accepted once, the counter moved once", async () => {
  await using folder = await scratch();
  await folder.file("secret", `${RFC_BASE32}\n" HOTP_COUNTER 7\n`, 0o400);
  const logins = await jobsApart(folder, TWENTY.map(() => codeOf(7)));
  assert.deepEqual(counted(await checkedAtOnce(logins)), { accepted: 1, wrong: 19 });
  assert.equal(await stateAfter(folder), `${RFC_BASE32}\n" HOTP_COUNTER 8\n`);
});
