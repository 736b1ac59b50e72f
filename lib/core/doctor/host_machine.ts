/** What the doctor says of the running machine: room on the disk, the log, what waits to be told. */
import type { Finding } from "./finding.ts";
import { count } from "./names.ts";
import { octal } from "../text.ts";
import type { FileFacts } from "./site.ts";

export interface Room {
  /** In bytes, for who is not root. */
  readonly free: number;
  /** Files that can be made; undefined where the file system has no such limit. */
  readonly files: number | undefined;
  readonly readOnly: boolean;
}

const LITTLE = 100 * 1_048_576;
const NONE = 1_048_576;
const FEW_FILES = 1_000;

/** @param path where used codes are remembered */
export function diskRoom(path: string, { files = Infinity, free, readOnly }: Room): Finding[] {
  const isFull = readOnly || free < NONE || files < 10;
  if (!isFull && free >= LITTLE && files >= FEW_FILES) return [];
  const left = `${Math.floor(free / 1_048_576)} MiB${
    files < FEW_FILES ? `, room for ${count(files, "file")}` : ""
  }`;
  return [{
    id: "host.disk-full",
    severity: isFull ? "critical" : "warning",
    where: { file: path },
    what: readOnly
      ? "the disk where used codes are remembered can only be read"
      : `the disk where used codes are remembered is nearly full: ${left} left`,
    means: "A code whose use cannot be written down is refused: nobody gets in by one.",
    mend: readOnly ? "see why: dmesg, mount" : "make room",
  }];
}

/** @param log what /dev/log leads to; undefined: nothing */
export function logFindings(log: FileFacts | undefined): Finding[] {
  if (log?.kind === "socket") return [];
  return [{
    id: "host.no-syslog",
    severity: "warning",
    where: { file: "/dev/log" },
    what: "no syslog runs here",
    means: "Who was let in, who was refused and why is written nowhere; fail2ban sees nothing.",
    mend: "install rsyslog, or see that systemd-journald runs",
  }];
}

export const SPOOL = "/var/spool/gatehouse";
const SPOOL_MODE = 0o1733;

/**
 * @param spool undefined: it is not there @param needed whether the gate can have something to keep
 * @param waiting for how long each alert waits there, in milliseconds; undefined: it cannot be listed
 */
export function spoolFindings(
  spool: FileFacts | undefined,
  needed: boolean,
  waiting: readonly number[] | undefined,
): Finding[] {
  const where = { file: SPOOL };
  if (spool === undefined) {
    if (!needed) return [];
    return [{
      id: "host.spool-missing",
      severity: "warning",
      where,
      what: "there is no folder for alerts that no server could be told of",
      means:
        "A login that was let in without a factor, while no server answered, is told to nobody.",
      mend: `install -d -m ${octal(SPOOL_MODE)} -o root ${SPOOL}`,
    }];
  }
  const findings: Finding[] = [];
  if (spool.kind !== "folder" || spool.uid !== 0 || spool.mode !== SPOOL_MODE) {
    const isFixable = spool.kind === "folder" && spool.uid === 0 &&
      (SPOOL_MODE & 0o777 & ~spool.mode) === 0;
    findings.push({
      id: "host.spool-open",
      severity: "warning",
      where,
      what: spool.kind !== "folder"
        ? "what should be the folder of alerts is none"
        : `the folder of alerts is not as it should be (uid ${spool.uid}, mode ${
          octal(spool.mode)
        })`,
      means: "Accounts can leave no alert there, or read and take away what others' logins left.",
      mend: `chown root ${SPOOL}; chmod ${octal(SPOOL_MODE)} ${SPOOL}`,
      ...isFixable ? { fix: { kind: "mode", path: SPOOL, mode: SPOOL_MODE } } : {},
    });
  }
  const old = (waiting ?? []).filter((ms) => ms > 3_600_000);
  if (old.length > 0) {
    findings.push({
      id: "host.alerts-waiting",
      severity: "warning",
      where,
      what: `${count(old.length, "alert")} could not be told to any server`,
      means: "Administrators do not know of logins that were let in while no server answered.",
      mend: "run: gatehouse sync",
    });
  }
  return findings;
}
