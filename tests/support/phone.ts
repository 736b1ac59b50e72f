/** A person's browser at the real server, with a device that holds the passkey it was invited to make. */
import type { Browser, Page, PageOptions } from "./browser.ts";
import type { GatehouseServer } from "./server.ts";
import { VirtualAuthenticator } from "./virtual_authenticator.ts";

export class Phone {
  private constructor(
    readonly name: string,
    readonly page: Page,
    readonly device: VirtualAuthenticator,
  ) {}

  /** Adds the person, opens the invitation, and makes the passkey; nobody is signed in then. */
  static async of(
    name: string,
    { server, browser }: { readonly server: GatehouseServer; readonly browser: Browser },
    { approves = ["own"], ...options }: PageOptions & { readonly approves?: string[] } = {},
  ): Promise<Phone> {
    const rights = approves.flatMap((entry) => ["--approves", entry]);
    const { out } = await server.admin("person", "add", name, "--json", ...rights);
    const { url }: { url?: unknown } = JSON.parse(out);
    const page = await browser.page("about:blank", { mobile: true, ...options });
    const phone = new Phone(name, page, await VirtualAuthenticator.in(page));
    await page.goto(String(url));
    await page.getByRole("button", { name: "Make a passkey", exact: true }).click();
    await page.locator(".codes").waitFor();
    await page.context().clearCookies();
    return phone;
  }

  /** As from a chat: another site's link brings no cookie with it. */
  async open(url: string): Promise<void> {
    await this.page.goto(`data:text/html,<a href="${url}">link</a>`);
    await this.page.getByRole("link").click();
    await this.page.waitForURL(url);
  }

  async choose(number: string): Promise<void> {
    await this.page.getByLabel(number, { exact: true }).check();
  }

  /** Presses a button, and reads the next page's heading. */
  async press(name: string, heading: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).click();
    await this.page.getByRole("heading", { name: heading, exact: true }).waitFor();
  }

  /** How often the passkey has signed. */
  async touches(): Promise<number> {
    const [credential] = await this.device.credentials();
    return credential?.signCount ?? 0;
  }
}
