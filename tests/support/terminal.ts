/** A program in a real terminal, pty and emulator in one: tmux, without its own decorations. */
import { type TerminalExit, TmuxControl } from "./tmux.ts";
import { type Pattern, Transcript } from "./transcript.ts";

export type { TerminalExit };

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
    this.#tmux = TmuxControl.start(argv, cols, rows, env, {
      output: (bytes) => {
        this.#raw += decoder.decode(bytes, { stream: true });
        void this.#draw();
      },
      dead: (status) => {
        void this.#draw().then(() => {
          this.#screen.end("the program ended");
          exit.resolve(status);
        });
      },
      gone: () => {
        this.#screen.end("the terminal was closed");
        exit.reject(new Error("the terminal was closed"));
      },
    });
  }

  /** Types it: "\r" is Enter, "\x03" Ctrl-C. */
  async send(text: string): Promise<void> {
    const bytes = [...new TextEncoder().encode(text)].map((byte) => byte.toString(16));
    await this.#command(`send-keys -H ${bytes.join(" ")}`);
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
    return (await this.#command("capture-pane -p -e")).join("\n").trimEnd();
  }

  async resize(cols: number, rows: number): Promise<void> {
    await this.#command(`refresh-client -C ${cols}x${rows}`);
  }

  /** The program's process id. */
  async pid(): Promise<number> {
    const [pid] = await this.#command("display-message -p '#{pane_pid}'");
    return Number(pid);
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
