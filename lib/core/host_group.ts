/** Host groups: server.toml's names for hosts that belong together, so that lists need not repeat them. */
import { type Account, matchesGlob, patternFault, splitAccount } from "./account_pattern.ts";

/** By name, the patterns of the names of its hosts. */
export type HostGroups = ReadonlyMap<string, readonly string[]>;

/** Of a grant: the one host, or all of a group, `group:NAME`. No host's name has a colon. */
export type Scope = "host" | `group:${string}`;

const PREFIX = "group:";
const NAME = /^[A-Za-z0-9._-]{1,64}$/;

export function isGroupName(text: string): boolean {
  return NAME.test(text);
}

export function groupScope(name: string): Scope & `group:${string}` {
  return `${PREFIX}${name}`;
}

/** What is wrong with a pattern of accounts, whose host may be `group:NAME`; undefined: nothing. */
export function accountsFault(pattern: string): string | undefined {
  const { user, host } = splitAccount(pattern);
  const group = groupIn(host);
  if (group === undefined) return patternFault(pattern);
  return isGroupName(group)
    ? patternFault(`${user}@${group}`)
    : "has a group whose name is not 1 to 64 letters, digits, dots, underscores and hyphens";
}

/** The group that a pattern of accounts names, if it names one. */
export function groupOfPattern(pattern: string): string | undefined {
  return groupIn(splitAccount(pattern).host);
}

/** The name in `group:NAME`; undefined: it is no group. */
export function groupIn(text: string): string | undefined {
  return text.startsWith(PREFIX) ? text.slice(PREFIX.length) : undefined;
}

/** The names of the groups that the host is in. */
export function groupsOf(host: string, groups: HostGroups): string[] {
  return [...groups].filter(([, hosts]) => hosts.some((pattern) => matchesGlob(pattern, host)))
    .map(([name]) => name);
}

/** Without groups: `deploy@group:web` as patterns of its hosts. None where nothing is called so. */
export function expandGroup(pattern: string, groups: HostGroups): readonly string[] {
  const { user, host } = splitAccount(pattern);
  const name = groupIn(host);
  if (name === undefined) return [pattern];
  return (groups.get(name) ?? []).map((hosts) => `${user}@${hosts}`);
}

/**
 * Whether a pattern covers that user on every host of a group, also on those that join later. Only what
 * is certain counts: all hosts, the group itself, or each of its patterns.
 */
export function coversGroup(
  pattern: string,
  user: Account["user"],
  name: string,
  groups: HostGroups,
): boolean {
  const { user: users, host } = splitAccount(pattern);
  if (!matchesGlob(users, user)) return false;
  const hosts = groups.get(name);
  if (hosts === undefined) return false;
  const own = groupIn(host);
  if (own !== undefined) return own === name;
  const isOneHost = (text: string) => !/[*?]/.test(text);
  return hosts.every((each) =>
    host === "*" || host === each || (isOneHost(each) && matchesGlob(host, each))
  );
}
