/** The real server, from the executable, on a loopback port and data of its own. */
import { binary } from "./binary.ts";
import { mustRun, Running } from "./process.ts";
import type { Scratch } from "./scratch.ts";
import type { Pattern } from "./transcript.ts";

export interface ServerOptions {
  /** Default: dist/gatehouse. */
  readonly executable?: string;
  /** A server.toml. Default: one that says BY_LINK. */
  readonly config?: string;
  /** Default: "127.0.0.1:0". */
  readonly listen?: string;
  /** Called with each line of its log: a JSON object. */
  readonly onLog?: (line: string) => void;
}

export class GatehouseServer implements AsyncDisposable {
  #process: Running | undefined;
  #url = "";

  constructor(
    /** The data directory. */
    readonly data: string,
    private readonly options: ServerOptions,
  ) {}

  /** Where it listens, and its public address: "http://127.0.0.1:4567", the same after a restart. */
  get url(): string {
    return this.#url;
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  get pid(): number {
    return this.#live().pid;
  }

  /** Its log since the last start, a JSON object a line. */
  get log(): string {
    return this.#live().errSoFar;
  }

  /** Resolves with what matched once its log, since the last start, holds it. */
  logged(pattern: Pattern): Promise<string> {
    return this.#live().err(pattern);
  }

  /** As logged(), of what it prints. */
  printed(pattern: Pattern): Promise<string> {
    return this.#live().out(pattern);
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const { executable = binary(), config, listen: first = "127.0.0.1:0", onLog } = this.options;
    const listen = this.#url === "" ? first : new URL(this.#url).host;
    const argv = [executable, "server", "--data", this.data, "--listen", listen];
    const process = new Running([
      ...argv,
      ...["--log-format", "json"],
      ...(config === undefined ? [] : ["--config", config]),
    ], onLog === undefined ? {} : { onErrorLine: onLog });
    this.#process = process;
    try {
      const event = await process.err(/^.*"message":"listening".*$/m);
      const { public_url }: { public_url?: unknown } = JSON.parse(event);
      this.#url = String(public_url);
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** Resolves when it has ended; start() brings it back. */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    await this.#process?.kill(signal);
    this.#process = undefined;
  }

  /** A new host's token. */
  async addHost(name: string): Promise<string> {
    const { out } = await this.admin("host", "add", name, "--json");
    const { token }: { token?: unknown } = JSON.parse(out);
    return String(token);
  }

  /** Adds a host and joins it, which writes that host.toml. */
  async join(name: string, hostToml: string): Promise<void> {
    const token = await this.addHost(name);
    const { executable = binary() } = this.options;
    await mustRun([executable, "join", this.#url, token, "--config", hostToml]);
  }

  /** Runs an administrative command on its data: `admin("login", "list")`. */
  async admin(...words: string[]) {
    const { executable = binary() } = this.options;
    return await mustRun([executable, ...words, "--data", this.data]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #live(): Running {
    if (this.#process === undefined) throw new Error("the server is not running");
    return this.#process;
  }
}

/** For a server.toml: whoever has the link approves, so that a test can. */
export const BY_LINK = '[approval]\nrequire = "link"\n';

/** A server that listens. */
export async function startServer(
  folder: Scratch,
  options: ServerOptions = {},
): Promise<GatehouseServer> {
  const name = `server-${crypto.randomUUID().slice(0, 8)}`;
  const data = await folder.dir(name, 0o700);
  const { config = await folder.file(`${name}.toml`, BY_LINK, 0o600) } = options;
  const server = new GatehouseServer(data, { ...options, config });
  await server.start();
  return server;
}
