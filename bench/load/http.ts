/** HTTP/1.1 over one connection, with as little work as can be: the load must not slow itself down. */

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export class Client {
  #connection: Deno.TcpConn | undefined;
  readonly #buffer = new Uint8Array(16_384);

  /** @param keep whether the connection is used again */
  constructor(private readonly url: URL, private readonly keep: boolean) {}

  async connect(): Promise<void> {
    const { hostname, port } = this.url;
    this.#connection ??= await Deno.connect({ hostname, port: Number(port) });
  }

  async request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body = "",
  ): Promise<Answer> {
    await this.connect();
    await this.#send(method, path, headers, body);
    const answer = await this.#read();
    if (!this.keep) this.close();
    return answer;
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<void> {
    const lines = [
      `${method} ${path} HTTP/1.1`,
      `host: ${this.url.host}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ...(body === "" ? [] : [`content-length: ${body.length}`]),
    ];
    const bytes = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n${body}`);
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection?.write(bytes.subarray(sent)) ?? bytes.length;
    }
  }

  /** Answers here are short, are ASCII, and say how long they are. */
  async #read(): Promise<Answer> {
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const length = await this.#connection?.read(this.#buffer);
      if (typeof length !== "number") throw new Error("the server closed the connection");
      text += decoder.decode(this.#buffer.subarray(0, length));
      const head = text.indexOf("\r\n\r\n");
      if (head === -1) continue;
      const [, expected] = /^content-length: (\d+)/im.exec(text) ?? [];
      const body = text.slice(head + 4);
      if (body.length >= Number(expected)) {
        return { status: Number(text.slice(9, 12)), body };
      }
    }
  }
}
