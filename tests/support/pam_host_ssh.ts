/** The ordinary ssh client where PAM asks: in a terminal, or answered by a program. */
import type { PamHost } from "./pam_host.ts";
import { Running } from "./process.ts";
import type { Sshd } from "./sshd.ts";
import { type Terminal, terminal, type TerminalOptions } from "./terminal.ts";

export interface SshLogin extends TerminalOptions {
  /** Default: the ordinary account. */
  readonly user?: string;
  /** Default: the host's. */
  readonly sshd?: Sshd;
  /** In that order, as ssh's PreferredAuthentications. Default: the key, then what PAM asks. */
  readonly methods?: string;
  /** How often ssh lets PAM begin anew. Default: once. */
  readonly attempts?: number;
  /** Further options of ssh's. */
  readonly options?: readonly string[];
  readonly command?: string;
}

/** Nobody's key helps: PAM alone decides. */
export const BY_PAM_ALONE = "keyboard-interactive";

/** ssh, to a shell unless a command is given. */
export function pamSsh(host: PamHost, login: SshLogin = {}): Terminal {
  return terminal(sshArgv(host, login), login);
}

/** Answers ssh's questions in turn: what each one says goes to a file beside it, then it waits if told to. */
const ASKPASS = `#!/bin/sh
number=$(ls "$ANSWERS" | grep -c '^asked\\.')
printf '%s' "$1" >"$ANSWERS/part"
mv "$ANSWERS/part" "$ANSWERS/asked.$((number + 1))"
[ -z "$WAIT_FOR" ] || : <"$WAIT_FOR"
printf '%s\\n' "$ANSWER"
`;

/** An ssh client without a terminal. */
export class AskedSsh implements AsyncDisposable {
  private constructor(readonly ssh: Running, private readonly folder: string) {}

  /**
   * @param answer to every question
   * @param waitFor a FIFO; the answers wait until somebody has it open for writing
   */
  static async start(
    host: PamHost,
    answer: string,
    login: SshLogin & { readonly waitFor?: string } = {},
  ): Promise<AskedSsh> {
    const folder = await host.folder.dir(`answers-${crypto.randomUUID().slice(0, 8)}`);
    const askpass = `${host.folder.path}/askpass`;
    const env = {
      PATH: "/usr/bin:/bin",
      HOME: "/",
      LANG: "C.UTF-8",
      SSH_ASKPASS: askpass,
      SSH_ASKPASS_REQUIRE: "force",
      ANSWERS: folder,
      ANSWER: answer,
      WAIT_FOR: login.waitFor ?? "",
    };
    if (!await exists(askpass)) await host.folder.file("askpass", ASKPASS, 0o755);
    return new AskedSsh(new Running(sshArgv(host, login), { env }), folder);
  }

  /** Resolves when it was asked so many times. @throws when ssh has ended before */
  async asked(times: number): Promise<void> {
    const path = `${this.folder}/asked.${times}`;
    using watcher = Deno.watchFs(this.folder, { recursive: false });
    void this.ssh.done.then(() => watcher.close()).catch(() => {});
    if (await exists(path)) return;
    for await (const _ of watcher) if (await exists(path)) return;
    throw new Error(`ssh ended before it asked: ${this.ssh.errSoFar}`);
  }

  /** What it was asked, in turn. */
  async questions(): Promise<string[]> {
    const names = await Array.fromAsync(Deno.readDir(this.folder), ({ name }) => name);
    const asked = names.filter((name) => name.startsWith("asked.")).toSorted();
    return await Promise.all(asked.map((name) => Deno.readTextFile(`${this.folder}/${name}`)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ssh[Symbol.asyncDispose]();
  }
}

function sshArgv(host: PamHost, login: SshLogin): string[] {
  const { user = host.user.name, sshd = host.sshd, methods, attempts = 1, command } = login;
  const settings = Object.entries({
    Port: sshd.port,
    IdentityFile: host.key,
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    UserKnownHostsFile: sshd.knownHosts,
    GlobalKnownHostsFile: "/dev/null",
    StrictHostKeyChecking: "yes",
    UpdateHostKeys: "no",
    PreferredAuthentications: methods ?? "publickey,keyboard-interactive",
    NumberOfPasswordPrompts: attempts,
  });
  const options = settings.flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const words = command === undefined ? [] : ["--", command];
  return ["ssh", "-F", "none", ...options, ...login.options ?? [], `${user}@127.0.0.1`, ...words];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
