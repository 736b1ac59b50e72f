/** The file that remembers an account's spent codes and wrong tries, so that both survive restarts. */
import * as v from "valibot";
import type { CodeState } from "./code.ts";

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

const CodeStateFile = v.strictObject({
  version: v.literal(1),
  spent: v.pipe(v.array(wholeNumber), v.maxLength(1_000)),
  failures: v.pipe(
    v.array(v.strictObject({ at: wholeNumber, source: v.pipe(v.string(), v.maxLength(100)) })),
    v.maxLength(100),
  ),
  known: v.pipe(v.array(v.pipe(v.string(), v.maxLength(100))), v.maxLength(100)),
});

export const EMPTY_CODE_STATE: CodeState = { spent: [], failures: [], known: [] };

/** Undefined when the text is not such a file: it must then deny, or spent codes would be forgotten. */
export function parseCodeState(text: string): CodeState | undefined {
  try {
    const file = v.safeParse(CodeStateFile, JSON.parse(text));
    if (!file.success) return undefined;
    const { spent, failures, known } = file.output;
    return { spent, failures, known };
  } catch {
    return undefined;
  }
}

export function formatCodeState(state: CodeState): string {
  return `${JSON.stringify({ version: 1, ...state })}\n`;
}
