/**
 * Learning how far off a phone's clock is, as google-authenticator does: three codes in a row that are
 * off by the same time (give or take a step) become TIME_SKEW.
 */
import type { StateFile } from "./state_file.ts";
import { removeOption, setOption } from "./state_file_change.ts";

const NEEDED = 3;

/**
 * @param step the present one @param skew steps that the code is off
 * @returns whether the code is accepted, being the third
 */
export function learnSkew(
  file: StateFile,
  step: number,
  skew: number,
): { learned: boolean; file: StateFile } {
  const last = file.resetting.at(-1);
  // The same code again proves nothing.
  if (last !== undefined && last.step + last.skew === step + skew) return { learned: false, file };

  const seen = [...file.resetting, { step, skew }].slice(-NEEDED);
  if (seen.length < NEEDED || !inARow(seen, skew)) {
    const pairs = seen.map(({ step, skew }) => `${step}${skew < 0 ? "" : "+"}${skew}`);
    return { learned: false, file: setOption(file, "RESETTING_TIME_SKEW", pairs.join(" ")) };
  }
  const sum = seen.reduce((sum, each) => sum + each.skew, 0);
  const skewed = setOption(file, "TIME_SKEW", String(Math.trunc(sum / NEEDED)));
  return { learned: true, file: setOption(skewed, "RESETTING_TIME_SKEW", "") };
}

/** A new secret is on a phone with another clock. */
export function forgetSkew(file: StateFile): StateFile {
  return removeOption(removeOption(file, "TIME_SKEW"), "RESETTING_TIME_SKEW");
}

function inARow(seen: readonly { step: number; skew: number }[], skew: number): boolean {
  return seen.every((each, index) => {
    const before = seen[index - 1];
    if (before === undefined) return true;
    return each.step > before.step && each.step <= before.step + 2 &&
      Math.abs(before.skew - skew) <= 1;
  });
}
