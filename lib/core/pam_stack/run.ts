/** The way through a stack, result by result: _pam_dispatch_aux() of libpam/pam_dispatch.c. */
import type { PamAction, PamEntry, PamResult, PamStack } from "./stack.ts";

interface Opinion {
  readonly impression: "undefined" | "positive" | "negative";
  readonly status: PamResult;
}

export interface PamState extends Opinion {
  /** The entry whose result is wanted next; undefined at the end. */
  readonly next: number | undefined;
  /** Set at the end: what libpam returns. */
  readonly result: PamResult | undefined;
  /** By level: what was thought when that substack was entered, for `reset`. */
  readonly entered: readonly Opinion[];
}

/** An entry that was passed. */
export interface Visit {
  readonly index: number;
  readonly entry: PamEntry;
  /** Neither has a substack's own line. */
  readonly result: PamResult | undefined;
  readonly action: PamAction | undefined;
}
export type Seen = (visit: Visit) => void;

/** PAM_MUST_FAIL_CODE */
const MUST_FAIL = "perm_denied";
const NOTHING: Opinion = { impression: "undefined", status: MUST_FAIL };

interface Walk {
  readonly at: number;
  /** Of the entry before. */
  readonly level: number;
  readonly opinion: Opinion;
  readonly entered: readonly Opinion[];
}

/** @param seen is told of the entries that need no result */
export function begin(stack: PamStack, seen?: Seen): PamState {
  return settled(stack, { at: 0, level: 0, opinion: NOTHING, entered: [NOTHING] }, seen);
}

/**
 * What one more result leads to.
 * @param decided pam_setcred(3) and pam_close_session(3) go the way that the entry's earlier result chose
 */
export function step(
  stack: PamStack,
  state: PamState,
  result: PamResult,
  seen?: Seen,
  decided: PamResult = result,
): PamState {
  const entry = state.next === undefined ? undefined : stack.entries[state.next];
  if (state.next === undefined || entry === undefined) return state;
  if (result === "incomplete") {
    seen?.({ index: state.next, entry, result, action: undefined });
    return { ...state, next: undefined, result };
  }
  const { impression, status, entered } = state;
  const walk = { at: state.next, level: entry.level, opinion: { impression, status }, entered };
  return settled(stack, acted(stack, walk, entry, result, decided, seen), seen);
}

/** Equal for states from which every further result leads to the same end. */
export function stateKey(state: PamState): string {
  const opinions = [state, ...state.entered].map(({ impression, status }) => impression + status);
  return [state.next ?? state.result, ...opinions].join(" ");
}

/** Runs up to the next entry that a result is wanted of. */
function settled(stack: PamStack, from: Walk, seen: Seen | undefined): PamState {
  let walk = from;
  for (;;) {
    const entry = stack.entries[walk.at];
    const { impression, status } = walk.opinion;
    if (entry === undefined) {
      const sane = status !== "success" || impression === "positive";
      const { entered } = walk;
      return { impression, status, entered, next: undefined, result: sane ? status : MUST_FAIL };
    }
    const entered = walk.entered.slice(0, entry.level + 1);
    if (walk.level < entry.level) entered[entry.level] = walk.opinion;
    if (entry.kind === "module") {
      return { impression, status, entered, next: walk.at, result: undefined };
    }
    const here = { ...walk, level: entry.level, entered };
    if (entry.kind === "faulty") {
      walk = acted(stack, here, entry, MUST_FAIL, MUST_FAIL, seen);
    } else {
      seen?.({ index: walk.at, entry, result: undefined, action: undefined });
      walk = { ...here, at: walk.at + 1 };
    }
  }
}

function acted(
  stack: PamStack,
  walk: Walk,
  entry: PamEntry,
  result: PamResult,
  decided: PamResult,
  seen: Seen | undefined,
): Walk {
  const action = entry.actions[decided];
  seen?.({ index: walk.at, entry, result, action });
  const after = { ...walk, at: walk.at + 1 };
  if (typeof action === "number") return jumped(stack, walk, entry.level, action);
  switch (action) {
    case "ignore":
      return after;
    case "reset":
      return { ...after, opinion: walk.entered[entry.level] ?? NOTHING };
    case "ok":
    case "done": {
      const opinion = better(walk.opinion, result, decided);
      const decides = action === "done" && opinion.impression === "positive";
      return { ...after, opinion, at: decides ? endOf(stack, walk.at, entry.level) : after.at };
    }
    case "bad":
    case "die": {
      const at = action === "die" ? endOf(stack, walk.at, entry.level) : after.at;
      return { ...after, opinion: worse(walk.opinion, result), at };
    }
  }
}

function better(opinion: Opinion, result: PamResult, decided: PamResult): Opinion {
  const open = opinion.impression === "undefined" ||
    (opinion.impression === "positive" && opinion.status === "success");
  if (!open || (result === "ignore" && decided !== result)) return opinion;
  return { impression: "positive", status: result };
}

/** The first failure counts. */
function worse(opinion: Opinion, result: PamResult): Opinion {
  if (opinion.impression === "negative") return opinion;
  return { impression: "negative", status: result === "ignore" ? MUST_FAIL : result };
}

/** Behind the substack (or the whole stack) that an entry belongs to. */
function endOf(stack: PamStack, from: number, level: number): number {
  let at = from + 1;
  while ((stack.entries[at]?.level ?? -1) >= level) at++;
  return at;
}

/**
 * A substack counts as one line with all that is in it. Debian has taken out that a jump is "ok" to
 * pam_setcred (045_pam_dispatch_jump_is_ignore).
 */
function jumped(stack: PamStack, walk: Walk, level: number, lines: number): Walk {
  const levelAt = (at: number) => stack.entries[at]?.level ?? -1;
  let at = walk.at + 1;
  let left = lines;
  for (; left > 0 && levelAt(at) >= level; left--) {
    at++;
    while (levelAt(at) > level) at++;
  }
  const opinion: Opinion = left === 0
    ? walk.opinion
    : { impression: "negative", status: MUST_FAIL };
  return { ...walk, at, opinion };
}
