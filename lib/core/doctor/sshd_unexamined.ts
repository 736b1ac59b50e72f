/** What of sshd could not be examined, and why. */
import { SSHD_CONFIG } from "../sshd/config.ts";
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
