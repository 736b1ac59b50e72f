/** What the doctor says to programs; docs/doctor.md has its shape. */
import { verdictOf } from "../host_report.ts";
import { type Examined, fixesOf, inOrder, SEVERITIES } from "./finding.ts";
import { placeOf } from "./text.ts";

/** @param name of the machine @param root "" for this one */
export function doctorJson(name: string, root: string, examined: Examined) {
  const findings = inOrder(examined.findings);
  const counts = SEVERITIES.map((severity) => [
    severity,
    findings.filter((one) => one.severity === severity).length,
  ]);
  return {
    verdict: verdictOf(findings),
    host: name,
    root: root === "" ? null : root,
    counts: Object.fromEntries(counts),
    findings: findings.map((one) => ({
      id: one.id,
      severity: one.severity,
      where: one.where === undefined ? null : placeOf(one.where),
      what: one.what,
      means: one.means,
      mend: one.mend,
      ...(one.witness === undefined ? {} : { witness: one.witness }),
      fixable: fixesOf(one).length > 0,
    })),
    proven: examined.proven,
  };
}
