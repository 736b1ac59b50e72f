/** From which file the sshd that runs starts, and whether that file may be looked at at all. */
import type { Finding } from "../../core/doctor/finding.ts";
import { mendOf, openTo } from "../../core/doctor/host_trust.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { valuesOf } from "../../core/sshd/running.ts";
import { printable } from "../../core/text.ts";
import { passedOnTheWay } from "./host_files.ts";

/**
 * @param options of the sshd that runs (overriding() in core/sshd/running.ts)
 * @returns what `-f` names; undefined: there is none
 */
export function namedConfig(options: readonly string[]): string | undefined {
  return valuesOf("-f", options).at(-1);
}

/**
 * Why the file that `-f` names is not used: with one of somebody else's they would choose what root reads
 * and tells, and what the doctor finds.
 */
export function notRoots(file: string, files: SiteTree): Finding | undefined {
  const opening = openTo(passedOnTheWay(files, file) ?? [], [0], false);
  if (opening === undefined) return undefined;
  return {
    id: "sshd.options-file",
    severity: "critical",
    where: { file },
    what: `sshd runs with -f ${printable(file, 80)}, and ${printable(opening.path, 80)} ${
      opening.why === "owner" ? "is not root's" : "can be written by others"
    }`,
    means:
      "Whoever can change that file decides who gets in. It was not used, and nothing about sshd is proven.",
    mend: mendOf(opening),
  };
}
