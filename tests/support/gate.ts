/** A host whose sshd has the gate in front of it, and a plain sshd beside it to compare with. */
import { dirname } from "node:path";
import { binary } from "./binary.ts";
import { type Scratch, scratch } from "./scratch.ts";
import { gateLines, type Sshd, startSshd } from "./sshd.ts";
import type { SshTarget } from "./ssh.ts";
import { GUARD_MS } from "./transcript.ts";
import { createUser, type User } from "./users.ts";

/** Nothing listens there (RFC 863's port, below those that freePort() gives). */
export const NO_SERVER = "http://127.0.0.1:9";
/** A public key that signs nothing. */
const NO_KEY = `ed25519:${"A".repeat(43)}`;

export interface HostToml {
  readonly servers?: readonly string[];
  readonly server_keys?: readonly string[];
  readonly host?: string;
  readonly host_token?: string;
  readonly timeout?: string;
  readonly connect_timeout?: string;
  readonly signed_offers?: boolean;
  readonly language?: string;
  readonly policy?: Record<string, string | readonly string[]>;
  readonly codes?: Record<string, string | boolean>;
}

/** Strings, lists of strings, true and false are written alike in JSON and TOML. */
export function hostToml(
  { policy = {}, codes = {}, ...settings }: HostToml = {},
): string {
  const joined = {
    servers: [NO_SERVER],
    server_keys: [NO_KEY],
    host: "web1",
    host_token: "ghh_none-of-any-server",
  };
  const all = { ...(settings.servers?.length === 0 ? {} : joined), ...settings };
  const table = (entries: Record<string, unknown>) =>
    Object.entries(entries).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join("");
  return `${table(all)}[policy]\n${table(policy)}[codes]\n${table(codes)}`;
}

export interface GuardedHost extends AsyncDisposable {
  readonly folder: Scratch;
  /** An ordinary account whose shell is bash. */
  readonly user: User;
  readonly sshd: Sshd;
  /** The executable, where every account can run it. */
  readonly binary: string;
  /** Path of host.toml; the gate reads it at each login. */
  readonly config: string;
  configure(settings?: HostToml): Promise<void>;
  /** Writes a file in the ordinary account's home, owned by it; the path. */
  homeFile(name: string, text: string, mode?: number): Promise<string>;
  /** Another account that may log in. */
  addUser(shell?: string): Promise<User>;
  /** @param account default: the ordinary one */
  target(account?: string): SshTarget;
  /** Lets the same accounts with the same key into another sshd. */
  authorizeAt(sshd: Sshd): Promise<SshTarget>;
}

/** @param lines for sshd_config, before those of the gate */
export async function guardedHost(lines: readonly string[] = []): Promise<GuardedHost> {
  const things = new AsyncDisposableStack();
  try {
    const folder = things.use(await scratch());
    const user = things.use(await createUser(folder));
    // The checkout may lie where only its owner can go.
    const executable = `${folder.path}/gatehouse`;
    await Deno.copyFile(binary(), executable);
    const config = await folder.file("host.toml", hostToml());
    const sshd = things.use(
      await startSshd(folder, { lines: [...lines, ...gateLines(executable, config)] }),
    );
    const identity = await folder.key("client_key");
    const accounts = ["root", user.name];
    const authorizeAt = async (sshd: Sshd) => {
      for (const account of accounts) await sshd.authorize(account, identity);
      return { sshd, user: user.name, identity };
    };
    const target = await authorizeAt(sshd);
    return {
      folder,
      user,
      sshd,
      binary: executable,
      config,
      configure: (settings) => Deno.writeTextFile(config, hostToml(settings)),
      async homeFile(name, text, mode = 0o600) {
        const path = `${user.home}/${name}`;
        await Deno.writeTextFile(path, text);
        await Deno.chmod(path, mode);
        await Deno.chown(path, user.uid, user.gid);
        return path;
      },
      async addUser(shell) {
        const added = things.use(await createUser(folder, shell));
        accounts.push(added.name);
        await sshd.authorize(added.name, identity);
        return added;
      },
      target: (account = user.name) => ({ ...target, user: account }),
      authorizeAt,
      [Symbol.asyncDispose]: () => things.disposeAsync(),
    };
  } catch (error) {
    await things.disposeAsync();
    throw error;
  }
}

/** Resolves once there is such a file. Its folder must exist. */
export async function appears(path: string): Promise<void> {
  using watcher = Deno.watchFs(dirname(path), { recursive: false });
  const guard = setTimeout(() => watcher.close(), GUARD_MS);
  try {
    if (await exists(path)) return;
    for await (const _ of watcher) if (await exists(path)) return;
  } finally {
    clearTimeout(guard);
  }
  throw new Error(`${path} never appeared`);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Tests that share what `make` makes: it comes before the first of them and goes after the last. */
export function sharing<T extends AsyncDisposable>(make: () => Promise<T>) {
  let shared: T | undefined;
  Deno.test.beforeAll(async () => {
    shared = await make();
  });
  Deno.test.afterAll(async () => {
    await shared?.[Symbol.asyncDispose]();
  });
  return (name: string, body: (shared: T) => Promise<void>): void =>
    Deno.test({
      name,
      // What sshd and server print is read all the time, which looks like a leak.
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        if (shared === undefined) throw new Error("what the tests share could not be made");
        await body(shared);
      },
    });
}
