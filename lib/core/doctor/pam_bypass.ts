/** Ways past our module, each with the line that opens it. */
import { agrees, isGatehouse } from "../pam_stack/gatehouse_line.ts";
import { moduleName } from "../pam_stack/assumptions.ts";
import type { Proof } from "../pam_stack/module_table.ts";
import type { PamStack } from "../pam_stack/stack.ts";
import { explore, type Outcomes, type Step, type Way } from "./pam_paths.ts";

export interface Bypass {
  readonly way: Way;
  /** The step that is to blame. */
  readonly cause: Step;
  readonly kind: BypassKind;
}

/**
 * "refused-in-vain": our module said no, and its control lets that pass; "reset": a later line takes it
 * back; "ends": a line in front ends the stack; "jumps": a line in front jumps over ours; "gate": that
 * line is a condition right in front of ours, and so meant to; "gate-by-place": such a condition, which
 * does not hang on the account alone.
 */
type BypassKind = "refused-in-vain" | "reset" | "ends" | "jumps" | "gate" | "gate-by-place";

const CONDITIONS = [
  ...["pam_succeed_if", "pam_listfile", "pam_localuser", "pam_usertype", "pam_access", "pam_time"],
];
/** Nobody mends more at once; the next look finds the rest. */
const MOST = 8;

/** Empty where nobody gets by. Only for stacks with a line of ours. */
export function bypasses(stack: PamStack, outcomes: Outcomes): readonly Bypass[] {
  const found: Bypass[] = [];
  const barred = ({ index, action }: Step) =>
    found.some(({ cause }) => cause.index === index && cause.action === action);
  while (found.length < MOST) {
    const way = gentlest(explore(stack, outcomes, barred).ways);
    const bypass = way && causeOf(stack, way, outcomes);
    if (bypass === undefined) break;
    found.push(bypass);
  }
  return found;
}

/** Where a password alone does, nobody wants to hear of a way that takes a key besides. */
const COSTS: Readonly<Record<Proof, number>> = {
  ...{ none: 0, gatehouse: 0, password: 1, unknown: 10, factor: 100 },
};

function gentlest(ways: readonly Way[]): Way | undefined {
  const cost = ({ facts }: Way) => facts.proofs.reduce((sum, proof) => sum + COSTS[proof], 0);
  return ways.filter(({ result, facts }) => result === "success" && !facts.agreed)
    .toSorted((a, b) => cost(a) - cost(b))[0];
}

function causeOf(stack: PamStack, way: Way, outcomes: Outcomes): Bypass | undefined {
  const refusal = way.steps.find(({ entry, result }) => isGatehouse(entry) && !agrees(result));
  if (refusal !== undefined) {
    const counted = refusal.action === "bad" || refusal.action === "die";
    const reset = way.steps.findLast(({ action }) => action === "reset");
    return counted && reset !== undefined
      ? { way, cause: reset, kind: "reset" }
      : { way, cause: refusal, kind: "refused-in-vain" };
  }
  const ours = stack.entries.findIndex(isGatehouse);
  // A line that libpam takes as failing can jump, too, and is no step: then what came before it is named.
  const cause =
    way.steps.find(({ index, next }) => index < ours && (next ?? stack.entries.length) > ours) ??
      way.steps[0];
  if (cause === undefined) return undefined;
  if (typeof cause.action !== "number") return { way, cause, kind: "ends" };
  const between = stack.entries.slice(cause.index, ours);
  const gate = between.every(({ module }) => CONDITIONS.includes(moduleName(module))) &&
    (cause.next ?? stack.entries.length) === ours + 1;
  const sure = outcomes(cause.entry).length === 1;
  return { way, cause, kind: gate ? sure ? "gate" : "gate-by-place" : "jumps" };
}
