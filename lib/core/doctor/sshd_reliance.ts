/** On what sshd relies for the factor: what the examination of PAM has to prove. */
import type { Account, Reliance } from "./site.ts";
import { type Alternative, alternativesOf, isPamAlone } from "./sshd_factor.ts";
import { accountsOf, type Judged } from "./sshd_guard.ts";

/** @param judged all situations in which somebody may log in */
export function relianceOf(judged: readonly Judged[], service: string): Reliance {
  const guarded = judged.filter(({ blocks }) => blocks.length > 0);
  const inPam = accountsOf(guarded.filter(({ factor }) => factor.kind === "pam"));
  const inGate = accountsOf(guarded.filter(({ factor }) => factor.kind === "gate"));
  const ways = new Map<Account, Alternative[]>();
  for (const { one } of judged) {
    for (const account of one.accounts) {
      const known = ways.get(account) ?? [];
      known.push(...alternativesOf(one.answer, account.uid));
      ways.set(account, known);
    }
  }
  const waysOf = (account: Account) => ways.get(account) ?? [];
  return {
    pam: inPam,
    gate: inGate.filter((account) => !inPam.includes(account)),
    provenBefore: inPam.filter((account) => waysOf(account).every((one) => !isPamAlone(one)))
      .map(({ name }) => name),
    unguarded: accountsOf(judged.filter(({ blocks }) => blocks.length === 0))
      .map(({ name }) => name),
    pamAlone: [...ways].filter(([, all]) => all.some(isPamAlone)).map(([{ name }]) => name),
    service,
  };
}
