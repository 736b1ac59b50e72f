/** The demo plays itself: ssh in a terminal, a person's click in a headless browser, a command. */
import { type Browser, type Page, startBrowser } from "../../tests/support/browser.ts";
import { type Terminal, terminal } from "../../tests/support/terminal.ts";
import { bold, print } from "../say.ts";
import { takePictures } from "./pictures.ts";
import type { Stage } from "./stage.ts";

const COLUMNS = 80;
const ROWS = 36;

/** The last thing on the screen is a shell's prompt. */
const PROMPT = /[$#%>]\s*$/;

/** @param pictures where to write them; undefined for none */
export async function playItself({ command }: Stage, pictures: string | undefined): Promise<void> {
  await using browser = await startBrowser();
  await using window = terminal(command, { cols: COLUMNS, rows: ROWS });
  act(`$ ${command.join(" ")}`);
  await window.waitFor(/waiting, .*\n(.*\n)*.*[█▀▄]|[█▀▄].*\n(.*\n)*.*waiting, /);
  show(window);

  const link = await window.waitFor(/https?:\S+\/l\/\S+/);
  const number = (await window.waitFor(/number +[0-9]{2}/)).slice(-2);
  const page = await browser.page(link, { mobile: true });
  act(`the page asks: ${await page.getByRole("heading", { level: 1 }).innerText()}`);
  await page.getByRole("radio", { name: number, exact: true }).check();
  if (pictures !== undefined) await takePictures(pictures, browser, page, window);

  act(`choosing ${number} and clicking Approve`);
  const waited = await clickToShell(page, window);
  act(`the page says: ${await page.getByRole("heading", { level: 1 }).innerText()}`);

  await window.send("echo past the second factor, in $0\r");
  await window.waitFor(/^past the second factor, in \S+$/m);
  await window.send("exit\r");
  const { code } = await window.closed;
  show(window);
  if (code !== 0) throw new Error(`ssh ended with status ${code}`);
  act(`from the click to the shell's prompt: ${waited} ms`);
}

/** Milliseconds from the click, as the page itself saw it, to the prompt on the terminal. */
async function clickToShell(page: Page, window: Terminal): Promise<number> {
  const clicked = new Promise<number>((resolve) => {
    page.on("console", (message) => resolve(Number(message.text())));
  });
  await page.evaluate('document.addEventListener("click", () => console.log(Date.now()))');
  const prompt = window.waitFor(PROMPT).then(() => Date.now());
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  return await prompt - await clicked;
}

function act(what: string): void {
  print(`\n${bold(">")} ${what}`);
}

function show(window: Terminal): void {
  const frame = "─".repeat(COLUMNS);
  print(`┌${frame}┐\n${window.screen()}\n└${frame}┘`);
}

export type { Browser };
