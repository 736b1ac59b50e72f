/** The newest logins of a person's accounts: others' may be as many as they like. */
import { splitAccount } from "../lib/core/account_pattern.ts";
import { expandGroup, type HostGroups } from "../lib/core/host_group.ts";
import type { Login, Whose } from "../lib/core/login.ts";
import { OWN, ownUsers, type Person } from "../lib/core/person.ts";
import type { Store } from "../lib/ports.ts";

/** Of one user; each change has the page read them anew. */
const OF_EACH = 400;
/** Of all accounts, for patterns that name no user. */
const OF_ALL = 2_000;

/** Newest first; among those of users that a pattern stands for, some that are not theirs. */
export async function ownLogins(
  store: Pick<Store, "recentLogins" | "recentLoginsOf">,
  person: Person,
  groups: HostGroups,
): Promise<Login[]> {
  const patterns = person.approves.filter((entry) => entry !== OWN)
    .flatMap((entry) => expandGroup(entry, groups)).map(splitAccount);
  const own: Whose[] = ownUsers(person).flatMap((user) => [
    { user, host: "*" },
    { requester: user },
  ]);
  const wanted: Whose[] = [...own, ...patterns.filter(({ user }) => !isPattern(user))];
  const found = await Promise.all([
    ...wanted.map((whose) => store.recentLoginsOf(whose, OF_EACH)),
    patterns.some(({ user }) => isPattern(user)) ? store.recentLogins(OF_ALL) : [],
  ]);
  const each = new Map(found.flat().map((login) => [login.id, login]));
  return [...each.values()].sort((a, b) => b.createdAt - a.createdAt);
}

function isPattern(user: string): boolean {
  return /[*?]/.test(user);
}
