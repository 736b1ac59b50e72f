/** What the rows about PAM share: a host whose PAM asks, by our module or by google-authenticator's. */
import { ended } from "../tests/support/gate_processes.ts";
import { CODE_ALONE, PamHost, type Stack, stack } from "../tests/support/pam_host.ts";
import { sshArgv } from "../tests/support/ssh.ts";
import type { Sshd } from "../tests/support/sshd.ts";
import { codeOf, RFC_BASE32 } from "../tests/support/totp.ts";
import type { Place } from "./place.ts";
import { OnTerminal } from "./pty.ts";

/** Both modules ask for a code with it. */
export const PROMPT = "Verification code: ";
export const GOOGLE = "google-authenticator's PAM module";

/** Counted codes (RFC 4226): nobody waits for the next one. */
const STATE_FILE = `${RFC_BASE32}\n" HOTP_COUNTER 1\n`;

/** An authenticator's codes as a second factor, for all accounts. */
export interface Factor {
  readonly stack: Stack;
  /** One of that account's that has not been used. */
  nextCode(account: string): string;
}

export class PamPlace implements AsyncDisposable {
  private constructor(
    readonly host: PamHost,
    /** Names of ordinary ones that have the host's key. */
    readonly accounts: readonly string[],
  ) {}

  /** Until the bench ends. @param more accounts beside the first */
  static async open(place: Place, more = 0): Promise<PamPlace> {
    const host = await PamHost.start();
    const accounts = [host.user.name];
    const pam = place.own(new PamPlace(host, accounts));
    for (let count = 0; count < more; count++) accounts.push((await host.addUser()).name);
    return pam;
  }

  /** gatehouse with codes alone. */
  async gatehouse(): Promise<Factor> {
    await this.host.configure({ servers: [], host: "web1" });
    for (const account of this.accounts) await this.host.enroll(STATE_FILE, account);
    return factor(CODE_ALONE);
  }

  /** The peer with the same files. */
  async google(): Promise<Factor> {
    const { folder } = this.host;
    const path = await folder.dir("google");
    for (const account of this.accounts) await folder.file(`google/${account}`, STATE_FILE, 0o600);
    const options = `user=root secret=${path}/\${USER}`;
    return factor(stack(`required pam_google_authenticator.so ${options}`));
  }

  /** Has gatehouse ask the place's server; nobody has an authenticator. */
  async join(place: Place): Promise<void> {
    const secret = `${this.host.folder.path}/none`;
    const file = await place.hostFile(`pam-${crypto.randomUUID()}.toml`, { codes: { secret } });
    await Deno.copyFile(file, this.host.config);
  }

  /** The name of a new PAM service. */
  async service(lines: Stack): Promise<string> {
    const name = await this.host.module.service([]);
    await this.host.guard(name, lines);
    return name;
  }

  /** The ssh client on a terminal of its own, where it asks. */
  ssh(command: string, { account: user = this.host.user.name, sshd = this.host.sshd }: Login = {}) {
    const [ssh = "", ...options] = sshArgv({ sshd, user, identity: this.host.key }, command);
    // Before the others: ssh takes the first value that it reads.
    const asking = ["PreferredAuthentications=publickey,keyboard-interactive", "BatchMode=no"]
      .flatMap((setting) => ["-o", setting]);
    return new OnTerminal(["setsid", "--ctty", ssh, ...asking, ...options]);
  }

  /** Resolves when no helper runs, so that none is in the way of what is measured next. */
  async atRest(): Promise<void> {
    await ended(this.host.binary);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }
}

interface Login {
  /** Default: the host's ordinary one. */
  readonly account?: string;
  /** Default: the one whose PAM asks. */
  readonly sshd?: Sshd;
}

function factor(stack: Stack): Factor {
  const used = new Map<string, number>();
  return {
    stack,
    nextCode(account) {
      const counter = (used.get(account) ?? 0) + 1;
      used.set(account, counter);
      return codeOf(counter);
    },
  };
}
