/**
 * Which directives sshd obeys in a situation: parse_server_config_depth() of servconf.c. It reads all
 * twice, first what is global, then, for a connection, what its `Match` lines let in; the first value
 * that is read stands, and those of the second reading stand before those of the first.
 */
import type { ConfigFile, Directive } from "./config.ts";
import type { Criterion } from "./criteria.ts";

export interface Reading {
  /** The most important first. */
  readonly directives: readonly Directive[];
  /** Equal for situations in which the same `Match` lines hold; so sshd's answer is the same, too. */
  readonly key: string;
}

/**
 * @param globals globalDirectives(config), which are the same for all
 * @param holds whether a `Match` line does
 */
export function readFor(
  config: ConfigFile,
  globals: readonly Directive[],
  holds: (criteria: readonly Criterion[]) => boolean,
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
        on = !never && holds(entry.criteria);
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
