import { parseArgs } from "node:util";
import { Exit, Failure } from "../../lib/core/errors.ts";

export interface DemoOptions {
  /** Given to the working part only. */
  readonly folder: string | undefined;
  readonly auto: boolean;
  readonly pictures: string | undefined;
}

/** @throws Failure */
export function demoOptions(args: readonly string[]): DemoOptions {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { auto: { type: "boolean" }, pictures: { type: "string" } },
      allowPositionals: true,
    });
    const { auto = false, pictures } = values;
    if (pictures === undefined || auto) return { folder: positionals[0], auto, pictures };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new Failure(
    Exit.usage,
    "these options are not known",
    "deno task demo [--auto [--pictures DIR]]",
  );
}
