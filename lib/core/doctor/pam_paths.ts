/**
 * Every way through a stack of PAM, whatever its modules answer: a search that comes to each state once,
 * so a stack of many lines is searched as quickly as a short one is run.
 */
import { agrees, isGatehouse } from "../pam_stack/gatehouse_line.ts";
import { proofOf } from "../pam_stack/module_results.ts";
import type { Proof } from "../pam_stack/module_table.ts";
import { begin, type PamState, stateKey, step } from "../pam_stack/run.ts";
import type { PamAction, PamEntry, PamResult, PamStack } from "../pam_stack/stack.ts";

/** What a line may get from its module; the likeliest first. */
export type Outcomes = (entry: PamEntry) => readonly PamResult[];

/** What has been shown on the way. */
interface Facts {
  /** Our module has said yes, or that the account is exempt. */
  readonly agreed: boolean;
  /** It has said yes. */
  readonly passed: boolean;
  /** Modules of these kinds have said yes. */
  readonly proofs: readonly Proof[];
}

export interface Step {
  readonly index: number;
  readonly entry: PamEntry;
  readonly result: PamResult;
  readonly action: PamAction;
  /** Where it led; undefined: to the end. */
  readonly next: number | undefined;
}

/** One way to an end; of several with the same facts the shortest. */
export interface Way {
  readonly steps: readonly Step[];
  /** What libpam returns. */
  readonly result: PamResult;
  readonly facts: Facts;
}

interface Explored {
  /** One for each result and facts that can be. */
  readonly ways: readonly Way[];
  /** False: the search was given up, so there may be more. */
  readonly complete: boolean;
}

/** Real stacks have some hundred states. */
export const MOST_STATES = 20_000;

interface Node {
  readonly state: PamState;
  readonly facts: number;
  readonly from: Node | undefined;
  readonly step: Step | undefined;
}

/**
 * Each fact is a bit: the same state with the same bits is gone on from once.
 * @param barred ways that lead over such a step are left out
 */
export function explore(
  stack: PamStack,
  outcomes: Outcomes,
  barred: (step: Step) => boolean = () => false,
): Explored {
  const ways: Way[] = [];
  const complete = search(stack, outcomes, barred, (node) => {
    const { result } = node.state;
    if (result !== undefined) ways.push({ steps: stepsTo(node), result, facts: named(node.facts) });
  });
  return { ways, complete };
}

/** Indexes of the lines that may be asked at all. */
export function asked(stack: PamStack, outcomes: Outcomes): ReadonlySet<number> {
  const indexes = new Set<number>();
  search(stack, outcomes, () => false, ({ state }) => {
    if (state.next !== undefined) indexes.add(state.next);
  });
  return indexes;
}

/** Of those, the indexes of our lines that are asked after one of ours has said yes, and while nothing has failed. */
export function askedAgain(stack: PamStack, outcomes: Outcomes): ReadonlySet<number> {
  const indexes = new Set<number>();
  search(stack, outcomes, () => false, ({ state: { impression, next }, facts }) => {
    const entry = stack.entries[next ?? -1];
    if (next === undefined || entry === undefined || !isGatehouse(entry)) return;
    if ((facts & PASSED) !== 0 && impression !== "negative") indexes.add(next);
  });
  return indexes;
}

/** Breadth first. @returns false when there are too many states */
function search(
  stack: PamStack,
  outcomes: Outcomes,
  barred: (step: Step) => boolean,
  visit: (node: Node) => void,
): boolean {
  const queue: Node[] = [];
  const seen = new Set<string>();
  const reach = (node: Node) => {
    const key = `${node.state.result ?? stateKey(node.state)} ${node.facts}`;
    if (seen.size !== seen.add(key).size) queue.push(node);
  };
  reach({ state: begin(stack), facts: 0, from: undefined, step: undefined });
  for (const node of queue) {
    if (seen.size > MOST_STATES) return false;
    visit(node);
    for (const after of following(stack, node, outcomes)) {
      if (after.step !== undefined && !barred(after.step)) reach(after);
    }
  }
  return true;
}

function following(stack: PamStack, node: Node, outcomes: Outcomes): Node[] {
  const index = node.state.next;
  const entry = index === undefined ? undefined : stack.entries[index];
  if (index === undefined || entry === undefined) return [];
  return outcomes(entry).map((result) => {
    const state = step(stack, node.state, result);
    const taken = { index, entry, result, action: entry.actions[result], next: state.next };
    return { state, facts: node.facts | factsOf(entry, result), from: node, step: taken };
  });
}

const PROOFS: readonly Proof[] = ["password", "factor", "unknown"];
const AGREED = 1 << PROOFS.length;
const PASSED = AGREED << 1;

function factsOf(entry: PamEntry, result: PamResult): number {
  const proof = proofOf(entry);
  if (proof === "gatehouse") {
    return (agrees(result) ? AGREED : 0) | (result === "success" ? PASSED : 0);
  }
  return result === "success" && proof !== "none" ? 1 << PROOFS.indexOf(proof) : 0;
}

function named(facts: number): Facts {
  return {
    agreed: (facts & AGREED) !== 0,
    passed: (facts & PASSED) !== 0,
    proofs: PROOFS.filter((_, bit) => (facts & (1 << bit)) !== 0),
  };
}

function stepsTo(end: Node): Step[] {
  const steps: Step[] = [];
  for (let node: Node | undefined = end; node?.step !== undefined; node = node.from) {
    steps.unshift(node.step);
  }
  return steps;
}
