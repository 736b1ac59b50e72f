/** host.toml: is it there, whose is it, does it say anything, and what does it allow? */
import { hasServers, type HostConfig, parseHostConfig } from "../../config/host.ts";
import type { Finding } from "../../core/doctor/finding.ts";
import { hostSettings, type HostUse, lineOf } from "../../core/doctor/host_settings.ts";
import { openFinding, openTo } from "../../core/doctor/host_trust.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { Failure } from "../../core/errors.ts";
import { isRootless } from "./rootless.ts";
import { passedOnTheWay, trustedOwners } from "./host_files.ts";

interface ReadConfig {
  readonly findings: readonly Finding[];
  /** Undefined: none that can be used. */
  readonly config: HostConfig | undefined;
}

/** @param isWired whether sshd or PAM asks for it */
export function readConfig(
  files: SiteTree,
  root: string,
  use: Omit<HostUse, "text">,
  isWired: boolean,
): ReadConfig {
  const { file } = use;
  let text: string | undefined;
  try {
    text = files.text(file);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { findings: [unreadable(error, file, isRootless({ root }))], config: undefined };
  }
  if (text === undefined) return { findings: absent(files, file, isWired), config: undefined };
  try {
    const config = parseHostConfig(text, file);
    const findings = ownership(files, root, use, hasServers(config));
    return { findings: [...findings, ...hostSettings(config, { ...use, text })], config };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const findings = ownership(files, root, use, true);
    return { findings: [...findings, ...faults(error, file, text)], config: undefined };
  }
}

/** The machine's name as its host.toml has it; undefined where none that can be used has one. */
export function nameIn(files: SiteTree, file: string): string | undefined {
  try {
    const text = files.text(file);
    return text === undefined ? undefined : parseHostConfig(text, file).host;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

const SERVER_CONFIG = "/etc/gatehouse/server.toml";

function absent(files: SiteTree, file: string, isWired: boolean): Finding[] {
  if (isWired) {
    return [{
      id: "host.config-missing",
      severity: "critical",
      where: { file },
      what: `there is no ${file}`,
      means: "Every login that gatehouse is asked about is denied.",
      mend: "gatehouse join URL; without a server, one line: servers = []",
    }];
  }
  return [{
    id: "host.not-set-up",
    severity: files.look(SERVER_CONFIG) === undefined ? "warning" : "info",
    what: "gatehouse guards nothing on this machine",
    means: "A stolen key or password is enough for every account.",
    mend: "install.sh host, or gatehouse join URL and docs/pam.md, docs/sshd.md",
  }];
}

/** @param hasToken whether there can be one in it */
function ownership(
  files: SiteTree,
  root: string,
  use: Omit<HostUse, "text">,
  hasToken: boolean,
): Finding[] {
  const { byGate, byPam, file } = use;
  const way = passedOnTheWay(files, file) ?? [];
  const open = openTo(way, trustedOwners(root), true);
  const findings = open === undefined ? [] : [openFinding(open, {
    id: "host.config-open",
    severity: "critical",
    name: "host.toml",
    means: "Who can change it can let anybody in; so it is refused, and every login is denied.",
  })];
  const facts = way.at(-1)?.facts;
  if (facts === undefined) return findings;
  if (byGate && (facts.mode & 0o004) === 0) {
    findings.push({
      id: "host.config-unreadable",
      severity: "critical",
      where: { file },
      what: "host.toml cannot be read by the accounts, and the gate runs as the account",
      means: "Every login through the gate is denied.",
      mend: `chmod 0644 ${file}`,
    });
  }
  if (byPam && !byGate && (facts.mode & 0o044) !== 0) {
    findings.push({
      id: "host.config-readable",
      severity: "info",
      where: { file },
      what: "every account can read host.toml, and PAM alone needs it",
      means: hasToken
        ? "With its token any account here can make requests in another's name."
        : "They see who is exempt, and where codes are kept.",
      mend: `chmod 0600 ${file}, unless accounts enrol or run gatehouse preauth themselves`,
    });
  }
  return findings;
}

/** A folder, a pipe, a link that leads round in circles. */
/** @param rootless then it may well be in order: where PAM alone asks, it is root's own */
function unreadable({ message, hint }: Failure, file: string, rootless: boolean): Finding {
  return {
    id: "host.config-faulty",
    severity: rootless ? "warning" : "critical",
    where: { file },
    what: message,
    means: rootless
      ? "What it says was not examined, nor what hangs on it."
      : "It cannot be read, and every login is denied.",
    mend: rootless ? "sudo gatehouse doctor" : hint ?? "see what it is",
  };
}

/** Each fault with the line that it is in, as far as that is known. */
function faults({ message, hint }: Failure, file: string, text: string): Finding[] {
  return message.split("\n").map((line) => {
    const said = line.startsWith(file) ? line.slice(file.length) : `: ${line}`;
    const [, number, syntax] = /^:([0-9]+):[0-9]+: (.*)$/.exec(said) ?? [];
    const fault = syntax ?? said.replace(/^: /, "");
    const key = /^(?:[\w.]+\.)?(\w+)(?=[:,])/.exec(fault)?.[1];
    return {
      id: "host.config-faulty",
      severity: "critical",
      where: number !== undefined
        ? { file, line: Number(number) }
        : key !== undefined
        ? lineOf(key, { file, text })
        : { file },
      what: fault,
      means: "The file is refused as a whole, and every login is denied.",
      mend: hint ?? "docs/configuration.md has every key",
    };
  });
}
