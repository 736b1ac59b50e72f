/** Two lines of ours that ask the same person the same. */
import { isGatehouse, readGatehouseLine } from "../pam_stack/gatehouse_line.ts";
import type { PamEntry, PamStack } from "../pam_stack/stack.ts";
import type { Finding } from "./finding.ts";
import { type Case, lineText, namesOf } from "./pam_login.ts";
import { askedAgain, explore } from "./pam_paths.ts";
import { placeOf } from "./text.ts";

/**
 * A second line for whom the first lets by, or for where it has refused, is no fault; nor is one that asks for
 * something else.
 */
export function twiceFindings(stack: PamStack, cases: readonly Case[]): Finding[] {
  const found = new Map<PamEntry, Finding>();
  if (stack.entries.filter(isGatehouse).length < 2) return [];
  for (const { accounts, outcomes } of cases) {
    for (const at of askedAgain(stack, outcomes)) {
      const entry = stack.entries[at];
      const what = entry && asksFor(entry);
      if (entry === undefined || what === undefined || found.has(entry)) continue;
      const first = stack.entries.slice(0, at).find((one) =>
        isGatehouse(one) && asksFor(one) === what
      );
      if (first === undefined) continue;
      found.set(entry, {
        id: "pam.ours-twice",
        severity: "warning",
        where: entry.where,
        what: `two lines of ours in ${stack.service} ask ${namesOf(accounts)}: ${
          lineText(entry, stack.type)
        }`,
        means: "Each login needs the factor twice, and a code counts once only.",
        mend: `take one of the two lines away; the other is ${placeOf(first.where)}`,
      });
    }
  }
  return [...found.values()];
}

/** @param cases of those whom the gate asks after PAM */
export function gateTooFindings(stack: PamStack, cases: readonly Case[]): Finding[] {
  const both = cases.filter(({ outcomes }) =>
    explore(stack, outcomes).ways.some(({ facts, result }) => facts.passed && result === "success")
  );
  const line = stack.entries.find(isGatehouse);
  if (line === undefined || both.length === 0) return [];
  return [{
    id: "pam.gate-too",
    severity: "warning",
    where: line.where,
    what: `${
      namesOf(both.flatMap(({ accounts }) => accounts))
    } meet the factor in ${stack.service}, and again in the gate`,
    means: "Each login needs the factor twice, and a code counts once only.",
    mend: "take AuthenticationMethods out of sshd's block, or ForceCommand",
  }];
}

/** Of a line that is refused nothing is known, and that is said by itself. */
function asksFor(entry: PamEntry): string | undefined {
  const { options } = readGatehouseLine(entry);
  return options && JSON.stringify([options.mode, options.config, options.secret]);
}
