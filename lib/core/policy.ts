/** Does this login need the second factor? Only what the configuration says explicitly exempts. */

export interface PolicyRules {
  readonly noninteractive: "require" | "skip";
  readonly exempt_users: readonly string[];
  readonly exempt_groups: readonly string[];
  readonly exempt_sources: readonly string[];
}

export interface Facts {
  readonly user: string;
  readonly tty: boolean;
  /** A command or subsystem was asked for, rather than a login shell. */
  readonly hasCommand: boolean;
  /** The rule's group that the account is in, if any. */
  readonly exemptGroup: () => string | undefined;
  /** The rule's network that the client is in, if any. */
  readonly exemptSource: () => string | undefined;
}

/** The rule that exempts, for the log; undefined: the factor is required. */
export function exemption(rules: PolicyRules, facts: Facts): string | undefined {
  if (rules.exempt_users.includes(facts.user)) return `exempt_users ${facts.user}`;
  if (rules.exempt_groups.length > 0) {
    const group = facts.exemptGroup();
    if (group !== undefined) return `exempt_groups ${group}`;
  }
  if (rules.exempt_sources.length > 0) {
    const network = facts.exemptSource();
    if (network !== undefined) return `exempt_sources ${network}`;
  }
  // `ssh -T host` also has no terminal, but it starts a shell: that is not what "skip" means.
  if (rules.noninteractive === "skip" && facts.hasCommand && !facts.tty) {
    return "noninteractive skip";
  }
  return undefined;
}
