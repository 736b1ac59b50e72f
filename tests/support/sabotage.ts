/** What the rows of docs/sabotage.md are made of. */
import type { TreeName } from "./install_pam.ts";
import type { GuardedTree } from "./sabotage_tree.ts";

interface Row {
  /** As in "The doctor is shown a tree where ..." */
  readonly what: string;
  readonly tree: TreeName;
  /** Options of `install.sh host`. */
  readonly install: string;
}

/** One thing is broken in a tree that was well guarded. */
export interface Broken extends Row {
  readonly change: (tree: GuardedTree) => Promise<unknown>;
  /** "critical sshd.tunnel-open" */
  readonly finds: string;
  /** Where the finding says it is: a file, and how its line begins. */
  readonly at?: readonly [file: string, line?: string];
  /** What else comes of the same change, of that severity or a warning. */
  readonly also?: readonly string[];
}

/** Nothing is broken. */
export interface Good extends Row {
  /** Before install.sh. */
  readonly before?: (tree: GuardedTree) => Promise<unknown>;
  readonly change?: (tree: GuardedTree) => Promise<unknown>;
  /** Warnings that are true: somebody chose that. */
  readonly says?: readonly string[];
}

export const DROP_IN = "/etc/ssh/sshd_config.d/50-gatehouse.conf";
/** sshd reads it before ours. */
export const EARLIER = "/etc/ssh/sshd_config.d/10-own.conf";
export const HOST_TOML = "/etc/gatehouse/host.toml";
export const PAM_SSHD = "/etc/pam.d/sshd";
