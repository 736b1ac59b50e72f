/** The lists in a browser: a test server that listens, whose time moves only when told to. */
import { base64url } from "../../lib/core/encoding.ts";
import type { Person } from "../../lib/core/person.ts";
import { SESSION_BYTES, sessionHash } from "../../lib/core/web_session.ts";
import { put, sessionOf } from "./board.ts";
import type { Browser, Page, PageOptions } from "./browser.ts";
import { TestServer } from "./server_app.ts";

export class BoardSite implements AsyncDisposable {
  private constructor(
    readonly server: TestServer,
    readonly url: string,
    private readonly http: Deno.HttpServer<Deno.NetAddr>,
  ) {}

  /** @param name under which browsers reach it */
  static async start(name = "localhost"): Promise<BoardSite> {
    const running: { server?: TestServer } = {};
    const http = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) =>
        await running.server?.app.fetch(request, { remote: "127.0.0.1" }) ??
          new Response(null, { status: 503 }),
    );
    const url = `http://${name}:${http.addr.port}`;
    running.server = await TestServer.start({ publicUrl: url });
    return new BoardSite(running.server, url, http);
  }

  /** Gives the person, who is there, a session, and the browser its cookie. */
  async page(
    browser: Browser,
    person: Person,
    path: string,
    options: PageOptions = {},
  ): Promise<Page> {
    const token = base64url(crypto.getRandomValues(new Uint8Array(SESSION_BYTES)));
    const session = sessionOf(person, this.server);
    const own = { id: `s_${token}`, tokenHash: sessionHash(token) };
    await put(this.server, { session: [{ ...session, ...own }] });
    const page = await browser.page("about:blank", options);
    await page.context().addCookies([{ name: "gh", value: token, url: this.url }]);
    await page.goto(`${this.url}${path}`);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.app.stop();
    await this.http.shutdown();
  }
}
