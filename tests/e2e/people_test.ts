/**
 * People at the server's pages, in a real browser, and at the executable's own server: from the
 * invitation to the second device.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { accessibilityFaults } from "../support/axe.ts";
import { BoardSite } from "../support/board_site.ts";
import { type Browser, type Page, type PageOptions, startBrowser } from "../support/browser.ts";
import { sharing } from "../support/gate.ts";
import { invitationHash } from "../../lib/core/invitation.ts";
import { base64url } from "../../lib/core/encoding.ts";
import { aFreeze, all, anInvitation, someone } from "../support/people.ts";
import { scratch } from "../support/scratch.ts";
import { GatehouseServer } from "../support/server.ts";
import { VirtualAuthenticator } from "../support/virtual_authenticator.ts";
import { keep, shows } from "../support/visitor.ts";

/** To the browser it is a machine in a LAN. */
const LAN = "gatehouse.lan.test";

/** The executable's server at a name where passkeys work, and a browser. */
class Site implements AsyncDisposable {
  private constructor(
    readonly server: GatehouseServer,
    readonly browser: Browser,
    private readonly things: AsyncDisposableStack,
  ) {}

  static async start(): Promise<Site> {
    await using things = new AsyncDisposableStack();
    const folder = things.use(await scratch());
    const data = await folder.dir("data", 0o700);
    const server = things.use(new GatehouseServer(data, { listen: "localhost:0" }));
    await server.start();
    const rules = [`--host-resolver-rules=MAP ${LAN} 127.0.0.1`, "--no-proxy-server"];
    const browser = things.use(await startBrowser(rules));
    return new Site(server, browser, things.move());
  }

  /** The link for a new person. */
  async invite(name: string): Promise<string> {
    const { out } = await this.server.admin("person", "add", name, "--json");
    const { url }: { url: string } = JSON.parse(out);
    return url;
  }

  /** A browser of its own, with a device that holds passkeys. */
  async open(url: string, options: PageOptions = {}) {
    const page = await this.browser.page("about:blank", options);
    const complaints: string[] = [];
    page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
    const device = await VirtualAuthenticator.in(page);
    await page.goto(url);
    return { page, device, complaints };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.things.disposeAsync();
  }
}

const test = sharing(() => Site.start());

async function press(page: Page, button: string): Promise<void> {
  await page.getByRole("button", { name: button, exact: true }).click();
}

async function follow(page: Page, link: string): Promise<void> {
  await page.getByRole("link", { name: link, exact: true }).click();
}

async function heading(page: Page, text: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();
}

async function sound(page: Page): Promise<void> {
  deepEqual(await accessibilityFaults(page), []);
}

/** Signed in from now on, with a passkey. */
async function register(page: Page): Promise<string[]> {
  await press(page, "Make a passkey");
  await heading(page, "Your recovery codes");
  return await page.locator(".codes li").allInnerTexts();
}

test("from the invitation to a second passkey, and the first is revoked", async (site) => {
  const link = await site.invite("alice");
  const { page, device, complaints } = await site.open(link, { mobile: true });
  await heading(page, "You are invited");
  await sound(page);
  await page.getByLabel("Name of the device").fill("my phone");
  const codes = await register(page);
  equal(new Set(codes).size, 10);
  await sound(page);
  await follow(page, "I have noted them");
  await page.waitForURL("**/logins");
  await page.getByRole("link", { name: "My devices" }).click();
  await heading(page, "My devices");
  await sound(page);
  match(await page.locator(".devices").innerText(), /my phone[\s\S]*in use now/);
  equal((await device.credentials()).length, 1);

  const other = await site.open(`${site.server.url}/sign-in`);
  await sound(other.page);
  const recovery = other.page.locator("details").filter({ hasText: "Recovery code" });
  await other.page.getByText("No device at hand?").click();
  await recovery.getByLabel("Name").fill("alice");
  await recovery.getByLabel("Recovery code").fill(codes[0]?.toLowerCase() ?? "");
  await press(other.page, "Sign in with the recovery code");
  await heading(other.page, "My devices");
  await other.page.getByText("You signed in with a recovery code").waitFor();
  const adding = other.page.getByRole("region", { name: "Add a device" });
  await adding.getByLabel("Name of the device").fill("laptop");
  await press(other.page, "Add a passkey");
  await other.page.getByText("in use now").waitFor();
  equal(await other.page.getByText("9 codes are left.").count(), 1);

  await other.page.getByText("Rename or revoke").first().click();
  await press(other.page, "Revoke");
  await other.page.getByText("my phone").waitFor({ state: "detached" });
  await page.reload();
  await heading(page, "Sign in");
  await press(page, "Sign in with a passkey");
  await page.getByText("This passkey is not known here, or was revoked.").waitFor();

  await press(other.page, "Sign out");
  await heading(other.page, "Sign in");
  await press(other.page, "Sign in with a passkey");
  await other.page.waitForURL("**/logins");
  deepEqual(other.complaints, []);
  // The one that was refused, as it should be.
  deepEqual(complaints.filter((line) => !/status of 401/.test(line)), []);
});

test("a passkey that was copied is refused", async (site) => {
  const { page, device } = await site.open(await site.invite("bob"));
  await register(page);
  await follow(page, "I have noted them");
  await press(page, "Sign out");
  await press(page, "Sign in with a passkey");
  await page.waitForURL("**/logins");
  await press(page, "Sign out");
  await device.change({ signCount: 1 });
  await press(page, "Sign in with a passkey");
  await page.getByText("This passkey was refused.").waitFor();
  match(await site.server.logged(/.*"why":"cloned".*/), /"message":"person sign in refused"/);
});

test("without JavaScript an authenticator is registered, and its codes sign in", async (site) => {
  const link = await site.invite("carol");
  const page = await site.browser.page(link, { javaScript: false, lang: "zh-CN", dark: true });
  equal(await page.getByRole("button", { name: "创建通行密钥" }).isVisible(), false);
  await page.getByRole("link", { name: "使用身份验证器应用" }).click();
  await heading(page, "添加身份验证器应用");
  const secret = (await page.locator("code.secret").innerText()).replace(/\s/g, "");
  const started = Date.now();
  await page.locator("[name=code]").fill(shows(secret, started));
  await press(page, "确认");
  await heading(page, "您的恢复码");
  await follow(page, "我已记下");
  await page.goto(`${site.server.url}/devices`);
  await heading(page, "我的设备");
  await press(page, "退出");
  await heading(page, "登录");
  await page.locator("[name=name]").first().fill("Carol");
  // The next one, for that one is spent.
  await page.locator("[name=code]").first().fill(shows(secret, started + 30_000));
  await press(page, "使用验证码登录");
  await page.waitForURL("**/logins");
});

test("the QR code holds what the page says", async (site) => {
  const { page } = await site.open(`${await site.invite("dave")}/authenticator`);
  await sound(page);
  const link = await page.getByRole("link", { name: "Open in an app" }).getAttribute("href") ?? "";
  const secret = (await page.locator("code.secret").innerText()).replace(/\s/g, "");
  equal(new URL(link).searchParams.get("secret"), secret);
  const drawn = await page.evaluate<string>(
    "document.querySelectorAll('svg.qr path')[1].getAttribute('d')",
  );
  const { encode } = await import("uqr");
  const { data } = encode(link, { border: 4, ecc: "M" });
  const dark = data.flatMap((row, y) => row.flatMap((on, x) => on ? [`M${x} ${y}h1v1h-1z`] : []));
  equal(drawn, dark.join(""));
});

test("where a proof is too old, it is asked for once more and then goes on", async (site) => {
  const { page } = await site.open(await site.invite("erin"));
  await register(page);
  await page.goto(`${site.server.url}/sign-in?to=/devices&again=1`);
  await page.getByText("Some minutes have passed").waitFor();
  await sound(page);
  await press(page, "Sign in with a passkey");
  await heading(page, "My devices");
});

test("a link that was opened before is told from one that is wrong", async (site) => {
  const link = await site.invite("frank");
  const { page } = await site.open(link);
  await register(page);
  await page.goto(link);
  await heading(page, "Used already");
  await page.goto(link.slice(0, -1) + (link.endsWith("A") ? "B" : "A"));
  await heading(page, "No such invitation");
  await sound(page);
});

test("a frozen account is set free by its owner's passkey and recovery code", async (site) => {
  await using other = await BoardSite.start();
  const token = base64url(new Uint8Array(24).fill(4));
  const heidi = someone("heidi");
  const made = anInvitation({ person: heidi.id, tokenHash: invitationHash(token) });
  const freeze = aFreeze({ user: "heidi", by: "person:heidi" });
  await keep(other.server, heidi, { invitation: [made], freeze: [freeze] });
  const { page } = await site.open(`${other.url}/i/${token}`, { mobile: true });
  const [code = ""] = await register(page);
  await page.goto(`${other.url}/devices`);
  await page.getByRole("link", { name: "Look at it" }).click();
  await heading(page, "Frozen accounts");
  await sound(page);
  await page.getByLabel("Recovery code").fill(code);
  await press(page, "Unfreeze");
  await page.getByText("No account of yours is frozen.").waitFor();
  const [lifted] = await all(other.server.memory, "freeze");
  equal(lifted?.liftedBy, "person:heidi");
});

test("over plain http in a LAN the pages say why there are no passkeys, and codes work", async (site) => {
  await using lan = await BoardSite.start(LAN);
  const token = base64url(new Uint8Array(24).fill(3));
  const grace = someone("grace");
  const made = anInvitation({ person: grace.id, tokenHash: invitationHash(token) });
  await keep(lan.server, grace, { invitation: [made] });
  const page = await site.browser.page(`${lan.url}/i/${token}`, { mobile: true });
  await page.getByText("reached over plain http").waitFor();
  equal(await page.getByRole("button", { name: "Make a passkey" }).count(), 0);
  await follow(page, "Use an authenticator app");
  const secret = (await page.locator("code.secret").innerText()).replace(/\s/g, "");
  await page.locator("[name=code]").fill(shows(secret, lan.server.time.now()));
  await press(page, "Confirm");
  await heading(page, "Your recovery codes");
  lan.server.time.advance(30_000);
  await page.goto(`${lan.url}/sign-in?again=1`);
  await sound(page);
  await page.locator("[name=name]").first().fill("grace");
  await page.locator("[name=code]").first().fill(shows(secret, lan.server.time.now()));
  await press(page, "Sign in with the code");
  await page.waitForURL("**/logins");
});
