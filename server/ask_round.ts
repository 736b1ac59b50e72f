/** The messages about one request, sent one after the other as long as nobody decides. */
import type { Ask, Wave } from "../lib/core/routing.ts";
import type { After } from "./deps.ts";

export class Round {
  /** In the order in which they are due. */
  readonly #asks: Ask[] = [];
  readonly #begun = new Set<string>();
  readonly #admitted = new Map<string, boolean>();
  readonly #timers = new Set<() => void>();
  #ended = false;

  /**
   * @param send false: it has not arrived. Never rejects.
   * @param admits whether that person may be sent messages about this request; asked once
   */
  constructor(
    private readonly after: After,
    private readonly send: (ask: Ask) => Promise<boolean>,
    private readonly admits: (person: string) => boolean,
  ) {}

  begin(waves: readonly Wave[]): void {
    if (this.#ended) return;
    this.#asks.push(...waves.flatMap(({ asks }) => asks));
    for (const { afterMs, asks } of waves) {
      if (afterMs === 0) this.#sendAll(asks);
      else this.#later(afterMs, () => this.#sendAll(asks));
    }
  }

  /** Nobody is asked any more. */
  end(): void {
    this.#ended = true;
    for (const stop of this.#timers) stop();
    this.#timers.clear();
  }

  #later(ms: number, run: () => void): void {
    const stop = this.after(ms, () => {
      this.#timers.delete(stop);
      run();
    });
    this.#timers.add(stop);
  }

  #sendAll(asks: readonly Ask[]): void {
    for (const ask of asks) void this.#send(ask);
  }

  async #send(ask: Ask): Promise<void> {
    const { person } = ask;
    if (this.#ended || this.#begun.has(keyOf(ask)) || !this.#isAdmitted(person)) return;
    this.#begun.add(keyOf(ask));
    if (await this.send(ask) || person === null) return;
    const next = this.#asks.find((other) =>
      other.person === person && !this.#begun.has(keyOf(other))
    );
    if (next !== undefined) await this.#send(next);
  }

  #isAdmitted(person: string | null): boolean {
    if (person === null) return true;
    const admitted = this.#admitted.get(person) ?? this.admits(person);
    this.#admitted.set(person, admitted);
    return admitted;
  }
}

function keyOf({ channel, to }: Ask): string {
  return JSON.stringify([channel, to]);
}
