/**
 * The other end of a helper's channel, as pam_gatehouse.so is it: its limits, its escapes; written
 * after the C, not after the product.
 */
import assert from "node:assert/strict";
import { PamChannel, type PamWire } from "../../lib/io/pam_channel.ts";

export interface HelperLine {
  readonly verb: string;
  /** "" where the line has none. */
  readonly text: string;
}

/** What a helper may say in all, and in a line with its newline. */
const MOST = { lines: 200, bytes: 256 * 1024, lineBytes: 8 * 1024 };

/** More a write does not take, so whoever writes must go on. */
const TAKEN_AT_ONCE = 1_000;

export class FakeModule implements PamWire {
  readonly told: Promise<void>;
  /** Tells the helper to end. */
  readonly terminate: () => void;
  /** How many lines the helper has said. */
  lines = 0;
  #bytes = 0;
  /** Of a line that is not complete. */
  #part: number[] = [];
  readonly #heard: HelperLine[] = [];
  #listener: ((line: HelperLine) => void) | undefined;
  readonly #said: Uint8Array[] = [];
  #reader: (() => void) | undefined;
  #gone = false;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.told = promise;
    this.terminate = resolve;
  }

  /** After the greeting. */
  async open(): Promise<PamChannel> {
    this.say("GATEHOUSE 1\n");
    return await PamChannel.open(this);
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#said.length === 0 && !this.#gone) {
      await new Promise<void>((resolve) => this.#reader = resolve);
    }
    const next = this.#said.shift();
    if (next === undefined) return null;
    const size = Math.min(next.length, into.length);
    into.set(next.subarray(0, size));
    if (size < next.length) this.#said.unshift(next.subarray(size));
    return size;
  }

  writeSync(bytes: Uint8Array): number {
    if (this.#gone) throw new Deno.errors.BrokenPipe();
    const taken = bytes.subarray(0, TAKEN_AT_ONCE);
    for (const byte of taken) this.#take(byte);
    return taken.length;
  }

  /** Bytes as they are. */
  say(bytes: string | Uint8Array): void {
    this.#said.push(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    this.#reader?.();
  }

  answer(text: string): void {
    this.say(answerLine(text));
  }

  noAnswer(): void {
    this.say("NO_ANSWER\n");
  }

  /** The person is gone, and with them the module. */
  leave(): void {
    this.#gone = true;
    this.#reader?.();
  }

  /** The next line that the helper says. */
  hear(): Promise<HelperLine> {
    const next = this.#heard.shift();
    if (next !== undefined) return Promise.resolve(next);
    return new Promise((resolve) => this.#listener = resolve);
  }

  /** What the helper has said and nobody has heard. */
  unheard(): HelperLine[] {
    return this.#heard.splice(0);
  }

  #take(byte: number): void {
    assert.ok(++this.#bytes <= MOST.bytes, "the helper says too much");
    assert.ok(this.#part.push(byte) <= MOST.lineBytes, "the line is too long");
    if (byte !== 10) return;
    assert.ok(++this.lines <= MOST.lines, "the helper says too many lines");
    const line = parseHelperLine(Uint8Array.from(this.#part));
    this.#part = [];
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener === undefined) this.#heard.push(line);
    else listener(line);
  }
}

/** @param bytes with the newline; what the module would refuse fails the test */
export function parseHelperLine(bytes: Uint8Array): HelperLine {
  const line = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  assert.match(line, /^[A-Z_]+( [^\0\r\n]*)?\n$/);
  const [, verb = "", escaped = ""] = /^([A-Z_]+) ?(.*)\n$/.exec(line) ?? [];
  let text = "";
  for (let at = 0; at < escaped.length; at++) {
    const char = escaped.charAt(at);
    const meant = char === "\\" ? escaped.charAt(++at) : undefined;
    assert.ok(meant === undefined || meant === "\\" || meant === "n", `unknown escape: ${line}`);
    text += meant === "n" ? "\n" : char;
  }
  return { verb, text };
}

export function answerLine(text: string): string {
  return `ANSWER ${text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "?")}\n`;
}
