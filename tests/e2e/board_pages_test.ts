/** The lists in a browser: usable by everybody, and changing by themselves. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { accessibilityFaults } from "../support/axe.ts";
import { addLogin, administrator, fill, put } from "../support/board.ts";
import { BoardSite } from "../support/board_site.ts";
import { type Browser, type Page, startBrowser } from "../support/browser.ts";
import { sharing } from "../support/gate.ts";
import { someone } from "../support/people.ts";

const test = sharing(() => startBrowser());
const alice = someone("alice", { approves: ["own", "deploy@web*"] });
const root = administrator("root");
const GATHER_MS = 250;

const PAGES = [
  ...["/logins", "/grants", "/admin/persons", "/admin/persons/p_alice", "/admin/hosts"],
  ...["/admin/hosts/web1", "/admin/logins", "/admin/grants", "/admin/freezes"],
  ...["/admin/channels", "/admin/audit"],
];

async function start(): Promise<BoardSite> {
  const site = await BoardSite.start();
  await fill(site.server);
  await put(site.server, { person: [alice, root] });
  return site;
}

/** How far the page is wider than the screen. */
function overflow(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - innerWidth");
}

for (const lang of ["en", "zh-CN"]) {
  for (const mobile of [false, true]) {
    for (const dark of [false, true]) {
      const look = `${lang}, ${mobile ? "phone" : "desktop"}, ${dark ? "dark" : "light"}`;
      test(`no page has faults that a program can find: ${look}`, async (browser) => {
        await using site = await start();
        site.server.audited.push({ event: "login.approved", user: "alice", by: "person:alice" });
        const page = await site.page(browser, root, "/logins", { lang, mobile, dark });
        const faults: string[] = [];
        for (const path of PAGES) {
          await page.goto(`${site.url}${path}`);
          for (const fault of await accessibilityFaults(page)) faults.push(`${path}: ${fault}`);
          const wide = await overflow(page);
          if (wide > 0) faults.push(`${path}: ${wide} pixels too wide`);
        }
        deepEqual(faults, []);
        await page.context().close();
      });
    }
  }
}

/** Whether the page says that it shows changes by itself. */
function live(page: Page): Promise<void> {
  return page.getByText("This page shows changes by itself.").waitFor();
}

async function opened(site: BoardSite, browser: Browser, path = "/logins"): Promise<Page> {
  const page = await site.page(browser, alice, path);
  await live(page);
  return page;
}

test("a login appears by itself and goes by itself, and what is open and focused stays", async (browser) => {
  await using site = await start();
  const page = await opened(site, browser);
  const cards = page.locator("article");
  equal(await cards.count(), 2);
  const fold = cards.first().getByText("This wasn't me");
  await fold.click();
  const freeze = cards.first().getByRole("button", { name: "Freeze alice now" });
  await freeze.focus();

  await addLogin(site.server, "new", { user: "deploy", host: "web1", source: "192.0.2.99" });
  site.server.time.advance(GATHER_MS);
  await page.getByText("192.0.2.99").waitFor();
  equal(await cards.count(), 3);
  ok(await freeze.isVisible(), "still open");
  equal(await page.evaluate("document.activeElement.value"), "w1", "still focused");
  equal(await page.getByRole("status").innerText(), "3 logins are waiting for you");

  await site.server.memory.changeLogins(
    { id: "new" },
    (found) => found.map((login) => ({ ...login, state: "denied", reason: "denied" })),
  );
  site.server.time.advance(GATHER_MS);
  await page.getByRole("heading", { name: "2 logins are waiting for you" }).waitFor();
  equal(await cards.count(), 2);
  await page.context().close();
});

test("when the focused entry goes, the focus is not lost to the top of the page", async (browser) => {
  await using site = await start();
  const page = await opened(site, browser);
  await page.locator("article").first().getByRole("link").focus();
  await site.server.memory.changeLogins(
    { id: "w1" },
    (found) => found.map((login) => ({ ...login, state: "cancelled", reason: "hung_up" })),
  );
  site.server.time.advance(GATHER_MS);
  await page.getByRole("heading", { name: "One login is waiting for you" }).waitFor();
  equal(await page.evaluate("document.activeElement.tagName"), "H2");
  await page.context().close();
});

test("who is signed out elsewhere is told, and nothing goes on asking", async (browser) => {
  await using site = await start();
  const page = await opened(site, browser);
  await site.server.memory.change({
    wants: { session: [{ person: alice.id }] },
    make: ({ session }) => ({
      answer: undefined,
      remove: { session: session.map(({ id }) => id) },
    }),
  });
  await addLogin(site.server, "secret", { source: "203.0.113.250" });
  site.server.time.advance(GATHER_MS);
  await page.getByText("You are signed out.").waitFor();
  ok(!(await page.content()).includes("203.0.113.250"));
  equal(site.server.watchers, 0);
  await page.context().close();
});

test("without script: the same list, and a link that loads it again", async (browser) => {
  await using site = await start();
  const page = await site.page(browser, alice, "/logins", { javaScript: false });
  await addLogin(site.server, "new", { source: "192.0.2.99" });
  await page.getByRole("link", { name: "Reload" }).click();
  await page.getByText("192.0.2.99").waitFor();
  ok(!await page.getByText("This page shows changes by itself.").isVisible());
  await page.context().close();
});

test("not me: one press opens the question, the next one freezes, and the page says what to do", async (browser) => {
  await using site = await start();
  const page = await site.page(browser, alice, "/logins", { javaScript: false, mobile: true });
  const row = page.getByRole("row", { name: "deploy@web2" }).first();
  await row.getByText("Suspicious").click();
  await row.getByRole("button", { name: "Freeze deploy on web2 now" }).click();
  await page.getByRole("heading", { name: "deploy is frozen" }).waitFor();
  ok(await page.getByText("Reported. Nobody gets in").isVisible());
  await page.context().close();
});

test("administrators add a person: the link and its code are shown", async (browser) => {
  await using site = await start();
  const page = await site.page(browser, root, "/admin/persons", { mobile: true });
  await page.getByLabel("Name", { exact: true }).fill("grace");
  await page.getByRole("button", { name: "Add and invite" }).click();
  await page.getByRole("heading", { name: "The link for grace" }).waitFor();
  ok(await page.getByRole("img", { name: "QR code of the link" }).isVisible());
  deepEqual(await accessibilityFaults(page), []);
  ok(await overflow(page) <= 0);
  await page.context().close();
});
