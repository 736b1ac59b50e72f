/** What an account or a client can set, or have run, before the gate decides (docs/sshd.md). */
import { EMPTIED, SENT_NOWHERE } from "../ssh_session.ts";
import type { SshdAnswer } from "../sshd/answer.ts";
import { matchesPattern } from "../sshd/patterns.ts";
import { printable } from "../text.ts";
import type { Fault } from "./sshd_fault.ts";

export function userFiles(answer: SshdAnswer): Fault[] {
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

export function environment(answer: SshdAnswer): Fault[] {
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
