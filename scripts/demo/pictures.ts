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
export function terminalPage(screen: string): string {
  let style = { ...PLAIN };
  const spans = screen.split("\x1b[").map((part, index) => {
    const [, codes = "", text = ""] = index === 0
      ? [part, "", part]
      : /^([0-9;]*)m([^]*)$/.exec(part) ?? [part, "", part];
    if (index > 0) style = codes.split(";").reduce(restyle, style);
    return span(text, style);
  });
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: ${PAPER} }
    pre { display: inline-block; margin: 0; padding: 16px 20px; border-radius: 8px;
      background: ${PAPER}; color: ${INK}; font: 15px/1.2 "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace }
  </style><pre>${spans.join("")}</pre>`;
}

function restyle(style: Style, code: string): Style {
  const n = Number(code);
  if (n === 0) return { ...PLAIN };
  if (n === 1) return { ...style, bold: true };
  if (n === 2) return { ...style, dim: true };
  if (n === 7) return { ...style, ink: style.paper, paper: style.ink };
  if (n === 22) return { ...style, bold: false, dim: false };
  if (n === 39) return { ...style, ink: INK };
  if (n === 49) return { ...style, paper: PAPER };
  if (n >= 30 && n <= 37) return { ...style, ink: COLOURS[n - 30] ?? INK };
  if (n >= 40 && n <= 47) return { ...style, paper: COLOURS[n - 40] ?? PAPER };
  if (n >= 90 && n <= 97) return { ...style, ink: COLOURS[n - 82] ?? INK };
  if (n >= 100 && n <= 107) return { ...style, paper: COLOURS[n - 92] ?? PAPER };
  return style;
}

function span(text: string, { ink, paper, bold, dim }: Style): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const weight = bold ? ";font-weight:bold" : "";
  const opacity = dim ? ";opacity:.65" : "";
  return `<span style="color:${ink};background:${paper}${weight}${opacity}">${escaped}</span>`;
}
