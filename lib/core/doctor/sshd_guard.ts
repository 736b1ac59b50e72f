/** Proves or refutes that everybody who is to be guarded meets the factor, wherever they come from. */
import { type Directive, placed } from "../sshd/config.ts";
import type { Criterion } from "../sshd/criteria.ts";
import { winner } from "../sshd/reading.ts";
import type { Finding } from "./finding.ts";
import type { Account } from "../unix_account.ts";
import { type Factor, factorOf } from "./sshd_factor.ts";
import {
  type Case,
  type FactorBlock,
  namesOf,
  reachable,
  type SshdFacts,
  witnessOf,
} from "./sshd_facts.ts";
import { blocksFor } from "./sshd_intent.ts";
import { placeOf } from "./text.ts";

export interface Judged {
  readonly one: Case;
  readonly factor: Factor;
  /** Those that are meant for its accounts; none where they are not to be guarded. */
  readonly blocks: readonly FactorBlock[];
  /** Whether a line that names single accounts takes the factor away that all others have. */
  readonly exempt: boolean;
}

/** Accounts of a case are alike, so the first stands for all. */
export function judge(facts: SshdFacts): Judged[] {
  const chains = new Map([...placed(facts.config)].map((one) => [one.directive, one.under]));
  return reachable(facts.cases).flatMap((one) => {
    const [account] = one.accounts;
    if (account === undefined) return [];
    const factor = factorOf(one.answer, account.uid);
    const blocks = blocksFor(facts.blocks, account);
    return [{ one, factor, blocks, exempt: isExempt(one, blocks, chains) }];
  });
}

/** Everybody is guarded but who is named: that is meant so, but should be known. */
function isExempt(
  { reading }: Case,
  blocks: readonly FactorBlock[],
  chains: ReadonlyMap<Directive, readonly (readonly Criterion[])[]>,
): boolean {
  return blocks.length > 0 && blocks.every(({ kind, under, read }) => {
    const forAll = under.flat().every((criterion) => criterion.kind === "all");
    const won = winner(reading, KEYWORD[kind]);
    const named = won === undefined ? [] : chains.get(won)?.flat() ?? [];
    return read && forAll && named.some((one) => one.kind === "user" && !/[*?!]/.test(one.pattern));
  });
}

export function guardFindings(judged: readonly Judged[]): Finding[] {
  return [...missing(judged), ...shut(judged)];
}

/** One finding for each cause, with all whom it concerns. */
function missing(judged: readonly Judged[]): Finding[] {
  const causes = new Map<string, { at: Judged; accounts: Set<Account> }>();
  for (const at of judged) {
    if (at.factor.kind !== "none" || at.blocks.length === 0) continue;
    const { where, what } = cause(at);
    const key = `${where === undefined ? "" : placeOf(where)} ${what}`;
    const known = causes.get(key) ?? { at, accounts: new Set() };
    at.one.accounts.forEach((account) => known.accounts.add(account));
    causes.set(key, known);
  }
  return [...causes.values()].map(({ at, accounts }) => {
    const { where, what, mend } = cause(at);
    return {
      id: "sshd.factor-missing",
      severity: at.exempt ? "warning" : "critical",
      ...(where === undefined ? {} : { where }),
      what: `${namesOf([...accounts])} can log in without the second factor: ${what}`,
      means: "Whoever has the key or the password gets in that way, and nobody is asked.",
      mend,
      witness: `${witnessOf(at.one)} by ${ways(at.factor)}`,
    };
  });
}

function ways(factor: Factor): string {
  return factor.kind === "none" ? factor.ways.map((way) => way.join(",")).join(" or ") : "";
}

function cause({ one, blocks }: Judged) {
  const meant = blocks.find(({ read }) => read) ?? blocks[0];
  const kind = meant?.kind ?? "pam";
  const won = winner(one.reading, KEYWORD[kind]);
  const place = meant === undefined ? "" : placeOf(meant.directive.where);
  if (meant !== undefined && !meant.read) {
    return {
      where: meant.directive.where,
      what: `sshd does not read ${meant.directive.where.file}`,
      mend: `let sshd_config begin with: Include /etc/ssh/sshd_config.d/*.conf`,
    };
  }
  if (won === undefined) {
    return {
      where: meant?.directive.where,
      what: `the block of ${place} does not hold for that connection`,
      mend:
        "take criteria other than User and Group out of its Match line, or add a block for all else",
    };
  }
  if (won === meant?.directive) {
    return {
      where: won.where,
      what: meant.kind === "gate"
        ? "its ForceCommand is not the gate alone"
        : "one of its alternatives does not ask PAM",
      mend: meant.kind === "gate"
        ? "write: ForceCommand exec /usr/local/bin/gatehouse gate"
        : "end every alternative with keyboard-interactive:pam, and set UsePAM yes",
    };
  }
  const other = WRITTEN[kind];
  return {
    where: won.where,
    what: `${other} of ${placeOf(won.where)} stands before that of ${place}`,
    mend:
      `remove that line, or let its Match line leave these accounts out; sshd takes the first ${other} that holds`,
  };
}

const KEYWORD = { gate: "forcecommand", pam: "authenticationmethods" } as const;
const WRITTEN = { gate: "ForceCommand", pam: "AuthenticationMethods" } as const;

/** No way in at all. */
function shut(judged: readonly Judged[]): Finding[] {
  const closed = judged.filter(({ factor, blocks, one }) =>
    factor.kind === "shut" && blocks.length > 0 && one.accounts.some(({ uid }) => uid !== 0)
  );
  const [first] = closed;
  if (first === undefined || first.factor.kind !== "shut") return [];
  const accounts = [...new Set(closed.flatMap(({ one }) => one.accounts))]
    .filter(({ uid }) => uid !== 0);
  const open = judged.some(({ factor, blocks }) => factor.kind !== "shut" && blocks.length > 0);
  const where = winner(first.one.reading, "authenticationmethods")?.where;
  return [{
    id: "sshd.no-method-left",
    severity: open ? "warning" : "critical",
    ...(where === undefined ? {} : { where }),
    what: `sshd lets ${namesOf(accounts)} in by no method: ${first.factor.why}`,
    means:
      "A list of AuthenticationMethods with a method that is off counts for nothing: the login is refused.",
    mend:
      "set UsePAM yes, KbdInteractiveAuthentication yes and PubkeyAuthentication yes where the factor is asked for",
    witness: witnessOf(first.one),
  }];
}

export function accountsOf(judged: readonly Judged[]): Account[] {
  return [...new Set(judged.flatMap(({ one }) => one.accounts))];
}
