/** Pictures for README: the page on a phone, and the terminal as a browser draws it. */
import type { Browser, Page } from "../../tests/support/browser.ts";
import type { Terminal } from "../../tests/support/terminal.ts";
import { print } from "../say.ts";

/** Writes page.png, terminal.txt and terminal.png. @param page with the number chosen */
export async function takePictures(
  folder: string,
  browser: Browser,
  page: Page,
  session: Terminal,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/page.png` });
  await Deno.writeTextFile(`${folder}/terminal.txt`, `${session.screen()}\n`);
  const drawing = await browser.page("about:blank");
  await drawing.setContent(terminalPage(await session.colours()));
  await drawing.locator("pre").screenshot({ path: `${folder}/terminal.png` });
  print(`pictures written to ${folder}`);
}

/** The eight colours of a terminal, then the eight bright ones. */
const COLOURS = [
  ..."#1d1f21 #cc6666 #8fbf68 #e0b95b #81a2be #b294bb #8abeb7 #c5c8c6".split(" "),
  ..."#6c6f73 #e08080 #a8d680 #f0cf7a #9bbcd8 #cbb0d4 #a4d5ce #ffffff".split(" "),
];
const INK = "#d8dee0";
const PAPER = "#16191c";

interface Style {
  ink: string;
  paper: string;
  bold: boolean;
  dim: boolean;
}

const PLAIN: Style = { ink: INK, paper: PAPER, bold: false, dim: false };

/** @param screen lines with SGR sequences (ECMA-48, 8.3.117), and no other ones */
function terminalPage(screen: string): string {
  let style = { ...PLAIN };
  const spans = screen.split("\x1b[").map((part, index) => {
    const [, codes = "", text = ""] = index === 0
      ? [part, "", part]
      : /^([0-9;]*)m([^]*)$/.exec(part) ?? [part, "", part];
    if (index > 0) style = restyle(style, codes);
    return span(text, style);
  });
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: ${PAPER} }
    pre { display: inline-block; margin: 0; padding: 16px 20px; border-radius: 8px;
      background: ${PAPER}; color: ${INK}; font: 15px/1.2 "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace }
  </style><pre>${spans.join("")}</pre>`;
}

/** @param codes of one sequence: "1;38;5;16" */
function restyle(style: Style, codes: string): Style {
  const numbers = codes.split(";").map(Number);
  let changed = style;
  for (let code = numbers.shift(); code !== undefined; code = numbers.shift()) {
    if (code === 38 || code === 48) {
      // One of 256 colours: 38;5;N.
      const colour = paletteColour(numbers.splice(0, 2)[1] ?? 0);
      changed = { ...changed, [code === 38 ? "ink" : "paper"]: colour };
    } else {
      changed = changeBy(changed, code);
    }
  }
  return changed;
}

function changeBy(style: Style, code: number): Style {
  if (code === 0) return { ...PLAIN };
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 7) return { ...style, ink: style.paper, paper: style.ink };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, ink: INK };
  if (code === 49) return { ...style, paper: PAPER };
  const [tens, unit] = [Math.trunc(code / 10), code % 10];
  const colour = paletteColour(unit + (tens >= 9 ? 8 : 0));
  if (tens === 3 || tens === 9) return { ...style, ink: colour };
  if (tens === 4 || tens === 10) return { ...style, paper: colour };
  return style;
}

/** xterm's: sixteen of the terminal's own, a cube of 6 × 6 × 6, 24 greys. */
function paletteColour(index: number): string {
  if (index < 16) return COLOURS[index] ?? INK;
  if (index >= 232) return rgb(index, () => 8 + 10 * (index - 232));
  const level = (step: number) => step === 0 ? 0 : 55 + 40 * step;
  return rgb(index - 16, (cube, place) => level(Math.trunc(cube / 6 ** (2 - place)) % 6));
}

function rgb(index: number, part: (index: number, place: number) => number): string {
  return `rgb(${[0, 1, 2].map((place) => part(index, place)).join(",")})`;
}

function span(text: string, { ink, paper, bold, dim }: Style): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const weight = bold ? ";font-weight:bold" : "";
  const opacity = dim ? ";opacity:.65" : "";
  return `<span style="color:${ink};background:${paper}${weight}${opacity}">${escaped}</span>`;
}
