/** A real sshd on a loopback port, with throw-away host keys and nothing outside its folder. */
import { EMPTIED, NOWHERE, SENT_NOWHERE } from "../../lib/core/ssh_session.ts";
import { Running, shellQuote } from "./process.ts";
import { endAll, withDescendants } from "./process_tree.ts";
import type { Scratch } from "./scratch.ts";
import type { Pattern } from "./transcript.ts";

export interface SshdOptions {
  /** Lines that come before ours, so that they win: sshd takes the first value it reads. */
  readonly lines?: readonly string[];
  /** Match blocks; they come last. */
  readonly match?: readonly string[];
  /** Default: no. */
  readonly usePam?: boolean;
  /** Its absolute path: the name that it ends with is that of the PAM service. */
  readonly program?: string;
}

export interface Sshd extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** A known_hosts file with its key. */
  readonly knownHosts: string;
  readonly configFile: string;
  /** Its log so far. */
  readonly log: string;
  /** Resolves with what matched once its log holds it. */
  logged(pattern: Pattern): Promise<string>;
  /** Lets the key (path of the private or the public half) in as that user. */
  authorize(user: string, key: string): Promise<void>;
  /** Ends it and every session. */
  stop(): Promise<void>;
}

/**
 * What install writes for a guarded sshd (DESIGN.md 2.8).
 * @param variables more for the session's environment: "NAME=value"
 */
export function gateLines(
  binary: string,
  hostToml: string,
  variables: readonly string[] = [],
): string[] {
  return [
    `ForceCommand exec ${shellQuote(binary)} gate --config ${shellQuote(hostToml)}`,
    "DisableForwarding yes",
    "PermitUserRC no",
    "ExposeAuthInfo yes",
    [
      "SetEnv SHLVL=9",
      ...EMPTIED.map((name) => `${name}=`),
      ...SENT_NOWHERE.map((name) => `${name}=${NOWHERE}`),
      ...variables,
    ].join(" "),
  ];
}

/** A port that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

export async function startSshd(folder: Scratch, options: SshdOptions = {}): Promise<Sshd> {
  const name = `sshd-${crypto.randomUUID().slice(0, 8)}`;
  const home = await folder.dir(name);
  const keys = await folder.dir(`${name}/authorized_keys`);
  const hostKey = await folder.key(`${name}/host_key`);
  // sshd's privilege separation wants it when it runs as root (sshd(8), FILES).
  if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const program = options.program ?? "/usr/sbin/sshd";
  const { process, port, configFile } = await listen(program, home, (port) => [
    ...options.lines ?? [],
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${keys}/%u`,
    // /tmp is writable by all, so keys below it never pass the check that this turns off.
    "StrictModes no",
    "PidFile none",
    `UsePAM ${options.usePam ? "yes" : "no"}`,
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PrintMotd no",
    "PrintLastLog no",
    "AcceptEnv LANG LC_*",
    "Subsystem sftp internal-sftp",
    "MaxStartups 200",
    "LogLevel VERBOSE",
    ...options.match ?? [],
  ]);

  const publicKey = await Deno.readTextFile(`${hostKey}.pub`);
  const knownHosts = await folder.file(`${name}/known_hosts`, `[127.0.0.1]:${port} ${publicKey}`);
  const stop = async () => {
    const all = await withDescendants(process.pid);
    await endAll(() => Promise.resolve(all));
    await process.done;
  };
  return {
    pid: process.pid,
    port,
    knownHosts,
    configFile,
    get log() {
      return process.errSoFar;
    },
    logged: (pattern) => process.err(pattern),
    async authorize(user, key) {
      const line = await Deno.readTextFile(key.replace(/(\.pub)?$/, ".pub"));
      await Deno.writeTextFile(`${keys}/${user}`, line, { append: true, mode: 0o644 });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Another process may take the free port before sshd does: then on to the next. */
async function listen(program: string, home: string, config: (port: number) => string[]) {
  for (let attempt = 1;; attempt++) {
    const port = freePort();
    const configFile = `${home}/sshd_config`;
    await Deno.writeTextFile(configFile, config(port).join("\n") + "\n");
    const process = new Running([program, "-D", "-e", "-f", configFile]);
    try {
      await process.err("Server listening on");
      return { process, port, configFile };
    } catch (error) {
      await process.kill();
      if (attempt === 5 || !process.errSoFar.includes("Address already in use")) throw error;
    }
  }
}
