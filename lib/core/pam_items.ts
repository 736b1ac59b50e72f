/** What PAM says of a login (pam_set_item(3)), read without trusting its form. */
import { isAddress } from "./address.ts";
import { Exit, Failure } from "./errors.ts";
import { clientAddress } from "./ssh_session.ts";
import { printable } from "./text.ts";

/** Undefined is what the program that logs somebody in has not set. */
export interface PamItems {
  readonly user: string | undefined;
  readonly service: string | undefined;
  /** "auth" where it is our turn; pam_exec can be put anywhere. */
  readonly type: string | undefined;
  readonly rhost: string | undefined;
  readonly ruser: string | undefined;
  readonly tty: string | undefined;
  /** Set by sshd alone. */
  readonly sshConnection: string | undefined;
  /** What sshd has accepted so far: lines such as `publickey ssh-ed25519 AAAA…`. */
  readonly sshAuthInfo: string | undefined;
  /** pam_unix, in front of us, has refused the password. */
  readonly unixDenied: boolean;
  readonly locale: string | undefined;
}

/** Of people who sit in front of the machine, or are logged in already. */
const HERE = "127.0.0.1";

/**
 * The client's address, on which exemptions and limits rest.
 * @throws Failure (78) when it is a name: the owner of that address could have chosen any
 */
export function loginSource({ sshConnection, rhost }: PamItems): string {
  const source = sshConnection === undefined ? rhost ?? HERE : clientAddress(sshConnection);
  if (source !== undefined && isAddress(source)) return source;
  throw new Failure(
    Exit.config,
    `the client is not told by its address: ${printable(rhost ?? "", 64)}`,
    "have the program tell addresses, not names; for sudo: Defaults !pam_rhost",
  );
}

/** Whether the login has an address of its own: at sudo, su and login HERE is that of every account. */
export function isFromAddress({ sshConnection, rhost }: PamItems): boolean {
  return sshConnection !== undefined || rhost !== undefined;
}

/** Who called su or sudo; null where that is the account itself, or nobody is known. */
export function requesterOf({ user, ruser }: PamItems): string | null {
  return ruser === undefined || ruser === user ? null : ruser;
}

/** At its own authentication sshd has no terminal yet, and says "ssh" (PAM_TTY of sshd(8)). */
export function hasTerminal({ tty }: PamItems): boolean {
  return tty !== undefined && tty !== "ssh";
}
