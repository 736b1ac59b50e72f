/** Directives that hold for all connections: what sshd reads first (reading.ts). */
import type { ConfigFile, Directive } from "./config.ts";
import type { Criterion } from "./criteria.ts";

/** What stands without any `Match`, or behind `Match all`. */
export function globalDirectives(config: ConfigFile): Directive[] {
  const found: Directive[] = [];
  const read = (file: ConfigFile, active: boolean, never: boolean) => {
    let on = active;
    for (const entry of file.entries) {
      if (entry.kind === "match") on = !never && isAll(entry.criteria);
      // In a block that does not hold, no `Match` of an included file does.
      else if (entry.kind === "include") {
        for (const inner of entry.files) read(inner, on, !on);
      } else if (on) found.push(entry);
    }
  };
  read(config, true, false);
  return found;
}

function isAll(criteria: readonly Criterion[]): boolean {
  return criteria.length === 1 && criteria[0]?.kind === "all";
}
