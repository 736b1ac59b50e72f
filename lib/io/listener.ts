/**
 * A listening port that stays open. When a process runs out of file descriptors, `Deno.serve` closes
 * its port for good and tells nobody until the last connection has ended, so the port is also tried
 * from time to time.
 */
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";

interface ListenOptions {
  readonly hostname: string;
  /** 0: any free one */
  readonly port: number;
  /** PEM texts */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Must not reject. @param remote the address at the connection's other end */
  readonly answer: (request: Request, remote: string) => Promise<Response>;
  /** Called each time that the port is open. */
  readonly onListen: (port: number) => void;
  readonly onRestart: () => void;
}

/** How long open requests may take once the server is told to stop. */
const STOP_WITHIN_MS = 5_000;

export class Listener {
  readonly #abort = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr>;
  #closing = false;

  private constructor(private readonly options: ListenOptions) {
    this.#server = this.#serve(options.port);
  }

  /** @throws Failure (78) when the port cannot be had */
  static open(options: ListenOptions): Listener {
    // It would move the first server of the process elsewhere.
    Deno.env.delete("DENO_SERVE_ADDRESS");
    try {
      return new Listener(options);
    } catch (error) {
      throw explain(error, options);
    }
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** Opens the port again if nobody listens there any more. */
  async check(): Promise<void> {
    const server = this.#server;
    try {
      const { reachable: hostname, port } = this;
      (await Deno.connect({ hostname, port })).close();
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) this.#restart(server);
    }
  }

  /** Stops listening, lets open requests end, then returns. */
  async close(): Promise<void> {
    this.#closing = true;
    const late = setTimeout(() => this.#abort.abort(), STOP_WITHIN_MS);
    try {
      await this.#server.shutdown();
    } finally {
      clearTimeout(late);
    }
  }

  /** Where to reach ourselves: the wildcard addresses are no destinations. */
  get reachable(): string {
    const { hostname } = this.options;
    return hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  }

  #serve(port: number): Deno.HttpServer<Deno.NetAddr> {
    const { hostname, tls, answer, onListen } = this.options;
    const server = Deno.serve(
      { hostname, port, ...tls, signal: this.#abort.signal, onListen: (at) => onListen(at.port) },
      (request, { remoteAddr }) => answer(request, remoteAddr.hostname),
    );
    const again = () => this.#restart(server);
    server.finished.then(again, again);
    return server;
  }

  #restart(server: Deno.HttpServer<Deno.NetAddr>): void {
    if (this.#closing || server !== this.#server) return;
    try {
      this.#server = this.#serve(server.addr.port);
      this.options.onRestart();
    } catch {
      // Still no descriptor, or somebody took the port: check() tries again.
    }
  }
}

function explain(error: unknown, { hostname, port }: ListenOptions): unknown {
  const where = `${printable(hostname)} port ${port}`;
  const fail = (what: string, hint: string) => new Failure(Exit.config, what, hint);
  if (error instanceof Deno.errors.AddrInUse) {
    return fail(`${where} is in use`, "another server runs there already; else choose --listen");
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return fail(
      `may not listen on ${where}`,
      "ports below 1024 need root or CAP_NET_BIND_SERVICE; choose another with --listen",
    );
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return fail(`this machine has no address ${where}`, "see: ip address; then set --listen");
  }
  if (error instanceof Deno.errors.InvalidData) {
    return fail("tls_cert and tls_key are no usable pair", "both must be PEM files, cert first");
  }
  if (error instanceof Error && /lookup|resolve/i.test(error.message)) {
    return fail(`cannot resolve ${printable(hostname)}`, "give an address with --listen");
  }
  return error;
}
