/** Logins that need no factor, because host.toml says so. */
import type { HostConfig } from "../config/host.ts";
import type { Admission, Attempt } from "../core/attempt.ts";
import { exemption } from "../core/policy.ts";

/**
 * By the rule that lets this login pass, if there is one.
 * @param groupsAmong which of those the account is in
 */
export async function exempt(
  { policy }: HostConfig,
  { user, source, tty, command }: Attempt,
  groupsAmong: (names: readonly string[]) => readonly string[],
): Promise<Admission | undefined> {
  // Only hosts with such a rule pay for the library that reads addresses.
  const inNetwork = policy.exempt_sources.length === 0
    ? undefined
    : (await import("../core/cidr.ts")).inNetwork;
  const rule = exemption(policy, {
    user,
    tty,
    // In PAM nobody has said yet what is to be run.
    hasCommand: typeof command === "string",
    exemptGroup: () => groupsAmong(policy.exempt_groups)[0],
    exemptSource: () => policy.exempt_sources.find((net) => inNetwork?.(source, net)),
  });
  return rule === undefined ? undefined : { via: "exempt", by: rule };
}
