/** What host.toml allows on purpose, and what that comes to. */
import { usersNameThemselves } from "../login_defs.ts";
import { octal } from "../text.ts";
import type { Finding } from "./finding.ts";
import { exemptions } from "./host_exemptions.ts";
import { someOf } from "./names.ts";
import type { Account } from "../unix_account.ts";

/** Of host.toml, as far as it matters here. */
export interface HostSettings {
  readonly servers: readonly string[];
  readonly signed_offers: boolean;
  readonly contact: "server" | "gecos";
  readonly policy: {
    readonly noninteractive: "require" | "skip";
    readonly unenrolled: "deny" | "enroll" | "allow";
    readonly offline: "code" | "deny" | "allow";
    readonly exempt_users: readonly string[];
    readonly exempt_groups: readonly string[];
    readonly exempt_sources: readonly string[];
  };
  readonly codes: {
    readonly reuse: "never" | "file";
    readonly no_strict_owner: boolean;
    readonly allowed_perm: number;
    readonly grace_period: number;
  };
}

/** Where and for whom the file holds. */
export interface HostUse {
  readonly file: string;
  /** Its text, to say in which line something stands. */
  readonly text: string;
  /** Whether sessions of sshd meet the gate. */
  readonly byGate: boolean;
  readonly byPam: boolean;
  /** Who is to be asked. */
  readonly guarded: readonly Account[];
  readonly accounts: readonly Account[];
  /** /etc/login.defs */
  readonly loginDefs: string | undefined;
}

/** @param key where it stands */
export type Say = (key: string, finding: Omit<Finding, "where">) => void;

export function hostSettings(settings: HostSettings, use: HostUse): Finding[] {
  const findings: Finding[] = [];
  const say: Say = (key, finding) => findings.push({ ...finding, where: lineOf(key, use) });
  openings(settings, use, say);
  exemptions(settings.policy, use, say);
  looseCodes(settings.codes, say);
  wires(settings, use, say);
  return findings;
}

/** Where the key stands; the file alone where that cannot be told. */
export function lineOf(
  key: string,
  { file, text }: Pick<HostUse, "file" | "text">,
): { file: string; line?: number } {
  const bare = new RegExp(`^\\s*(?:\\w+\\.)?["']?${key}["']?\\s*=`);
  const at = text.split("\n").findIndex((line) => bare.test(line));
  return at < 0 ? { file } : { file, line: at + 1 };
}

function openings({ policy, servers }: HostSettings, use: HostUse, say: Say): void {
  const { noninteractive, offline, unenrolled } = policy;
  if (offline === "allow" && servers.length > 0) {
    say("offline", {
      id: "host.offline-allows",
      severity: "warning",
      what: 'policy.offline is "allow": while no server answers, nobody is asked for anything',
      means:
        "Who can keep the server from answering, by a flood of requests or in the network between, " +
        "needs no second factor.",
      mend: 'write offline = "code" under [policy], and have people enrol: gatehouse enroll',
    });
  }
  if (unenrolled === "allow") {
    const when = servers.length > 0 ? "while no server answers" : "here";
    say("unenrolled", {
      id: "host.unenrolled-allowed",
      severity: "warning",
      what: `policy.unenrolled is "allow": who has no authenticator needs no second factor ${when}`,
      means: "A stolen key or password is enough for each account that nobody has enrolled.",
      mend: 'write unenrolled = "deny" under [policy] when all have enrolled',
    });
  }
  if (unenrolled === "enroll") {
    say("unenrolled", {
      id: "host.unenrolled-enrolls",
      severity: "info",
      what: 'policy.unenrolled is "enroll": the first who logs in sets up the authenticator',
      means: servers.length > 0
        ? "While no server answers, that may be whoever has the account's key or password."
        : "That may be whoever has the account's key or password.",
      mend: 'write unenrolled = "deny" under [policy] when all have enrolled',
    });
  }
  if (noninteractive === "skip" && use.byGate) {
    say("noninteractive", {
      id: "host.commands-unasked",
      severity: "critical",
      what: 'policy.noninteractive is "skip": commands without a terminal are not asked for',
      means: "With a stolen key, `ssh host bash`, scp and sftp need no second factor.",
      mend: 'write noninteractive = "require" under [policy]; for scripts: gatehouse preauth',
    });
  }
}

const DAY_MS = 86_400_000;
const OTHERS = 0o077;

function looseCodes(codes: HostSettings["codes"], say: Say): void {
  if (codes.grace_period > 0) {
    say("grace_period", {
      id: "host.grace-period",
      severity: codes.grace_period > DAY_MS ? "warning" : "info",
      what: `codes.grace_period: for ${hours(codes.grace_period)} after a right code, none is ` +
        "asked of the same address",
      means: "Whoever shares that address, behind the same router say, profits from it.",
      mend: "make it shorter, or take it out of [codes]",
    });
  }
  if (codes.reuse === "file") {
    say("reuse", {
      id: "host.codes-reused",
      severity: "warning",
      what: 'codes.reuse is "file": a code may work again where the account\'s file says so',
      means: "Who looks over a shoulder has half a minute to use the same code.",
      mend: 'take it out of [codes]; "never" is the default',
    });
  }
  if (codes.no_strict_owner) {
    say("no_strict_owner", {
      id: "host.codes-of-anybody",
      severity: "warning",
      what: "codes.no_strict_owner: an authenticator's file may belong to anybody",
      means: "Whoever owns the file knows the codes, and can put others in.",
      mend: "take it out of [codes], and give each file to its account or to root",
    });
  }
  if ((codes.allowed_perm & OTHERS) !== 0) {
    say("allowed_perm", {
      id: "host.codes-readable",
      severity: "warning",
      what: `codes.allowed_perm is ${octal(codes.allowed_perm)}: others may read secrets`,
      means: "Who can read an authenticator's file can make its codes.",
      mend: "take it out of [codes], and chmod 0600 the files",
    });
  }
}

const LOOPBACK = /^http:\/\/(localhost|127\.[0-9.]+|\[::1\])([:/]|$)/;

function wires({ contact, servers, signed_offers }: HostSettings, use: HostUse, say: Say): void {
  const plain = servers.filter((server) => /^http:/.test(server) && !LOOPBACK.test(server));
  if (plain.length > 0) {
    say("servers", {
      id: "host.server-without-tls",
      severity: "warning",
      what: `${someOf(plain)} is asked without TLS`,
      means: "The host's token, names and commands can be read on the way; verdicts are signed.",
      mend: "give the server a certificate, and write https:// here",
    });
  }
  if (plain.length > 0 && !signed_offers) {
    say("signed_offers", {
      id: "host.offers-unsigned",
      severity: "warning",
      what: "links are shown that the server did not sign",
      means:
        "Somebody in between can put the link of another login in its place, and have it approved.",
      mend: "write signed_offers = true, or join anew: gatehouse join",
    });
  }
  if (contact === "gecos" && (use.loginDefs === undefined || usersNameThemselves(use.loginDefs))) {
    say("contact", {
      id: "host.contact-refused",
      severity: "warning",
      what: 'contact is "gecos", and users may change their own full name',
      means: "No code by chat is sent on this host: it would go wherever the account likes.",
      mend: "write CHFN_RESTRICT rwh into /etc/login.defs",
    });
  }
}

function hours(ms: number): string {
  return ms >= 3_600_000 ? `${Math.round(ms / 360_000) / 10} h` : `${Math.round(ms / 1000)} s`;
}
