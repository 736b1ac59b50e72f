/**
 * A mail server that really listens: npm's smtp-server, with a certificate that only those trust who are
 * told to. TLS ends before it, for its own STARTTLS waits for ever on this runtime.
 */
import { once } from "node:events";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { TEST_CERT, TEST_KEY } from "./tls.ts";

export const ACCOUNT = { user: "gatehouse", password: "S3cret-of-the-mail-account" };

export interface TakenMail extends ParsedMail {
  /** As it came over the wire. */
  readonly raw: string;
  /** Of the envelope. */
  readonly sender: string;
  readonly recipients: readonly string[];
}

/** Replies that a real server gives. */
class Reply extends Error {
  constructor(readonly responseCode: number, message: string) {
    super(message);
  }
}

export class MailServer implements AsyncDisposable {
  readonly mails: TakenMail[] = [];
  /** Answered with 550. */
  readonly refused = new Set<string>();
  /** Whoever is here is sent away once with 450. */
  readonly greylisted = new Set<string>();
  /** The sender is refused. */
  refuseSender = false;
  /** After the mail itself; a function: is called, and nothing is said. */
  afterData: { readonly code: number; readonly text: string } | (() => void) | undefined;
  /** Whoever comes meets that in place of a mail server. */
  instead: ((client: Deno.Conn) => Promise<void>) | undefined;
  /** So many have come. */
  connections = 0;
  readonly #smtp: SMTPServer;
  #front: Deno.TcpListener;
  readonly #tls: Deno.TlsListener | undefined;
  readonly #open = new Set<Deno.Conn>();
  readonly #piping = new Set<Promise<void>>();

  private constructor(private readonly mode: "none" | "starttls" | "tls", smtp: SMTPServer) {
    this.#smtp = smtp;
    const local = { hostname: "127.0.0.1", port: 0 };
    this.#front = Deno.listen(local);
    this.#tls = mode === "none"
      ? undefined
      : Deno.listenTls({ ...local, cert: TEST_CERT, key: TEST_KEY });
  }

  /** @param auth a password is wanted */
  static async start(
    mode: "none" | "starttls" | "tls",
    { auth = true, size = 1_000_000 } = {},
  ): Promise<MailServer> {
    const handlers: Pick<SMTPServerOptions, "onAuth" | "onMailFrom" | "onRcptTo" | "onData"> = {
      onAuth: ({ username, password }, _session, done) =>
        username === ACCOUNT.user && password === ACCOUNT.password
          ? done(null, { user: username })
          : done(new Reply(535, "5.7.8 Error: authentication failed: SECRET words")),
      onMailFrom: (_from, _session, done) =>
        server.refuseSender ? done(new Reply(553, "5.7.1 Sender address rejected")) : done(),
      onRcptTo: ({ address }, _session, done) => done(server.#about(address)),
      onData: (stream, { envelope }, done) => {
        const chunks: Uint8Array<ArrayBuffer>[] = [];
        stream.on("data", (chunk: Uint8Array<ArrayBuffer>) => chunks.push(chunk));
        stream.on("end", () => {
          const { afterData } = server;
          if (stream.sizeExceeded) return done(new Reply(552, "5.3.4 Message too big"));
          if (typeof afterData === "function") return afterData();
          if (afterData !== undefined) return done(new Reply(afterData.code, afterData.text));
          const sender = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
          const recipients = envelope.rcptTo.map(({ address }) => address);
          server.#take(chunks, sender, recipients).then(() => done(null, "2.0.0 Ok"), done);
        });
      },
    };
    const smtp = new SMTPServer({
      ...handlers,
      size,
      logger: false,
      hideSTARTTLS: true,
      disabledCommands: auth ? ["STARTTLS"] : ["STARTTLS", "AUTH"],
      authOptional: !auth,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      closeTimeout: 100,
    });
    // Of clients that hang up.
    smtp.on("error", () => {});
    const server = new MailServer(mode, smtp);
    await once(smtp.listen(0, "127.0.0.1"), "listening");
    server.#serve();
    return server;
  }

  get port(): number {
    return portOf(this.mode === "tls" ? this.#tls : this.#front);
  }

  get only(): TakenMail {
    const [mail] = this.mails;
    if (mail === undefined || this.mails.length > 1) throw new Error(`${this.mails.length} mails`);
    return mail;
  }

  /** Nobody listens any more. */
  stop(): void {
    this.#front.close();
  }

  /** Where it was. */
  restart(): void {
    const { hostname, port } = this.#front.addr;
    this.#front = Deno.listen({ hostname, port });
    this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#front.close();
    this.#tls?.close();
    for (const connection of this.#open) closed(connection);
    await Promise.all(this.#piping);
    await new Promise<void>((resolve) => this.#smtp.close(resolve));
  }

  async #take(chunks: BlobPart[], sender: string, recipients: readonly string[]): Promise<void> {
    const raw = await new Blob(chunks).text();
    this.mails.push({ ...await simpleParser(raw), raw, sender, recipients });
  }

  #about(address: string): Reply | null {
    if (this.refused.has(address)) return new Reply(550, "5.1.1 User unknown: SECRET words");
    return this.greylisted.delete(address)
      ? new Reply(450, "4.7.1 Greylisted, come back later")
      : null;
  }

  #serve(): void {
    this.#accept(
      this.#front,
      (client) => {
        this.connections++;
        if (this.instead !== undefined) return this.instead(client);
        return this.mode === "none" ? this.#toSmtp(client, false) : this.#beforeTls(client);
      },
    );
    // The greeting was before STARTTLS already.
    if (this.#tls !== undefined) {
      this.#accept(this.#tls, async (client) => {
        await client.handshake();
        await this.#toSmtp(client, this.mode === "starttls");
      });
    }
  }

  #accept<C extends Deno.Conn>(
    listener: AsyncIterable<C>,
    serve: (client: C) => Promise<void>,
  ): void {
    const accepting = (async () => {
      for await (const client of listener) {
        this.#open.add(client);
        const served = serve(client).catch(() => {}).finally(() => {
          closed(client);
          this.#piping.delete(served);
        });
        this.#piping.add(served);
      }
    })().catch(() => {});
    this.#piping.add(accepting);
  }

  /** Speaks until STARTTLS. */
  async #beforeTls(client: Deno.Conn): Promise<void> {
    await say(client, "220 mail.example.com ESMTP");
    for await (const line of lines(client)) {
      if (/^EHLO /i.test(line)) await say(client, "250-mail.example.com", "250 STARTTLS");
      else if (/^STARTTLS$/i.test(line)) break;
      else await say(client, "530 5.7.0 Must issue a STARTTLS command first");
    }
    await say(client, "220 2.0.0 Ready to start TLS");
    const port = portOf(this.#tls);
    await this.#through(client, await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async #toSmtp(client: Deno.Conn, greeted: boolean): Promise<void> {
    const address = this.#smtp.server.address();
    if (address === null || typeof address === "string") throw new Error("nobody listens");
    const { port } = address;
    const smtp = await Deno.connect({ hostname: "127.0.0.1", port });
    if (greeted) await lines(smtp).next();
    await this.#through(client, smtp);
  }

  async #through(client: Deno.Conn, server: Deno.Conn): Promise<void> {
    this.#open.add(server);
    const there = client.readable.pipeTo(server.writable).catch(() => closed(server));
    const back = server.readable.pipeTo(client.writable).catch(() => closed(client));
    await Promise.all([there, back]);
    closed(server);
  }
}

function portOf(listener: Deno.Listener | undefined): number {
  const addr = listener?.addr;
  if (addr === undefined || !("port" in addr)) throw new Error("nobody listens");
  return addr.port;
}

/** A line at a time, read byte by byte: what follows is somebody else's. */
async function* lines(connection: Deno.Conn): AsyncGenerator<string> {
  const byte = new Uint8Array(1);
  let line = "";
  while (await connection.read(byte) !== null) {
    line += String.fromCharCode(...byte);
    if (!line.endsWith("\r\n")) continue;
    yield line.slice(0, -2);
    line = "";
  }
}

export async function say(connection: Deno.Conn, ...replies: readonly string[]): Promise<void> {
  await connection.write(new TextEncoder().encode(replies.map((reply) => `${reply}\r\n`).join("")));
}

function closed(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed.
  }
}
