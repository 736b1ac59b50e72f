/** Patterns of sshd_config (ssh_config(5), PATTERNS): as match.c, addrmatch.c and groupaccess.c have them. */
import { networkRange, rangeOf } from "./networks.ts";

/** What a list says: a negated part wins over all others. */
export type Match = "yes" | "no" | "denied";

/** `*` and `?`, and all else as it is. */
export function matchesPattern(text: string, pattern: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let from = 0;
  while (at < text.length) {
    const char = pattern[inPattern];
    if (char === "*") {
      star = inPattern++;
      from = at;
    } else if (char === "?" || char === text[at]) {
      inPattern++;
      at++;
    } else if (star !== -1) {
      // One more character for the last star.
      inPattern = star + 1;
      at = ++from;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(inPattern));
}

/** Parts with commas between them, each perhaps negated by `!`. */
export function parts(list: string): { readonly negated: boolean; readonly pattern: string }[] {
  return list.split(",").map((part) =>
    part.startsWith("!")
      ? { negated: true, pattern: part.slice(1) }
      : { negated: false, pattern: part }
  );
}

export function matchesList(text: string, list: string): Match {
  return decide(list, (pattern) => matchesPattern(text, pattern));
}

/** Networks are compared as numbers; what is none is compared as text. */
export function matchesAddress(address: string, list: string): Match {
  const single = rangeOf(address);
  if (single === undefined) return "no";
  return decide(list, (pattern) => {
    const network = networkRange(pattern);
    if (network === undefined) return matchesPattern(address, pattern);
    return network.family === single.family && network.first <= single.first &&
      single.first <= network.last;
  });
}

/** One group that is negated is enough to say no. */
export function matchesGroups(groups: readonly string[], list: string): boolean {
  const results = groups.map((group) => matchesList(group, list));
  return results.includes("yes") && !results.includes("denied");
}

/** `user` or `user@host` of AllowUsers and DenyUsers. */
export function matchesUser(
  who: { readonly user: string; readonly host: string; readonly address: string },
  pattern: string,
): boolean {
  const at = pattern.indexOf("@");
  if (at === -1) return matchesPattern(who.user, pattern);
  if (!matchesPattern(who.user, pattern.slice(0, at))) return false;
  const from = pattern.slice(at + 1);
  const byAddress = matchesAddress(who.address, from);
  const byHost = matchesHost(who.host, from);
  return byAddress !== "denied" && byHost !== "denied" && (byAddress === "yes" || byHost === "yes");
}

/** Names of hosts have no case. */
export function matchesHost(host: string, list: string): Match {
  return matchesList(host.toLowerCase(), list.toLowerCase());
}

function decide(list: string, fits: (pattern: string) => boolean): Match {
  const fitting = parts(list).filter(({ pattern }) => fits(pattern));
  if (fitting.some(({ negated }) => negated)) return "denied";
  return fitting.length > 0 ? "yes" : "no";
}
