/**
 * termios(3), changed as little as possible: no echo, and no line editing while codes are read.
 * ISIG stays, so Ctrl-C is a signal; ICRNL stays, so type-ahead reaches the shell as typed.
 */
import { openLibc } from "./libc.ts";

const TCSANOW = 0;
const ICANON = 0o2;
const ECHO = 0o10;

export class TerminalSettings {
  readonly #c = openLibc({
    tcgetattr: { parameters: ["i32", "buffer"], result: "i32" },
    tcsetattr: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  });
  #saved: Uint32Array<ArrayBuffer> | undefined;

  hideTyping(byteWise: boolean): void {
    const now = new Uint32Array(15); // struct termios: c_iflag, c_oflag, c_cflag, c_lflag, ...
    if (this.#c.tcgetattr(0, now) !== 0) return;
    this.#saved ??= now.slice();
    now[3] = (now[3] ?? 0) & ~(byteWise ? ICANON | ECHO : ECHO);
    this.#c.tcsetattr(0, TCSANOW, now);
  }

  restore(): void {
    if (this.#saved !== undefined) this.#c.tcsetattr(0, TCSANOW, this.#saved);
  }
}
