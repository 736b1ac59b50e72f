/**
 * `deno run -A --lock=deno.lock --frozen scripts/pages.ts`: a picture of every page that people see, in
 * both languages, on a phone and on a desktop, and docs/pages.md, which shows them. What the pages show
 * is made up, and always the same: pictures change with the pages.
 */
import { Exit } from "../lib/core/errors.ts";
import type { Page } from "../tests/support/browser.ts";
import { TOUR } from "../tests/support/page_tour.ts";
import type { Stop } from "../tests/support/page_tour_stop.ts";
import { TourSite } from "../tests/support/page_tour_site.ts";
import { withPalette } from "./png.ts";
import { ROOT, runQuietly } from "./run.ts";
import { say, script } from "./say.ts";

const FOLDER = "docs/pictures/pages";
const LIST = "docs/pages.md";
const LANGUAGES = ["en", "zh-CN"] as const;
const SIZES = [
  { name: "phone", width: 390, height: 844, shown: 120 },
  { name: "desktop", width: 1280, height: 800, shown: 280 },
] as const;
/** Of longer pages the beginning is enough: so many screens. */
const SCREENS = 1.5;
const STOPS = TOUR.filter(({ picture }) => picture);

await script(async () => {
  const folder = `${ROOT}/${FOLDER}`;
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(folder, { recursive: true });
  await using site = await TourSite.start();
  let bytes = 0;
  for (const lang of LANGUAGES) {
    const page = await site.page({ lang });
    for (const stop of STOPS) {
      await site.visit(page, stop);
      for (const size of SIZES) {
        const picture = await take(page, size);
        bytes += picture.length;
        await Deno.writeFile(`${folder}/${fileOf(stop, lang, size.name)}`, picture);
      }
    }
  }
  await Deno.writeTextFile(`${ROOT}/${LIST}`, listed());
  await runQuietly([Deno.execPath(), "fmt", "--quiet", `${ROOT}/${LIST}`], "deno fmt failed");
  say("pages", `${STOPS.length} pages, ${Math.ceil(bytes / 1000)} kB of pictures in ${FOLDER}`);
  return Exit.ok;
});

async function take(
  page: Page,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  await page.setViewportSize({ width, height });
  // Countdowns, as they are when the page has just come.
  await page.evaluate(
    "for (const one of document.getAnimations()) { one.pause(); one.currentTime = 0; }",
  );
  const length = await page.evaluate<number>("document.documentElement.scrollHeight");
  const clip = { x: 0, y: 0, width, height: Math.min(length, SCREENS * height) };
  return await withPalette(await page.screenshot({ fullPage: true, clip, caret: "hide" }));
}

function fileOf({ name }: Stop, lang: string, size: string): string {
  return `${name}-${lang}-${size}.png`;
}

function listed(): string {
  const pages = [...Map.groupBy(STOPS, ({ page }) => page)].map(([page, stops]) =>
    [`## ${page}`, ...stops.map((stop) => `${stop.title}\n\n${pictures(stop)}`)].join("\n\n")
  );
  return [
    "# The pages",
    "As `scripts/pages.ts` takes them, of a server with made-up people. `tests/e2e/pages_test.ts` visits " +
    "these and more states of each page, light and dark.",
    ...pages,
  ].join("\n\n");
}

function pictures(stop: Stop): string {
  return LANGUAGES.flatMap((lang) =>
    SIZES.map(({ name, shown }) => {
      const alt = `${stop.page}, ${stop.title}, ${lang}, ${name}`;
      const file = `pictures/pages/${fileOf(stop, lang, name)}`;
      return `<img src="${file}" width="${shown}" alt="${alt}">`;
    })
  ).join("\n");
}
