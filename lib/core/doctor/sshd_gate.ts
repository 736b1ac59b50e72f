/** What leads past a gate that is a forced command, or runs before it (docs/sshd.md). */
import type { SshdAnswer } from "../sshd/answer.ts";
import { winner } from "../sshd/reading.ts";
import { printable } from "../text.ts";
import type { Finding, Severity } from "./finding.ts";
import { namesOf, witnessOf } from "./sshd_facts.ts";
import type { Fault } from "./sshd_fault.ts";
import { environment, userFiles } from "./sshd_gate_environment.ts";
import { shellFindings } from "./sshd_gate_shells.ts";
import type { Judged } from "./sshd_guard.ts";

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
  return [...findings, ...shellFindings(guarded)];
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
    ...answer.is("permittty", "no") ? [NO_TERMINAL] : [],
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

const NO_TERMINAL: Fault = {
  id: "sshd.no-terminal",
  severity: "warning",
  blame: ["permittty"],
  what: "PermitTTY is no",
  means:
    "Without a terminal the gate asks for no code, and where a code is all there is, it refuses the login.",
  mend: "remove it for these accounts, or have a server ask for approvals",
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
