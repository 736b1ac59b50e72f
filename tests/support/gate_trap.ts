/** A port, and a socket in the folder, that nobody should ever reach; it counts who does. */
export class Trap implements AsyncDisposable {
  reached = 0;
  readonly socket: string;
  readonly #tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #unix: Deno.UnixListener;
  readonly #accepting: Promise<unknown>;

  constructor(folder: string) {
    this.socket = `${folder}/trap-${this.port}`;
    this.#unix = Deno.listen({ transport: "unix", path: this.socket });
    Deno.chmodSync(this.socket, 0o777);
    this.#accepting = Promise.all(
      [this.#tcp, this.#unix].map((listener) => this.#accept(listener)),
    );
  }

  get port(): number {
    return this.#tcp.addr.port;
  }

  async #accept(listener: Deno.Listener): Promise<void> {
    for await (const connection of listener) {
      this.reached++;
      connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tcp.close();
    this.#unix.close();
    await this.#accepting;
  }
}
