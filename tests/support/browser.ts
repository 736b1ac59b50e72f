/** A headless Chromium, as the person with the phone has one. */
import { type Browser as Chromium, chromium, type Page } from "playwright-core";

export type { Page };

export interface PageOptions {
  /** A phone's screen and touch. */
  readonly mobile?: boolean;
  /** "en", "zh-CN". */
  readonly lang?: string;
  readonly dark?: boolean;
  /** Default: on. */
  readonly javaScript?: boolean;
}

export class Browser implements AsyncDisposable {
  constructor(private readonly chromium: Chromium, private readonly home: string) {}

  /** A page in a profile of its own, loaded. */
  async page(url: string, options: PageOptions = {}): Promise<Page> {
    const phone = {
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
    };
    const context = await this.chromium.newContext({
      locale: options.lang ?? "en",
      colorScheme: options.dark ? "dark" : "light",
      javaScriptEnabled: options.javaScript ?? true,
      ...(options.mobile ? phone : { viewport: { width: 1280, height: 800 } }),
    });
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chromium.close();
    await Deno.remove(this.home, { recursive: true });
  }
}

/** @param args more of Chromium's own */
export async function startBrowser(args: readonly string[] = []): Promise<Browser> {
  // It writes settings and caches there, whatever else it is told.
  const home = await Deno.makeTempDir({ prefix: "gatehouse-browser-" });
  return new Browser(
    await chromium.launch({
      executablePath: "/usr/bin/chromium",
      headless: true,
      env: { ...Deno.env.toObject(), HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
      args: [
        // Its sandbox refuses to run as root; it only ever sees our own pages.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        ...args,
      ],
    }),
    home,
  );
}
