/**
 * Every page in every state (tests/support/page_tour.ts), in both languages, on a phone and on a desktop,
 * light and dark: usable by everybody, in the language asked for, small, and quiet.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { accessibilityFaults } from "../support/axe.ts";
import { sharing } from "../support/gate.ts";
import { TOUR } from "../support/page_tour.ts";
import { look, overflow, tabFaults, unfoldAll } from "../support/page_tour_look.ts";
import { TourSite } from "../support/page_tour_site.ts";

const test = sharing(() => TourSite.start());

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

interface Look {
  readonly size: keyof typeof SIZES;
  readonly dark: boolean;
  readonly unfolded: boolean;
}

/**
 * axe-core takes its time: in each language it looks at two of the four, in the other one at the others.
 * What is folded away is opened for the second look.
 */
const LOOKS = {
  "en": [
    { size: "phone", dark: false, unfolded: false },
    { size: "desktop", dark: true, unfolded: true },
  ],
  "zh-CN": [
    { size: "desktop", dark: false, unfolded: false },
    { size: "phone", dark: true, unfolded: true },
  ],
} satisfies Record<string, readonly Look[]>;
const LANGUAGES = ["en", "zh-CN"] as const;

/** Words of Latin letters that Chinese pages may have. */
const NAMES = new Set([
  ...["gatehouse", "SSH", "PIN", "UTC", "http", "Shell", "English"],
  // What is typed or set, and file transfer as everybody calls it.
  ...["own", "rsync", "scp", "sftp", "git", "sshd", "sudo", "su", "preauth", "link"],
  ...["wecom", "zhangsan", "email"],
  // Of the tour's own people, accounts, devices and channels.
  ...["alice", "bob", "carol", "dave", "erin", "frank", "root", "postgres", "deploy", "web"],
  ...["AliceLi", "ErinZ", "Pixel", "YubiKey", "Aegis", "hosts", "old", "phone"],
  ...["telegram", "mail", "ops"],
]);

/** Of all scripts and the largest page, with its style and pictures, before anything is compressed. */
const MOST_BYTES = 100_000;

/**
 * In English, whose words are long: between phone and desktop, where tables change; and what a page has
 * that is enlarged to 400 % (WCAG 2.2, 1.4.10).
 */
const WIDTHS = [320, 640, 768, 1025];

for (const lang of LANGUAGES) {
  test(`all pages, ${lang}`, async (site) => {
    const page = await site.page({ lang });
    const faults: string[] = [];
    for (const stop of TOUR) {
      const say = (what: string) => faults.push(`${stop.name}: ${what}`);
      const { status, complaints } = await site.visit(page, stop);
      if (status !== (stop.status ?? 200)) say(`status ${status}`);
      for (const complaint of complaints) say(complaint);
      for (const { size, dark, unfolded } of LOOKS[lang]) {
        const how = `${size}, ${dark ? "dark" : "light"}${unfolded ? ", unfolded" : ""}`;
        await page.setViewportSize(SIZES[size]);
        await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
        if (unfolded) await unfoldAll(page);
        for (const fault of await accessibilityFaults(page)) say(`${how}: ${fault}`);
        const seen = await look(page);
        const wider = await overflow(page);
        if (wider > 0) say(`${how}: ${wider} pixels too wide`);
        for (const what of seen.small) say(`${how}: too small to press: ${what}`);
        if (seen.headings !== 1) say(`${how}: ${seen.headings} headings of level 1`);
        if (seen.lang !== lang) say(`in ${seen.lang}`);
        if (!seen.saysWhy) say("does not say what needs JavaScript");
        if (lang === "en") continue;
        const foreign = seen.words.filter((word) => !NAMES.has(word));
        if (foreign.length > 0) say(`in English: ${foreign.join(" ")}`);
      }
      for (const fault of await tabFaults(page)) say(`Tab: ${fault}`);
      for (const width of lang === "en" ? WIDTHS : []) {
        await page.setViewportSize({ width, height: 800 });
        const wider = await overflow(page);
        if (wider > 0) say(`${width} pixels: ${wider} too wide`);
      }
    }
    await page.context().close();
    equal(faults.join("\n"), "");
    const scripts = [...site.assets.values()].reduce((sum, bytes) => sum + bytes, 0);
    const largest = Math.max(...site.pages.values());
    ok(scripts > 0 && largest > 0);
    ok(
      scripts + largest < MOST_BYTES,
      `${scripts} bytes of scripts, ${largest} of the largest page`,
    );
  });
}

test("without JavaScript people get as far", async (site) => {
  const page = await site.page({ javaScript: false });
  for (const stop of TOUR.filter(({ act }) => act !== undefined)) {
    const { status, complaints } = await site.visit(page, stop);
    equal(status, stop.status ?? 200, stop.name);
    deepEqual(complaints, [], stop.name);
  }
  await page.context().close();
});

/** A form that nobody on the tour has sent. */
interface Press {
  /** The stop. */
  readonly at: string;
  readonly button: string;
  /** What is typed or chosen before, by the field's name. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What only the right answer has. */
  readonly shows: string;
}

const DONE = { shows: ".done[role=status]" };
const PRESSES: readonly Press[] = [
  {
    ...{ at: "devices", button: "form[action$=language] button" },
    ...{ fields: { language: "zh-CN" }, shows: "html[lang=zh-CN]" },
  },
  {
    ...{ at: "devices", button: "form[action$='d_alice2/rename'] button" },
    ...{ fields: { name: "key ring" }, shows: ".devices b:text-is('key ring')" },
  },
  {
    ...{ at: "devices", button: "form[action$='d_alice2/revoke'] button" },
    shows: ".devices:not(:has([action*=d_alice2]))",
  },
  { at: "grants", button: "button[value=g_1]", ...DONE },
  { at: "grants", button: "button[value=all]", ...DONE },
  { at: "logins", button: ".ask form[action$=deny] button", shows: ".badge.bad" },
  { at: "logins", button: ".ask button[value=asked]", ...DONE },
  { at: "logins", button: "tr button[name=login]", ...DONE },
  { at: "logins", button: ".me button", shows: "[name=way]" },
  {
    ...{ at: "admin-person", button: "form[action$=change] button" },
    fields: { contacts: "mail: alice@example.com\nwecom: AliceLi" },
    shows: ".done[role=status] ~ .card .told li:first-child:has-text('mail: alice@example.com')",
  },
  { at: "admin-person", button: "form[action$=invite] button", shows: ".link" },
  { at: "admin-person", button: "form[action$=freeze] button", ...DONE },
  { at: "admin-person", button: "form[action$=remove] button", ...DONE },
  { at: "admin-person", button: "button[value=d_alice2]", ...DONE },
  { at: "admin-person-frozen", button: "form[action$=unfreeze] button", ...DONE },
  {
    ...{ at: "admin-hosts", button: "form.find button" },
    ...{ fields: { q: "edge" }, shows: ".cards:not(:has([href$=web1]))" },
  },
  { at: "admin-host", button: "form[action$=revoke] button", ...DONE },
  { at: "admin-grants", button: "button[value=g_3]", ...DONE },
  { at: "admin-freezes", button: "button[value=f_1]", ...DONE },
  {
    ...{ at: "admin-freezes", button: "form[action$=freezes] button" },
    ...{ fields: { user: "bob" }, ...DONE },
  },
];

test("without JavaScript every form does what it says", async (site) => {
  const page = await site.page({ javaScript: false });
  for (const { at, button, fields = {}, shows } of PRESSES) {
    const stop = TOUR.find(({ name }) => name === at);
    if (stop === undefined) throw new Error(`no stop ${at}`);
    await site.visit(page, stop);
    await unfoldAll(page);
    const pressed = page.locator(button).first();
    for (const [name, value] of Object.entries(fields)) {
      const field = pressed.locator("xpath=ancestor::form").locator(`[name=${name}]`);
      if (name === "language") await field.selectOption(value);
      else await field.fill(value);
    }
    await pressed.click();
    await page.locator(shows).first().waitFor({ state: "attached" });
  }
  await page.context().close();
});
