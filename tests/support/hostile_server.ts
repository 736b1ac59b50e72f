/**
 * A server that really listens and behaves, request by request, as the test says: slow, odd,
 * malformed or gone. It speaks just enough HTTP/1.1 (RFC 9112) to count connections.
 */

export interface Received {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly authorization: string;
  readonly userAgent: string;
  readonly headers: Headers;
  readonly body: string;
  /** The first is 1. */
  readonly connection: number;
}

export interface Wire {
  write(text: string): Promise<void>;
  close(): void;
  /** Resolves when the client has closed the connection. */
  readonly gone: Promise<void>;
}

export type Behaviour = (wire: Wire, request: Received) => Promise<void>;

export class HostileServer implements AsyncDisposable {
  readonly received: Received[] = [];
  connections = 0;
  readonly #scripts = new Map<string, Behaviour[]>();
  readonly #waiting: { method: string; count: number; resolve: () => void }[] = [];
  readonly #open = new Set<Deno.Conn>();
  #listener: Deno.TcpListener;
  #accepting: Promise<void>;
  readonly #port: number;

  constructor() {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What each request of that method meets, in turn; the last one also those that follow. */
  on(method: string, ...behaviours: Behaviour[]): this {
    this.#scripts.set(method, behaviours);
    return this;
  }

  count(method: string): number {
    return this.received.filter((request) => request.method === method).length;
  }

  /** Resolves when that many requests of that method have come. */
  async wait(method: string, count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ method, count, resolve });
    this.#wake();
    await promise;
  }

  /** As if killed: nobody listens, and every connection is cut. */
  async stop(): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) close(conn);
    await this.#accepting;
  }

  /** Listens again where it did. */
  restart(): void {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.#port });
    this.#accepting = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    for await (const conn of this.#listener) {
      this.#open.add(conn);
      serving.push(this.#serve(conn, ++this.connections));
    }
    await Promise.all(serving);
  }

  async #serve(conn: Deno.Conn, connection: number): Promise<void> {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const wire: Wire = {
      write: async (text) => {
        const bytes = new TextEncoder().encode(text);
        try {
          for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
        } catch {
          resolve(); // the client has closed
        }
      },
      close: () => close(conn),
      gone,
    };
    let answered = Promise.resolve();
    let bytes = "";
    try {
      const chunk = new Uint8Array(65_536);
      for (let n; (n = await conn.read(chunk)) !== null;) {
        bytes += String.fromCharCode(...chunk.subarray(0, n));
        const request = parse(bytes, connection);
        if (request === undefined) continue;
        bytes = "";
        answered = answered.then(() => this.#answer(request, wire));
      }
    } catch {
      // Cut off, by the client or by stop().
    }
    resolve();
    await answered;
    close(conn);
    this.#open.delete(conn);
  }

  async #answer(request: Received, wire: Wire): Promise<void> {
    this.received.push(request);
    const script = this.#scripts.get(request.method) ?? [];
    const behaviour = script.length > 1 ? script.shift() : script[0];
    this.#wake();
    await (behaviour ?? json(404, { title: "not scripted", status: 404 }))(wire, request);
  }

  #wake(): void {
    for (const { method, count, resolve } of this.#waiting) {
      if (this.count(method) >= count) resolve();
    }
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** A whole request, one character a byte; undefined while some of it is missing. */
function parse(bytes: string, connection: number): Received | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.slice(0, end);
  const header = (name: string) =>
    new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1]?.trim() ?? "";
  const body = bytes.slice(end + 4);
  if (body.length < Number(header("content-length"))) return undefined;
  const [method = "", path = ""] = head.split(" ");
  const text = new TextDecoder().decode(Uint8Array.from(body, (char) => char.charCodeAt(0)));
  const [authorization, userAgent] = [header("authorization"), header("user-agent")];
  const headers = headersOf(head);
  return { method, path, authorization, userAgent, headers, body: text, connection };
}

function headersOf(head: string): Headers {
  const [, ...lines] = head.split("\r\n");
  return new Headers(lines.map((line): [string, string] => {
    const [name = ""] = line.split(":", 1);
    return [name, line.slice(name.length + 1).trim()];
  }));
}

/** A whole answer, byte for byte what is given. */
export function raw(text: string): Behaviour {
  return (wire) => wire.write(text);
}

export function answer(status: number, type: string, body: string, headers = ""): Behaviour {
  const length = new TextEncoder().encode(body).length;
  return raw(
    `HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n${headers}\r\n${body}`,
  );
}

export function json(status: number, value: unknown): Behaviour {
  return answer(status, "application/json", JSON.stringify(value));
}

export function problem(
  status: number,
  title: string,
  detail?: string,
  more: Record<string, unknown> = {},
  headers = "",
): Behaviour {
  const body = { type: "about:blank", title, status, detail, ...more };
  return answer(status, "application/problem+json", JSON.stringify(body), headers);
}

/** An answer that depends on what was asked. */
export function asked(make: (request: Received) => Promise<Behaviour>): Behaviour {
  return async (wire, request) => await (await make(request))(wire, request);
}

/** Accepts the request and never answers. */
export const silence: Behaviour = (wire) => wire.gone;

/** Closes the connection without an answer. */
export const hangUp: Behaviour = (wire) => Promise.resolve(wire.close());

/** Begins an answer so, then says no more. */
export function stall(beginning: string): Behaviour {
  return async (wire) => {
    await wire.write(beginning);
    await wire.gone;
  };
}

/** Begins an answer so, then goes on for as long as anybody listens. */
export function endless(beginning: string, rest: string): Behaviour {
  return async (wire) => {
    await wire.write(beginning);
    let gone = false;
    void wire.gone.then(() => gone = true);
    while (!gone) await wire.write(rest);
  };
}
