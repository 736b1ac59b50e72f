/** What of sshd could not be examined, and why. */
import { type Place, SSHD_CONFIG } from "../sshd/config.ts";
import { printable } from "../text.ts";
import type { Finding } from "./finding.ts";

export function unreadable(file: string, why: string): Finding {
  return {
    id: "sshd.unreadable",
    severity: "critical",
    where: { file },
    what: why,
    means: "What it says was not examined, and sshd may not be able to read it either.",
    mend: "let it be a regular file of root's; run the doctor as root",
  };
}

/** @param why what sshd says, or what is wrong with a file of its */
export function needsRoot(why: string, file?: string): Finding {
  return {
    id: "sshd.needs-root",
    severity: "warning",
    ...(file === undefined ? {} : { where: { file } }),
    what: `sshd can be asked by root alone what its configuration means: ${printable(why)}`,
    means: "Whether logins by ssh are guarded was not examined, so nothing is proven.",
    mend: "sudo gatehouse doctor",
  };
}

export function noConfig(joined: boolean): Finding {
  return {
    id: "sshd.absent",
    severity: joined ? "warning" : "info",
    where: { file: SSHD_CONFIG },
    what: "there is no sshd_config",
    means: "Either there is no sshd, or its configuration is elsewhere and was not examined.",
    mend: "nothing, if nobody logs in by ssh",
  };
}

export function nobodyToAsk(): Finding {
  return {
    id: "sshd.not-asked",
    severity: "warning",
    what: "there is no sshd here that could be asked what the configuration means",
    means: "Whether logins by ssh are guarded was not examined.",
    mend: "install OpenSSH's server where the doctor runs; it need not be started",
  };
}

export function oddNames(names: string): Finding {
  return {
    id: "sshd.name-unknown",
    severity: "warning",
    what: `sshd cannot be asked about ${names}`,
    means:
      "Such a name has a meaning of its own on sshd's command line, so these accounts were not examined.",
    mend: "rename them if they are to log in",
  };
}

export function notReached(pattern: string): Finding {
  return {
    id: "sshd.situation-unreached",
    severity: "warning",
    what: `no address was found that ${printable(pattern, 60)} alone matches`,
    means:
      "Connections that only this pattern of a Match line tells apart were not asked about, so nothing is proven.",
    mend: "write a network instead, such as 192.0.2.0/24",
  };
}

export function tooMany(count: number): Finding {
  return {
    id: "sshd.too-many-situations",
    severity: "warning",
    what: `Match lines tell ${count} situations apart`,
    means: "That is more than the doctor asks sshd about, so nothing is proven.",
    mend: "use fewer Match lines",
  };
}

export function tooMuch(where: Place): Finding {
  return {
    id: "sshd.too-many-files",
    severity: "warning",
    where,
    what: "sshd's configuration includes more files, or lines, than the doctor reads",
    means:
      "Files that include several others double or worse with each level, and sshd reads them all. What it makes of them was not examined, so nothing is proven.",
    mend: "include each file once",
  };
}
