/** Whom the condition in front of our line lets by, and whether that was meant. */
import { moduleName } from "../pam_stack/assumptions.ts";
import { isGatehouse } from "../pam_stack/gatehouse_line.ts";
import type { PamStack } from "../pam_stack/stack.ts";
import { groupsIn } from "../pam_stack/succeed_if.ts";
import { printable } from "../text.ts";
import type { Finding, Severity } from "./finding.ts";
import { bypasses } from "./pam_bypass.ts";
import { whereOf } from "./pam_factor.ts";
import { type Case, listed, namesOf, type PamWorld } from "./pam_login.ts";
import type { Reliance } from "./site.ts";
import type { Account } from "../unix_account.ts";

/** Accounts that somebody can use: others have no shell, whatever PAM says. */
export function people(accounts: readonly Account[]): Account[] {
  return accounts.filter(({ shell }) => !/\/(nologin|false|sync|shutdown|halt)$/.test(shell));
}

/**
 * sshd has everybody answer to PAM, or it has picked some: then a gate that lets those by contradicts it.
 */
export function letByFindings(
  auth: PamStack,
  letBy: readonly Account[],
  { pam }: Reliance,
  accounts: readonly Account[],
): Finding[] {
  if (letBy.length === 0) return [];
  const common = { id: "pam.gate-lets-by", ...whereOf(auth) };
  const where = gateOf(auth);
  const line = where === undefined ? {} : { where };
  if (letBy.length === pam.length) {
    return [{
      ...common,
      ...line,
      severity: "critical",
      what: `the condition in front of our line lets everybody by in ${auth.service}`,
      means: `sshd relies on PAM to ask ${namesOf(letBy)}, and PAM asks none of them.`,
      mend: "name the group in that line that sshd's configuration names, and see who is in it",
    }];
  }
  const picked = people(accounts).some(({ name, uid }) =>
    uid !== 0 && pam.every((one) => one.name !== name)
  );
  if (!picked) {
    return [{
      ...common,
      ...line,
      severity: "info",
      what: `the condition in front of our line lets ${namesOf(letBy)} by in ${auth.service}`,
      means: "They are not asked for the factor.",
      mend: "put them into the group, if they should be",
    }];
  }
  return [{
    ...common,
    ...line,
    severity: "critical",
    what:
      `sshd picks ${namesOf(letBy)} for the factor, and the condition in front of our line in ` +
      `${auth.service} lets them by`,
    means: "What sshd itself asks of them, or the password alone, is enough to get in.",
    mend: "have sshd's Match and that line name the same group, or put them into it",
  }];
}

/**
 * Nobody is in a group that does not exist, so a condition on it lets everybody by.
 * @param severity sudo asks who is in already
 */
export function groupFindings(
  auth: PamStack,
  cases: readonly Case[],
  { hasGroup }: PamWorld,
  severity: Severity,
): Finding[] {
  const gates = cases.flatMap(({ outcomes }) => bypasses(auth, outcomes))
    .filter(({ kind }) => kind === "gate").map(({ cause }) => cause.entry);
  return [...new Set(gates)].flatMap((entry): Finding[] => {
    const groups = moduleName(entry.module) === "pam_succeed_if" ? groupsIn(entry.args) : [];
    if (groups.length === 0 || groups.some((one) => hasGroup(one) !== false)) return [];
    return [{
      id: "pam.gate-lets-by",
      severity,
      where: entry.where,
      what: `${auth.service} asks for the factor by group, and there is no group ${
        listed(groups.map((one) => printable(one, 64)))
      }`,
      means: "Nobody is in it, so the condition in front of our line lets everybody by.",
      mend: `name a group that there is, or make it: groupadd --system ${
        printable(groups[0] ?? "", 64)
      }`,
    }];
  });
}

/**
 * Whom PAM would ask, were sshd to send them there. Where no condition picks anybody, sshd alone does.
 * @param asked of those whom sshd asks for no factor, those whom the condition does not let by
 */
export function notSentFindings(auth: PamStack, asked: readonly Account[]): Finding[] {
  if (asked.length === 0) return [];
  const where = gateOf(auth);
  return [{
    id: "pam.not-sent",
    severity: "warning",
    ...(where === undefined ? whereOf(auth) : { where }),
    what: `the condition in front of our line in ${auth.service} picks ${
      namesOf(asked)
    }, and sshd does not`,
    means: "With a key they log in without a question to PAM, so nobody asks for the factor.",
    mend: "have sshd's Match and that line name the same group",
  }];
}

function gateOf({ entries }: PamStack): Finding["where"] {
  return entries[entries.findIndex(isGatehouse) - 1]?.where;
}
