/** Tells install.sh of a login that has passed the factor, while a change of it is on trial. */
import type { Admission } from "../core/attempt.ts";
import { hex } from "../core/encoding.ts";
import { evidenceName, type Passed, provesFactor } from "../core/trial.ts";
import { systemRandom } from "../io/random.ts";
import { leaveEvidence } from "../io/trial.ts";

/**
 * Never throws.
 * @param passed asked for only when something is on trial; undefined: for an account that is gone
 * @param folder where trials are; only tests have another
 */
export function tellTrial(
  admission: Admission,
  passed: () => Passed | undefined,
  folder?: string,
): void {
  if (!provesFactor(admission)) return;
  leaveEvidence(() => {
    const who = passed();
    return who && evidenceName(who, hex(systemRandom.bytes(8)));
  }, folder);
}
