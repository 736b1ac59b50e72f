/** Child processes whose output is collected and awaited, and that are never left behind. */
import { type Pattern, Transcript } from "./transcript.ts";

export interface Result {
  /** As a shell counts: 128 + the signal's number after death by signal. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: Uint8Array<ArrayBuffer>;
  /** stdout as text. */
  readonly out: string;
  readonly err: string;
}

export interface StartOptions {
  /** What its stdin gets before it is closed; "open" leaves it open for write(). Default: nothing. */
  readonly input?: string | Uint8Array<ArrayBuffer> | "open";
  /** The whole environment. Default: ours. */
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Called with each whole line of its stderr, as it comes. */
  readonly onErrorLine?: (line: string) => void;
}

export class Running implements AsyncDisposable {
  readonly done: Promise<Result>;
  readonly #child: Deno.ChildProcess;
  readonly #out: Transcript;
  readonly #err: Transcript;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #onErrorLine: ((line: string) => void) | undefined;
  #exited = false;

  constructor(argv: readonly string[], options: StartOptions = {}) {
    const [program = "", ...args] = argv;
    this.#out = new Transcript(`${program}'s stdout`);
    this.#err = new Transcript(`${program}'s stderr`);
    this.#child = new Deno.Command(program, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      ...(options.env === undefined ? {} : { env: options.env, clearEnv: true }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#onErrorLine = options.onErrorLine;
    this.done = this.#collect();
    // Whoever awaits it sees the error; nobody has to.
    this.done.catch(() => {});
    if (options.input !== "open") void this.#feed(options.input);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it has printed so far. */
  get outSoFar(): string {
    return this.#out.text;
  }

  get errSoFar(): string {
    return this.#err.text;
  }

  /** Resolves with what matched once stdout holds it. */
  out(pattern: Pattern): Promise<string> {
    return this.#out.waitFor(pattern);
  }

  err(pattern: Pattern): Promise<string> {
    return this.#err.waitFor(pattern);
  }

  async write(data: string | Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#input.write(typeof data === "string" ? new TextEncoder().encode(data) : data);
  }

  async closeInput(): Promise<void> {
    await this.#input.close().catch(() => {});
  }

  /** Resolves when it has ended. */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<Result> {
    if (!this.#exited) this.#child.kill(signal);
    return await this.done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #feed(input: string | Uint8Array<ArrayBuffer> = ""): Promise<void> {
    const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
    // A program that ends before it has read everything is no fault of the test's.
    if (bytes.length > 0) await this.#input.write(bytes).catch(() => {});
    await this.closeInput();
  }

  async #collect(): Promise<Result> {
    const [stdout, , status] = await Promise.all([
      pour(this.#child.stdout, this.#out),
      pour(this.#child.stderr, this.#err, this.#onErrorLine),
      this.#child.status.then((status) => {
        this.#exited = true;
        return status;
      }),
    ]);
    await this.closeInput();
    this.#out.end("it ended");
    this.#err.end("it ended");
    const { code, signal } = status;
    return { code, signal, stdout, out: this.#out.text, err: this.#err.text };
  }
}

async function pour(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  transcript: Transcript,
  onLine: (line: string) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const decoder = new TextDecoder();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let rest = "";
  for await (const chunk of stream) {
    chunks.push(chunk);
    const text = decoder.decode(chunk, { stream: true });
    transcript.append(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

export function start(argv: readonly string[], options?: StartOptions): Running {
  return new Running(argv, options);
}

export async function run(argv: readonly string[], options?: StartOptions): Promise<Result> {
  return await start(argv, options).done;
}

/** @throws when it exits other than 0, with what it said */
export async function mustRun(argv: readonly string[], options?: StartOptions): Promise<Result> {
  const result = await run(argv, options);
  if (result.code !== 0) {
    throw new Error(`${argv.join(" ")}: exit ${result.code}\n${result.out}${result.err}`);
  }
  return result;
}

/** One word for a shell, whatever is in it. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
