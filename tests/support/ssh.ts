/** The ordinary ssh client, kept away from the machine's and the user's own configuration. */
import { Running, shellQuote, type StartOptions } from "./process.ts";
import type { Sshd } from "./sshd.ts";

export interface SshTarget {
  readonly sshd: Pick<Sshd, "port" | "knownHosts">;
  readonly user: string;
  /** Path of the private key. */
  readonly identity: string;
}

function settings({ sshd, identity }: SshTarget): [name: string, value: string][] {
  return Object.entries({
    Port: String(sshd.port),
    IdentityFile: identity,
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    UserKnownHostsFile: sshd.knownHosts,
    GlobalKnownHostsFile: "/dev/null",
    StrictHostKeyChecking: "yes",
    UpdateHostKeys: "no",
    PreferredAuthentications: "publickey",
    BatchMode: "yes",
    ConnectTimeout: "10",
  });
}

/** For ssh, scp, sftp alike: `-F none -o …`. */
export function sshOptions(target: SshTarget): string[] {
  return [
    "-F",
    "none",
    ...settings(target).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
  ];
}

/** The same as a file for `ssh -F FILE NAME`. */
export function sshConfig(name: string, target: SshTarget): string {
  const all = [["HostName", "127.0.0.1"], ["User", target.user], ...settings(target)];
  return `Host ${name}\n${all.map(([name, value]) => `  ${name} ${value}\n`).join("")}`;
}

/**
 * @param command for the shell over there; left out: a login shell
 * @param options further ones, `-tt` for instance
 */
export function sshArgv(
  target: SshTarget,
  command?: string,
  options: readonly string[] = [],
): string[] {
  const words = command === undefined ? [] : ["--", command];
  return ["ssh", ...sshOptions(target), ...options, `${target.user}@127.0.0.1`, ...words];
}

/** Runs ssh without a terminal of its own: bytes in; out, errors and exit status back. */
export function ssh(
  target: SshTarget,
  command?: string,
  { options, ...start }: StartOptions & { readonly options?: readonly string[] } = {},
): Running {
  return new Running(sshArgv(target, command, options), start);
}

/** For GIT_SSH_COMMAND and rsync's -e; user and host are added by those. */
export function sshCommandLine(target: SshTarget): string {
  return ["ssh", ...sshOptions(target)].map(shellQuote).join(" ");
}
