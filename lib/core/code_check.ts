/** One code judged by both memories: the state file's own, and ours beside it. */
import { isLoopback, networkOf } from "./cidr.ts";
import { type CodeRules, judgeCode, type JudgedCode } from "./code.ts";
import {
  afterRightCode,
  afterWrongCode,
  type CodeMemory,
  isSpent,
  limitedUntil,
  withoutFuture,
} from "./code_memory.ts";
import type { StateFile } from "./state_file.ts";
import { countTry, rememberLogin } from "./state_tries.ts";

export interface CheckRules extends CodeRules {
  /** "file": a TOTP code may be used again unless the state file says DISALLOW_REUSE. */
  readonly reuse: "never" | "file";
  /** Right codes are remembered in the state file for the grace period. */
  readonly grace: boolean;
}

interface Try {
  /** Six or eight digits, see normalizeCode. */
  readonly code: string;
  /** The client's address. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface Limits {
  readonly answer: JudgedCode & { why: "limited" } | undefined;
  readonly memory: CodeMemory;
  /** With this try as a wrong one: to be durable before the code is looked at. */
  readonly begun: CodeMemory;
}

/**
 * The answer where too many codes were wrong: the state file is not even looked at, and the try is
 * not counted, so that whoever keeps trying is not kept out for ever. Any other begins as a wrong one. A
 * right code is known sooner than a wrong one is counted, so who hangs up in between would guess for nothing.
 */
export function checkLimits(memory: CodeMemory, { source, now }: Try): Limits {
  const present = withoutFuture(memory, now);
  const network = networkOf(source);
  const retryAt = limitedUntil(present, network, now);
  const answer = retryAt === undefined
    ? undefined
    : { ok: false, why: "limited", retryAt } as const;
  const begun = answer === undefined ? afterWrongCode(present, network, now) : present;
  return { answer, memory: present, begun };
}

/** Both the file and then the memory must be durable before the answer is given (DESIGN.md 2.7). */
export function checkCode(
  before: StateFile,
  memory: CodeMemory,
  { code, source, now }: Try,
  rules: CheckRules,
): { answer: JudgedCode; file: StateFile; memory: CodeMemory } {
  const judged = judgeCode(before, code, rules, now);
  const { usedStep, otherStep = usedStep } = judged;
  const network = networkOf(source);
  const known = otherStep !== undefined && isSpent(memory, otherStep, before.step);
  const replayed = known && (rules.reuse === "never" || before.usedSteps !== undefined);
  // A code that was used already teaches nothing and promotes no secret.
  const file = replayed ? countTry(before, now).file : judged.file;
  const answer: JudgedCode = replayed && judged.answer.ok
    ? { ok: false, why: "spent" }
    : judged.answer;
  if (!answer.ok) {
    // The owner in a hurry runs into the file's limit and is told when it ends. A stranger who feeds it
    // keeps the owner out: he has to stop, and so has whoever is on this machine as the owner once was.
    const pardoned = answer.why === "limited" && memory.known.includes(network) &&
      !isLoopback(source);
    return { answer, file, memory: pardoned ? memory : afterWrongCode(memory, network, now) };
  }
  const used = usedStep === undefined || known ? undefined : { usedStep, step: before.step };
  return {
    answer,
    file: rules.grace ? rememberLogin(file, source, now) : file,
    memory: afterRightCode(memory, network, used),
  };
}
