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
import { Drawing } from "../core/drawing.ts";
import type { HostMessages } from "../core/messages/host.ts";
import {
  indented,
  MAX_DOTS,
  offerLines,
  qrLines,
  qrWidth,
  statusLine,
  titled,
} from "../core/screen_lines.ts";
import { printable } from "../core/text.ts";
import { TypedLine } from "../core/typed_line.ts";
import { writeAllSync } from "./files.ts";
import { onSignals, stdoutClosed } from "./terminal_hung_up.ts";
import { TerminalSettings } from "./termios.ts";

const QR_BORDER = 2;

/** No code in any script is as long, so what is cut off there cannot look like one. */
const MAX_TYPED_BYTES = 256;
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
    const url = printable(request.url, 512);
    this.#offered = true;
    this.#codes = codes;
    this.#begin(offerLines(this.#messages, url, request.match), timeoutMs);
    // After the link is on the screen: making the picture takes longer than all before it.
    this.#drawQr(url, QR_BORDER).then((qr) => this.#showQr(qr), () => {});
  }

  askCode(timeoutMs: number): void {
    const { account, host } = this.#whereto();
    this.#codes = true;
    // What was told before has said whose words these are.
    const title = this.#drawing.rowsAbove === 0 ? titled : indented;
    const line = title(this.#messages.logIn(printable(account), printable(host)));
    this.#begin([line], timeoutMs);
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
    if (!this.#drawn) return this.#print([titled(printable(text))]);
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
    const lines = qrLines(qr);
    // A picture that does not fit would scroll the link away and could not be erased. There is to be room
    // for a remark.
    const { rowsAbove, rowsBelow } = this.#drawing;
    const { columns, rows } = size();
    const needed = rowsAbove + lines.length + Math.max(2, rowsBelow);
    if (qrWidth(qr) > columns || needed > rows) return;
    this.#print(lines);
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
    const status = statusLine(this.#messages, {
      offered: this.#offered,
      codes: this.#codes,
      secondsLeft: Math.max(0, Math.ceil((this.#deadline - performance.now()) / 1000)),
      typed: this.#dots,
    }, columns);
    write(this.#drawing.redraw([...remark, status].map(indented), columns));
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
