/** A program in a real terminal, pty and emulator in one: tmux, without its own decorations. */
import { TmuxControl } from "./tmux.ts";
import { type Pattern, Transcript } from "./transcript.ts";

/**
 * Runs the program, then tells its exit status in the terminal's own stream, behind all that the
 * program wrote, as a control string that emulators pass over (ECMA-48, 8.3.89). And it stays:
 * tmux drops what it has not yet passed on of a window that ends, and may miss its end altogether.
 * Ctrl-C is for the program, not for this.
 */
const WRAPPER = `trap : INT QUIT; "$@"; printf '\\033]9777;%d\\007' $?; exec sleep infinity`;
const ENDED = new RegExp("\x1b\\]9777;([0-9]+)\x07");

export interface TerminalExit {
  /** As a shell counts: 128 + the signal's number after death by signal. */
  readonly code: number;
}

export interface TerminalOptions {
  readonly cols?: number;
  readonly rows?: number;
  /** The whole environment but TERM, which is xterm-256color. Default: PATH, HOME, LANG=C.UTF-8. */
  readonly env?: Record<string, string>;
}

export class Terminal implements AsyncDisposable {
  /** How the program ended; its last screen stays readable. Rejects when the window was closed. */
  readonly closed: Promise<TerminalExit>;
  readonly #tmux: Promise<TmuxControl>;
  readonly #screen = new Transcript("the screen");
  #raw = "";
  #drawing: Promise<void> | undefined;
  #dirty = false;

  constructor(argv: readonly string[], options: TerminalOptions) {
    const { cols = 100, rows = 40, env = plainEnvironment() } = options;
    const exit = Promise.withResolvers<TerminalExit>();
    this.closed = exit.promise;
    // Whoever awaits it sees the error; nobody has to.
    this.closed.catch(() => {});
    const decoder = new TextDecoder();
    const wrapped = ["/bin/sh", "-c", WRAPPER, "sh", ...argv];
    this.#tmux = TmuxControl.start(wrapped, cols, rows, env, {
      output: (bytes) => {
        this.#raw += decoder.decode(bytes, { stream: true });
        const drawn = this.#draw();
        const [mark, code] = ENDED.exec(this.#raw) ?? [];
        if (mark === undefined) return;
        this.#raw = this.#raw.replace(mark, "");
        void drawn.then(() => {
          this.#screen.end("the program ended");
          exit.resolve({ code: Number(code) });
        });
      },
      gone: () => {
        this.#screen.end("the terminal was closed");
        exit.reject(new Error("the terminal was closed"));
      },
    });
  }

  /** Types it: "\r" is Enter, "\x03" Ctrl-C. Bytes need not be UTF-8. */
  async send(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const keys = Array.from(bytes, (byte) => byte.toString(16));
    await this.#command(`send-keys -H ${keys.join(" ")}`);
  }

  /** Resolves with what matched once the screen shows it; rejects when the program ends without. */
  waitFor(pattern: Pattern): Promise<string> {
    return this.#screen.waitFor(pattern);
  }

  /** The screen's lines as a person sees them now, without trailing spaces. */
  screen(): string {
    return this.#screen.text;
  }

  /** Every byte that the program wrote, as text. */
  get rawOutput(): string {
    return this.#raw;
  }

  /** The screen's lines with their colours as SGR sequences. */
  async colours(): Promise<string> {
    return (await this.#command("capture-pane -p -e -N")).join("\n").trimEnd();
  }

  async resize(cols: number, rows: number): Promise<void> {
    await this.#command(`refresh-client -C ${cols}x${rows}`);
  }

  /** The program's process id. */
  async pid(): Promise<number> {
    const [wrapper] = await this.#command("display-message -p '#{pane_pid}'");
    return Number(await Deno.readTextFile(`/proc/${wrapper}/task/${wrapper}/children`));
  }

  /** Closes the window: the program gets SIGHUP. */
  async kill(): Promise<void> {
    await (await this.#tmux).stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #command(line: string): Promise<string[]> {
    return await (await this.#tmux).command(line);
  }

  /** Reads the screen anew; output that comes meanwhile makes it read once more. */
  #draw(): Promise<void> {
    this.#dirty = true;
    this.#drawing ??= this.#drawUntilClean().finally(() => {
      this.#drawing = undefined;
    });
    return this.#drawing;
  }

  async #drawUntilClean(): Promise<void> {
    while (this.#dirty) {
      this.#dirty = false;
      const lines = await this.#command("capture-pane -p").catch(() => undefined);
      if (lines !== undefined) this.#screen.show(lines.join("\n").trimEnd());
    }
  }
}

export function terminal(argv: readonly string[], options: TerminalOptions = {}): Terminal {
  return new Terminal(argv, options);
}

function plainEnvironment(): Record<string, string> {
  return {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    HOME: Deno.env.get("HOME") ?? "/",
    LANG: "C.UTF-8",
  };
}
