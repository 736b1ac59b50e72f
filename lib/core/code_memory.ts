/**
 * What is remembered of an account's codes beside google-authenticator's file, because that file may
 * allow reuse, may be shared or may be another program's too: each time step is accepted once, and
 * failures are limited per source and per account.
 */
import * as v from "valibot";

export interface CodeMemory {
  /** Time steps whose code was accepted, by their beginning in seconds since the epoch. */
  readonly spent: readonly number[];
  /** Wrong codes, oldest first. */
  readonly failures: readonly { readonly at: number; readonly source: string }[];
  /** Where right codes came from, newest last. */
  readonly known: readonly string[];
}

/**
 * So many wrong codes within so many milliseconds: from one source; from all together ("account"), for
 * sources that no right code has come from; or from all together for each of them ("all").
 */
export interface FailureLimit {
  readonly scope: "source" | "account" | "all";
  readonly failures: number;
  readonly within: number;
}

export const LIMITS: readonly FailureLimit[] = [
  { scope: "source", failures: 3, within: 30_000 },
  { scope: "source", failures: 10, within: 900_000 },
  // Many addresses together. Not for those that a right code has come from: a stranger's guesses must
  // not lock the owner out.
  { scope: "account", failures: 30, within: 900_000 },
  { scope: "account", failures: 100, within: 86_400_000 },
];
const REMEMBERED_SOURCES = 8;
/** As many as the largest limit asks for. */
const REMEMBERED_FAILURES = 100;
/** Of anything that is remembered in such a file. */
export const MOST_FAILURES = 250;
/** From one end of the times that a clock may be found wrong by to the other, and some. */
const REMEMBERED_STEPS = 3_200;

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

const CodeMemoryFile = v.strictObject({
  version: v.literal(1),
  spent: v.pipe(v.array(wholeNumber), v.maxLength(2 * REMEMBERED_STEPS)),
  failures: v.pipe(
    v.array(v.strictObject({ at: wholeNumber, source: v.pipe(v.string(), v.maxLength(100)) })),
    v.maxLength(MOST_FAILURES),
  ),
  known: v.pipe(v.array(v.pipe(v.string(), v.maxLength(100))), v.maxLength(100)),
});

export const EMPTY_MEMORY: CodeMemory = { spent: [], failures: [], known: [] };

/** Undefined when the text is not such a file: it must then deny, or spent codes would be forgotten. */
export function parseMemory(text: string): CodeMemory | undefined {
  try {
    const file = v.safeParse(CodeMemoryFile, JSON.parse(text));
    if (!file.success) return undefined;
    const { spent, failures, known } = file.output;
    return { spent, failures, known };
  } catch {
    return undefined;
  }
}

export function formatMemory(memory: CodeMemory): string {
  return `${JSON.stringify({ version: 1, ...memory })}\n`;
}

/**
 * When the source may try again, in milliseconds since the epoch; undefined when it may now.
 * @param source what wrong codes are counted by, see networkOf
 */
export function limitedUntil(
  memory: CodeMemory,
  source: string,
  now: number,
  all: readonly FailureLimit[] = LIMITS,
): number | undefined {
  const limits = all.filter(({ scope }) => scope !== "account" || !memory.known.includes(source));
  const until = limits.flatMap((limit) => {
    const times = memory.failures
      .filter((failure) => limit.scope !== "source" || failure.source === source)
      .map((failure) => failure.at)
      .filter((at) => at > now - limit.within);
    const oldestThatCounts = times.at(-limit.failures);
    return oldestThatCounts === undefined ? [] : [oldestThatCounts + limit.within];
  });
  return until.length === 0 ? undefined : Math.max(...until);
}

/** A clock that was set back must not lock anybody out for longer than the limits say. */
export function withoutFuture(memory: CodeMemory, now: number): CodeMemory {
  if (memory.failures.every((failure) => failure.at <= now)) return memory;
  const failures = memory.failures.map(({ at, source }) => ({ at: Math.min(at, now), source }));
  return { ...memory, failures };
}

/**
 * Whether a step's code was accepted before, or is so old that nobody can say: a clock that is set
 * back must not revive it.
 * @param usedStep its beginning in seconds @param step its length in seconds
 */
export function isSpent(memory: CodeMemory, usedStep: number, step: number): boolean {
  const newest = Math.max(0, ...memory.spent);
  return memory.spent.includes(usedStep) || usedStep <= newest - REMEMBERED_STEPS * step;
}

/** @param usedStep as isSpent(); none for a code that is no TOTP code */
export function afterRightCode(
  memory: CodeMemory,
  source: string,
  used: { usedStep: number; step: number } | undefined,
): CodeMemory {
  // Only this source's: nobody's success forgives what strangers guess meanwhile.
  const failures = memory.failures.filter((failure) => failure.source !== source);
  const known = [...memory.known.filter((other) => other !== source), source];
  return {
    spent: used === undefined ? memory.spent : withStep(memory.spent, used.usedStep, used.step),
    failures,
    known: known.slice(-REMEMBERED_SOURCES),
  };
}

/** A code that let nobody in and may not do so any more. */
export function afterSpentStep(memory: CodeMemory, usedStep: number, step: number): CodeMemory {
  return { ...memory, spent: withStep(memory.spent, usedStep, step) };
}

/** @param remembered how many wrong codes are, MOST_FAILURES at most */
export function afterWrongCode(
  memory: CodeMemory,
  source: string,
  now: number,
  remembered = REMEMBERED_FAILURES,
): CodeMemory {
  const failures = [...memory.failures, { at: now, source }].slice(-remembered);
  return { ...memory, failures };
}

function withStep(spent: readonly number[], usedStep: number, step: number): number[] {
  const newest = Math.max(usedStep, ...spent);
  return [...spent, usedStep].filter((each) => each > newest - REMEMBERED_STEPS * step);
}
