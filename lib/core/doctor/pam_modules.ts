/** Modules that a stack names and that are not on the machine. */
import { isGatehouse } from "../pam_stack/gatehouse_line.ts";
import type { PamEntry, PamStack } from "../pam_stack/stack.ts";
import type { Finding } from "./finding.ts";
import { lineText, moduleText } from "./pam_login.ts";

export function missingModules(
  { entries, service, type }: PamStack,
  isThere: (module: string) => boolean | undefined,
): Finding[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== "module" || isThere(entry.module) !== false) return [];
    const ours = isGatehouse(entry);
    if (!ours && expected(entry)) return [];
    return [{
      id: "pam.module-not-there",
      severity: ours && type === "auth" ? "critical" : "warning",
      where: entry.where,
      what: `${service} names a module that is not there: ${lineText(entry, type)}`,
      means: ours
        ? "Nobody can be asked for the factor; what becomes of logins is up to the control of the line."
        : `libpam goes on as if ${moduleText(entry)} had failed with module_unknown.`,
      mend: ours
        ? "install pam_gatehouse.so beside pam_unix.so"
        : "install its package, or take the line away",
    }];
  });
}

/** Whoever wrote the line knew that it may be missing, or does not care whether it fails. */
function expected({ silent, actions }: PamEntry): boolean {
  return silent || actions.module_unknown === "ignore";
}
