/** On what sshd relies for the factor: what the examination of PAM has to prove. */
import type { Reliance } from "./site.ts";
import type { Account } from "../unix_account.ts";
import { type Alternative, alternativesOf, isPamAlone } from "./sshd_factor.ts";
import { unset } from "./sshd_gate_environment.ts";
import { accountsOf, type Judged } from "./sshd_guard.ts";

/** While nothing is known of what sshd would do. */
export const NOTHING_KNOWN: Reliance = {
  pam: [],
  gate: [],
  emptied: false,
  pamAlone: [],
  service: "sshd",
  unknown: true,
};

/** @param judged all situations in which somebody may log in */
export function relianceOf(judged: readonly Judged[], service: string): Reliance {
  const guarded = judged.filter(({ blocks }) => blocks.length > 0);
  const inPam = accountsOf(guarded.filter(({ factor }) => factor.kind === "pam"));
  const sessions = guarded.filter(({ factor }) => factor.kind === "gate");
  const inGate = accountsOf(sessions);
  const ways = new Map<Account, Alternative[]>();
  for (const { one } of judged) {
    for (const account of one.accounts) {
      const known = ways.get(account) ?? [];
      known.push(...alternativesOf(one.answer, account.uid));
      ways.set(account, known);
    }
  }
  return {
    pam: inPam,
    gate: inGate.filter((account) => !inPam.includes(account)),
    emptied: sessions.every(({ one }) => unset(one.answer).length === 0),
    unguarded: accountsOf(judged.filter(({ blocks }) => blocks.length === 0))
      .map(({ name }) => name),
    pamAlone: [...ways].filter(([, all]) => all.some(isPamAlone)).map(([{ name }]) => name),
    service,
  };
}
