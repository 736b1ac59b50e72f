/** A stack of PAM as libpam has it in memory, and the steps through it: types that all parts share. */

export const PAM_TYPES = ["auth", "account", "password", "session"] as const;
export type PamType = typeof PAM_TYPES[number];

/** PAM_SUCCESS is 0, and so on: _pam_types.h. Names as in `[value=action]`, but `default`. */
export const PAM_RESULTS = [
  "success",
  "open_err",
  "symbol_err",
  "service_err",
  "system_err",
  "buf_err",
  "perm_denied",
  "auth_err",
  "cred_insufficient",
  "authinfo_unavail",
  "user_unknown",
  "maxtries",
  "new_authtok_reqd",
  "acct_expired",
  "session_err",
  "cred_unavail",
  "cred_expired",
  "cred_err",
  "no_module_data",
  "conv_err",
  "authtok_err",
  "authtok_recover_err",
  "authtok_lock_busy",
  "authtok_disable_aging",
  "try_again",
  "ignore",
  "abort",
  "authtok_expired",
  "module_unknown",
  "bad_item",
  "conv_again",
  "incomplete",
] as const;
export type PamResult = typeof PAM_RESULTS[number];

/**
 * A number jumps over that many lines. One below zero (libpam's `int` runs over) jumps nowhere, and the
 * stack fails as with every jump that leads beyond its end.
 */
export type PamAction = "ignore" | "ok" | "done" | "bad" | "die" | "reset" | number;

export interface Where {
  /** As on the machine, without `--root`. */
  readonly file: string;
  readonly line: number;
}

/** One line of the flattened stack, in the order in which libpam has them. */
export interface PamEntry {
  readonly where: Where;
  /** As written: a name or a path; "" when it is missing. For a substack or a failed include: the file. */
  readonly module: string;
  readonly args: readonly string[];
  /** The control field as written. */
  readonly control: string;
  /** "-" in front of the type: nothing is logged when the module is missing. */
  readonly silent: boolean;
  /** "substack": its lines follow, one level deeper. "faulty": libpam treats it as failing for good. */
  readonly kind: "module" | "substack" | "faulty";
  /** What each result leads to. */
  readonly actions: Readonly<Record<PamResult, PamAction>>;
  /** 0 outside of every substack. */
  readonly level: number;
}

export interface PamStack {
  readonly service: string;
  readonly type: PamType;
  readonly entries: readonly PamEntry[];
  /** Lines that libpam complains about but lives with. */
  readonly oddities: readonly { readonly where: Where; readonly why: string }[];
}

/** What libpam does not start with at all: pam_start() or the first call ends in PAM_ABORT. */
export interface PamRefusal {
  readonly where: Where;
  /** One line, lower case. */
  readonly refused: string;
}

export interface PamFiles {
  /** Undefined when it is not there. Of a folder "": libpam opens one and reads nothing. */
  text(path: string): string | undefined;
  /** Whether a folder is there; without this, /etc/pam.d is. Without any, /etc/pam.conf is read. */
  folder?(path: string): boolean;
  /** Where that machine's libpam looks; without this, where Debian's does. */
  readonly folders?: PamFolders;
}

/** In which folders libpam looks for files, the first that has one counts. */
export interface PamFolders {
  readonly services: readonly string[];
  /** For what services include by a name alone. */
  readonly includes: readonly string[];
}

/** Debian's libpam looks for services in the vendor's folder as well, and not for what they include. */
export const DEBIAN_FOLDERS: PamFolders = {
  services: ["/etc/pam.d", "/usr/lib/pam.d"],
  includes: ["/etc/pam.d"],
};
