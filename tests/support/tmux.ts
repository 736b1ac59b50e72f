/** tmux's control mode (tmux(1), CONTROL MODE): commands in; replies and notifications out. */

export interface TmuxEvents {
  /** The program wrote these bytes. */
  output(bytes: Uint8Array<ArrayBuffer>): void;
  /** tmux itself ended. */
  gone(): void;
}

/** `destroy-unattached` ends tmux when we are gone, however we went. */
const CONFIG = `
set -g default-terminal xterm-256color
set -g default-shell /bin/sh
set -g status off
set -g escape-time 0
set -g automatic-rename off
set -g allow-rename off
set -g destroy-unattached on
`;

interface Request {
  resolve(lines: string[]): void;
  reject(why: Error): void;
}

export class TmuxControl {
  readonly #events: TmuxEvents;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #ended: Promise<void>;
  readonly #requests: Request[] = [];
  /** The lines of the reply that is being read. */
  #reply: string[] | undefined;
  #gone = false;

  private constructor(child: Deno.ChildProcess, folder: string, events: TmuxEvents) {
    this.#child = child;
    this.#events = events;
    this.#input = child.stdin.getWriter();
    this.#ended = this.#read(folder);
  }

  /** A tmux server of its own whose only window runs that program. */
  static async start(
    argv: readonly string[],
    cols: number,
    rows: number,
    env: Record<string, string>,
    events: TmuxEvents,
  ): Promise<TmuxControl> {
    const folder = await Deno.makeTempDir({ prefix: "gatehouse-tmux-" });
    await Deno.writeTextFile(`${folder}/conf`, CONFIG);
    const server = ["-u", "-S", `${folder}/socket`, "-f", `${folder}/conf`, "-C"];
    const session = ["new-session", "-x", String(cols), "-y", String(rows), "--", ...argv];
    const child = new Deno.Command("tmux", {
      args: [...server, ...session],
      env,
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const tmux = new TmuxControl(child, folder, events);
    await tmux.#expectReply();
    return tmux;
  }

  /** The lines of its reply. Rejects with tmux's own words when it fails. */
  async command(line: string): Promise<string[]> {
    const reply = this.#expectReply();
    await this.#input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
    return await reply;
  }

  /** Ends tmux; the program gets SIGHUP. */
  async stop(): Promise<void> {
    await this.command("kill-server").catch(() => {});
    await this.#ended;
  }

  #expectReply(): Promise<string[]> {
    if (this.#gone) return Promise.reject(new Error("tmux has ended"));
    return new Promise((resolve, reject) => this.#requests.push({ resolve, reject }));
  }

  async #read(folder: string): Promise<void> {
    for await (const line of byteLines(this.#child.stdout)) this.#take(line);
    await this.#child.status;
    await this.#input.close().catch(() => {});
    this.#gone = true;
    for (const request of this.#requests) request.reject(new Error("tmux has ended"));
    this.#events.gone();
    await Deno.remove(folder, { recursive: true });
  }

  #take(line: Uint8Array<ArrayBuffer>): void {
    const text = new TextDecoder().decode(line);
    if (this.#reply !== undefined) {
      // A reply's own lines could look like its end only if a program drew that; ours do not.
      const end = /^%(end|error) [0-9]+ [0-9]+ [0-9]+$/.exec(text);
      if (end === null) {
        this.#reply.push(text);
        return;
      }
      const request = this.#requests.shift();
      if (end[1] === "end") request?.resolve(this.#reply);
      else request?.reject(new Error(`tmux: ${this.#reply.join(" ")}`));
      this.#reply = undefined;
      return;
    }
    if (text.startsWith("%begin ")) this.#reply = [];
    else if (text.startsWith("%output ")) this.#events.output(outputBytes(line));
  }
}

/** `%output %0 TEXT`, where control characters and the backslash come as `\ooo`. */
function outputBytes(line: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const start = line.indexOf(0x20, "%output ".length) + 1;
  const bytes: number[] = [];
  for (let at = start; at < line.length; at++) {
    const byte = line[at] ?? 0;
    if (byte !== 0x5c) {
      bytes.push(byte);
    } else {
      bytes.push(Number.parseInt(String.fromCharCode(...line.subarray(at + 1, at + 4)), 8));
      at += 3;
    }
  }
  return Uint8Array.from(bytes);
}

/** Bytes, not text: one output line may end in the middle of a character. */
async function* byteLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  for await (const chunk of stream) {
    const joined = new Uint8Array(rest.length + chunk.length);
    joined.set(rest);
    joined.set(chunk, rest.length);
    rest = joined;
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      yield rest.subarray(0, end);
      rest = rest.subarray(end + 1);
    }
  }
}
