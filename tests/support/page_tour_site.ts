/**
 * A browser on the tour. Behind the two addresses that it knows, one by TLS and one in a LAN, each stop
 * has a server of its own, whose time stands still.
 */
import { tokenOf } from "./board.ts";
import { type Browser, type Page, type PageOptions, startBrowser } from "./browser.ts";
import type { Stop } from "./page_tour_stop.ts";
import { makeWorld, openSession, PERSONS, type World } from "./page_tour_world.ts";
import { TEST_CERT, TEST_KEY } from "./tls.ts";

const SITE = "auth.example.com";
const LAN = "gatehouse.lan";

/**
 * What an answer's status is, is for the tests to say; and where the browser cannot keep a page apart
 * from others, by plain http, it says so.
 */
const EXPECTED =
  /the server responded with a status of [45]|^The Cross-Origin-Opener-Policy header has been ignored/;

/** What one stop was like for the browser. */
export interface Visit {
  readonly status: number;
  /** Errors on its console: broken scripts, and what the page's own policy forbids. */
  readonly complaints: readonly string[];
}

export class TourSite implements AsyncDisposable {
  /** Bytes of each page, by its stop, and of each asset, by its path. */
  readonly pages = new Map<string, number>();
  readonly assets = new Map<string, number>();
  #world: World | undefined;
  #stop = "";

  private constructor(
    private readonly browser: Browser,
    private readonly things: AsyncDisposableStack,
  ) {}

  static async start(): Promise<TourSite> {
    await using things = new AsyncDisposableStack();
    const answering: { by?: (request: Request) => Promise<Response> } = {};
    const answer = async (request: Request) =>
      await answering.by?.(request) ?? new Response(null, { status: 503 });
    const all = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    const tls = things.use(Deno.serve({ ...all, cert: TEST_CERT, key: TEST_KEY }, answer));
    const plain = things.use(Deno.serve(all, answer));
    const browser = things.use(
      await startBrowser([
        `--host-resolver-rules=MAP ${SITE}:443 127.0.0.1:${tls.addr.port},` +
        `MAP ${LAN}:80 127.0.0.1:${plain.addr.port}`,
        ...["--no-proxy-server", "--ignore-certificate-errors"],
        // The same letters everywhere.
        ...["--font-render-hinting=none", "--disable-lcd-text"],
      ]),
    );
    const site = new TourSite(browser, things.move());
    answering.by = (request) => site.#answer(request);
    return site;
  }

  async page(options: PageOptions = {}): Promise<Page> {
    return await this.browser.page("about:blank", options);
  }

  /** Sets up the stop's server, and leads the browser's page there. */
  async visit(page: Page, stop: Stop): Promise<Visit> {
    this.#world?.server.app.stop();
    this.#stop = stop.name;
    const publicUrl = stop.lan ? `http://${LAN}` : `https://${SITE}`;
    const world = await makeWorld(stop.name, { publicUrl, ...stop.config });
    this.#world = world;
    const context = page.context();
    await context.clearCookies();
    if (stop.as !== undefined) {
      await openSession(world, stop.as);
      const value = tokenOf(PERSONS[stop.as]);
      await context.addCookies([{ name: stop.lan ? "gh" : "__Host-gh", value, url: publicUrl }]);
    }
    await stop.set?.(world);
    const complaints: string[] = [];
    const hear = (line: { type(): string; text(): string }) => {
      if (line.type() === "error" && !EXPECTED.test(line.text())) complaints.push(line.text());
    };
    const thrown = (error: Error) => complaints.push(error.message);
    const status = { last: 0 };
    const answered = (
      response: { status(): number; request(): { isNavigationRequest(): boolean } },
    ) => {
      if (response.request().isNavigationRequest()) status.last = response.status();
    };
    page.on("console", hear).on("pageerror", thrown).on("response", answered);
    try {
      await page.goto(`${publicUrl}${stop.path}`);
      await stop.act?.(page);
      await page.locator(stop.sight).first().waitFor({ state: "attached" });
    } finally {
      page.off("console", hear).off("pageerror", thrown).off("response", answered);
    }
    return { status: status.last, complaints };
  }

  async #answer(request: Request): Promise<Response> {
    const world = this.#world;
    if (world === undefined) return new Response(null, { status: 503 });
    const response = await world.server.app.fetch(request, { remote: "127.0.0.1" });
    const kind = response.headers.get("content-type") ?? "";
    if (kind.startsWith("text/event-stream")) return response;
    const body = await response.arrayBuffer();
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/assets/")) this.assets.set(pathname, body.byteLength);
    else if (kind.startsWith("text/html")) this.pages.set(this.#stop, body.byteLength);
    const { status, headers } = response;
    return new Response(body.byteLength === 0 ? null : body, { status, headers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#world?.server.app.stop();
    await this.things.disposeAsync();
  }
}
