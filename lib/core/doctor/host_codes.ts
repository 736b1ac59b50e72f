/** What the doctor says of authenticators' files: whose are missing, refused, open, left over. */
import type { Finding, Fix } from "./finding.ts";
import { octal } from "../text.ts";
import { count, someOf } from "./names.ts";

/** Of one account, at one door. */
export interface Enrolment {
  readonly name: string;
  /** Where its codes are looked for. */
  readonly path: string;
  /** "open": others may read it, and it is refused for that. */
  readonly state: "enrolled" | "missing" | "open" | { readonly refused: string };
  /** What root types to have one made there. */
  readonly command: string;
  /** Whether the account can do without root: `gatehouse enroll`. */
  readonly byItself: boolean;
}

interface CodesUse {
  /** host.toml */
  readonly file: string;
  /** Whether a server decides as long as it answers. */
  readonly hasServers: boolean;
  readonly offline: "code" | "deny" | "allow";
  readonly unenrolled: "deny" | "enroll" | "allow";
}

export function enrolments(all: readonly Enrolment[], use: CodesUse): Finding[] {
  const decides = !use.hasServers || use.offline === "code";
  if (!decides) return [];
  const refused = all.filter(({ state }) => typeof state === "object");
  return [...missing(all, use), ...refused.map((one) => unusable(one, use))];
}

function missing(all: readonly Enrolment[], use: CodesUse): Finding[] {
  const without = names(all, (one) => one.state === "missing");
  if (without.length === 0 || use.unenrolled !== "deny") return [];
  const everybody = without.length === new Set(all.map(({ name }) => name)).size;
  const many = everybody && without.length > 1 ? `none of ${without.length} accounts` : undefined;
  const is = without.length === 1 ? "has" : "have";
  const first = all.find(({ name, state }) => state === "missing" && name === without[0]);
  return [{
    id: "codes.not-enrolled",
    severity: everybody && !use.hasServers ? "critical" : "warning",
    where: { file: use.file },
    what: many === undefined
      ? `${count(without.length, "guarded account")} ${is} no authenticator`
      : `${many} has an authenticator`,
    means: use.hasServers
      ? "While no server answers they are locked out."
      : "They are locked out: a code is the only second factor here.",
    mend: first?.byItself
      ? `gatehouse enroll, as the account itself; or as root: ${first.command}`
      : `as root: ${first?.command}`,
    witness: someOf(without),
  }];
}

function unusable({ command, name, path, state }: Enrolment, use: CodesUse): Finding {
  const why = typeof state === "object" ? state.refused : "";
  return {
    id: "codes.file-refused",
    severity: "warning",
    where: { file: path },
    what: `the authenticator of ${name} is refused: ${why}`,
    means: use.hasServers
      ? "While no server answers the account is locked out."
      : "The account is locked out.",
    mend: `see what happened to it; then make another: ${command} -f`,
  };
}

export function provenOfEnrolments(all: readonly Enrolment[]): string[] {
  const enrolled = names(all, (one) => one.state === "enrolled");
  const others = names(all, (one) => one.state !== "enrolled");
  if (enrolled.length === 0 || others.length > 0) return [];
  return [`${count(enrolled.length, "account")}: each has an authenticator that can be used`];
}

function names(all: readonly Enrolment[], which: (one: Enrolment) => boolean): string[] {
  return [...new Set(all.filter(which).map(({ name }) => name))].sort();
}

/** A file with secrets in it that others may read or write. @param mode of the file */
export function openSecret(path: string, mode: number, owner: string): Finding {
  return {
    id: "codes.file-open",
    severity: "warning",
    where: { file: path },
    what: `the authenticator of ${owner} is open to others (mode ${octal(mode)})`,
    means: "Who can read it can make its codes; logins refuse it.",
    mend: `chmod 0600 ${path}; if somebody else may have read it: gatehouse enroll --rotate`,
    fix: { kind: "mode", path, mode: mode & 0o600 },
  };
}

/** SSH2FA's file, with the secrets of many. */
export function openList(path: string, mode: number): Finding {
  return {
    id: "codes.list-open",
    severity: "warning",
    where: { file: path },
    what: `codes.totp_secrets is open to others (mode ${octal(mode)})`,
    means: "Who can read it can make the codes of everybody in it.",
    mend:
      `give each account a file of its own: gatehouse enroll --import ${path}; then chmod 0600 ${path}`,
  };
}

/** What google-authenticator leaves behind when it is stopped half-way. */
export function debris(paths: readonly string[]): Finding[] {
  const [first] = paths;
  if (first === undefined) return [];
  const fix: Fix[] = paths.map((path) => ({ kind: "remove", path }));
  return [{
    id: "codes.debris",
    severity: "warning",
    where: { file: first },
    what: `${count(paths.length, "file")} left over by google-authenticator`,
    means: "Each holds a secret, and google-authenticator makes no new file while one is there.",
    mend: "gatehouse doctor --fix removes them",
    witness: someOf(paths),
    fix,
  }];
}

/** In homes, and nothing reads them. @param files whether the secret of each is one that counts here */
export function unreadFiles(
  files: readonly { readonly path: string; readonly counts: boolean }[],
): Finding[] {
  const counting = files.filter(({ counts }) => counts);
  const sorted = [...counting, ...files.filter(({ counts }) => !counts)].map(({ path }) => path);
  const [first] = sorted;
  if (first === undefined) return [];
  const many = files.length > 1;
  const which = `${count(files.length, "authenticator")} ${many ? "in homes are" : "in a home is"}`;
  const still = many ? `the secrets of ${counting.length} still count` : "its secret still counts";
  return [{
    id: "codes.unread",
    severity: counting.length > 0 ? "warning" : "info",
    where: { file: first },
    what: `${which} read by nothing here${counting.length > 0 ? `; ${still}` : ""}`,
    means: counting.length > 0
      ? "Whoever gets at such an account's files, or a backup of them, can make its codes."
      : "Their secrets count on other hosts perhaps; here they mislead whoever looks for them.",
    mend:
      "rm them once each account has an authenticator where codes are read, or let codes.secret in host.toml name them",
    witness: someOf(sorted),
  }];
}

const DAY_MS = 86_400_000;

/** @param until of each fetched file @param last when any was fetched; times in milliseconds */
export function fetchedCodes(
  files: readonly { readonly name: string; readonly at: number; readonly until: number }[],
  schedule: "timer" | "cron" | "none",
  now: number,
): Finding[] {
  const findings: Finding[] = [];
  const last = Math.max(...files.map(({ at }) => at));
  const over = files.filter(({ until }) => until <= now).map(({ name }) => name);
  if (over.length > 0) {
    findings.push({
      id: "codes.sync-over",
      severity: "warning",
      what: `codes of ${count(over.length, "account")} have run out: no sync for too long`,
      means: "While no server answers they count no more, and the accounts are locked out.",
      mend: "run: gatehouse sync",
      witness: someOf(over),
    });
  } else if (files.length > 0 && now - last > DAY_MS) {
    findings.push({
      id: "codes.sync-old",
      severity: "warning",
      what: `codes were last fetched ${Math.floor((now - last) / DAY_MS)} d ago`,
      means: "A phone that was lost since then still counts here while no server answers.",
      mend: "run: gatehouse sync, and see why gatehouse-sync.timer does not",
    });
  }
  if (files.length > 0 && schedule === "none") {
    findings.push({
      id: "codes.sync-unscheduled",
      severity: "warning",
      what: "nothing runs `gatehouse sync` from time to time",
      means: "Codes that were fetched run out, and lost phones go on counting.",
      mend: "systemctl enable --now gatehouse-sync.timer; without systemd, in cron: " +
        "*/15 * * * * root /usr/local/bin/gatehouse sync --quiet",
    });
  }
  return findings;
}
