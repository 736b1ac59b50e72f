/** What a program can see of a page that is open: sizes, order, language. */
import type { Page } from "./browser.ts";

/** What the page itself tells. */
interface Seen {
  readonly lang: string;
  /** Level-one headings. */
  readonly headings: number;
  /** What can be pressed and is smaller than 24 × 24 (WCAG 2.2, 2.5.8), but for links within a sentence. */
  readonly small: readonly string[];
  /** Where something needs JavaScript, those without are told. */
  readonly saysWhy: boolean;
  /** Words of Latin letters that people are shown or read out. */
  readonly words: readonly string[];
}

/** Runs in the page, whose types are not Deno's: so it is text. */
const LOOK = `(() => {
  const seen = (element) => element.checkVisibility({ visibilityProperty: true });
  const named = (element) =>
    element.tagName.toLowerCase() + " " +
    (element.getAttribute("name") ?? element.textContent.trim().slice(0, 40));
  const inSentence = (element) =>
    element.tagName === "A" && getComputedStyle(element).display === "inline" &&
    [...element.parentElement.childNodes].some((node) => node.nodeType === 3 && /\\w|[\\u4e00-\\u9fff]/.test(node.data));
  const target = (element) =>
    ["checkbox", "radio"].includes(element.type) ? element.closest("label") ?? element : element;
  const small = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((element) => element.type !== "hidden" && seen(element) && !inSentence(element))
    .filter((element) => !element.classList.contains("skip"))
    .filter((element) => {
      const { width, height } = target(element).getBoundingClientRect();
      return width < 24 || height < 24;
    })
    .map(named);
  const texts = [document.title];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) => {
    const skipped = node.nodeType === 1 && (node.matches("script, style, noscript, code, [lang=en]"));
    return skipped ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
  });
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.nodeType === 3) texts.push(node.data);
    else for (const name of ["aria-label", "alt", "placeholder", "data-name"]) texts.push(node.getAttribute(name) ?? "");
  }
  return {
    lang: document.documentElement.lang,
    headings: [...document.querySelectorAll("h1")].filter(seen).length,
    small,
    saysWhy: !document.querySelector("[data-passkey]") || !!document.querySelector("noscript"),
    words: [...new Set(texts.join(" ").match(/(?<![^\\s，。：；、（）“”·(])[A-Za-z][A-Za-z'’]+(?![\\w@=:./*-])/g))],
  };
})()`;

export async function look(page: Page): Promise<Seen> {
  return await page.evaluate<Seen>(LOOK);
}

/** How far the page is wider than the screen, in pixels. */
export async function overflow(page: Page): Promise<number> {
  return await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}

export async function unfoldAll(page: Page): Promise<void> {
  await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
}

/** Marks where Tab is to go, and writes down where it goes. Of radio buttons it goes to one. */
const LISTEN = `(() => {
  const seen = (element) => element.checkVisibility({ visibilityProperty: true });
  const groups = new Set();
  const wanted = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((element) => element.type !== "hidden" && !element.disabled && seen(element))
    .filter((element) => {
      if (element.type !== "radio") return true;
      const group = [...document.getElementsByName(element.name)];
      const one = group.find(({ checked }) => checked) ?? group[0];
      return element === one;
    });
  const visits = [];
  document.addEventListener("focusin", ({ target }) => visits.push(target));
  globalThis.tour = { wanted, visits };
  document.body.tabIndex = -1;
  document.body.focus();
  return wanted.length;
})()`;

const HEARD = `(() => {
  const { wanted, visits } = tour;
  const named = (element) =>
    element.tagName.toLowerCase() + " " + (element.getAttribute("name") ?? element.textContent.trim().slice(0, 40));
  // Boxes that scroll are visited too.
  const went = visits.filter((element) => wanted.includes(element));
  const faults = wanted.filter((element) => !went.includes(element)).map((element) => "never at " + named(element));
  let last;
  for (const element of went.slice(0, wanted.length)) {
    const [now, before] = [element, last].map((one) => one?.getBoundingClientRect());
    const back = before && now.bottom <= before.top && now.left < before.right && !element.classList.contains("skip");
    if (back && !last.classList.contains("skip")) faults.push(named(element) + " is before " + named(last));
    last = element;
  }
  return faults;
})()`;

/**
 * Presses Tab through all of the page. One line for what it never reaches, and for what is above what
 * was reached before: only a column to the right may begin further up.
 */
export async function tabFaults(page: Page): Promise<string[]> {
  const count = await page.evaluate<number>(LISTEN);
  const boxes = await page.locator(".box, .scroll").count();
  for (let press = 0; press < count + boxes; press++) await page.keyboard.press("Tab");
  return await page.evaluate<string[]>(HEARD);
}
