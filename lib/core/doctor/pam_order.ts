/** Does the order of the questions tell a guesser which of the two factors was wrong? */
import { isGatehouse, readGatehouseLine } from "../pam_stack/gatehouse_line.ts";
import { proofOf } from "../pam_stack/module_results.ts";
import type { PamEntry, PamResult, PamStack } from "../pam_stack/stack.ts";
import type { Finding } from "./finding.ts";
import { type Case, lineText } from "./pam_login.ts";
import { asked, type Outcomes } from "./pam_paths.ts";

/** Only where the password is asked for from afar: who sits at sudo knows it anyway. */
export function orderFinding(stack: PamStack, { outcomes }: Case): Finding | undefined {
  const ours = stack.entries.findIndex(isGatehouse);
  const password = stack.entries.findIndex((entry) => proofOf(entry) === "password");
  if (ours < 0 || password < 0) return undefined;
  const first = Math.min(ours, password);
  const second = Math.max(ours, password);
  const proof = first === ours ? "gatehouse" : "password";
  const isFirst = (entry: PamEntry) => proofOf(entry) === proof;
  const goesOn = (right: boolean) => asked(stack, answering(outcomes, isFirst, right)).has(second);
  const entry = stack.entries[first];
  if (entry === undefined || !goesOn(true)) return undefined;
  if (first === ours && ringsForAnybody(entry)) return askedTooEarly(stack, entry);
  if (goesOn(false)) return undefined;
  const what = first === ours ? "the code" : "the password";
  return {
    id: "pam.order-tells",
    severity: "info",
    where: entry.where,
    what: `${stack.service} ends at once when ${what} is wrong: ${lineText(entry, stack.type)}`,
    means: first === ours
      ? "A guesser learns that a code was right, and can use up the account's tries without the password."
      : "A guesser learns which password is right, by being asked for the second factor then.",
    mend: first === ours
      ? "ask for the password first, where the clients can answer two prompts"
      : "ask for the password with `auth required pam_unix.so`, with our line right behind it",
  };
}

/** One prompt for both, or a code in front: whoever wrote that meant it. */
function ringsForAnybody(entry: PamEntry): boolean {
  const { options } = readGatehouseLine(entry);
  return options !== undefined && options.mode !== "code" && !options.forwardPass;
}

function askedTooEarly({ service, type }: PamStack, entry: PamEntry): Finding {
  return {
    id: "pam.asked-too-early",
    severity: "warning",
    where: entry.where,
    what: `${service} asks for the factor before the password: ${lineText(entry, type)}`,
    means:
      "Anybody who knows an account's name makes its owner's phone ring, or uses up its codes' tries.",
    mend: "put our line behind the one that asks for the password",
  };
}

/** Of the lines that `isFirst` picks, only a right or only a wrong answer. */
function answering(
  outcomes: Outcomes,
  isFirst: (entry: PamEntry) => boolean,
  right: boolean,
): Outcomes {
  return (entry) => {
    const all = outcomes(entry);
    if (!isFirst(entry)) return all;
    const wanted: PamResult = right ? "success" : "auth_err";
    return all.includes(wanted) ? [wanted] : all.filter((result) => result !== "success");
  };
}
