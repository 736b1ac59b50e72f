/**
 * WebauthnPasskeys in a real browser, by our own script: what works, what the server refuses, and what
 * people are told.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type Browser, type Page, startBrowser } from "../support/browser.ts";
import { sharing } from "../support/gate.ts";
import { PasskeyApp } from "../support/passkey_app.tsx";
import { type DeviceKind, VirtualAuthenticator } from "../support/virtual_authenticator.ts";

/** To the browser it is a machine in a LAN. */
const LAN = "gatehouse.lan.test";

const test = sharing(() =>
  startBrowser([`--host-resolver-rules=MAP ${LAN} 127.0.0.1`, "--no-proxy-server"])
);

/** Somebody at a browser, with a device that holds passkeys. */
class Somebody {
  /** What the browser complained of. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly device: VirtualAuthenticator,
    private readonly app: PasskeyApp,
  ) {
    page.on("console", (line) => line.type() === "error" && this.complaints.push(line.text()));
  }

  static async at(browser: Browser, app: PasskeyApp, kind?: DeviceKind): Promise<Somebody> {
    const page = await browser.page("about:blank");
    return new Somebody(page, await VirtualAuthenticator.in(page, kind), app);
  }

  /** Whose device holds a passkey for that person already. */
  static async registered(browser: Browser, app: PasskeyApp, person: string): Promise<Somebody> {
    const somebody = await Somebody.at(browser, app);
    await somebody.open(`/register/${person}`);
    equal(await somebody.press("Register"), `registered: ${person}`);
    return somebody;
  }

  async open(path: string, site = this.app.url): Promise<void> {
    await this.page.goto(`${site}${path}`);
  }

  /** What the page says next. */
  async press(button: string): Promise<string> {
    await this.page.getByRole("button", { name: button, exact: true }).click();
    return await this.page.locator("output, [data-passkey-says]:not([hidden])").innerText();
  }

  async signIn(site?: string): Promise<string> {
    await this.open("/sign-in", site);
    return await this.press("Sign in");
  }

  async approve(number: string, path = "/logins/one"): Promise<string> {
    await this.open(path);
    await this.page.getByLabel(number).check();
    return await this.press("Approve");
  }

  /** Has the page's next options arrive as somebody on the way changed them. */
  async alterOptions(alter: (options: Record<string, unknown>) => void): Promise<void> {
    await this.page.route("**/options", async (route) => {
      const asked = route.request();
      const response = await fetch(asked.url(), {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: asked.postData(),
      });
      const options = await response.json();
      alter(options);
      await route.fulfill({ json: options });
    });
  }

  /** The form's fields of an approval that was signed and did not arrive. */
  async signedOnly(): Promise<Record<string, string>> {
    const sent = Promise.withResolvers<string>();
    await this.page.route("**/logins/one", (route) => {
      if (route.request().method() === "GET") return route.continue();
      sent.resolve(route.request().postData() ?? "");
      return route.abort();
    });
    await this.open("/logins/one");
    await this.page.getByLabel("22").check();
    await this.page.getByRole("button", { name: "Approve", exact: true }).click();
    const fields = Object.fromEntries(new URLSearchParams(await sent.promise));
    await this.page.unroute("**/logins/one");
    return fields;
  }
}

/** What the site says to a form that was not sent by its page. */
async function post(url: string, fields: Record<string, string>): Promise<string> {
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
  return /<output>(.*)<\/output>/.exec(await response.text())?.[1] ?? "nothing";
}

test("a passkey is made with one press, and signs in without a name", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  const [credential] = await alice.device.credentials();
  ok(credential?.isResidentCredential);
  const [owned] = app.owned.values();
  deepEqual({ ...owned?.passkey, publicKey: "", id: "", aaguid: "" }, {
    id: "",
    publicKey: "",
    counter: 1,
    backupEligible: false,
    backedUp: false,
    transports: ["internal"],
    aaguid: "",
  });
  equal(await alice.signIn(), "alice");
  equal(await alice.signIn(), "alice");
  deepEqual([...app.owned.values()].map(({ passkey }) => passkey.counter), [3]);
  deepEqual(alice.complaints, []);
});

test("two people with one browser each are told apart by what they touch", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  const bob = await Somebody.registered(browser, app, "bob");
  equal(await bob.signIn(), "bob");
  equal(await alice.signIn(), "alice");
});

test("an approval is one press that signs number, decision and wish", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  equal(await alice.approve("22"), "alice: approve one by 22, once");
  await alice.open("/logins/one");
  await alice.page.getByLabel("33").check();
  await alice.page.getByLabel("remember").check();
  equal(await alice.press("Deny"), "alice: deny one by 33, remembered");
  deepEqual(alice.complaints, []);
});

test("without a number nothing is asked of server or device", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  await alice.open("/logins/one");
  let asked = 0;
  await alice.alterOptions(() => asked++);
  await alice.page.getByRole("button", { name: "Approve", exact: true }).click();
  equal(await alice.page.locator("input:invalid").count(), 3);
  await alice.page.getByLabel("22").check();
  equal(await alice.press("Approve"), "alice: approve one by 22, once");
  equal(asked, 1);
});

for (
  const [what, path, change] of [
    ["login", "/logins/two", {}],
    ["number", "/logins/one", { match: "33" }],
    ["decision", "/logins/one", { decision: "deny" }],
    ["wish to remember", "/logins/one", { remember: "1" }],
  ] as const
) {
  test(`a signature is worth nothing for another ${what}`, async (browser) => {
    await using app = new PasskeyApp();
    const alice = await Somebody.registered(browser, app, "alice");
    const fields = await alice.signedOnly();
    const said = await post(`${app.url}${path}`, { ...fields, ...change });
    ok(said.startsWith("challenge: other"), said);
  });
}

test("a signature counts once", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  const fields = await alice.signedOnly();
  equal(await post(`${app.url}/logins/one`, fields), "alice: approve one by 22, once");
  const again = await post(`${app.url}/logins/one`, fields);
  ok(again.startsWith("challenge: unknown"), again);
});

test("a signature of another challenge is refused", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  await alice.alterOptions((options) => options["challenge"] = "A".repeat(43));
  equal(await alice.signIn(), "challenge: unknown");
});

test("a challenge for signing in makes no passkey", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.at(browser, app);
  const asked = await fetch(`${app.url}/sign-in/options`, { method: "POST" });
  const { challenge } = await asked.json();
  await alice.alterOptions((options) => options["challenge"] = challenge);
  await alice.open("/register/alice");
  equal(await alice.press("Register"), "challenge: other");
  equal(app.owned.size, 0);
});

test("a copy of the device is found out when its counter is behind", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  const [copy] = await alice.device.credentials();
  equal(await alice.signIn(), "alice");
  equal(await alice.signIn(), "alice");
  const thief = await Somebody.at(browser, app);
  ok(copy);
  await thief.device.add(copy);
  equal(await thief.signIn(), "refused: cloned");
  equal(await alice.signIn(), "alice");
});

test("a site that hands everything on gets signatures that are worth nothing", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  equal(await alice.signIn(app.relay), "refused: wrong_site");
  await alice.open("/register/alice", app.relay);
  // The browser knows that the device holds one, for it is the same name to it.
  equal(await alice.press("Register"), "registered");
});

test("at another name the browser refuses, and the page says why", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  equal(await alice.signIn(app.at("evil.localhost")), "elsewhere");
  await alice.open("/register/alice", app.at("evil.localhost"));
  equal(await alice.press("Register"), "elsewhere");
});

test("what is asked of one person, another cannot sign", async (browser) => {
  await using app = new PasskeyApp();
  await Somebody.registered(browser, app, "alice");
  const bob = await Somebody.registered(browser, app, "bob");
  await bob.open("/people/alice/logins/one");
  await bob.alterOptions((options) => options["allowCredentials"] = []);
  const said = await bob.press("Approve");
  ok(said.startsWith("another person's passkey"), said);
});

test("a passkey that its device holds for another person is refused", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  await alice.device.change({ userHandle: btoa("bob") });
  equal(await alice.signIn(), "refused: wrong_person");
});

test("a device that nobody unlocks signs nothing", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  await alice.device.set({ unlocked: false });
  equal(await alice.signIn(), "cancelled");
  await alice.device.set({ unlocked: true });
  equal(await alice.press("Sign in"), "alice");
});

test("a page that asks no device to be unlocked gets what is worth nothing", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  await alice.device.set({ unlocked: false });
  await alice.alterOptions((options) => options["userVerification"] = "discouraged");
  equal(await alice.signIn(), "refused: unverified");

  const mallory = await Somebody.at(browser, app, "key");
  const lax = { residentKey: "discouraged", userVerification: "discouraged" };
  await mallory.alterOptions((options) => options["authenticatorSelection"] = lax);
  await mallory.open("/register/mallory");
  equal(await mallory.press("Register"), "refused: unverified");
  equal(app.owned.size, 1);
});

test("a key that cannot be unlocked is not registered", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.at(browser, app, "key");
  await alice.open("/register/alice");
  equal(await alice.press("Register"), "cancelled");
  deepEqual(await alice.device.credentials(), []);
});

test("a device is registered once", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  await alice.open("/register/alice");
  equal(await alice.press("Register"), "registered");
  equal(app.owned.size, 1);
});

test("a passkey that the server does not know is refused", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  app.owned.clear();
  equal(await alice.signIn(), "unknown passkey");
});

test("whether a passkey is copied elsewhere is kept, and whether it can be may not change", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  await alice.device.change({ backupEligibility: true, backupState: true });
  equal(await alice.signIn(), "refused: changed");
  for (const [id, { person, passkey }] of app.owned) {
    app.owned.set(id, { person, passkey: { ...passkey, backupEligible: true } });
  }
  equal(await alice.signIn(), "alice");
  deepEqual([...app.owned.values()].map(({ passkey }) => passkey.backedUp), [true]);
});

test("when the server is out of reach the page says so, and works again later", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  await alice.page.route("**/options", (route) => route.abort());
  equal(await alice.signIn(), "offline");
  await alice.page.unroute("**/options");
  equal(await alice.press("Sign in"), "alice");
});

test("when the server asks for nothing it says why itself", async (browser) => {
  await using app = new PasskeyApp();
  const alice = await Somebody.registered(browser, app, "alice");
  await alice.page.route("**/options", (route) => route.fulfill({ status: 410 }));
  equal(await alice.signIn(), "no answer");
});

test("over plain http in a LAN the page says why there are no passkeys, and codes work", async (browser) => {
  await using app = new PasskeyApp();
  const page = await browser.page(`${app.at(LAN)}/sign-in`, { mobile: true });
  equal(await page.locator("[data-passkey-says]:not([hidden])").innerText(), "insecure");
  equal(await page.getByRole("button", { name: "Sign in", exact: true }).isVisible(), false);
  await page.getByLabel("Code").fill("123456");
  await page.getByRole("button", { name: "Sign in by code" }).click();
  equal(await page.locator("output").innerText(), "by code");
});

test("without JavaScript there is no button for what cannot work, and codes work", async (browser) => {
  await using app = new PasskeyApp();
  const page = await browser.page(`${app.url}/sign-in`, { javaScript: false });
  equal(await page.getByRole("button", { name: "Sign in", exact: true }).isVisible(), false);
  equal(await page.locator("[data-passkey-says]:not([hidden])").count(), 0);
  await page.getByRole("button", { name: "Sign in by code" }).click();
  equal(await page.locator("output").innerText(), "by code");
});
