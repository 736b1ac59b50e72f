/** What goes over the wire for one login that is approved after ten seconds. */
import { start } from "../../tests/support/process.ts";
import { approve, LINK, open, PLAIN_LINK } from "../click.ts";
import { ratio } from "../figures.ts";
import { forcedEnvironment, type Place } from "../place.ts";
import { pythonProgram, startSsh2fa } from "../programs.ts";
import type { Row } from "../results.ts";

const APPROVED_AFTER_MS = 10_000;

interface Counted {
  readonly requests: number;
  readonly connections: number;
}

export async function requests(place: Place): Promise<Row[]> {
  const [ours, peer] = await Promise.all([countGate(place), countSsh2fa(place)]);
  const text = (counted: Counted) => `${counted.requests} and ${counted.connections}`;
  const ratios = [
    ratio(ours.requests, peer.requests),
    ratio(ours.connections, peer.connections),
  ];
  return [{
    what: "HTTP requests and connections of a login approved after 10 s",
    ours: text(ours),
    references: [{ name: "SSH2FA's client", figures: text(peer), ratio: ratios.join(" and ") }],
    goal: "2 and 1",
    met: ours.requests === 2 && ours.connections === 1,
  }];
}

async function countGate(place: Place): Promise<Counted> {
  await using proxy = new CountingProxy(place.server.url);
  const config = await place.hostFile("counted.toml", { servers: [proxy.url] });
  const argv = [place.programs.gatehouse, "gate", "--config", config];
  return await countLogin(argv, LINK, approve, proxy);
}

async function countSsh2fa(place: Place): Promise<Counted> {
  await using peer = await startSsh2fa();
  await using proxy = new CountingProxy(peer.url);
  const program = await pythonProgram(place.folder, "ssh2fa_client");
  // The click is the person's, so it goes past the counter.
  const click = (link: string) => open(link.replace(proxy.url, peer.url));
  return await countLogin([program, proxy.url], PLAIN_LINK, click, proxy);
}

async function countLogin(
  argv: readonly string[],
  link: RegExp,
  click: (shown: string) => Promise<void>,
  proxy: CountingProxy,
): Promise<Counted> {
  await using login = start(argv, { env: forcedEnvironment("echo in") });
  const shown = await login.err(link);
  await new Promise((resolve) => setTimeout(resolve, APPROVED_AFTER_MS));
  await click(shown);
  await login.out("in");
  return { requests: proxy.requests, connections: proxy.connections };
}

/** Passes TCP connections on, and counts them and the HTTP/1.1 requests in them. */
class CountingProxy implements AsyncDisposable {
  connections = 0;
  requests = 0;
  readonly url: string;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #to: { hostname: string; port: number };
  readonly #accepting: Promise<void>;

  constructor(to: string) {
    const { hostname, port } = new URL(to);
    this.#to = { hostname, port: Number(port) };
    this.url = `http://127.0.0.1:${this.#listener.addr.port}`;
    this.#accepting = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    for await (const inward of this.#listener) {
      this.connections++;
      const outward = await Deno.connect(this.#to);
      const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: (chunk, controller) => {
          const text = new TextDecoder().decode(chunk);
          this.requests += text.match(/^[A-Z]+ \/\S* HTTP\/1\.1\r$/gm)?.length ?? 0;
          controller.enqueue(chunk);
        },
      });
      // Either end may just close; that closes the other.
      inward.readable.pipeThrough(count).pipeTo(outward.writable).catch(() => {});
      outward.readable.pipeTo(inward.writable).catch(() => {});
    }
  }
}
