/** The same codes in the same order, tried on the same state file by google-authenticator and by us. */
import fc from "fast-check";
import { equal } from "node:assert/strict";
import { type CodeAnswer, type CodeRules, judgeCode } from "../../lib/core/code.ts";
import { fromLatin1, toLatin1 } from "../../lib/core/latin1.ts";
import { parseStateFile, type StateFile } from "../../lib/core/state_file.ts";
import { CodeFiles, type CodeFilesConfig } from "../../lib/io/code_files.ts";
import { codeFilesConfig } from "./code_files.ts";
import { FixedClock } from "./fakes.ts";
import type { Peer } from "./google_authenticator.ts";
import type { Case } from "./google_authenticator_cases.ts";
import { keyOf, typedFor } from "./google_authenticator_tries.ts";
import type { Scratch } from "./scratch.ts";
import { codeOf } from "./totp.ts";

/** What was answered how often: that the cases are about something. */
export class Tally {
  readonly #counts = new Map<string, number>();

  count(what: string): void {
    this.#counts.set(what, this.of(what) + 1);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  toString(): string {
    const sorted = [...this.#counts].toSorted(([a], [b]) => a < b ? -1 : 1);
    return sorted.map(([what, count]) => `${count} ${what}`).join(", ");
  }
}

/** Our side: a state file in memory or on the disk. */
export interface Ours {
  /** @param at seconds since the epoch */
  check(code: string, at: number): Promise<CodeAnswer>;
  /** The state file by now, as binary text. */
  text(): Promise<string>;
  /** Puts another in its place. */
  replace(text: string): Promise<void>;
}

/** judgeCode() alone. */
export class Judged implements Ours {
  #file: StateFile;

  constructor(text: string, private readonly rules: CodeRules) {
    this.#file = parsed(text);
  }

  check(code: string, at: number): Promise<CodeAnswer> {
    // Parts of a second make no difference.
    const { answer, file } = judgeCode(this.#file, code, this.rules, at * 1_000 + 999);
    this.#file = file;
    return Promise.resolve(answer);
  }

  text(): Promise<string> {
    return Promise.resolve(this.#file.text);
  }

  replace(text: string): Promise<void> {
    this.#file = parsed(text);
    return Promise.resolve();
  }
}

/** CodeFiles, each try from another address: our own limits are not what is compared. */
export class OnDisk implements Ours {
  #tries = 0;

  private constructor(private readonly config: CodeFilesConfig) {}

  static async open(folder: Scratch, name: string, text: string): Promise<OnDisk> {
    const secret = `${folder.path}/${name}`;
    const ours = new OnDisk(codeFilesConfig(folder, { user: name, secret, reuse: "file" }));
    await ours.replace(text);
    return ours;
  }

  async check(code: string, at: number): Promise<CodeAnswer> {
    const source = `192.0.2.${this.#tries++}`;
    const codes = new CodeFiles({ ...this.config, source }, new FixedClock(at * 1_000 + 999));
    return await codes.check(code);
  }

  async text(): Promise<string> {
    return toLatin1(await Deno.readFile(this.config.secret));
  }

  async replace(text: string): Promise<void> {
    await Deno.writeFile(this.config.secret, fromLatin1(text), { mode: 0o600 });
  }
}

/**
 * Many cases, some at the same time. A failure names seed and path, and the smallest case found.
 * @param ours opens our side on the state file with that name and text
 */
export async function duels(
  peer: Peer,
  cases: fc.Arbitrary<Case>,
  states: number,
  ours: (text: string, name: string) => Ours | Promise<Ours>,
): Promise<Tally> {
  const tally = new Tally();
  const seeds = [1, 2, 3, 4];
  const assertions = seeds.map((seed) => {
    let number = 0;
    const property = fc.asyncProperty(cases, async (each) => {
      const name = `state-${seed}-${number++}`;
      await duel(peer, name, each, await ours(each.text, name), tally);
    });
    return fc.assert(property, { numRuns: states / seeds.length, seed });
  });
  // All have to end before their files go away.
  const ended = await Promise.allSettled(assertions);
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  equal(tally.of("states"), states);
  return tally;
}

/** @throws AssertionError at the first try whose verdict, or the file after it, is not the same */
async function duel(
  peer: Peer,
  name: string,
  { text: first, start, tries }: Case,
  ours: Ours,
  tally: Tally,
): Promise<void> {
  await peer.write(name, first);
  tally.count("states");
  let at = start;
  let code = "123456";
  const accepted = new Set<string>();
  for (const { wait, pick } of tries) {
    const before = await peer.read(name);
    at += wait.steps * parsed(before).step + wait.seconds;
    code = typedFor(pick, first, before, at, code);
    tally.count("tries");

    const theirs = await peer.login({ name, code, at });
    const answer = await ours.check(code, at);
    const [mine, after] = [await ours.text(), await peer.read(name)];
    const situation = `${code} at ${at} on\n${before}\nours: ${JSON.stringify(answer)}\n${mine}\n` +
      `theirs: ${JSON.stringify(theirs)}\n${after}`;
    const what = answer.ok ? answer.kind : answer.why;
    tally.count(what);
    const used = accepted.has(code) || usedCodes(before).includes(code);
    const again = used && /^" DISALLOW_REUSE/m.test(before);
    if (answer.ok || theirs.verdict === "accepted") accepted.add(code);

    if (again && skewIn(mine) === skewIn(before) && skewIn(after) !== skewIn(before)) {
      // On purpose: used codes teach them another time, and the third is accepted.
      tally.count("not learned");
      equal(what === "wrong" || what === "spent", true, situation);
      equal(tidy(mine, first, SKEW_AND_USED), tidy(after, first, SKEW_AND_USED), situation);
      await ours.replace(after);
      continue;
    }
    if (again && what === "spent" && theirs.verdict === "accepted") {
      // On purpose: they forget used codes of more than a window ago, and the one that taught a time.
      tally.count("not forgotten");
      equal(tidy(mine, first, USED), tidy(after, first, USED), situation);
      await ours.replace(after);
      continue;
    }
    if (hasLearned(before, after)) {
      // On purpose: to them the third code of another time counts as unused afterwards.
      tally.count("learned");
      equal(theirs.verdict, "accepted", situation);
      equal(what, "totp", situation);
      equal(tidy(mine, first, USED), tidy(after, first, USED), situation);
      await ours.replace(after);
      continue;
    }
    equal(answer.ok ? "accepted" : "refused", theirs.verdict, situation);
    equal(what === "limited", !theirs.asked, situation);
    equal(tidy(mine, first), tidy(after, first), situation);
    tally.count(mine === after ? "files alike" : "files alike but for blanks");
  }
}

function parsed(text: string): StateFile {
  const read = parseStateFile(text);
  if (read.ok) return read.value;
  throw new Error(`${read.fault}:\n${text}`);
}

/** Whether three codes of a wrong clock were accepted just now. */
function hasLearned(before: string, after: string): boolean {
  const pairs = (text: string) => /^" RESETTING_TIME_SKEW[ \t]+([^\r\n]*)/m.exec(text)?.[1] ?? "";
  return pairs(before) !== "" && pairs(after) === "";
}

/** The codes that the file says were used. */
function usedCodes(text: string): string[] {
  const steps = /^" DISALLOW_REUSE([ \t0-9]*)/m.exec(text)?.[1]?.match(/[0-9]+/g) ?? [];
  return steps.map((step) => codeOf(Number(step), keyOf(text)));
}

/** What the file says of clocks, in one line. */
function skewIn(text: string): string {
  const lines = text.match(/^" (RESETTING_)?TIME_SKEW[^\r\n]*/gm) ?? [];
  return lines.map((line) => line.trimEnd()).join();
}

const USED = /^" DISALLOW_REUSE(?=[ \t\r\n]|$)/;
const SKEW_AND_USED = /^" (DISALLOW_REUSE|(RESETTING_)?TIME_SKEW)(?=[ \t\r\n]|$)/;

/**
 * Where both may write otherwise: they give a line that they rewrite "\n" for its end and take empty
 * lines after it away, we leave them; of a list that gets shorter at its end they keep a blank.
 * @param without lines that are not compared
 */
function tidy(text: string, first: string, without?: RegExp): string {
  const lines = text.split("\n").flatMap((line) => {
    if (without?.test(line)) return [];
    return USED.test(line) ? [line.replace(/[ \t]+/g, " ")] : [line];
  });
  const plain = lines.join("\n");
  const hasBlanks = without !== undefined || /\r|\n\n/.test(first);
  return hasBlanks ? plain.replace(/[\r\n]+/g, "\n").trimEnd() : plain;
}
