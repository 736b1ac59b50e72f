/** On what sshd relies for the factor: what the examination of PAM has to prove. */
import { printable } from "../text.ts";
import type { Finding } from "./finding.ts";
import type { Reliance } from "./site.ts";
import type { Account } from "../unix_account.ts";
import { type Alternative, alternativesOf, asksPam, isPamAlone } from "./sshd_factor.ts";
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

const USUAL_SERVICE = "sshd";

/**
 * By which names sshd asks PAM, those of the guarded first: PAMServiceName, since OpenSSH 9.8.
 * @param judged as below
 */
export function servicesOf(judged: readonly Judged[]): [string, ...string[]] {
  const sorted = judged.toSorted((a, b) =>
    Number(a.factor.kind !== "pam") - Number(b.factor.kind !== "pam")
  );
  const [first = USUAL_SERVICE, ...others] = new Set(
    sorted.map(({ one }) => one.answer.one("pamservicename") ?? USUAL_SERVICE),
  );
  return [first, ...others];
}

export function severalServices(services: readonly string[]): Finding[] {
  if (services.length < 2) return [];
  return [{
    id: "sshd.pam-services",
    severity: "warning",
    what: `sshd asks PAM by several names: ${services.map((one) => printable(one, 64)).join(", ")}`,
    means:
      "The stack of the first was examined as sshd's. Whether the others ask for the factor is not known.",
    mend: "have one PAMServiceName for all",
  }];
}

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
    gateAfterPam: inGate.filter((account) => ways.get(account)?.every(asksPam))
      .map(({ name }) => name),
    unguarded: accountsOf(judged.filter(({ blocks }) => blocks.length === 0))
      .map(({ name }) => name),
    pamAlone: [...ways].filter(([, all]) => all.some(isPamAlone)).map(([{ name }]) => name),
    service,
  };
}
