/** What our reader and simulator make of a configuration, in the form in which LibpamHost answers. */
import { PAM_CALLS, type ResultOf, runCall, runPass } from "../../lib/core/pam_stack/calls.ts";
import { knownResult } from "../../lib/core/pam_stack/known_modules.ts";
import { readStack } from "../../lib/core/pam_stack/read.ts";
import { PAM_TYPES, type PamResult } from "../../lib/core/pam_stack/stack.ts";
import { siteFiles } from "../../lib/io/site_files.ts";
import { pamModules } from "../../lib/modes/doctor/pam_files.ts";
import type { Answer, LibpamHost } from "./libpam_host.ts";
import { filesOf, SERVICE, type World } from "./pam_worlds.ts";

/** Which modules that libpam has. */
export type IsThere = ReturnType<typeof pamModules>;

export function modulesOf(libpam: LibpamHost): IsThere {
  return pamModules(siteFiles(libpam.folder.path));
}

/** @param count is told of what was passed */
export function answerOf(
  world: World,
  isThere: IsThere,
  count: (what: string) => void,
  service = SERVICE,
): Answer {
  const files = filesOf(world);
  const resultOf: ResultOf = (entry, pass) =>
    isThere(entry.module) ? knownResult(entry, pass) ?? "success" : "module_unknown";
  const answer: Record<string, PamResult[]> = {};
  for (const type of PAM_TYPES) {
    const stack = readStack(service, type, files);
    if ("refused" in stack) {
      count("refused");
      return refusal(stack.refused);
    }
    const [first, second] = PAM_CALLS[type];
    const outcomes = [runCall(stack, first, resultOf)];
    if (second !== undefined) {
      outcomes.push(runCall(stack, second, resultOf));
      // Without the first.
      answer[second] = [runPass(stack, second, resultOf).result];
    }
    for (const { entry, action } of outcomes.at(-1)?.path ?? []) {
      count(typeof action === "number" ? "jump" : action ?? "substack");
      if (entry.level > 0) count("in a substack");
    }
    answer[first] = outcomes.map(({ result }) => result);
    for (const { result } of outcomes) {
      count(result === "perm_denied" ? "denied" : "another result");
    }
  }
  return answer;
}

function refusal(why: string): Answer {
  if (why.includes("crashes")) return { signal: 11 };
  if (why.includes("hangs")) return { signal: 24 };
  const calls = Object.values(PAM_CALLS).flat();
  return Object.fromEntries(calls.map((call) => [call, ["abort", "not started"]]));
}
