/** Text that grows while others wait for what it will say. */

/** Long enough for a loaded machine, short enough that a hung test says so. */
export const GUARD_MS = 20_000;

export type Pattern = string | RegExp;

interface Waiter {
  readonly pattern: Pattern;
  resolve(found: string): void;
  reject(why: Error): void;
}

export class Transcript {
  #text = "";
  #ended: string | undefined;
  #waiters = new Set<Waiter>();

  /** @param name what this is the text of, for messages: "ssh's stderr" */
  constructor(readonly name: string) {}

  get text(): string {
    return this.#text;
  }

  append(more: string): void {
    this.show(this.#text + more);
  }

  /** For a screen, where the new text takes the place of the old one. */
  show(text: string): void {
    this.#text = text;
    for (const waiter of this.#waiters) {
      const found = find(text, waiter.pattern);
      if (found !== undefined) waiter.resolve(found);
    }
  }

  /** Nothing more will come: whoever still waits is told why. */
  end(why: string): void {
    this.#ended = why;
    for (const waiter of this.#waiters) waiter.reject(this.#error(waiter.pattern, why));
  }

  /**
   * What matched, as soon as the text holds it. Rejects when the text ends without it, or after
   * 20 s.
   */
  async waitFor(pattern: Pattern): Promise<string> {
    const found = find(this.#text, pattern);
    if (found !== undefined) return found;
    if (this.#ended !== undefined) throw this.#error(pattern, this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const waiter = { pattern, resolve, reject };
    const guard = setTimeout(() => reject(this.#error(pattern, "20 s passed")), GUARD_MS);
    this.#waiters.add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(guard);
      this.#waiters.delete(waiter);
    }
  }

  #error(pattern: Pattern, why: string): Error {
    return new Error(`${this.name} never said ${pattern} (${why}); it said:\n${this.#text}`);
  }
}

function find(text: string, pattern: Pattern): string | undefined {
  if (typeof pattern === "string") return text.includes(pattern) ? pattern : undefined;
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(text)?.[0];
}
