/** The criteria of `Match` (sshd_config(5)): read as match_cfg_line() of servconf.c does. */
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

export const CRITERIA = [
  "user",
  "group",
  "host",
  "address",
  "localaddress",
  "localport",
  "rdomain",
  "all",
  "invalid-user",
] as const;
type CriterionKind = typeof CRITERIA[number];

export type Criterion =
  | { readonly kind: CriterionKind; readonly pattern: string }
  /** Of other versions, or none at all. */
  | { readonly kind: "unknown"; readonly name: string; readonly pattern: string };

/** @param text what stands behind `Match`; what sshd refuses gives what can be read of it */
export function readCriteria(text: string): Criterion[] {
  const words = wordsOf(text);
  const criteria: Criterion[] = [];
  for (let at = 0; at < words.length;) {
    const name = words[at++] ?? "";
    const kind = CRITERIA.find((kind) => kind === name.toLowerCase());
    const pattern = kind === "all" || kind === "invalid-user" ? "" : words[at++] ?? "";
    criteria.push(kind === undefined ? { kind: "unknown", name, pattern } : { kind, pattern });
  }
  return criteria;
}

/** strdelim(): double quotes alone, and one `=` parts like a blank. A remark begins where a name would. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  const word = /[ \t\r\n]*(?:"([^"]*)"|([^ \t\r\n"=]+))(?:[ \t\r\n]*=)?/y;
  for (let found; (found = word.exec(text)) !== null;) {
    const [, quoted, plain = ""] = found;
    if (quoted === undefined && plain.startsWith("#")) break;
    words.push(quoted ?? plain);
  }
  return words;
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
