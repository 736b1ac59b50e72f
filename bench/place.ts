/** What all rows share: the programs, a server, an account, and where it all lies. */
import { gateLines, type Sshd, startSshd } from "../tests/support/sshd.ts";
import { mustRun } from "../tests/support/process.ts";
import { hostToml } from "../tests/support/gate.ts";
import { type Scratch, scratch } from "../tests/support/scratch.ts";
import { BY_LINK, type GatehouseServer, startServer } from "../tests/support/server.ts";
import type { SshTarget } from "../tests/support/ssh.ts";
import { createUser, type User } from "../tests/support/users.ts";
import { buildPrograms, type Programs } from "./programs.ts";

export interface Place extends AsyncDisposable {
  readonly folder: Scratch;
  readonly programs: Programs;
  readonly server: GatehouseServer;
  readonly hostToken: string;
  readonly user: User;
  /** Disposes of it when the bench ends, however it ends. */
  own<T extends AsyncDisposable>(thing: T): T;
  /** Writes a host.toml that differs from the usual one so; its path. */
  hostFile(name: string, changes: Parameters<typeof hostToml>[0]): Promise<string>;
  /** An sshd with these lines for the account, and how to log in there. */
  sshd(lines: readonly string[]): Promise<{ sshd: Sshd; target: SshTarget }>;
}

/** Nothing of these may slow the bench down; every limit still works as it does with other values. */
const SERVER_TOML = `${BY_LINK}[limits]
logins_per_minute_per_host = 10000000
pending_per_account = 1000
`;

export async function openPlace(say: (what: string) => void): Promise<Place> {
  const things = new AsyncDisposableStack();
  // Asked for a second time, the stack would not wait for what the first began.
  let ended: Promise<void> | undefined;
  try {
    const folder = things.use(await scratch());
    const programs = await buildPrograms(folder, say);
    // Hundreds of megabytes that are still to be written would slow down every fsync(2).
    await mustRun(["sync"]);
    const config = await folder.file("server.toml", SERVER_TOML, 0o600);
    const executable = programs.gatehouse;
    const server = things.use(await startServer(folder, { executable, config }));
    const joined = `${folder.path}/joined.toml`;
    await server.join("web1", joined);
    const settings = settingsOf(await Deno.readTextFile(joined));
    const user = things.use(await createUser(folder));
    const identity = await folder.key("client_key");
    return {
      folder,
      programs,
      server,
      hostToken: settings.host_token,
      user,
      own: (thing) => things.use(thing),
      hostFile: (name, changes) => folder.file(name, hostToml({ ...settings, ...changes })),
      async sshd(lines) {
        const sshd = things.use(await startSshd(folder, { lines }));
        await sshd.authorize(user.name, identity);
        return { sshd, target: { sshd, user: user.name, identity } };
      },
      [Symbol.asyncDispose]: () => ended ??= things.disposeAsync(),
    };
  } catch (error) {
    await things.disposeAsync();
    throw error;
  }
}

/** A server of its own, for load; its host's token. */
export async function openServer({ folder, programs }: Place) {
  const config = `${folder.path}/server.toml`;
  const server = await startServer(folder, { executable: programs.gatehouse, config });
  return {
    url: server.url,
    pid: server.pid,
    token: await server.addHost("load"),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What `join` wrote; strings and lists of strings are written alike in JSON and TOML. */
function settingsOf(joined: string) {
  const value = (key: string): string => {
    const [, text] = new RegExp(`^${key} = (.*)$`, "m").exec(joined) ?? [];
    if (text === undefined) throw new Error(`join wrote no ${key}`);
    return text;
  };
  const list = (key: string) => [...value(key).matchAll(/"([^"]*)"/g)].map(([, item = ""]) => item);
  const [host = "", host_token = ""] = [list("host")[0], list("host_token")[0]];
  return { servers: list("servers"), server_keys: list("server_keys"), host, host_token };
}

/** As gateLines(), for another program than the gate. */
export function forced(command: string): string[] {
  const [, ...others] = gateLines("", "");
  return [`ForceCommand exec ${command}`, ...others];
}

/** The environment of a gate that sshd would have started for a command, without an sshd. */
export function forcedEnvironment(
  command: string,
  source = "127.0.0.1",
): Record<string, string> {
  return {
    SSH_CONNECTION: `${source} 50000 127.0.0.1 22`,
    SSH_ORIGINAL_COMMAND: command,
    PATH: "/usr/bin:/bin",
    HOME: "/root",
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
  };
}
