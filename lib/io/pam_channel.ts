/**
 * The conversation that pam_gatehouse.so carries to the person: our stdin and stdout are one socket,
 * whose other end the module holds. It obeys one line after the other, and while a question stands
 * none.
 */
import { Exit, Failure } from "../core/errors.ts";
import {
  authtokLine,
  type FromModule,
  FromModuleReader,
  GET_AUTHTOK,
  MODULE_TAKES,
  type PamResult,
  resultLine,
  shownLine,
} from "../core/pam_protocol.ts";
import { within, writeAllSync } from "./files.ts";

/** The module greets before it starts us, as good as. */
const GREETING_MS = 10_000;

/**
 * Which part of what the module takes may be used up by questions, and by all but the verdict. Beyond
 * it the module would end us in the middle of a word.
 */
const QUESTIONS = 0.9;
const TEXTS = 0.95;

/** Where the lines go and come from. */
export interface PamWire {
  /** @returns null at the end */
  read(into: Uint8Array): Promise<number | null>;
  writeSync(bytes: Uint8Array): number;
  /** Resolves when we are told to end. */
  readonly told: Promise<void>;
}

export class PamChannel {
  /** Resolves when nobody can be asked any more: the person or the module is gone. */
  readonly closed: Promise<void>;
  readonly #wire: PamWire;
  readonly #reader = new FromModuleReader();
  readonly #greeted: Promise<void>;
  readonly #greet: () => void;
  readonly #close: () => void;
  #isClosed = false;
  /** Takes the answer to the question that stands. */
  #take: ((text: string | undefined) => void) | undefined;
  #lastAnswer: Promise<string | undefined> = Promise.resolve(undefined);
  /** Questions that stand, or wait to. */
  #open = 0;
  #lines = 0;
  #bytes = 0;

  private constructor(wire: PamWire) {
    const greeting = Promise.withResolvers<void>();
    const closing = Promise.withResolvers<void>();
    this.#greeted = greeting.promise;
    this.#greet = greeting.resolve;
    this.closed = closing.promise;
    this.#close = closing.resolve;
    this.#wire = wire;
    wire.told.then(() => this.#end());
    this.#listen();
  }

  /** Has heard the greeting. @throws Failure when none comes */
  static async open(wire: PamWire = stdio()): Promise<PamChannel> {
    const channel = new PamChannel(wire);
    const silent = channel.closed.then(() => Promise.reject(new Error("closed")));
    try {
      await within(GREETING_MS, Promise.race([channel.#greeted, silent]));
      return channel;
    } catch {
      throw new Failure(
        Exit.usage,
        "pam_gatehouse.so does not answer",
        "it starts this command for each login; see docs/pam.md",
      );
    }
  }

  error(text: string): void {
    this.#send(shownLine("ERROR", text), TEXTS);
  }

  /**
   * One question after the other, in the order of the calls.
   * @returns undefined when the person cannot be asked, or is gone
   */
  ask(prompt: string, { echo }: { echo: boolean }): Promise<string | undefined> {
    return this.#question(shownLine(echo ? "PROMPT_ECHO_ON" : "PROMPT_ECHO_OFF", prompt));
  }

  /** The password that a module in front has got; undefined when none has. */
  authtok(): Promise<string | undefined> {
    return this.#question(GET_AUTHTOK);
  }

  /** For the modules that follow. @throws Failure when it cannot be handed on */
  setAuthtok(password: string): void {
    const line = authtokLine(password);
    if (line === undefined || !this.#send(line, TEXTS)) {
      throw new Failure(Exit.denied, "the password could not be handed on");
    }
  }

  /**
   * Resolves when no question stands any more: only then does the module hear anything.
   * @returns false when the last one had no answer, or nobody is there
   */
  async answered(): Promise<boolean> {
    return this.#open === 0 ? !this.#isClosed : await this.#lastAnswer !== undefined;
  }

  /** The verdict, the last word; it has left us when this returns. */
  result(name: PamResult): void {
    this.#write(resultLine(name));
  }

  #question(line: string): Promise<string | undefined> {
    this.#open++;
    const answer = this.#lastAnswer.then(() => this.#exchange(line));
    this.#lastAnswer = answer.finally(() => this.#open--);
    return answer;
  }

  async #exchange(line: string): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    if (this.#isClosed) return undefined;
    this.#take = resolve;
    if (!this.#send(line, QUESTIONS)) this.#end();
    return await Promise.race([promise, this.closed.then(() => undefined)]);
  }

  async #listen(): Promise<void> {
    const buffer = new Uint8Array(MODULE_TAKES.lineBytes);
    for (;;) {
      const size = await this.#wire.read(buffer).catch(() => null);
      if (size === null || this.#isClosed) break;
      const heard = this.#reader.take(buffer.subarray(0, size));
      if (heard === undefined || !heard.every((line) => this.#hear(line))) break;
    }
    this.#end();
  }

  /** @returns false for what no module would say now */
  #hear(line: FromModule): boolean {
    if (line.kind === "greeting") {
      this.#greet();
      return true;
    }
    const take = this.#take;
    this.#take = undefined;
    take?.(line.kind === "answer" ? line.text : undefined);
    return take !== undefined;
  }

  /** @returns whether it was sent: not when that part of what the module takes is used up */
  #send(line: string, part: number): boolean {
    const { lines, bytes, lineBytes } = MODULE_TAKES;
    const full = this.#lines >= lines * part || this.#bytes + lineBytes > bytes * part;
    if (!full) this.#write(line);
    return !full;
  }

  #write(line: string): void {
    const bytes = new TextEncoder().encode(line);
    this.#lines++;
    this.#bytes += bytes.length;
    try {
      writeAllSync(this.#wire, bytes);
    } catch {
      this.#end();
    }
  }

  #end(): void {
    this.#isClosed = true;
    this.#close();
  }
}

function stdio(): PamWire {
  const { promise: told, resolve } = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGTERM", () => resolve());
  return {
    read: (into) => Deno.stdin.read(into),
    writeSync: (bytes) => Deno.stdout.writeSync(bytes),
    told,
  };
}
