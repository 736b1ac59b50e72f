/** Lists of names that shut out everybody who is guarded: AllowUsers and the like. */
import { matchesPattern } from "../sshd/patterns.ts";
import { winner } from "../sshd/reading.ts";
import { refusesWork } from "../shells.ts";
import type { Account } from "../unix_account.ts";
import type { Finding } from "./finding.ts";
import { type Case, namesOf, type SshdFacts, witnessOf } from "./sshd_facts.ts";
import { blocksFor } from "./sshd_intent.ts";

interface Shut {
  readonly one: Case;
  readonly account: Account;
  /** Undefined: PermitRootLogin. */
  readonly list: ShuttingList | undefined;
}

type ShuttingList = "DenyUsers" | "AllowUsers" | "DenyGroups" | "AllowGroups";

/** That some of them are shut out is mostly meant; that nobody is left is not. */
export function namesFindings(facts: SshdFacts): Finding[] {
  const shut: Shut[] = [];
  for (const one of facts.cases) {
    for (const account of one.accounts) {
      if (refusesWork(account.shell) || blocksFor(facts.blocks, account).length === 0) continue;
      const list = shuttingList(one, account);
      if (list === "none") return [];
      shut.push({ one, account, list });
    }
  }
  const first = shut.find(({ list }) => list !== undefined);
  if (first?.list === undefined) return [];
  const { account, list, one } = first;
  const where = lineOf(one, account, list)?.where;
  return [{
    id: "sshd.names-shut-out",
    severity: "warning",
    ...(where === undefined ? {} : { where }),
    what: `${list} shuts out everybody who is to be guarded: ${
      namesOf([...new Set(shut.map((each) => each.account))])
    }`,
    means: "None of them can log in by ssh, with the factor or without.",
    mend: list.startsWith("Allow")
      ? `add them to ${list}, or take the line away`
      : `take them out of ${list}`,
    witness: witnessOf(one, account),
  }];
}

/** As isAllowed() has it, but wherever the connection comes from: `user@host` may let in, and may not deny. */
function shuttingList({ answer }: Case, account: Account): ShuttingList | undefined | "none" {
  const list = (keyword: string) => answer.all(keyword).flatMap((line) => line.split(/\s+/));
  const grouped = (keyword: string) => list(keyword).some((pattern) => isOfGroup(account, pattern));
  if (account.uid === 0 && answer.is("permitrootlogin", "no")) return undefined;
  if (list("denyusers").some((pattern) => isDenied(account, pattern))) return "DenyUsers";
  const users = list("allowusers").map((pattern) => pattern.replace(/@.*$/s, ""));
  if (users.length > 0 && !users.some((pattern) => matchesPattern(account.name, pattern))) {
    return "AllowUsers";
  }
  if (grouped("denygroups")) return "DenyGroups";
  return list("allowgroups").length > 0 && !grouped("allowgroups") ? "AllowGroups" : "none";
}

function isDenied({ name }: Account, pattern: string): boolean {
  return matchesPattern(name, pattern.replace(/@\*$/, ""));
}

function isOfGroup({ groups }: Account, pattern: string): boolean {
  return groups.some((group) => matchesPattern(group, pattern));
}

/** Of lists that deny the line that does; of those that let in the first, for all are to blame. */
function lineOf({ reading }: Case, account: Account, list: ShuttingList) {
  const keyword = list.toLowerCase();
  const denies = { DenyUsers: isDenied, DenyGroups: isOfGroup } as const;
  if (list === "AllowUsers" || list === "AllowGroups") return winner(reading, keyword);
  return reading.directives.find((one) =>
    one.keyword === keyword && one.values.some((pattern) => denies[list](account, pattern))
  );
}
