/**
 * termios(3), changed as little as possible: no echo, and no line editing while codes are read.
 * ISIG stays, so Ctrl-C is a signal; ICRNL stays, so type-ahead reaches the shell as typed.
 */
import { openLibc } from "./libc.ts";

const TCSANOW = 0;
const ICANON = 0o2;
const ECHO = 0o10;
const FIONREAD = 0x541bn;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/**
 * Makes reads of stdin wait for input. The library of the command line loads the runtime's `process`,
 * and that makes a terminal non-blocking which it may not open anew: after su, or sudo -u.
 */
export function makeInputBlocking(): void {
  const c = openLibc({
    // Variadic in C, as syslog is.
    fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  });
  const flags = c.fcntl(0, F_GETFL, 0);
  if (flags >= 0 && (flags & O_NONBLOCK) !== 0) c.fcntl(0, F_SETFL, flags & ~O_NONBLOCK);
}

export class TerminalSettings {
  readonly #c = openLibc({
    tcgetattr: { parameters: ["i32", "buffer"], result: "i32" },
    tcsetattr: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  });
  #saved: Uint32Array<ArrayBuffer> | undefined;
  /** Seldom needed, so opened late. */
  #ioctl: ((fd: number, request: bigint, count: Int32Array<ArrayBuffer>) => number) | undefined;

  hideTyping(byteWise: boolean): void {
    const now = new Uint32Array(15); // struct termios: c_iflag, c_oflag, c_cflag, c_lflag, ...
    if (this.#c.tcgetattr(0, now) !== 0) return;
    this.#saved ??= now.slice();
    now[3] = (now[3] ?? 0) & ~(byteWise ? ICANON | ECHO : ECHO);
    this.#c.tcsetattr(0, TCSANOW, now);
  }

  /** How many bytes could be read without waiting: ioctl_tty(2). */
  waiting(): number {
    this.#ioctl ??= openLibc({
      // Variadic in C, as syslog is.
      ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
    }).ioctl;
    const count = new Int32Array(1);
    return this.#ioctl(0, FIONREAD, count) === 0 ? count[0] ?? 0 : 0;
  }

  restore(): void {
    if (this.#saved !== undefined) this.#c.tcsetattr(0, TCSANOW, this.#saved);
  }
}
