/** `--assume MODULE=RESULT,…`: what modules return whose results nobody can know beforehand. */
import { Exit, Failure } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { printable } from "../text.ts";
import { PAM_RESULTS, type PamEntry, type PamResult } from "./stack.ts";

export interface Assumption {
  /** A module's name with or without `.so`, its path, or `file:line`. */
  readonly of: string;
  readonly result: PamResult;
}

/** @throws Failure (2) */
export function readAssumptions(given: readonly string[]): Assumption[] {
  const written = given.flatMap((list) => list.split(",")).map((one) => one.trim());
  const read = written.filter((one) => one !== "").map((one) => {
    const [, of, result] = /^(.+?)=([^=]*)$/s.exec(one) ?? [];
    if (of === undefined || result === undefined) {
      const hint = "write --assume MODULE=RESULT, such as --assume pam_unix=auth_err";
      throw new Failure(Exit.usage, `no assumption: ${printable(one, 80)}`, hint);
    }
    return { of, result: resultNamed(result) };
  });
  for (const { of, result } of read) {
    const other = read.find((each) => each.of === of && each.result !== result);
    if (other === undefined) continue;
    throw new Failure(
      Exit.usage,
      `${printable(of, 80)} is assumed to return both ${result} and ${other.result}`,
      "say one result for each; FILE:LINE=RESULT for a single line",
    );
  }
  return read;
}

/** What is assumed of an entry: that for its line counts most, then that for its path, then its name. */
export function assumed(
  entry: PamEntry,
  assumptions: readonly Assumption[],
): PamResult | undefined {
  const ranked = assumptions.map((each) => ({ ...each, rank: exactness(each.of, entry) }))
    .filter(({ rank }) => rank > 0).toSorted((a, b) => b.rank - a.rank);
  return ranked[0]?.result;
}

/** The assumptions that are about no line at all. */
export function unusedIn(
  entries: readonly PamEntry[],
  assumptions: readonly Assumption[],
): Assumption[] {
  return assumptions.filter(({ of }) => entries.every((entry) => exactness(of, entry) === 0));
}

/** `pam_unix` for `/lib/security/pam_unix.so`. */
export function moduleName(module: string): string {
  return module.slice(module.lastIndexOf("/") + 1).replace(/\.so$/, "");
}

function exactness(of: string, entry: PamEntry): number {
  if (entry.kind !== "module") return 0;
  const line = `${entry.where.file}:${entry.where.line}`;
  if (of === line) return 4;
  if (line.endsWith(`/${of}`)) return 3;
  if (of.includes("/")) return of === entry.module ? 2 : 0;
  return of.replace(/\.so$/, "") === moduleName(entry.module) ? 1 : 0;
}

function resultNamed(word: string): PamResult {
  const result = PAM_RESULTS.find((one) => one === word);
  if (result !== undefined) return result;
  const plain = word.toLowerCase().replace(/^pam_/, "");
  const near = nearest(plain, PAM_RESULTS) ?? PAM_RESULTS.find((one) => one === plain);
  throw new Failure(
    Exit.usage,
    `no result of PAM's: ${printable(word, 64)}`,
    near === undefined ? `they are ${PAM_RESULTS.join(", ")}` : `did you mean ${near}?`,
  );
}
