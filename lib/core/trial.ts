/**
 * A change of what guards logins that install.sh has on trial: it is taken back unless somebody new gets in
 * by it (install/rollback.sh). What the gate and PAM leave as evidence of that.
 */
import type { Admission } from "./attempt.ts";

/** Whoever was let in without a factor says nothing about whether the factor works. */
export function provesFactor({ via }: Pick<Admission, "via">): boolean {
  switch (via) {
    case "approval":
    case "code":
    case "pin":
    case "emergency":
    case "enrolled":
      return true;
    case "grace":
    case "offline-allow":
    case "unenrolled-allow":
    case "exempt":
      return false;
  }
}

export interface Passed {
  readonly uid: number;
  /** PAM's name for what was logged in to; the gate's is sshd. */
  readonly service: string;
  /** SSH_CONNECTION, where there is one. */
  readonly sshConnection: string | undefined;
}

/**
 * The file's name says it all, for nobody has to open what an account has made: `UID:SERVICE:PORTS:RANDOM`.
 * PORTS, the client's and ours, tell a new connection from those of before the change; `-` without sshd.
 * Undefined for a service with a name that is no plain word.
 * @param random hexadecimal digits
 */
export function evidenceName(
  { uid, service, sshConnection }: Passed,
  random: string,
): string | undefined {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(service)) return undefined;
  return `${uid}:${service}:${portsOf(sshConnection)}:${random}`;
}

function portsOf(sshConnection = ""): string {
  const [, client, server] = /^\S+ ([0-9]{1,5}) \S+ ([0-9]{1,5})$/.exec(sshConnection) ?? [];
  return client === undefined || server === undefined ? "-" : `${client}-${server}`;
}
