/** What is around the blocks: files that nobody reads, nobody who is guarded, the gate's program. */
import { allEntries, type ConfigFile, type Entry } from "../sshd/config.ts";
import { CRITERIA } from "../sshd/criteria.ts";
import { printable } from "../text.ts";
import type { Finding } from "./finding.ts";
import { mendOf, openTo, type Passed } from "./host_trust.ts";
import type { Account } from "../unix_account.ts";
import { type Alternative, alternativesOf, asksPam } from "./sshd_factor.ts";
import { reachable, type SshdFacts } from "./sshd_facts.ts";
import { blocksFor, factorBlocks } from "./sshd_intent.ts";

/** Blocks in files that sshd does not read, and files that it reads for some connections only. */
export function includeFindings(facts: SshdFacts): Finding[] {
  const findings: Finding[] = [];
  const unread = new Set(
    facts.blocks.filter(({ read }) => !read).map(({ directive }) => directive.where.file),
  );
  for (const file of unread) {
    findings.push({
      id: "sshd.not-included",
      severity: "critical",
      where: { file },
      what: "the factor is configured in a file that sshd does not read",
      means: "Nothing in that file has an effect, so nobody is asked because of it.",
      mend:
        "let sshd_config begin with: Include /etc/ssh/sshd_config.d/*.conf (and let the file's name end in .conf)",
    });
  }
  for (const entry of includesInMatch(facts.config)) {
    if (entry.kind !== "include") continue;
    const brings = entry.files.some((file) => factorBlocks(file, true).length > 0);
    if (!brings) continue;
    findings.push({
      id: "sshd.include-in-match",
      severity: "warning",
      where: entry.where,
      what: "the file with the factor is included inside of a Match block",
      means:
        "It counts only for connections for which that block holds; all Match lines in it, too.",
      mend: "move the Include line above the first Match",
    });
  }
  return findings;
}

function* includesInMatch(file: ConfigFile, inMatch = false): Generator<Entry> {
  let inside = inMatch;
  for (const entry of file.entries) {
    if (entry.kind === "match") {
      inside = inMatch || !entry.criteria.every(({ kind }) => kind === "all");
    }
    if (entry.kind !== "include") continue;
    if (inside) yield entry;
    else for (const inner of entry.files) yield* includesInMatch(inner);
  }
}

/** Criteria that cannot be decided here, and names of hosts where sshd does not look names up. */
export function criteriaFindings(facts: SshdFacts): Finding[] {
  const findings: Finding[] = [];

  for (const entry of allEntries(facts.config)) {
    if (entry.kind !== "match") continue;
    for (const criterion of entry.criteria) {
      if (criterion.kind === "unknown") {
        findings.push({
          id: "sshd.criterion-unknown",
          severity: "warning",
          where: entry.where,
          what: `whether Match ${printable(criterion.name, 40)} holds cannot be told here`,
          means: `Known are ${CRITERIA.join(", ")}. What the block does was not examined.`,
          mend: "use criteria that depend on the account or on addresses alone",
        });
      }
      const isName = criterion.kind === "host" && /[a-z]/i.test(criterion.pattern);
      if (isName && !facts.global.is("usedns", "yes")) {
        findings.push({
          id: "sshd.host-never-matches",
          severity: "info",
          where: entry.where,
          what: `Match Host ${printable(criterion.pattern, 60)} never holds while UseDNS is no`,
          means: "sshd compares the client's address with the pattern, not its name.",
          mend:
            "use Match Address, or set UseDNS yes; whoever rules the client's reverse DNS then chooses the name",
        });
      }
      if (criterion.kind === "host" && facts.global.is("usedns", "yes")) {
        findings.push({
          id: "sshd.host-by-dns",
          severity: "info",
          where: entry.where,
          what: "a Match block depends on the client's name in the DNS",
          means:
            "When the DNS does not answer, the client's name is its address, and the block may not hold.",
          mend: "use Match Address",
        });
      }
    }
  }
  return findings;
}

/** All in which somebody can log in. */
function waysOf({ cases }: SshdFacts): readonly Alternative[] {
  return reachable(cases).flatMap(({ accounts: [account], answer }) =>
    account === undefined ? [] : alternativesOf(answer, account.uid)
  );
}

/** Where sshd is told what to ask for; the last is the narrowest mostly. */
function methodsLine({ config }: SshdFacts): Finding["where"] {
  return [...allEntries(config)].findLast((entry) =>
    entry.kind === "set" && entry.keyword === "authenticationmethods"
  )?.where;
}

/**
 * @param joined whether there is a host.toml
 * @param services of PAM that have our module
 */
export function nobodyFindings(
  facts: SshdFacts,
  accounts: readonly Account[],
  joined: boolean,
  services: readonly string[],
): Finding[] {
  if (!joined || accounts.some((account) => blocksFor(facts.blocks, account).length > 0)) return [];
  const [block] = facts.blocks;
  if (block !== undefined) {
    return [{
      id: "sshd.nobody-guarded",
      severity: "critical",
      where: block.directive.where,
      what: "no account is one of those whom that block is for",
      means: "Everybody logs in without the second factor.",
      mend: "add accounts to its group: usermod -aG ssh-2fa NAME; or name them in its Match line",
    }];
  }
  const [service] = services.filter((name) => name !== "sshd");
  if (service !== undefined && !services.includes("sshd")) {
    return [{
      id: "sshd.not-guarded",
      severity: "info",
      what: `sshd asks for no second factor; ${printable(service)} does`,
      means: "Logins by ssh are as they were.",
      mend: "run: install.sh host, where they are to be guarded, too",
    }];
  }
  const withoutPam = waysOf(facts).filter((way) => !asksPam(way));
  const inPam = services.includes("sshd");
  return [{
    id: "sshd.nobody-guarded",
    severity: "critical",
    where: (inPam ? methodsLine(facts) : undefined) ?? { file: facts.config.path },
    what: !inPam
      ? "sshd asks nobody for a second factor"
      : withoutPam.length > 0
      ? "PAM's stack for sshd has the factor, but sshd does not insist on PAM"
      : "PAM's stack for sshd has the factor, but sshd asks it by passwords alone",
    means: withoutPam.some((way) => way.includes("publickey"))
      ? "Who has a key logs in without being asked."
      : !inPam || withoutPam.length > 0
      ? "Who has the password, or whatever else sshd asks for, logs in without being asked for more."
      : "That way PAM can show one prompt only, so no code can be asked for beside the password.",
    mend: "run: install.sh host, or write the block of docs/sshd.md or docs/pam.md",
  }];
}

/**
 * @param way all that is passed on the way to it, the last is the program; undefined where it leads nowhere
 * @param where of the ForceCommand
 */
export function programFindings(
  path: string,
  way: readonly Passed[] | undefined,
  where: Finding["where"],
): Finding[] {
  const found = (what: string, means: string, mend: string): Finding[] => [{
    id: "sshd.gate-program",
    severity: "critical",
    ...(where === undefined ? {} : { where }),
    what: `${printable(path)} ${what}`,
    means,
    mend,
  }];
  const shut = "Nobody whom the gate guards gets in.";
  const open = "Whoever can change what ForceCommand starts is asked by nobody.";
  if (!path.startsWith("/")) {
    return found(
      "is not an absolute path",
      "The account's own shell looks for it, and may find something else.",
      "write: ForceCommand exec /usr/local/bin/gatehouse gate",
    );
  }
  const program = way?.at(-1)?.facts;
  if (way === undefined || program === undefined || program.kind !== "file") {
    return found("is not there", shut, "run: install.sh host");
  }
  if ((program.mode & 0o111) !== 0o111) {
    return found("cannot be executed by everybody", shut, `run: chmod 0755 ${printable(path)}`);
  }
  // A sticky folder is no exception here, as for pam_gatehouse.so.
  const opening = openTo(way, [0], false);
  if (opening === undefined) return [];
  const why = opening.why === "owner" ? "is not root's" : "others can write";
  return found(`depends on ${printable(opening.path)}, which ${why}`, open, mendOf(opening));
}
