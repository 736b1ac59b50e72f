/** A machine for the doctor's examination of PAM, written down as texts. */
import type { Finding } from "../../lib/core/doctor/finding.ts";
import { readAccounts } from "../../lib/core/doctor/site_accounts.ts";
import type { Reliance, SiteTree } from "../../lib/core/doctor/site.ts";
import type { Account } from "../../lib/core/unix_account.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { examinePam, type PamSite } from "../../lib/modes/doctor/pam.ts";

export type Files = Readonly<Record<string, string>>;

/** A file's text, where it cannot be read. */
export const UNREADABLE = "(unreadable)";

/** root, alice (in ssh-2fa) and bob. */
const ACCOUNTS: Files = {
  "/etc/passwd": `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
alice:x:1000:1000::/home/alice:/bin/bash
bob:x:1001:1001::/home/bob:/bin/bash
`,
  "/etc/group": "root:x:0:\nalice:x:1000:\nbob:x:1001:\nssh-2fa:x:2000:alice\n",
  "/etc/shadow": "root:*:1::::::\ndaemon:*:1::::::\nalice:$y$x:1::::::\nbob:$y$x:1::::::\n",
};

/** @param files path → text; those of ACCOUNTS are there, too */
function pamSite(files: Files): PamSite {
  const all: Files = { ...ACCOUNTS, ...files };
  return {
    root: "/tree",
    files: treeOf(all),
    accounts: readAccounts(all["/etc/passwd"] ?? "", all["/etc/group"] ?? ""),
    hasGroup: (name) => `\n${all["/etc/group"] ?? ""}`.includes(`\n${name}:`),
  };
}

function treeOf(files: Files): SiteTree {
  const paths = Object.keys(files).sort();
  const under = (folder: string) => paths.filter((path) => path.startsWith(`${folder}/`));
  return {
    text(path) {
      if (!Object.hasOwn(files, path)) return undefined;
      if (files[path] !== UNREADABLE) return files[path];
      throw new Failure(Exit.config, `${path} is not a regular file`);
    },
    matching(pattern) {
      const source = pattern.split("*").map((part) => RegExp.escape(part)).join("[^/]*");
      const folders = paths.flatMap((path) =>
        path.split("/").map((_, at, names) => names.slice(0, at + 1).join("/"))
      );
      return [...new Set(folders)].filter((path) => new RegExp(`^${source}$`).test(path)).sort();
    },
    look: (path) =>
      Object.hasOwn(files, path)
        ? { kind: "file", uid: 0, gid: 0, mode: 0o644, changedAt: 0, links: 1 }
        : undefined,
    folder: (path) => under(path).length > 0,
    names(folder) {
      const names = under(folder).map((path) => path.slice(folder.length + 1).split("/")[0] ?? "");
      return names.length === 0 ? undefined : [...new Set(names)];
    },
    wayTo: (path) => Object.hasOwn(files, path) ? ["/", path] : undefined,
  };
}

/** What sshd relies on: names of accounts; `alone`: by PAM without anything before. */
export function relying(
  site: PamSite,
  { pam = [], gate = [], emptied = false, alone = [], unguarded = [] }: {
    readonly pam?: readonly string[];
    readonly gate?: readonly string[];
    readonly emptied?: boolean;
    readonly alone?: readonly string[];
    readonly unguarded?: readonly string[];
  },
): Reliance {
  const named = (names: readonly string[]): Account[] =>
    site.accounts.filter(({ name }) => names.includes(name));
  return {
    pam: named(pam),
    gate: named(gate),
    emptied,
    pamAlone: alone,
    unguarded,
    service: "sshd",
  };
}

/** alice by her key and PAM. */
export const BY_KEY = { pam: ["alice"] };
/** alice by PAM alone. */
export const BY_PASSWORD = { pam: ["alice"], alone: ["alice"] };

/** `ids at severities`, sorted, of what is found. */
export function examined(
  files: Files,
  reliance: Parameters<typeof relying>[1] = {},
): readonly Finding[] {
  const site = pamSite(files);
  return examinePam(site, relying(site, reliance));
}

/** `critical pam.nobody-passes /etc/pam.d/sshd:3` */
export function told(findings: readonly Finding[]): string[] {
  return findings.map(({ id, severity, where }) => {
    const line = where?.line === undefined ? "" : `:${where.line}`;
    return `${severity} ${id} ${where === undefined ? "" : where.file}${line}`.trim();
  }).sort();
}

/** As told(), without what is good to know only. */
export function toldOfDanger(findings: readonly Finding[]): string[] {
  return told(findings.filter(({ severity }) => severity !== "info"));
}

/** Stock files, word for word where it matters. */
export const DEBIAN: Files = {
  "/etc/pam.d/common-auth": `auth	[success=1 default=ignore]	pam_unix.so nullok
auth	requisite			pam_deny.so
auth	required			pam_permit.so
auth	optional			pam_cap.so
`,
  "/etc/pam.d/common-account":
    `account	[success=1 new_authtok_reqd=done default=ignore]	pam_unix.so
account	requisite			pam_deny.so
account	required			pam_permit.so
`,
  "/etc/pam.d/common-password": `password	[success=1 default=ignore]	pam_unix.so obscure yescrypt
password	requisite			pam_deny.so
password	required			pam_permit.so
`,
  "/etc/pam.d/common-session": `session	[default=1]			pam_permit.so
session	requisite			pam_deny.so
session	required			pam_permit.so
session	required	pam_unix.so
session	optional	pam_systemd.so
`,
  "/etc/pam.d/common-session-noninteractive": `session	[default=1]			pam_permit.so
session	requisite			pam_deny.so
session	required			pam_permit.so
session	required	pam_unix.so
`,
  "/etc/pam.d/other": `@include common-auth
@include common-account
@include common-password
@include common-session
`,
  "/etc/pam.d/sshd": `# PAM configuration for the Secure Shell service
@include common-auth
account    required     pam_nologin.so
@include common-account
session [success=ok ignore=ignore module_unknown=ignore default=bad]        pam_selinux.so close
session    required     pam_loginuid.so
session    optional     pam_keyinit.so force revoke
@include common-session
session    optional     pam_motd.so  motd=/run/motd.dynamic
session    optional     pam_motd.so noupdate
session    optional     pam_mail.so standard noenv # [1]
session    required     pam_limits.so
session    required     pam_env.so # [1]
session    required     pam_env.so user_readenv=1 envfile=/etc/default/locale
session [success=ok ignore=ignore module_unknown=ignore default=bad]        pam_selinux.so open
@include common-password
`,
  "/etc/pam.d/sudo": `#%PAM-1.0
session    required   pam_limits.so
@include common-auth
@include common-account
@include common-session-noninteractive
`,
  "/etc/pam.d/su": `auth       sufficient pam_rootok.so
session       required   pam_env.so readenv=1
session       required   pam_env.so readenv=1 envfile=/etc/default/locale
session    optional   pam_mail.so nopen
session    required   pam_limits.so
@include common-auth
@include common-account
@include common-session
`,
  "/etc/pam.d/su-l": `auth		include		su
account		include		su
password	include		su
session		optional	pam_keyinit.so force revoke
session		include		su
`,
  "/etc/pam.d/login": `auth       optional   pam_faildelay.so  delay=3000000
auth       requisite  pam_nologin.so
session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so close
session    required     pam_loginuid.so
session    optional   pam_motd.so motd=/run/motd.dynamic
session    optional   pam_motd.so noupdate
session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so open
session       required   pam_env.so readenv=1
session       required   pam_env.so readenv=1 envfile=/etc/default/locale
@include common-auth
auth       optional   pam_group.so
session    required   pam_limits.so
session    optional   pam_lastlog.so
session    optional   pam_mail.so standard
session    optional   pam_keyinit.so force revoke
@include common-account
@include common-session
@include common-password
`,
  "/etc/pam.d/chfn": `auth		sufficient	pam_rootok.so
@include common-auth
@include common-account
@include common-session
`,
  "/etc/pam.d/runuser": `auth		sufficient	pam_rootok.so
session		optional	pam_keyinit.so revoke
session		required	pam_limits.so
session		required	pam_unix.so
`,
};

/** Debian's sshd with another auth in the place of `@include common-auth`. */
export function debianSshd(auth: string): Files {
  const stock = DEBIAN["/etc/pam.d/sshd"] ?? "";
  return {
    ...DEBIAN,
    "/etc/pam.d/sshd": stock.replace("@include common-auth\n", `${auth.trim()}\n`),
  };
}
