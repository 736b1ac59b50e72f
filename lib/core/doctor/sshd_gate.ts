/** What leads past a gate that is a forced command, or runs before it (docs/sshd.md). */
import { EMPTIED, SENT_NOWHERE } from "../ssh_session.ts";
import type { SshdAnswer } from "../sshd/answer.ts";
import { matchesPattern } from "../sshd/patterns.ts";
import { winner } from "../sshd/reading.ts";
import { printable } from "../text.ts";
import type { Finding, Severity } from "./finding.ts";
import { namesOf, refusesWork, witnessOf } from "./sshd_facts.ts";
import type { Judged } from "./sshd_guard.ts";

/** One thing that is wrong in one situation. */
interface Fault extends Omit<Finding, "where" | "witness" | "what"> {
  readonly what: string;
  /** Keywords of which the first to stand is to blame. */
  readonly blame: readonly string[];
}

/** @param judged all, of which those count that the gate guards */
export function gateFindings(judged: readonly Judged[]): Finding[] {
  const guarded = judged.filter(({ factor, blocks }) =>
    factor.kind === "gate" && blocks.length > 0
  );
  const found = new Map<string, { fault: Fault; at: Judged; accounts: Set<{ name: string }> }>();
  for (const at of guarded) {
    for (const fault of faultsOf(at)) {
      const key = `${fault.id} ${fault.what}`;
      const known = found.get(key) ?? { fault, at, accounts: new Set() };
      at.one.accounts.forEach((account) => known.accounts.add(account));
      found.set(key, known);
    }
  }
  const findings = [...found.values()].map(({ fault: { blame, ...fault }, at, accounts }) => {
    const where = winner(at.one.reading, ...blame)?.where ??
      winner(at.one.reading, "forcecommand")?.where;
    return {
      ...fault,
      what: `${fault.what} (${namesOf([...accounts])})`,
      ...(where === undefined ? {} : { where }),
      witness: witnessOf(at.one),
    };
  });
  return [...findings, ...shells(guarded)];
}

function faultsOf({ one: { answer }, factor }: Judged): Fault[] {
  const withoutExec: Fault[] = factor.kind === "gate" && !factor.gate.exec
    ? [{
      id: "sshd.gate-without-exec",
      severity: "info",
      blame: ["forcecommand"],
      what: "ForceCommand starts the gate without exec",
      means: "Some login shells stay beside the session and hide how it ended.",
      mend: "write: ForceCommand exec /usr/local/bin/gatehouse gate",
    }]
    : [];
  return [
    ...forwarding(answer),
    ...userFiles(answer),
    ...environment(answer),
    ...subsystems(answer),
    ...withoutExec,
    ...answer.is("exposeauthinfo", "yes") ? [] : [EXPOSE],
    ...answer.is("chrootdirectory", "none") || answer.one("chrootdirectory") === undefined
      ? []
      : [CHROOT],
  ];
}

const EXPOSE: Fault = {
  id: "sshd.key-not-shown",
  severity: "warning",
  blame: ["exposeauthinfo"],
  what: "ExposeAuthInfo is not yes",
  means:
    "The gate does not learn which key was used: parallel connections are one request each, and no approval can be remembered or given ahead.",
  mend: "add to the block: ExposeAuthInfo yes",
};

const CHROOT: Fault = {
  id: "sshd.gate-in-chroot",
  severity: "warning",
  blame: ["chrootdirectory"],
  what: "ChrootDirectory is set where the gate is to start",
  means:
    "sshd looks for the gate and its configuration below that directory; without them nobody gets in.",
  mend: "remove ChrootDirectory for these accounts, or use PAM for them",
};

function forwarding(answer: SshdAnswer): Fault[] {
  const is = (keyword: string, ...values: string[]) =>
    values.includes(answer.one(keyword)?.toLowerCase() ?? "");
  const faults: Fault[] = [];
  const open = (what: string, severity: Severity, keyword: string, line: string) =>
    faults.push({
      id: "sshd.forwarding-open",
      severity,
      blame: ["disableforwarding", keyword],
      what,
      means: severity === "critical"
        ? "A connection without a session never starts the gate: who has the key reaches the network behind this host without being asked."
        : "It works for a session before the gate has let it in.",
      mend: `add to the block: ${line}`,
    });
  if (!is("disableforwarding", "yes")) {
    const line = "DisableForwarding yes";
    const local = is("allowtcpforwarding", "yes", "all", "local") && !is("permitopen", "none");
    const remote = is("allowtcpforwarding", "yes", "all", "remote") && !is("permitlisten", "none");
    if (local || remote) open("TCP forwarding is open", "critical", "allowtcpforwarding", line);
    if (!is("allowstreamlocalforwarding", "no")) {
      open("forwarding of Unix sockets is open", "critical", "allowstreamlocalforwarding", line);
    }
    if (!is("allowagentforwarding", "no")) {
      open("agent forwarding is open", "warning", "allowagentforwarding", line);
    }
    if (is("x11forwarding", "yes")) {
      open("X11 forwarding is open", "warning", "x11forwarding", line);
    }
  }
  if (!is("permittunnel", "no")) {
    // DisableForwarding leaves it as it is (serverloop.c).
    faults.push({
      id: "sshd.tunnel-open",
      severity: "critical",
      blame: ["permittunnel"],
      what: `PermitTunnel is ${printable(answer.one("permittunnel") ?? "unknown")}`,
      means: "A tunnel needs no session, so it opens without the gate.",
      mend: "add to the block: PermitTunnel no",
    });
  }
  return faults;
}

function userFiles(answer: SshdAnswer): Fault[] {
  const faults: Fault[] = [];
  if (!answer.is("permituserrc", "no")) {
    faults.push({
      id: "sshd.user-rc",
      severity: "warning",
      blame: ["permituserrc"],
      what: "PermitUserRC is not no",
      means: "An account's ~/.ssh/rc could run before the gate.",
      mend: "add to the block: PermitUserRC no",
    });
  }
  if (!answer.is("permituserenvironment", "no")) {
    faults.push({
      id: "sshd.user-environment",
      severity: unset(answer).length > 0 ? "critical" : "warning",
      blame: ["permituserenvironment"],
      what: `PermitUserEnvironment is ${
        printable(answer.one("permituserenvironment") ?? "unknown")
      }`,
      means:
        "An account's ~/.ssh/environment and authorized_keys set variables for the gate and for the shell that starts it.",
      mend: "set in sshd_config, outside of every Match: PermitUserEnvironment no",
    });
  }
  return faults;
}

/** Of which SetEnv has to take care, in the order of docs/sshd.md. */
const CARED_FOR = ["SHLVL", ...EMPTIED, ...SENT_NOWHERE];

/** Those that it leaves as the account or the client has set them. */
export function unset(answer: SshdAnswer): string[] {
  const set = answer.all("setenv").map((line) => line.replace(/^"/, "").split("=")[0]);
  return CARED_FOR.filter((name) => !set.includes(name));
}

/** What the loader, shells and the runtime also obey, and SetEnv does not name. */
const ALSO_OBEYED = [
  "LD_DEBUG_OUTPUT",
  "GLIBC_TUNABLES",
  "BASH_FUNC_gatehouse%%",
  "ENV",
  "NODE_OPTIONS",
  "DENO_V8_FLAGS",
];

function environment(answer: SshdAnswer): Fault[] {
  const missing = unset(answer);
  const faults: Fault[] = [];
  if (missing.length > 0) {
    faults.push({
      id: "sshd.setenv-missing",
      severity: "warning",
      blame: ["setenv"],
      what: `SetEnv leaves out ${missing.join(", ")}`,
      means:
        "Start-up files, functions and libraries of an account can run before the gate; who got in once could put a way round it there.",
      mend: "write the whole SetEnv line of docs/sshd.md into the block",
    });
  }
  const patterns = answer.all("acceptenv").flatMap((line) => line.split(/\s+/));
  for (const pattern of patterns) {
    const taken = [...CARED_FOR, ...ALSO_OBEYED].filter((name) => matchesPattern(name, pattern));
    if (taken.length === 0) continue;
    // SetEnv is applied after what the client sends (session.c).
    const obeyed = taken.filter((name) => missing.includes(name) || ALSO_OBEYED.includes(name));
    faults.push({
      id: "sshd.accept-env",
      severity: obeyed.length > 0 ? "critical" : "warning",
      blame: ["acceptenv"],
      what: `AcceptEnv ${printable(pattern)} takes ${(obeyed[0] ?? taken[0])} from clients`,
      means: obeyed.length > 0
        ? "Who has the key sends a variable that runs a program of theirs before the gate."
        : "Clients choose variables of the shell that starts the gate.",
      mend: "write: AcceptEnv LANG LC_*",
    });
  }
  return faults;
}

function subsystems(answer: SshdAnswer): Fault[] {
  return answer.all("subsystem").flatMap((line): Fault[] => {
    const [name = "", program = ""] = line.split(/\s+/);
    const isSftp = /^(internal-sftp|\/\S*\/sftp-server)$/.test(program);
    if (name === "sftp" && isSftp) return [];
    return [{
      id: "sshd.subsystem",
      severity: name === "sftp" ? "warning" : "info",
      blame: ["subsystem"],
      what: `subsystem ${printable(name)} starts ${printable(program)}`,
      means: "The gate hands the session to it after the factor, as it would to sftp-server.",
      mend: name === "sftp"
        ? "write: Subsystem sftp internal-sftp"
        : "remove it where nobody needs it",
    }];
  });
}

/**
 * They read nothing of the account's for one command while SetEnv is as it should be (bash(1), dash(1), zsh(1),
 * fish(1), ksh(1), mksh(1): ENV is for interactive shells).
 */
const QUIET = /\/(?:r?bash|sh|dash|ash|r?zsh|fish|r?ksh(?:93)?|mksh|lksh|oksh)$/;

function shells(guarded: readonly Judged[]): Finding[] {
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
