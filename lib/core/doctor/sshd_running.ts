/** The sshd that runs, against the files that it should have read. */
import { printable } from "../text.ts";
import { SSHD_CONFIG } from "../sshd/config.ts";
import { overriding, type Running, valuesOf } from "../sshd/running.ts";
import { isBefore, type Version } from "../sshd/version.ts";
import type { Finding } from "./finding.ts";

export interface RunningFacts {
  /** Undefined when it cannot be told. */
  readonly listeners: readonly Running[] | undefined;
  /** Of the file of its process id, which sshd writes whenever it reads its configuration. */
  readonly pidFileAt: number | undefined;
  /** Of the configuration's files, the one that changed last. */
  readonly changed: { readonly file: string; readonly at: number } | undefined;
}

export function runningFindings({ listeners, pidFileAt, changed }: RunningFacts): Finding[] {
  if (listeners === undefined) {
    return [{
      id: "sshd.running-unknown",
      severity: "info",
      what: "whether sshd runs cannot be told: there is no ps",
      means: "The files were examined, but not whether the sshd that runs has read them.",
      mend: "install procps",
    }];
  }
  const [first] = listeners;
  if (first === undefined) {
    return [{
      id: "sshd.not-running",
      severity: "info",
      what: "no sshd waits for connections",
      means: "Nobody can log in by ssh just now, unless it is started for each connection.",
      mend: "run: systemctl start ssh (or sshd)",
    }];
  }
  const findings: Finding[] = [];
  if (listeners.length > 1) {
    findings.push({
      id: "sshd.several",
      severity: "warning",
      what: `${listeners.length} sshds wait for connections: ${
        listeners.map(({ pid, command }) => `${pid} (${printable(command, 80)})`).join(", ")
      }`,
      means: "Only one of them was examined. Each may have a configuration of its own.",
      mend: "stop those that nobody needs",
    });
  }
  const loadedAt = listeners.length === 1
    ? Math.max(first.startedAt, pidFileAt ?? first.startedAt)
    : undefined;
  // ps counts whole seconds.
  if (loadedAt !== undefined && changed !== undefined && changed.at > loadedAt + 2_000) {
    findings.push({
      id: "sshd.not-loaded",
      severity: pidFileAt === undefined ? "info" : "warning",
      where: { file: changed.file },
      what: "it was changed after sshd had read its configuration",
      means:
        "What was found here is true of the files, but the sshd that runs may go by older ones.",
      mend: "run: sshd -t && systemctl reload ssh (or sshd)",
    });
  }
  const options = overriding(first.command);
  if (options.length > 0) {
    const other = (valuesOf("-f", options).at(-1) ?? SSHD_CONFIG) !== SSHD_CONFIG;
    findings.push({
      id: "sshd.options",
      severity: other ? "warning" : "info",
      what: `sshd runs with ${printable(options.join(" "), 120)}`,
      means: other
        ? "It does not read /etc/ssh/sshd_config at all."
        : "Options stand before what the files say. They were taken into account.",
      mend: "move them into sshd_config (on Debian from SSHD_OPTS in /etc/default/ssh)",
    });
  }
  return findings;
}

interface Lack {
  readonly before: readonly [number, number];
  readonly id: string;
  readonly severity: Finding["severity"];
  readonly what: string;
  readonly means: string;
  /** Whom it concerns. */
  readonly of: "all" | "gate" | "pam";
}

/** From OpenSSH's release notes. */
const LACKS: readonly Lack[] = [
  {
    before: [7, 8],
    id: "sshd.version-old",
    severity: "critical",
    what: "has no SetEnv (7.8), which the gate needs",
    means: "An account's start-up files run before the gate.",
    of: "gate",
  },
  {
    before: [8, 2],
    id: "sshd.version-no-include",
    severity: "info",
    what: "has no Include (8.2)",
    means: "The block has to be in sshd_config itself, behind all other lines.",
    of: "all",
  },
  {
    before: [10, 0],
    id: "sshd.version-forwarding",
    severity: "info",
    what:
      "may leave X11 and agent forwarding open in spite of DisableForwarding (CVE-2025-32728, 10.0; distributions have mended older ones)",
    means:
      "It is the client's own agent and display that would be reached, from a session that waits.",
    of: "gate",
  },
  {
    before: [10, 3],
    id: "sshd.version-prompts",
    severity: "info",
    what: "shows what PAM says only together with the next prompt (its bug 2876, 10.3)",
    means: "So the link is a part of the prompt, and Enter is to be pressed once approved.",
    of: "pam",
  },
];

/** @param uses which fronts guard somebody */
export function versionFindings(
  version: Version | undefined,
  uses: { readonly gate: boolean; readonly pam: boolean },
): Finding[] {
  if (version === undefined) return [];
  const shown = `OpenSSH ${version.major}.${version.minor}`;
  return LACKS.filter(({ before, of }) =>
    isBefore(version, ...before) && (of === "all" || uses[of])
  )
    .map(({ id, severity, what, means }) => ({
      id,
      severity,
      what: `${shown} ${what}`,
      means,
      mend: "upgrade OpenSSH when the distribution does",
    }));
}
