/** Which line keeps people out, where a stack lets them in by no answer. */
import { begin, step, type Visit } from "../pam_stack/run.ts";
import type { PamEntry, PamStack } from "../pam_stack/stack.ts";
import type { Outcomes, Way } from "./pam_paths.ts";

/** @param way one on which all goes as well as it can; undefined where no line can be named */
export function lineToBlame(
  stack: PamStack,
  outcomes: Outcomes,
  way: Way | undefined,
): PamEntry | undefined {
  if (way === undefined) return undefined;
  const visits = visitsOn(stack, way);
  const failing = visits.filter(({ action }) => action === "bad" || action === "die");
  // What fails after a line that always does may only fail because of it: `sufficient` does not end then.
  const hopeless = failing.find(({ entry }) =>
    entry.kind === "faulty" ||
    outcomes(entry).every((result) => ["bad", "die"].includes(`${entry.actions[result]}`))
  );
  const last = visits.at(-1);
  const blamed = hopeless ?? failing.at(-1) ??
    // It jumps too far, which libpam takes for a failure.
    (typeof last?.action === "number" ? last : undefined);
  return blamed?.entry;
}

/** With the lines that libpam cannot read, which fail and are no steps of a way. */
function visitsOn(stack: PamStack, { steps }: Way): Visit[] {
  const visits: Visit[] = [];
  const seen = (visit: Visit) => {
    if (visit.action !== undefined) visits.push(visit);
  };
  let state = begin(stack, seen);
  for (const { result } of steps) state = step(stack, state, result, seen);
  return visits;
}
