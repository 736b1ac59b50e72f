/** The shells through which sshd starts the gate: which of them read an account's files first. */
import { refusesWork } from "../shells.ts";
import { printable } from "../text.ts";
import type { Finding } from "./finding.ts";
import { namesOf } from "./sshd_facts.ts";
import type { Judged } from "./sshd_guard.ts";

/**
 * They read nothing of the account's for one command while SetEnv is as it should be (bash(1), dash(1), zsh(1),
 * fish(1), ksh(1), mksh(1): ENV is for interactive shells).
 */
const QUIET = /\/(?:r?bash|sh|dash|ash|r?zsh|fish|r?ksh(?:93)?|mksh|lksh|oksh)$/;

export function shellFindings(guarded: readonly Judged[]): Finding[] {
  const accounts = [...new Set(guarded.flatMap(({ one }) => one.accounts))];
  const csh = accounts.filter(({ shell }) => /\/t?csh$/.test(shell));
  const none = accounts.filter(({ shell }) => refusesWork(shell));
  const odd = accounts.filter((account) =>
    account.shell !== "" && !QUIET.test(account.shell) && ![...csh, ...none].includes(account)
  );
  const findings: Finding[] = [];
  if (csh.length > 0) {
    findings.push({
      id: "sshd.shell-reads-files",
      severity: "warning",
      where: { file: "/etc/passwd" },
      what: `${namesOf(csh)}: csh and tcsh read ~/.cshrc before the gate`,
      means: "Who gets into such an account once can put a way round the gate there.",
      mend: "chsh -s /bin/bash for these accounts",
    });
  }
  if (odd.length > 0) {
    findings.push({
      id: "sshd.shell-reads-files",
      severity: "warning",
      where: { file: "/etc/passwd" },
      what: `${namesOf(odd)}: which files ${
        printable(odd[0]?.shell ?? "", 60)
      } reads before the gate is not known`,
      means:
        "sshd starts the gate through the account's shell; one that reads a file of the account first can be led round the gate.",
      mend: "chsh -s /bin/bash for these accounts",
    });
  }
  if (none.length > 0) {
    findings.push({
      id: "sshd.shell-refuses",
      severity: "info",
      where: { file: "/etc/passwd" },
      what: `${namesOf(none)}: sshd starts the gate through a shell that refuses`,
      means: "These accounts can use neither sessions nor sftp.",
      mend: "give them another shell if they are to log in",
    });
  }
  return findings;
}
