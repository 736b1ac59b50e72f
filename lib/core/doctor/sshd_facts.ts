/** What is known of sshd before anything is judged. */
import type { SshdAnswer } from "../sshd/answer.ts";
import type { ConfigFile, Directive } from "../sshd/config.ts";
import type { Criterion } from "../sshd/criteria.ts";
import type { Situation } from "../sshd/matching.ts";
import { matchesPattern, matchesUser } from "../sshd/patterns.ts";
import type { Reading } from "../sshd/reading.ts";
import type { Circumstances } from "../sshd/situations.ts";
import { printable } from "../text.ts";
import type { Account } from "../unix_account.ts";

/** Accounts that nothing tells apart, in circumstances that stand for all in which sshd answers the same. */
export interface Case {
  /** At least one. */
  readonly accounts: readonly Account[];
  readonly circumstances: Circumstances;
  readonly reading: Reading;
  readonly answer: SshdAnswer;
  /** As far as names decide: who may log in (AllowUsers and the like, PermitRootLogin). */
  readonly allowed: boolean;
}

/** A block of lines that brings the factor, somewhere below /etc/ssh. */
export interface FactorBlock {
  readonly kind: "gate" | "pam";
  readonly directive: Directive;
  readonly under: readonly (readonly Criterion[])[];
  /** Whether sshd reads that file at all. */
  readonly read: boolean;
}

export interface SshdFacts {
  readonly config: ConfigFile;
  readonly cases: readonly Case[];
  readonly blocks: readonly FactorBlock[];
  /** What holds for all connections. */
  readonly global: SshdAnswer;
}

export function situationOf(account: Account, circumstances: Circumstances): Situation {
  return { ...circumstances, user: account.name, groups: account.groups };
}

/** allowed_user() of auth.c, as far as names and groups go, and PermitRootLogin. */
export function isAllowed(
  account: Account,
  circumstances: Circumstances,
  answer: SshdAnswer,
): boolean {
  const who = situationOf(account, circumstances);
  const names = (keyword: string) => answer.all(keyword).flatMap((line) => line.split(/\s+/));
  const named = (keyword: string) => names(keyword).some((pattern) => matchesUser(who, pattern));
  const grouped = (keyword: string) =>
    names(keyword).some((pattern) => account.groups.some((one) => matchesPattern(one, pattern)));
  if (account.uid === 0 && answer.is("permitrootlogin", "no")) return false;
  if (named("denyusers") || grouped("denygroups")) return false;
  if (names("allowusers").length > 0 && !named("allowusers")) return false;
  return names("allowgroups").length === 0 || grouped("allowgroups");
}

/** `alice from 192.0.2.7`, and what else makes the difference. */
export function witnessOf({ accounts, circumstances }: Case, account = accounts[0]): string {
  const { address, host, localAddress, localPort, rdomain } = circumstances;
  const name = host === address ? "" : ` (${printable(host)})`;
  const to = localPort === 22 && /^(192\.0\.2\.1|2001:db8::1)$/.test(localAddress)
    ? ""
    : ` to ${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
  const domain = rdomain === undefined ? "" : ` in routing domain ${printable(rdomain)}`;
  return `${printable(account?.name ?? "")} from ${address}${name}${to}${domain}`;
}

/** "alice, bob and 3 more" */
export function namesOf(accounts: readonly { readonly name: string }[]): string {
  const shown = accounts.slice(0, 8).map(({ name }) => printable(name, 32));
  const more = accounts.length - shown.length;
  if (more > 0) return `${shown.join(", ")} and ${more} more`;
  const last = shown.at(-1) ?? "nobody";
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(", ")} and ${last}`;
}

/** Those of the findings' cases that count: somebody could come that way. */
export function reachable(cases: readonly Case[]): readonly Case[] {
  return cases.filter(({ allowed }) => allowed);
}
