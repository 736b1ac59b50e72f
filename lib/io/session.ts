/**
 * The session that sshd prepared: its environment on the way in, and on the way out execv(2) in this
 * very process, so that nothing of ours stays behind.
 */
import type { Admission } from "../core/attempt.ts";
import { isOurs, type Launch, SFTP_SERVERS, steersRuntime } from "../core/ssh_session.ts";
import { base, nulTerminated, variableBytes } from "./libc.ts";

const SIGPIPE = 13;
const SIG_DFL = 0n;

export class Session {
  /** What the user's environment says to the runtime, kept from it and given to the shell. */
  readonly #steering = new Map<string, string>();

  /** Must run before the first request: the runtime reads proxies and authorities when it connects. */
  constructor() {
    for (const [name, value] of Object.entries(Deno.env.toObject())) {
      if (!steersRuntime(name)) continue;
      this.#steering.set(name, value);
      Deno.env.delete(name);
    }
  }

  variable(name: string): string | undefined {
    try {
      return Deno.env.get(name);
    } catch {
      return undefined; // not UTF-8
    }
  }

  /** The client's command as raw bytes, for it need not be UTF-8; undefined for a login shell. */
  command(): Uint8Array | undefined {
    const name = "SSH_ORIGINAL_COMMAND";
    try {
      const text = Deno.env.get(name);
      return text === undefined ? undefined : new TextEncoder().encode(text);
    } catch {
      return variableBytes(name);
    }
  }

  /** What sshd says about the authentication (ExposeAuthInfo); undefined when it does not. */
  authInfo(): string | undefined {
    const path = this.variable("SSH_USER_AUTH");
    if (path === undefined) return undefined;
    try {
      return Deno.readTextFileSync(path);
    } catch {
      return undefined; // it says which key, for people; nothing is decided by it
    }
  }

  sftpServer(): string | undefined {
    return SFTP_SERVERS.find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
  }

  /**
   * Replaces this process, in the environment as sshd made it. Returns only if that failed.
   * @param _admission nobody becomes a session without one
   */
  become(launch: Launch, _admission: Admission): void {
    for (const [name, value] of Object.entries(Deno.env.toObject())) {
      if (isOurs(name, value) || steersRuntime(name)) Deno.env.delete(name);
    }
    for (const [name, value] of this.#steering) Deno.env.set(name, value);
    const c = base();
    const argv = new BigUint64Array(launch.argv.length + 1);
    launch.argv.forEach((arg, index) => argv[index] = BigInt(c.strdup(nulTerminated(arg))));
    // The runtime ignores SIGPIPE and an exec would pass that on: `yes | head -1` would report 1.
    c.signal(SIGPIPE, SIG_DFL);
    c.execv(nulTerminated(launch.path), argv);
  }
}
