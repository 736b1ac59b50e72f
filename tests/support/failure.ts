/** What a person is told when something is refused. */
import assert from "node:assert/strict";
import { type Exit, Failure } from "../../lib/core/errors.ts";

/** The Failure that `run` ends with; anything else fails the test. */
export async function failureOf(run: () => unknown): Promise<Failure> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  assert.fail("it was not refused");
}

export async function assertRefused(
  run: () => unknown,
  exit: Exit,
  message: RegExp,
): Promise<Failure> {
  const failure = await failureOf(run);
  assert.match(failure.message, message);
  assert.equal(failure.exit, exit);
  return failure;
}

/** All that is printed of it. */
export function printed(failure: Failure): string {
  return `${failure.message}\n${failure.hint ?? ""}`;
}
