/** Whom host.toml exempts from the factor: accounts, groups, networks. */
import { lastOf, networkRange, type Range } from "../sshd/networks.ts";
import type { Finding } from "./finding.ts";
import type { HostSettings, HostUse, Say } from "./host_settings.ts";
import { count, someOf } from "./names.ts";

export function exemptions(policy: HostSettings["policy"], use: HostUse, say: Say): void {
  const { accounts, guarded } = use;
  const exempt = new Set<string>();
  for (const name of policy.exempt_users) {
    const isThere = accounts.some((one) => one.name === name);
    if (isThere) exempt.add(name);
    say("exempt_users", covered(`exempt_users names ${name}`, isThere ? [name] : []));
  }
  for (const group of policy.exempt_groups) {
    const members = accounts.filter(({ groups }) => groups.includes(group)).map(({ name }) => name);
    for (const name of members) exempt.add(name);
    say("exempt_groups", covered(`exempt_groups names ${group}`, members));
  }
  if (guarded.length > 0 && guarded.every(({ name }) => exempt.has(name))) {
    say(policy.exempt_users.length > 0 ? "exempt_users" : "exempt_groups", {
      id: "host.exempt-everybody",
      severity: "critical",
      what: "every account that is to be guarded is exempt",
      means: "Nobody is asked for a second factor on this host.",
      mend: "take names out of exempt_users and exempt_groups under [policy]",
      witness: someOf(guarded.map(({ name }) => name)),
    });
  }
  exemptSources(policy.exempt_sources, say);
}

function covered(what: string, names: readonly string[]): Omit<Finding, "where"> {
  if (names.length === 0) {
    return {
      id: "host.exempt-nobody",
      severity: "info",
      what: `policy.${what}, which is nobody here`,
      means: "An account that is made later under that name, or in that group, is not asked.",
      mend: "take it out, unless that is meant",
    };
  }
  return {
    id: "host.exempt-accounts",
    severity: "warning",
    what: `policy.${what}: ${count(names.length, "account")} not asked`,
    means: "For these a stolen key or password is enough.",
    mend: "take it out of [policy] as soon as they can be asked",
    witness: someOf(names),
  };
}

function exemptSources(networks: readonly string[], say: Say): void {
  if (networks.length === 0) return;
  const ranges = networks.map(networkRange).filter((range) => range !== undefined);
  const families = (["ipv4", "ipv6"] as const).filter((family) => coversAll(ranges, family));
  if (families.length > 0) {
    const which = families.map((family) => family === "ipv4" ? "IPv4" : "IPv6").join(" and ");
    say("exempt_sources", {
      id: "host.exempt-everywhere",
      severity: "critical",
      what: `policy.exempt_sources covers every ${which} address`,
      means: "Nobody who comes from there is asked for a second factor.",
      mend: "name the networks that are meant",
      witness: someOf(networks),
    });
    return;
  }
  say("exempt_sources", {
    id: "host.exempt-sources",
    severity: "warning",
    what: `policy.exempt_sources: whoever comes from ${someOf(networks)} is not asked`,
    means: "Who gets a foothold in that network needs no second factor, for any account.",
    mend: "take it out of [policy], or keep it to single addresses",
  });
}

/** Whether they leave no address out, together. */
function coversAll(ranges: readonly Range[], family: Range["family"]): boolean {
  let next = 0n;
  const mine = ranges.filter((range) => range.family === family)
    .toSorted((a, b) => a.first < b.first ? -1 : a.first > b.first ? 1 : 0);
  for (const { first, last } of mine) {
    if (first > next) return false;
    if (last >= next) next = last + 1n;
  }
  return next > lastOf(family);
}
