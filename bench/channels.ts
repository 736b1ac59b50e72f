/** Servers with many channels, and the vendors at their other ends. */
import { Running } from "../tests/support/process.ts";
import { BY_LINK, type GatehouseServer, startServer } from "../tests/support/server.ts";
import { Client } from "./load/http.ts";
import { type Created, gatehouse } from "./load/gatehouse.ts";
import type { Place } from "./place.ts";

const SOURCE = new URL("./load/vendors.ts", import.meta.url).pathname;

/** Carriers' templates say nothing of ours, and email and command are no HTTP: 15 of 19 are left. */
const LEFT_OUT = /^sms_(aliyun|tencent)$/;
/** One person is sent ten messages at once, so several have accounts. */
const PERSONS = 12;

interface Vendor {
  readonly type: string;
  readonly to: string;
  readonly url: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** When a message about a login reached a vendor, in milliseconds since the Unix epoch. */
interface Heard {
  readonly type: string;
  readonly ticket: string;
  readonly at: number;
}

/** All vendors, in a process of their own. */
export class Vendors implements AsyncDisposable {
  readonly all: Vendor[] = [];
  readonly #heard: Heard[] = [];
  readonly #process: Running;
  #wake = Promise.withResolvers<void>();

  private constructor() {
    const options = { onErrorLine: (line: string) => this.#read(line) };
    const flags = ["run", "--quiet", "--no-check", "--lock=deno.lock", "--frozen", "-A"];
    this.#process = new Running([Deno.execPath(), ...flags, SOURCE], options);
  }

  static async start(): Promise<Vendors> {
    const vendors = new Vendors();
    await vendors.#process.err(/^\{"ready":true\}$/m);
    return vendors;
  }

  /** The first messages about that login, once there are so many; or fewer after a second. */
  async messages(ticket: string, count: number): Promise<readonly Heard[]> {
    const late = performance.now() + 1_000;
    for (;;) {
      const found = this.#heard.filter((one) => one.ticket === ticket);
      const firsts = found.filter(({ type }, index) =>
        found.findIndex((other) => other.type === type) === index
      );
      const left = late - performance.now();
      if (firsts.length >= count || left <= 0) return firsts;
      await Promise.race([this.#wake.promise, pause(left)]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  #read(line: string): void {
    const said: Partial<Vendor & Heard> = JSON.parse(line);
    const { at, settings, ticket, to, type, url } = said;
    if (type === undefined) return;
    if (at !== undefined && ticket !== undefined) this.#heard.push({ at, ticket, type });
    if (settings !== undefined && to !== undefined && url !== undefined) {
      if (!LEFT_OUT.test(type)) this.all.push({ type, to, url, settings });
    }
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What does not work: nobody listens, or nobody ever answers. */
export class DeadEnds implements Disposable {
  readonly refused: string;
  readonly silent: string;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  constructor() {
    const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.refused = `http://127.0.0.1:${gone.addr.port}`;
    gone.close();
    this.silent = `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

/** A server whose requests go to all channels at once, each with its own persons. */
export class Told implements AsyncDisposable {
  readonly #client: Client;
  readonly #steps: ReturnType<typeof gatehouse>;
  #count = 0;

  private constructor(private readonly server: GatehouseServer, token: string) {
    this.#client = new Client(new URL(server.url), true);
    this.#steps = gatehouse(token);
  }

  /** @param channels as the lines of [[notify]] say, and whom their messages go to */
  static async start(
    { folder, programs }: Place,
    name: string,
    channels: readonly Vendor[],
  ): Promise<Told> {
    const lines = channels.flatMap(({ type, settings }) => [
      "[[notify]]",
      ...Object.entries({ ...settings, type }).map(([key, value]) =>
        `${key} = ${JSON.stringify(value)}`
      ),
    ]);
    const limits = "[limits]\nlogins_per_minute_per_host = 10000000\npending_per_account = 1000\n";
    const routing = '[routing]\nnext_after = "0s"\n';
    const text = `${BY_LINK}${limits}${routing}${lines.join("\n")}\n`;
    const config = await folder.file(`${name}.toml`, text, 0o600);
    const server = await startServer(folder, { executable: programs.gatehouse, config });
    const contacts = channels.filter(({ to }) => to !== "")
      .flatMap(({ type, to }) => ["--contact", `${type}=${to}`]);
    for (let person = 0; person < PERSONS; person++) {
      await server.admin("person", "add", `u${person}`, ...contacts, "--config", config);
    }
    return new Told(server, await server.addHost("load"));
  }

  /** @returns the login, when its POST was sent, and how long its answer took, in milliseconds */
  async request(): Promise<{ login: Created; sentAt: number; tookMs: number }> {
    const user = `u${this.#count++ % PERSONS}`;
    const sentAt = performance.timeOrigin + performance.now();
    const login = await this.#steps.create(this.#client, user);
    return { login, sentAt, tookMs: performance.timeOrigin + performance.now() - sentAt };
  }

  /** So that the next of that account is another request. */
  async end(login: Created): Promise<void> {
    await this.#steps.approve(this.#client, login);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.server[Symbol.asyncDispose]();
  }
}

export function ticketOf({ url }: Created): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
