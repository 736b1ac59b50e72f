/** The control field: what each result leads to. _pam_parse_control() of libpam/pam_misc.c. */
import { PAM_RESULTS, type PamAction, type PamResult } from "./stack.ts";

export type Actions = Readonly<Record<PamResult, PamAction>>;

/** Undefined where nothing was said: then the default of whoever asks counts. */
type Partly = Map<PamResult, PamAction>;

/** In the order in which libpam looks for them; what follows such a word is not looked at. */
const NAMES = ["ignore", "ok", "done", "bad", "die", "reset"] as const;
/** _PAM_ACTION_UNDEF is -6: as if nothing had been said. */
const UNDEFINED = -NAMES.length;

const SIMPLE: Readonly<Record<string, readonly [Partly, PamAction]>> = {
  required: [said("ok", true), "bad"],
  requisite: [said("ok", true), "die"],
  optional: [said("ok", false), "ignore"],
  sufficient: [said("done", false), "ignore"],
};

interface Control {
  readonly actions: Actions;
  /** Why libpam could not read it: then every result is "bad". */
  readonly fault: string | undefined;
}

/** @param word without its brackets, one character a byte */
export function readControl(word: string): Control {
  const simple = asciiLower(word);
  if (Object.hasOwn(SIMPLE, simple)) {
    const [actions, otherwise] = SIMPLE[simple] ?? [new Map(), "bad"];
    return { actions: completed(actions, otherwise), fault: undefined };
  }
  const actions: Partly = new Map();
  const fault = readPairs(word, actions);
  return { actions: fault === undefined ? completed(actions, "bad") : ALL_BAD, fault };
}

export function asciiLower(word: string): string {
  return word.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export const ALL_BAD: Actions = completed(new Map(), "bad");

function said(good: PamAction, ignores: boolean): Partly {
  const actions: Partly = new Map([["success", good], ["new_authtok_reqd", good]]);
  return ignores ? actions.set("ignore", "ignore") : actions;
}

function completed(actions: Partly, otherwise: PamAction): Actions {
  const all: Partial<Record<PamResult, PamAction>> = {};
  for (const result of PAM_RESULTS) all[result] = actions.get(result) ?? otherwise;
  return all as Record<PamResult, PamAction>; // each of them was set
}

/** @returns what is wrong */
function readPairs(word: string, actions: Partly): string | undefined {
  let rest = unspaced(word);
  while (rest !== "") {
    const left = rest;
    const result = [...PAM_RESULTS, "default" as const].find((name) => left.startsWith(name));
    if (result === undefined || rest.length === result.length) {
      return "a result's name is wanted";
    }
    rest = unspaced(rest.slice(result.length));
    if (!rest.startsWith("=")) return `"=" is wanted after ${result}`;
    rest = unspaced(rest.slice(1));
    const action = readAction(rest);
    if (typeof action === "string") return action;
    if (result !== "default") set(actions, result, action.code);
    else {
      for (const each of PAM_RESULTS) if (!actions.has(each)) set(actions, each, action.code);
    }
    rest = unspaced(rest.slice(action.length));
  }
  return undefined;
}

function set(actions: Partly, result: PamResult, code: number): void {
  if (code === UNDEFINED) actions.delete(result);
  else actions.set(result, code > 0 ? code : NAMES[-code] ?? code);
}

/** @returns libpam's number for it, and how many characters it takes; or what is wrong */
function readAction(rest: string): { code: number; length: number } | string {
  if (rest === "") return "an action is wanted";
  const name = NAMES.findIndex((each) => rest.startsWith(each));
  if (name !== -1) return { code: -name, length: NAMES[name]?.length ?? 0 };
  const digits = /^[0-9]+/.exec(rest)?.[0];
  if (digits === undefined) return "an action or a number is wanted";
  // An int of 32 bits, which runs over.
  let code = 0;
  for (const digit of digits) code = (Math.imul(code, 10) + Number(digit)) | 0;
  return code === 0 ? "a jump over no line is none" : { code, length: digits.length };
}

/** isspace(3) knows more than the blanks between words. */
function unspaced(text: string): string {
  return text.replace(/^[ \t\n\v\f\r]+/, "");
}
