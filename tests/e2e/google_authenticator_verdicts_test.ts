/**
 * The same verdicts on the same codes in the same order as Debian's pam_google_authenticator, and the
 * same state file after each. Numbers of states and of what was answered are in the output.
 */
import { ok } from "node:assert/strict";
import type { CodeRules } from "../../lib/core/code.ts";
import { say } from "../../scripts/say.ts";
import { Peer } from "../support/google_authenticator.ts";
import { counterBased, timeBased } from "../support/google_authenticator_cases.ts";
import { duels, Judged, OnDisk, type Tally } from "../support/google_authenticator_duel.ts";
import { scratch } from "../support/scratch.ts";

const RULES: CodeRules = { noskewadj: false, noIncrementHotp: false };

async function judged(
  cases: typeof timeBased,
  states: number,
  options: readonly string[] = [],
  rules: Partial<CodeRules> = {},
): Promise<Tally> {
  await using folder = await scratch();
  await using peer = await Peer.install(folder, ...options);
  return await duels(peer, cases, states, (text) => new Judged(text, { ...RULES, ...rules }));
}

/** Says the figures, and that there was at least one of each. */
function expectSome(tally: Tally, ...answers: readonly string[]): void {
  say("answers", `${tally}`);
  for (const what of answers) ok(tally.of(what) > 0, `no case was about ${what}`);
}

Deno.test("360 states with time-based codes: window, reuse, skew, rate limit, scratch codes", async () => {
  const tally = await judged(timeBased, 360);
  expectSome(tally, "totp", "scratch", "wrong", "spent", "limited", "learned", "files alike");
  ok(tally.of("not learned") > 0);
});

Deno.test("200 states with counter-based codes, or scratch codes only", async () => {
  const tally = await judged(counterBased, 200);
  expectSome(tally, "hotp", "scratch", "wrong", "limited", "files alike");
});

Deno.test("80 states under noskewadj", async () => {
  const tally = await judged(timeBased, 80, ["noskewadj"], { noskewadj: true });
  expectSome(tally, "totp", "scratch", "wrong", "spent", "limited");
  ok(tally.of("learned") === 0);
});

Deno.test("80 states under no_increment_hotp", async () => {
  const tally = await judged(counterBased, 80, ["no_increment_hotp"], { noIncrementHotp: true });
  expectSome(tally, "hotp", "scratch", "wrong", "limited");
});

Deno.test("100 states on the disk, under the lock, beside the memory of spent codes", async () => {
  await using folder = await scratch();
  await using peer = await Peer.install(folder);
  for (const [cases, states] of [[timeBased, 60], [counterBased, 40]] as const) {
    await using disk = await scratch();
    const tally = await duels(peer, cases, states, (text, name) => OnDisk.open(disk, name, text));
    expectSome(tally, "scratch", "wrong", "limited", "files alike");
  }
});
