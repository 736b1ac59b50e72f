/**
 * An HTTP proxy that really forwards: requests with a whole address (RFC 9112, 3.2.2) and tunnels
 * (RFC 9110, 9.3.6), for whoever has the password.
 */

export interface ProxyAccount {
  readonly user: string;
  readonly password: string;
}

export class ForwardProxy implements AsyncDisposable {
  /** The first line of each request. */
  readonly asked: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #serving: Promise<void>;

  /** @param account none: it is for everybody */
  constructor(private readonly account?: ProxyAccount) {
    this.#serving = this.#accept();
  }

  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) closed(connection);
    await this.#serving;
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    for await (const client of this.#listener) {
      this.#open.add(client);
      serving.push(this.#serve(client).catch(() => {}).finally(() => closed(client)));
    }
    await Promise.all(serving);
  }

  async #serve(client: Deno.Conn): Promise<void> {
    const { head, rest } = await readHead(client);
    const [first = "", ...lines] = head.split("\r\n");
    this.asked.push(first);
    if (!this.#admits(lines)) {
      return await write(
        client,
        "HTTP/1.1 407 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
      );
    }
    const [method = "", target = ""] = first.split(" ");
    if (method === "CONNECT") {
      const [hostname = "", port = ""] = target.split(":");
      const server = await this.#connect(hostname, Number(port));
      await write(client, "HTTP/1.1 200 X\r\n\r\n");
      return await through(client, server);
    }
    const { hostname, pathname, port, search } = new URL(target);
    const server = await this.#connect(hostname, Number(port));
    const kept = lines.filter((line) => !/^(proxy-authorization|connection):/i.test(line));
    const asked = [`${method} ${pathname}${search} HTTP/1.1`, "connection: close", ...kept];
    await write(server, `${asked.join("\r\n")}\r\n\r\n${rest}`);
    await through(client, server);
  }

  #admits(lines: readonly string[]): boolean {
    if (this.account === undefined) return true;
    const { user, password } = this.account;
    const wanted = `proxy-authorization: basic ${btoa(`${user}:${password}`)}`.toLowerCase();
    return lines.some((line) => line.toLowerCase() === wanted);
  }

  async #connect(hostname: string, port: number): Promise<Deno.Conn> {
    const server = await Deno.connect({ hostname, port });
    this.#open.add(server);
    return server;
  }
}

async function readHead(client: Deno.Conn): Promise<{ head: string; rest: string }> {
  const chunk = new Uint8Array(65_536);
  let text = "";
  for (;;) {
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { head: text.slice(0, end), rest: text.slice(end + 4) };
    const length = await client.read(chunk);
    if (length === null) throw new Error("the client has closed");
    text += String.fromCharCode(...chunk.subarray(0, length));
  }
}

async function write(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

async function through(client: Deno.Conn, server: Deno.Conn): Promise<void> {
  await Promise.all([
    client.readable.pipeTo(server.writable).catch(() => closed(server)),
    server.readable.pipeTo(client.writable).catch(() => closed(client)),
  ]);
}

function closed(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed.
  }
}
