/**
 * Which directives sshd obeys in a situation: parse_server_config_depth() of servconf.c. It reads all
 * twice, first what is global, then, for a connection, what its `Match` lines let in; the first value
 * that is read stands, and those of the second reading stand before those of the first.
 */
import { type Criterion, meets, type Situation } from "./criteria.ts";
import type { ConfigFile, Directive } from "./config.ts";

export interface Reading {
  /** The most important first. */
  readonly directives: readonly Directive[];
  /** Equal for situations in which the same `Match` lines hold; so sshd's answer is the same, too. */
  readonly key: string;
}

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

/** @param globals globalDirectives(config), which are the same for all */
export function readFor(
  config: ConfigFile,
  globals: readonly Directive[],
  situation: Situation,
): Reading {
  const found: Directive[] = [];
  let key = "";
  const read = (
    file: ConfigFile,
    { active, never, matchOnly }: { active: boolean; never: boolean; matchOnly: boolean },
  ) => {
    let on = active;
    // Until the first `Match` of a file nothing holds, but that of an included one may.
    let before = matchOnly;
    for (const entry of file.entries) {
      if (entry.kind === "match") {
        on = !never && meets(entry.criteria, situation);
        before = false;
        if (!never) key += on ? "1" : "0";
      } else if (entry.kind === "include") {
        const inside = { active: on, never: !before && !on, matchOnly: before };
        for (const inner of entry.files) read(inner, inside);
      } else if (on) {
        found.push(entry);
      }
    }
  };
  read(config, { active: false, never: false, matchOnly: true });
  return { directives: [...found, ...globals], key };
}

/** The one whose value stands; undefined where sshd's own default does. */
export function winner(reading: Reading, ...keywords: string[]): Directive | undefined {
  return reading.directives.find(({ keyword }) => keywords.includes(keyword));
}

function isAll(criteria: readonly Criterion[]): boolean {
  return criteria.length === 1 && criteria[0]?.kind === "all";
}
