/** The demo plays itself: ssh in a terminal, a person's click in a headless browser, a command. */
import { type Page, startBrowser } from "../../tests/support/browser.ts";
import { type Terminal, terminal } from "../../tests/support/terminal.ts";
import { bold, print } from "../say.ts";
import { takePictures } from "./pictures.ts";
import type { Stage } from "./stage.ts";

const COLUMNS = 80;
const ROWS = 36;

/** The gate's question is gone: that is the last thing that it does before it becomes the shell. */
const HANDED_OVER = /^(?![^]*waiting, )/;
/** The last thing on the screen is a shell's prompt. */
const PROMPT = /[$#%>]\s*$/;

/** @param pictures where to write them; undefined for none */
export async function playItself({ command }: Stage, pictures: string | undefined): Promise<void> {
  await using browser = await startBrowser();
  // The mark among our variables must reach what it starts.
  const env = { LANG: "C.UTF-8", ...Deno.env.toObject() };
  await using session = terminal(command, { cols: COLUMNS, rows: ROWS, env });
  act(`$ ${command.join(" ")}`);
  // The QR code comes after the link, and the countdown below it.
  await session.waitFor(/[█▀▄]{4}[^]*waiting, /);
  show(session);

  const link = await session.waitFor(/https?:\S+\/l\/\S+/);
  const number = (await session.waitFor(/number +[0-9]{2}/)).slice(-2);
  const page = await browser.page(link, { mobile: true });
  act(`the page asks: ${await page.getByRole("heading", { level: 1 }).innerText()}`);
  await page.getByRole("radio", { name: number, exact: true }).check();
  if (pictures !== undefined) await takePictures(pictures, browser, page, session);

  act(`choosing ${number} and clicking Approve`);
  const { shell, prompt } = await clickToShell(page, session);
  act(`the page says: ${await page.getByRole("heading", { level: 1 }).innerText()}`);

  await session.send("echo past the second factor, in $0\r");
  await session.waitFor(/^past the second factor, in \S+$/m);
  await session.send("exit\r");
  const { code } = await session.closed;
  show(session);
  if (code !== 0) throw new Error(`ssh ended with status ${code}`);
  act(`from the click: ${shell} ms to the shell, ${prompt} ms to its prompt`);
}

/** Milliseconds from the click, as the page itself saw it, to what the terminal shows. */
async function clickToShell(
  page: Page,
  session: Terminal,
): Promise<{ shell: number; prompt: number }> {
  const clicked = new Promise<number>((resolve) => {
    page.on("console", (message) => resolve(Number(message.text())));
  });
  await page.evaluate('document.addEventListener("click", () => console.log(Date.now()))');
  const shell = session.waitFor(HANDED_OVER).then(() => Date.now());
  const prompt = session.waitFor(PROMPT).then(() => Date.now());
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  const start = await clicked;
  return { shell: await shell - start, prompt: await prompt - start };
}

function act(what: string): void {
  print(`\n${bold(">")} ${what}`);
}

function show(session: Terminal): void {
  const frame = "─".repeat(COLUMNS);
  print(`┌${frame}┐\n${session.screen()}\n└${frame}┘`);
}
