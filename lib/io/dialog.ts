/**
 * Questions and answers, line by line. The rules of output:
 *
 * 1. Everything goes to one stream: stdout for a command, stderr at a login, where one byte on stdout
 *    breaks sftp, scp and rsync.
 * 2. Input is read from stdin, terminal or not. A terminal keeps its own line editing: read(2) then
 *    gives one line at most (termios(3), canonical mode), so what follows stays there for the shell.
 * 3. Whatever happens, the terminal's screen is put back.
 * 4. Signals are caught only while a question or a screen of our own is there: all else they end as
 *    they end any program.
 */
import type { Dialog } from "../enrollment/doors.ts";
import { Exit, Failure } from "../core/errors.ts";
import { wrapAtBlanks } from "../core/display_width.ts";
import { writeAllSync } from "./files.ts";
import { makeInputBlocking } from "./termios.ts";

/** Of a longer line the rest is dropped. */
const LONGEST_LINE = 4_096;

/** xterm's second screen; a terminal without one passes over this. */
const OWN_SCREEN = { enter: "\x1b[?1049h\x1b[H", clear: "\x1b[2J\x1b[H", leave: "\x1b[?1049l" };

interface DialogOptions {
  readonly output: "stdout" | "stderr";
  /** What is printed until close() disappears then. */
  readonly ownScreen: boolean;
}

export function openDialog(options: DialogOptions): Dialog {
  return new LineDialog(options);
}

class LineDialog implements Dialog {
  readonly interactive: boolean;
  readonly toTerminal: boolean;
  readonly #output: typeof Deno.stdout | typeof Deno.stderr;
  readonly #lines = new LineReader();
  /** As long as there is a screen of its own. */
  readonly #throughout: Interruption | undefined;
  #ownScreen: boolean;

  constructor({ output, ownScreen }: DialogOptions) {
    this.#output = output === "stdout" ? Deno.stdout : Deno.stderr;
    this.toTerminal = this.#output.isTerminal();
    this.interactive = this.toTerminal && Deno.stdin.isTerminal();
    if (Deno.stdin.isTerminal()) makeInputBlocking();
    this.#ownScreen = ownScreen && this.interactive;
    if (!this.#ownScreen) return;
    this.#throughout = new Interruption();
    this.#write(OWN_SCREEN.enter);
  }

  print(text: string): void {
    this.#write(`${this.#wrapped(text)}\n`);
  }

  async ask(prompt: string): Promise<string | undefined> {
    using here = this.interactive ? new Interruption() : undefined;
    const signals = [this.#throughout, here].flatMap((one) => one?.come ?? []);
    this.#write(this.#wrapped(prompt));
    const line = await Promise.race([this.#lines.next(), ...signals]);
    // Where Enter did not end the line on the screen.
    if (line === undefined || !this.interactive) this.#write("\n");
    return line;
  }

  size(): { columns: number; rows: number } {
    try {
      const { columns, rows } = Deno.consoleSize();
      if (this.toTerminal && columns > 0 && rows > 0) return { columns, rows };
    } catch {
      // No terminal at all.
    }
    // A terminal that does not know its size is taken for the usual one; a file has room for all.
    return this.#output.isTerminal() ? { columns: 80, rows: 24 } : { columns: 1_000, rows: 1_000 };
  }

  clear(): void {
    if (this.#ownScreen) this.#write(OWN_SCREEN.clear);
  }

  close(): void {
    if (this.#ownScreen) this.#write(OWN_SCREEN.leave);
    this.#ownScreen = false;
    this.#throughout?.[Symbol.dispose]();
  }

  #wrapped(text: string): string {
    return this.toTerminal ? wrapAtBlanks(text, this.size().columns) : text;
  }

  #write(text: string): void {
    try {
      writeAllSync(this.#output, new TextEncoder().encode(text));
    } catch {
      throw new Failure(
        Exit.denied,
        "the output was closed before everything was shown",
        "nobody would know the new secret; run it again where it can be read",
      );
    }
  }
}

const SIGNALS = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"] as const;

/** Ctrl-C, Ctrl-\, a lost terminal, until disposed. The read that waits then cannot be taken back. */
class Interruption implements Disposable {
  readonly come: Promise<undefined>;
  readonly #listener: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.come = promise;
    this.#listener = () => resolve(undefined);
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#listener);
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#listener);
  }
}

class LineReader {
  #ahead: Uint8Array<ArrayBuffer> = new Uint8Array();

  /** Without its newline, or undefined at the end; what is no UTF-8 becomes U+FFFD. */
  async next(): Promise<string | undefined> {
    const line = new Uint8Array(LONGEST_LINE);
    let length = 0;
    let any = false;
    for (;;) {
      const newline = this.#ahead.indexOf(10);
      const part = newline === -1 ? this.#ahead : this.#ahead.subarray(0, newline);
      const kept = part.subarray(0, LONGEST_LINE - length);
      line.set(kept, length);
      length += kept.length;
      any ||= part.length > 0;
      this.#ahead = newline === -1 ? new Uint8Array() : this.#ahead.subarray(newline + 1);
      if (newline !== -1) break;
      const more = new Uint8Array(65_536);
      const count = await Deno.stdin.read(more);
      if (count !== null) this.#ahead = more.subarray(0, count);
      else if (any) break;
      else return undefined;
    }
    return new TextDecoder().decode(line.subarray(0, length)).replace(/\r$/, "");
  }
}
