/** What sshd tells a forced command about the session, read without trusting its form (sshd(8)). */
import { base64 } from "@hexagon/base64";
import { isAddress } from "./address.ts";

/** The client's address from SSH_CONNECTION: "client-ip client-port server-ip server-port". */
export function clientAddress(sshConnection: string): string | undefined {
  const [, address = ""] = /^(\S{2,78}) [0-9]{1,5} \S+ [0-9]{1,5}$/.exec(sshConnection) ?? [];
  return isAddress(address) ? address : undefined;
}

/**
 * Fingerprint of the key that was used, as `ssh-keygen -l` prints it, from the file that
 * SSH_USER_AUTH names (sshd_config(5), ExposeAuthInfo): lines such as `publickey ssh-ed25519 AAAA…`.
 * Null when no key was used.
 */
export async function keyFingerprint(authInfo: string): Promise<string | null> {
  const blob = /^publickey \S+ ([A-Za-z0-9+/]+={0,2})\s*$/m.exec(authInfo)?.[1];
  if (blob === undefined || !base64.validate(blob)) return null;
  const digest = await crypto.subtle.digest("SHA-256", base64.toArrayBuffer(blob));
  return `SHA256:${base64.fromArrayBuffer(digest).replace(/=+$/, "")}`;
}

export interface Launch {
  readonly path: string;
  readonly argv: readonly (string | Uint8Array)[];
}

/**
 * What sshd would have run: the login shell with a leading dash, or the shell with `-c`.
 * `internal-sftp` lives inside sshd and cannot be executed, so the real sftp-server takes its place,
 * with the same options.
 * @param command the client's command as raw bytes; undefined for a login shell
 */
export function planLaunch(
  shell: string,
  command: Uint8Array | undefined,
  sftpServer: () => string | undefined,
): Launch | undefined {
  const name = shell.slice(shell.lastIndexOf("/") + 1);
  if (command === undefined) return { path: shell, argv: [`-${name}`] };

  const [program, ...options] = new TextDecoder().decode(command).trim().split(/\s+/);
  if (program !== "internal-sftp") return { path: shell, argv: [name, "-c", command] };
  const path = sftpServer();
  return path === undefined ? undefined : { path, argv: [path, ...options] };
}

/** Where distributions keep sftp-server: Debian, Fedora, SUSE, Arch. */
export const SFTP_SERVERS: readonly string[] = [
  "/usr/lib/openssh/sftp-server",
  "/usr/libexec/openssh/sftp-server",
  "/usr/lib/ssh/sftp-server",
  "/usr/libexec/sftp-server",
];

/**
 * What `SetEnv` empties in sshd_config (docs/sshd.md): with these an account's own environment would
 * run code in the shell that starts the gate, or in the gate (bash(1), ld.so(8), and for the last
 * two iconv's modules, which a locale can call for).
 */
export const EMPTIED: readonly string[] = [
  "BASH_ENV",
  "BASH_FUNC_exec%%",
  "SHELLOPTS",
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "LD_AUDIT",
  "GCONV_PATH",
  "LOCPATH",
];

/**
 * What the same line points to a folder that is not there: zsh and fish read their start-up files from
 * there even for the one command that starts the gate (zsh(1), fish(1); the last two are where fish looks for
 * `fish/vendor_conf.d`).
 */
export const SENT_NOWHERE: readonly string[] = [
  "ZDOTDIR",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_DATA_DIRS",
];
export const NOWHERE = "/nonexistent";

/**
 * Variables of the forced command's own surroundings, which the session must not see: left by the
 * shell that started us (bash fills SHELLOPTS again), set by sshd for a forced command only, or
 * emptied by the `SetEnv` line.
 */
export function isOurs(name: string, value: string): boolean {
  const shells = ["_", "SHLVL", "PWD", "OLDPWD", "SHELLOPTS"];
  if ([...shells, "SSH_ORIGINAL_COMMAND", CODE_VARIABLE].includes(name)) return true;
  if (value === NOWHERE && SENT_NOWHERE.includes(name)) return true;
  return value === "" && EMPTIED.includes(name);
}

/**
 * A client without a terminal can send a code in this variable: the stock `AcceptEnv LANG LC_*` lets
 * it through. It is checked like a typed one.
 */
export const CODE_VARIABLE = "LC_GATEHOUSE_CODE";

/**
 * Variables that the runtime obeys: proxies, certificate authorities, the address it serves on.
 * They are the user's to set and must not reach our own requests.
 */
export function steersRuntime(name: string): boolean {
  return /^(https?|all|no)_proxy$/i.test(name) || /^(DENO|NODE|SSL_CERT)_/.test(name);
}
