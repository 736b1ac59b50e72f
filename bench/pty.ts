/** Programs on a pseudo-terminal without an emulator: what they write can be timed to the moment. */
import { LIBC_PATHS, nulTerminated } from "../lib/io/libc.ts";
import { type Pattern, Transcript } from "../tests/support/transcript.ts";

const O_RDWR_NOCTTY = 0o402;
// ioctl_tty(2)
const TIOCSPTLCK = 0x40045431n;
const TIOCGPTN = 0x80045430n;
const TIOCSWINSZ = 0x5414n;

const c = Deno.dlopen(LIBC_PATHS[0] ?? "", {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
}).symbols;

export class OnTerminal implements AsyncDisposable {
  readonly done: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #screen = new Transcript("the terminal");
  readonly #master: number;
  readonly #ended: Promise<void>;

  /** @param env added to ours */
  constructor(argv: readonly string[], env: Record<string, string> = {}) {
    this.#master = c.open(nulTerminated("/dev/ptmx"), O_RDWR_NOCTTY);
    if (this.#master < 0) throw new Error("no pseudo-terminal is left");
    const number = new Uint32Array(1);
    c.ioctl(this.#master, TIOCSPTLCK, new Int32Array([0]));
    c.ioctl(this.#master, TIOCGPTN, number);
    c.ioctl(this.#master, TIOCSWINSZ, new Uint16Array([50, 120, 0, 0]));
    this.#child = new Deno.Command("/bin/sh", {
      args: ["-c", 'exec "$@" <>"$0" >&0 2>&0', `/dev/pts/${number[0]}`, ...argv],
      env,
    }).spawn();
    this.done = this.#child.status;
    this.#ended = this.#pour();
  }

  get pid(): number {
    return this.#child.pid;
  }

  get text(): string {
    return this.#screen.text;
  }

  /** Resolves with what matched once the program has written it. */
  shown(pattern: Pattern): Promise<string> {
    return this.#screen.waitFor(pattern);
  }

  type(text: string): void {
    const bytes = new TextEncoder().encode(text);
    c.write(this.#master, bytes, BigInt(bytes.length));
  }

  /** Resolves when the program and all that it left on the terminal have ended. */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.done;
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #pour(): Promise<void> {
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(65_536);
    for (;;) {
      // An error, EIO, once nobody has the other end open any more (pty(7)).
      const length = Number(await c.read(this.#master, bytes, BigInt(bytes.length)));
      if (length <= 0) break;
      this.#screen.append(decoder.decode(bytes.subarray(0, length), { stream: true }));
    }
    c.close(this.#master);
    this.#screen.end("the program ended");
  }
}
