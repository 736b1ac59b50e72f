/** A person approves on the page of the real server: by one touch, by a code, or signed in. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type Browser, startBrowser } from "../support/browser.ts";
import { sharing } from "../support/gate.ts";
import { Phone } from "../support/phone.ts";
import { accessibilityFaults } from "../support/axe.ts";
import { scratch } from "../support/scratch.ts";
import { type GatehouseServer, startServer } from "../support/server.ts";
import { codeOf } from "../support/totp.ts";

interface Shared extends AsyncDisposable {
  readonly server: GatehouseServer;
  readonly browser: Browser;
  /** Of the host web1. */
  readonly token: string;
}

const test = sharing(async (): Promise<Shared> => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await scratch());
  const config = await folder.file("server.toml", '[groups]\nweb = ["web*"]\n', 0o600);
  const server = stack.use(await startServer(folder, { config, listen: "localhost:0" }));
  const browser = stack.use(await startBrowser());
  const token = await server.addHost("web1");
  const all = stack.move();
  return { server, browser, token, [Symbol.asyncDispose]: () => all.disposeAsync() };
});

interface Asked {
  readonly id: string;
  readonly secret: string;
  readonly url: string;
  readonly match: string;
  readonly state: string;
}

/** What a host asks for. */
async function ask(
  { server, token }: Shared,
  user: string,
  changes: Record<string, unknown> = {},
): Promise<Response> {
  return await fetch(`${server.url}/api/v1/logins`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({
      ...{ user, service: "sshd", source: "192.0.2.7", tty: true, key: `SHA256:${user}` },
      nonce: "N".repeat(43),
      ...changes,
    }),
  });
}

async function asked(shared: Shared, user: string, changes = {}): Promise<Asked> {
  const answer = await ask(shared, user, changes);
  equal(answer.status, 201);
  return await answer.json();
}

/** What became of it, as its host is told. */
async function stateOf({ server }: Shared, { id, secret }: Asked): Promise<string> {
  const headers = { authorization: `Bearer ${secret}` };
  const answer = await fetch(`${server.url}/api/v1/logins/${id}?wait=0`, { headers });
  return (await answer.json()).state;
}

function someName(): string {
  return `p${crypto.randomUUID().slice(0, 8)}`;
}

test("one touch approves, and the next login needs the number only", async (shared) => {
  const phone = await Phone.of(someName(), shared);
  const first = await asked(shared, phone.name);
  await phone.open(first.url);
  await phone.choose(first.match);
  const before = await phone.touches();
  await phone.press("Approve with passkey", "Approved");
  equal(await phone.touches(), before + 1);
  equal(await stateOf(shared, first), "approved");

  const second = await asked(shared, phone.name, { key: "SHA256:another" });
  // From a chat the page cannot know who it is; its form does.
  await phone.open(second.url);
  await phone.choose(second.match);
  await phone.press("Approve with passkey", "Approved");
  equal(await phone.touches(), before + 1, "nothing was touched");
  equal(await stateOf(shared, second), "approved");

  const third = await asked(shared, phone.name, { key: "SHA256:third" });
  await phone.page.goto(third.url);
  ok(await phone.page.getByText(`Signed in as ${phone.name}`).isVisible());
  await phone.choose(third.match);
  await phone.press("Approve", "Approved");
  equal(await stateOf(shared, third), "approved");
});

test("a device that nobody unlocks approves nothing, and the page says so", async (shared) => {
  const phone = await Phone.of(someName(), shared);
  const login = await asked(shared, phone.name);
  await phone.open(login.url);
  await phone.choose(login.match);
  await phone.device.set({ unlocked: false });
  await phone.page.getByRole("button", { name: "Approve with passkey" }).click();
  await phone.page.locator("[data-passkey-says=cancelled]").waitFor();
  equal(await stateOf(shared, login), "pending");
  await phone.device.set({ unlocked: true });
  await phone.press("Approve with passkey", "Approved");
});

test("without JavaScript a code approves", async (shared) => {
  const { server, browser } = shared;
  const name = someName();
  const { out } = await server.admin("person", "add", name, "--json");
  const { url }: { url?: unknown } = JSON.parse(out);
  const page = await browser.page(String(url), { mobile: true, javaScript: false });
  await page.getByRole("link", { name: "Use an authenticator app" }).click();
  const secret = (await page.locator(".secret").innerText()).replace(/\s/g, "");
  const code = (ahead: number) => codeOf(Math.floor(Date.now() / 30_000) + ahead, base32(secret));
  await page.getByRole("textbox", { name: "Then type the six digits" }).fill(code(0));
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.locator(".codes").waitFor();
  await page.context().clearCookies();

  const login = await asked(shared, name);
  await page.goto(login.url);
  equal(await page.getByRole("button", { name: "Approve with passkey" }).isVisible(), false);
  await page.getByLabel(login.match, { exact: true }).check();
  await page.getByRole("textbox", { name: "Code" }).fill("000000");
  await page.getByRole("button", { name: "Approve with code" }).click();
  await page.locator("p[role=alert]", { hasText: "tries left" }).waitFor();
  ok(await page.getByLabel(login.match, { exact: true }).isChecked());
  // The step before was spent with the registration.
  await page.getByRole("textbox", { name: "Code" }).fill(code(1));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Approved" }).waitFor();
  equal(await stateOf(shared, login), "approved");
});

test("with JavaScript, Enter in the code's field means the code", async (shared) => {
  const phone = await Phone.of(someName(), shared);
  const login = await asked(shared, phone.name);
  await phone.open(login.url);
  await phone.choose(login.match);
  const before = await phone.touches();
  await phone.page.getByText("With a code instead").click();
  await phone.page.getByRole("textbox", { name: "Code" }).fill("000000");
  await phone.page.keyboard.press("Enter");
  await phone.page.locator("p[role=alert]", { hasText: "tries left" }).waitFor();
  equal(await phone.touches(), before);
});

test("what is remembered for an hour needs nobody the next time", async (shared) => {
  const phone = await Phone.of(someName(), shared);
  const login = await asked(shared, phone.name);
  await phone.open(login.url);
  await phone.choose(login.match);
  await phone.page.getByRole("combobox", { name: "Remember" }).selectOption("for 1 hour");
  await phone.page.getByRole("combobox", { name: "Where" }).selectOption("all of web");
  await phone.press("Approve with passkey", "Approved");
  ok(await phone.page.getByText("1 hour, until").isVisible());
  equal((await asked(shared, phone.name)).state, "approved");
  equal((await asked(shared, phone.name, { key: "SHA256:another" })).state, "pending");
});

test("this wasn't me is denied at once, and freezes the account when it is proven", async (shared) => {
  const phone = await Phone.of(someName(), shared);
  const login = await asked(shared, phone.name);
  await phone.open(login.url);
  await phone.press("This wasn't me", "Denied: not you");
  equal(await stateOf(shared, login), "denied");
  equal((await ask(shared, phone.name, { key: "SHA256:another" })).status, 201);
  await phone.press("Freeze with passkey", `Denied, and ${phone.name} is frozen`);
  equal((await ask(shared, phone.name)).status, 403);
});

test("a tampered form is worth nothing, however it was signed", async (shared) => {
  const phone = await Phone.of(someName(), shared);
  const login = await asked(shared, phone.name);
  await phone.open(login.url);
  await phone.choose(login.match);
  await phone.page.route("**/approve", async (route) => {
    const fields = new URLSearchParams(route.request().postData() ?? "");
    fields.set("remember", "28800");
    await route.continue({ postData: String(fields) });
  });
  await phone.page.getByRole("button", { name: "Approve with passkey" }).click();
  await phone.page.locator("p[role=alert]", { hasText: "took too long" }).waitFor();
  equal(await stateOf(shared, login), "pending");
});

test("everybody can use the page, in both languages, light and dark", async (shared) => {
  const phone = await Phone.of(someName(), shared);
  const login = await asked(shared, phone.name, { command: "uptime -p", tty: false });
  for (
    const look of [
      { mobile: true },
      { mobile: true, dark: true, lang: "zh-CN" },
      { dark: true },
      { lang: "zh-CN" },
    ]
  ) {
    const page = await shared.browser.page(login.url, look);
    for (const fold of await page.locator("summary").all()) await fold.click();
    deepEqual(await accessibilityFaults(page), []);
    await page.context().close();
  }
});

function base32(text: string): Uint8Array {
  const bits = [...text].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")
  ).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
}
