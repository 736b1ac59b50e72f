/** Whether `Match` lines hold for a connection: match_cfg_line() of servconf.c. */
import type { Criterion } from "./criteria.ts";
import { matchesAddress, matchesGroups, matchesHost, matchesList } from "./patterns.ts";

/** A connection, as far as criteria ask about it. */
export interface Situation {
  readonly user: string;
  readonly groups: readonly string[];
  readonly address: string;
  /** The client's name; without `UseDNS yes` its address. */
  readonly host: string;
  readonly localAddress: string;
  readonly localPort: number;
  /** Of routing; undefined outside of any. */
  readonly rdomain: string | undefined;
}

/** Whether all of them hold; an unknown one does not. */
export function meets(criteria: readonly Criterion[], situation: Situation): boolean {
  return criteria.length > 0 && criteria.every((criterion) => holds(criterion, situation));
}

/** Whether those about users and groups hold, whatever the others ask for. */
export function concerns(
  criteria: readonly Criterion[],
  account: Pick<Situation, "user" | "groups">,
): boolean {
  return criteria.every(({ kind, pattern }) =>
    kind === "user"
      ? matchesList(account.user, pattern) === "yes"
      : kind === "group"
      ? matchesGroups(account.groups, pattern)
      : kind !== "invalid-user"
  );
}

function holds({ kind, pattern }: Criterion, situation: Situation): boolean {
  switch (kind) {
    case "all":
      return true;
    case "user":
      return matchesList(situation.user, pattern) === "yes";
    case "group":
      return matchesGroups(situation.groups, pattern);
    case "host":
      return matchesHost(situation.host, pattern) === "yes";
    case "address":
      return matchesAddress(situation.address, pattern) === "yes";
    case "localaddress":
      return matchesAddress(situation.localAddress, pattern) === "yes";
    case "localport":
      return Number(pattern) === situation.localPort;
    case "rdomain":
      return situation.rdomain !== undefined && matchesList(situation.rdomain, pattern) === "yes";
    // Accounts that are there are valid users.
    case "invalid-user":
    case "unknown":
      return false;
  }
}
