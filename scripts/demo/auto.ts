/**
 * The demo plays itself: a person registers a passkey in a headless browser, ssh in a terminal asks,
 * the person's touch approves, a command runs.
 */
import { type Page, startBrowser } from "../../tests/support/browser.ts";
import { type Terminal, terminal } from "../../tests/support/terminal.ts";
import { VirtualAuthenticator } from "../../tests/support/virtual_authenticator.ts";
import { bold, print } from "../say.ts";
import { takePictures } from "./pictures.ts";
import type { Stage } from "./stage.ts";

const COLUMNS = 80;
const ROWS = 36;

/** The gate's question is gone: that is the last thing that it does before it becomes the shell. */
const HANDED_OVER = /^(?![^]*waiting, )/;
const APPROVE = /passkey/;
/** The last thing on the screen is a shell's prompt. */
const PROMPT = /[$#%>]\s*$/;

/** @param pictures where to write them; undefined for none */
export async function playItself(
  { command, invitation }: Stage,
  pictures: string | undefined,
): Promise<void> {
  await using browser = await startBrowser();
  const page = await browser.page("about:blank", { mobile: true });
  // On a phone that is unlocked and touched as soon as it asks.
  await VirtualAuthenticator.in(page);
  await register(page, invitation);

  // The mark among our variables must reach what it starts.
  const env = { LANG: "C.UTF-8", ...Deno.env.toObject() };
  await using session = terminal(command, { cols: COLUMNS, rows: ROWS, env });
  act(`$ ${command.join(" ")}`);
  // The QR code comes after the link, and the countdown below it.
  await session.waitFor(/[█▀▄]{4}[^]*waiting, /);
  show(session);

  const link = await session.waitFor(/https?:\S+\/l\/\S+/);
  const number = (await session.waitFor(/number +[0-9]{2}/)).slice(-2);
  await page.goto(link);
  act(`the page asks: ${await page.getByRole("heading", { level: 1 }).innerText()}`);
  await page.getByRole("radio", { name: number, exact: true }).check();
  if (pictures !== undefined) await takePictures(pictures, browser, page, session);

  act(`choosing ${number} and approving with the passkey`);
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

async function register(page: Page, invitation: string): Promise<void> {
  await page.goto(invitation);
  act(`the invitation says: ${await page.getByRole("heading", { level: 1 }).innerText()}`);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
  act("a passkey is registered, ten recovery codes are noted down");
  // As on another day: nobody is signed in any more.
  await page.context().clearCookies();
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
  await page.getByRole("button", { name: APPROVE }).click();
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
