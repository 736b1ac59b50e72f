/** The service `other`, which stands in for all that have no file in pam.d. */
import type { PamStack } from "../pam_stack/stack.ts";
import type { Finding } from "./finding.ts";
import { whereOf } from "./pam_factor.ts";
import { type Case, witness } from "./pam_login.ts";
import { explore } from "./pam_paths.ts";

export function otherPermissive(stack: PamStack, cases: readonly Case[]): Finding[] {
  for (const one of cases) {
    const way = explore(stack, one.outcomes).ways.find(({ result, facts }) =>
      result === "success" && !facts.passed && facts.proofs.length === 0
    );
    if (way === undefined) continue;
    return [{
      id: "pam.other-permissive",
      severity: "warning",
      ...whereOf(stack),
      what: "the service other lets people in who have shown nothing",
      means: "Every program whose own file in /etc/pam.d is missing lets everybody in.",
      mend: "write `auth required pam_deny.so` into /etc/pam.d/other",
      witness: witness(one.accounts, way),
    }];
  }
  return [];
}
