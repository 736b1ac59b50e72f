/** Two hosts of one server, whose people have registered authenticators there. */
import { seedRow } from "../../lib/core/device.ts";
import type { Change } from "../../lib/core/store_change.ts";
import { openSealer } from "../../lib/io/sealed.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import { PamHost } from "./pam_host.ts";
import { anAuthenticator, putting, someone } from "./people.ts";
import { mustRun, type Result, run } from "./process.ts";
import { BY_LINK, type GatehouseServer, startServer } from "./server.ts";
import { RFC_BASE32 } from "./totp.ts";

/** A machine as its server sees it; both are this one. */
export class CentralHost {
  constructor(
    readonly name: string,
    private readonly host: PamHost,
    /** Path of its host.toml. */
    readonly config: string,
    /** Where its code files are. */
    readonly codes: string,
    /** A PAM service. */
    private readonly service: string,
  ) {}

  /** `gatehouse sync`, whatever becomes of it. */
  sync(...words: string[]): Promise<Result> {
    return run([this.host.binary, "sync", "--config", this.config, ...words]);
  }

  /**
   * pamtester's login of that account, which types these lines.
   * @param mode "approve": a server is asked first; "code": codes are the factor
   */
  async login(user: string, typed: readonly string[], mode: "approve" | "code" = "approve") {
    const { host, service, config } = this;
    const ours = `auth required ${host.module.path} helper=${host.binary} config=${config}`;
    await Deno.writeTextFile(`/etc/pam.d/${service}`, `${ours} mode=${mode}\n`);
    const argv = host.log.around(["pamtester", service, user, "authenticate"]);
    return await run(argv, { input: typed.map((line) => `${line}\n`).join("") });
  }
}

/** Hosts called web1, web2 and so on get codes, others do not. */
const SETTINGS = `${BY_LINK}[codes]\naccounts = ["*@group:web"]\n[groups]\nweb = ["web*"]\n`;

export class CentralHosts implements AsyncDisposable {
  readonly #things = new AsyncDisposableStack();

  private constructor(
    readonly host: PamHost,
    readonly server: GatehouseServer,
    readonly web1: CentralHost,
    readonly web2: CentralHost,
  ) {
    this.#things.use(host);
    this.#things.use(server);
  }

  static async start(): Promise<CentralHosts> {
    const host = await PamHost.start();
    try {
      const config = await host.folder.file("server.toml", SETTINGS, 0o600);
      const server = await startServer(host.folder, { config });
      try {
        const web1 = await joined(host, server, "web1");
        return new CentralHosts(host, server, web1, await joined(host, server, "web2"));
      } catch (error) {
        await server[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** An account of this machine whose person has an authenticator for hosts, with the secret of totp(). */
  async person(): Promise<{ readonly name: string; readonly device: string }> {
    const { name } = await this.host.addUser();
    return { name, device: await register(this.server, name) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#things.disposeAsync();
  }
}

/**
 * Somebody of that name gets an authenticator for hosts, with the secret of totp().
 * @returns the device's id; the person's is `p_NAME`
 */
export async function register(server: GatehouseServer, name: string): Promise<string> {
  const device = `d_${name}`;
  const sealer = await openSealer(server.data);
  const seed = await sealer.seal(RFC_BASE32, seedRow(device));
  const put = {
    person: [someone(name)],
    device: [anAuthenticator({ id: device, person: `p_${name}`, use: "hosts", seed })],
  };
  await change(server, putting(put));
  return device;
}

/** What a command changes while the server runs. */
export async function change<A>(server: GatehouseServer, change: Change<A>): Promise<A> {
  const store = SqliteStore.open(server.data, "command");
  try {
    return await store.change(change);
  } finally {
    await store.close();
  }
}

/** Joined as root does it. */
export async function joined(
  host: PamHost,
  server: GatehouseServer,
  name: string,
): Promise<CentralHost> {
  const folder = await host.folder.dir(`${name}-${crypto.randomUUID().slice(0, 8)}`);
  const config = `${folder}/host.toml`;
  const input = `${await server.addHost(name)}\n`;
  await mustRun([host.binary, "join", server.url, "--config", config], { input });
  const codes = `${folder}/codes`;
  await Deno.writeTextFile(
    config,
    `[codes]\nsecret = "${codes}/\${USER}"\nspent = "${folder}/spent"\n`,
    { append: true },
  );
  return new CentralHost(name, host, config, codes, await host.module.service([]));
}
