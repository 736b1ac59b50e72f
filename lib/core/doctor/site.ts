/** What all examinations of the doctor start from. */
import type { Account } from "../unix_account.ts";

/** Reads files of the machine that is examined; paths are as on that machine, `--root` comes in front. */
interface SiteFiles {
  /** Undefined when it is not there. @throws Failure when it cannot be read */
  text(path: string): string | undefined;
  /** glob(3), sorted; without pattern characters the path itself when it exists. */
  matching(pattern: string): readonly string[];
}

/** What is seen of a file, a folder or a link without opening it: lstat(2). */
export interface FileFacts {
  readonly kind: "file" | "folder" | "link" | "socket" | "other";
  readonly uid: number;
  readonly gid: number;
  /** Without the bits of its type. */
  readonly mode: number;
  /** Milliseconds since the Unix epoch. */
  readonly changedAt: number;
  /** How many names it has. */
  readonly links: number;
}

/** Also looks at owners and modes. */
export interface SiteTree extends SiteFiles {
  /** Undefined when it is not there. A link is not followed. @throws Failure */
  look(path: string): FileFacts | undefined;
  /** Links are followed. */
  folder(path: string): boolean;
  /** Sorted; undefined when there is no such folder. @throws Failure when it cannot be listed */
  names(folder: string): readonly string[] | undefined;
  /**
   * The path, and each folder and link that is passed on the way to what it names, `/` first; the last is
   * what it names itself. Undefined when it leads nowhere. @throws Failure
   */
  wayTo(path: string): readonly string[] | undefined;
}

export interface Site {
  /** "" for this machine; else an absolute folder without a slash at its end. */
  readonly root: string;
  readonly files: SiteFiles;
  /** All of /etc/passwd (on this machine: of NSS). */
  readonly accounts: readonly Account[];
  /** Whether there is such a group, with members or without; undefined where that cannot be known. */
  hasGroup(name: string): boolean | undefined;
}

/** On what sshd relies for the second factor; what the examination of sshd tells that of PAM. */
export interface Reliance {
  /** Accounts whose logins meet the factor inside PAM, by `keyboard-interactive:pam`. */
  readonly pam: readonly Account[];
  /** Accounts whose sessions meet it in the gate. */
  readonly gate: readonly Account[];
  /** In all sessions that meet the gate sshd empties the variables that could lead past it. */
  readonly emptied: boolean;
  /** Accounts that can log in through sshd's PAM stack with no other proof than what it asks for. */
  readonly pamAlone: readonly string[];
  /** Of those of the gate, whom sshd always sends to PAM as well before it. */
  readonly gateAfterPam?: readonly string[];
  /** Accounts that can log in, and whom sshd asks for no factor. */
  readonly unguarded?: readonly string[];
  /** The PAM service's name; "sshd" but for tests. */
  readonly service: string;
  /** Nothing is known of whom sshd would send to PAM: it could not be asked, or lets in nobody who is guarded. */
  readonly unknown?: boolean;
}
