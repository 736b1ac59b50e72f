/**
 * The person at a terminal of a guarded host. The rules of output:
 *
 * 1. Everything goes to stderr. One byte on stdout breaks sftp, scp and rsync.
 * 2. With a terminal: an offer or question that is drawn once, below it the last remark and one line
 *    that is redrawn, and nothing of them left when the session starts. Without one: one plain line,
 *    and stdin is not touched.
 * 3. Nothing from the network is printed but through printable().
 * 4. A code is never echoed. Typing is read byte by byte, so that what follows its newline stays in
 *    the terminal's queue for the shell.
 * 5. Whatever happens, the terminal's settings are put back.
 */
import type { Conversation } from "../login/doors.ts";
import { displayWidth } from "../core/display_width.ts";
import { Drawing } from "../core/drawing.ts";
import type { HostMessages } from "../core/messages/host.ts";
import { printable } from "../core/text.ts";
import { TypedLine } from "../core/typed_line.ts";
import { writeAllSync } from "./files.ts";
import { openLibc } from "./libc.ts";
import { TerminalSettings } from "./termios.ts";

const ESC = "\x1b[";
const BOLD = `${ESC}1m`;
const DIM = `${ESC}2m`;
const PLAIN = `${ESC}0m`;
/** Dark modules on a light ground whatever the terminal's colours: cameras want it that way. */
const QR_COLOURS = `${ESC}38;5;16;48;5;231m`;
const QR_BORDER = 2;

/** No code in any script is as long, so what is cut off there cannot look like one. */
const MAX_TYPED_BYTES = 256;
/** More tell nobody anything, and the line must not wrap. */
const MAX_DOTS = 16;
/** POLLERR, POLLHUP, POLLNVAL: nobody reads what is written there. */
const GONE = 0x38;

type DrawQr = (text: string, border: number) => Promise<string>;

/** Who logs in, and where. */
export interface Whereto {
  readonly account: string;
  readonly host: string;
}

/** @param whereto called only when a code is all there is to ask for */
export function openTerminal(
  messages: HostMessages,
  drawQr: DrawQr,
  whereto: () => Whereto,
): Conversation {
  const interactive = Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
  return interactive ? new Screen(messages, drawQr, whereto) : new Silent(messages);
}

function write(text: string): void {
  try {
    writeAllSync(Deno.stderr, new TextEncoder().encode(text));
  } catch {
    // The client is gone; hungUp tells.
  }
}

function onSignals(signals: readonly Deno.Signal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) Deno.addSignalListener(signal, () => resolve());
  });
}

/** A connection without a terminal: scp, rsync, `ssh host command`. */
class Silent implements Conversation {
  readonly interactive = false;
  readonly hungUp: Promise<void>;
  readonly #messages: HostMessages;

  constructor(messages: HostMessages) {
    this.#messages = messages;
    this.hungUp = Promise.race([onSignals(["SIGHUP", "SIGTERM", "SIGINT"]), stdoutClosed()]);
  }

  offer(request: { url: string; match: string | null }, timeoutMs: number): void {
    this.tell(
      this.#messages.approveAt(
        printable(request.url),
        request.match,
        Math.round(timeoutMs / 1000),
      ),
    );
  }

  askCode(): void {}

  readCode(): Promise<undefined> {
    return new Promise(() => {});
  }

  tell(text: string): void {
    write(`gatehouse: ${text}\n`);
  }

  close(): void {}
}

/**
 * Without a terminal sshd sends no signal when the client is gone; only the pipe that was stdout
 * reports it. A closed stdin means nothing: the client may just have sent everything.
 */
async function stdoutClosed(): Promise<void> {
  const c = openLibc({
    poll: { parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  });
  const fd = new Int32Array([1, 0]); // struct pollfd { int fd; short events, revents; }
  for (;;) {
    await c.poll(fd, 1n, -1);
    if (((fd[1] ?? 0) >> 16 & GONE) !== 0) return;
  }
}

class Screen implements Conversation {
  readonly interactive = true;
  readonly hungUp = onSignals(["SIGHUP", "SIGTERM", "SIGINT", "SIGQUIT"]);
  readonly #messages: HostMessages;
  readonly #drawQr: DrawQr;
  readonly #whereto: () => Whereto;
  readonly #settings = new TerminalSettings();
  readonly #drawing = new Drawing();
  #remark: string | undefined;
  #deadline = 0;
  #offered = false;
  #codes = false;
  #dots = 0;
  #ticking: number | undefined;
  #drawn = false;
  #closed = false;

  constructor(messages: HostMessages, drawQr: DrawQr, whereto: () => Whereto) {
    this.#messages = messages;
    this.#drawQr = drawQr;
    this.#whereto = whereto;
  }

  offer(request: { url: string; match: string | null }, timeoutMs: number, codes: boolean): void {
    const { title, open, number } = this.#messages;
    const url = printable(request.url, 512);
    this.#offered = true;
    this.#codes = codes;
    const lines = [`${BOLD}gatehouse${PLAIN}  ${title}`, "", `  ${open}    ${url}`];
    if (request.match !== null) {
      lines.push(`  ${number}  ${BOLD}${ESC}7m ${printable(request.match)} ${PLAIN}`);
    }
    this.#begin(lines, timeoutMs);
    // After the link is on the screen: making the picture takes longer than all before it.
    this.#drawQr(url, QR_BORDER).then((qr) => this.#showQr(qr), () => {});
  }

  askCode(timeoutMs: number): void {
    const { account, host } = this.#whereto();
    this.#codes = true;
    // What was told before has said whose words these are.
    const title = this.#drawing.rowsAbove === 0 ? `${BOLD}gatehouse${PLAIN}  ` : "  ";
    this.#begin([title + this.#messages.logIn(printable(account), printable(host))], timeoutMs);
  }

  async readCode(signal: AbortSignal): Promise<string | undefined> {
    const byte = new Uint8Array(1);
    const line = new TypedLine(MAX_TYPED_BYTES);
    let waiting = 0;
    for (;;) {
      // A megabyte of junk shall not take ten seconds: of what is there, still byte by byte.
      if (waiting === 0 && line.full) waiting = this.#settings.waiting();
      const read = waiting > 0 ? readNow(byte) : await Deno.stdin.read(byte);
      waiting = Math.max(0, waiting - 1);
      signal.throwIfAborted();
      const what = read === null ? "closed" : line.take(byte[0] ?? 0);
      if (what === "closed") return undefined;
      if (what === "complete") break;
      this.#showTyped(line.characters);
    }
    this.#dots = 0;
    const { text } = line;
    // Its place stays, so that nothing moves; the same remark once more is seen to be a new one. An
    // empty line is no answer to it, but what is pasted may end in two newlines.
    if (this.#remark !== undefined && text !== "") this.#remark = "";
    this.#redraw();
    return text;
  }

  tell(text: string): void {
    if (!this.#drawn) return this.#print([`${BOLD}gatehouse${PLAIN}  ${printable(text)}`]);
    this.#remark = printable(text);
    this.#redraw();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#ticking);
    write(this.#drawing.erase());
    this.#settings.restore();
  }

  #begin(lines: readonly string[], timeoutMs: number): void {
    this.#settings.hideTyping(this.#codes);
    this.#deadline = performance.now() + timeoutMs;
    this.#print(lines);
    this.#redraw();
    this.#ticking = setInterval(() => this.#redraw(), 1000);
  }

  #showQr(qr: string): void {
    if (this.#closed) return;
    const { columns, rows } = size();
    const lines = qr.split("\n").map((line) => `  ${QR_COLOURS}${line}${PLAIN}`);
    const width = 2 + (qr.indexOf("\n") < 0 ? qr.length : qr.indexOf("\n"));
    // A picture that does not fit would scroll the link away and could not be erased. A blank line
    // goes with it, and there is to be room for a remark.
    const { rowsAbove, rowsBelow } = this.#drawing;
    const needed = rowsAbove + 1 + lines.length + Math.max(2, rowsBelow);
    if (width > columns || needed > rows) return;
    this.#print(["", ...lines]);
    this.#redraw();
  }

  /** Drawn only when something changes: a megabyte may be pasted. */
  #showTyped(characters: number): void {
    const dots = Math.min(characters, MAX_DOTS);
    if (dots === this.#dots) return;
    this.#dots = dots;
    this.#redraw();
  }

  #print(lines: readonly string[]): void {
    write(this.#drawing.print(lines, size().columns));
  }

  /** The last remark, and the one line that changes: time left, invitation, dots for what was typed. */
  #redraw(): void {
    if (this.#closed) return;
    this.#drawn = true;
    const { columns } = size();
    const remark = this.#remark === undefined ? [] : [this.#remark];
    const lines = [...remark, this.#line(columns)].map((line) => `  ${line}`);
    write(this.#drawing.redraw(lines, columns));
  }

  /** Where not all fits, the clock goes first. */
  #line(columns: number): string {
    const { waiting, comma, orTypeCode, secondsLeft, stop, typeCode } = this.#messages;
    const left = Math.max(0, Math.ceil((this.#deadline - performance.now()) / 1000));
    const clock = `${DIM}${this.#offered ? waiting(left) : secondsLeft(left)}${PLAIN}`;
    if (!this.#codes) return clock;
    const prompt = `${this.#offered ? orTypeCode : typeCode}${"•".repeat(this.#dots)}`;
    const both = `${clock}${this.#offered ? comma : stop}${prompt}`;
    return displayWidth(both) + 3 <= columns ? both : prompt;
  }
}

/** Blocks, unless something waits to be read. */
function readNow(buffer: Uint8Array): number | null {
  return Deno.stdin.readSync(buffer);
}

function size(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    if (columns > 0 && rows > 0) return { columns, rows };
  } catch {
    // No size: `ssh -tt` without a terminal of its own.
  }
  return { columns: 80, rows: 24 };
}
