/** The messages about one request, sent one after the other as long as nobody decides. */
import type { Ask, Wave } from "../lib/core/routing.ts";
import type { After } from "./deps.ts";

export class Round {
  /** In the order in which they are due. */
  readonly #asks: Ask[] = [];
  readonly #begun = new Set<string>();
  readonly #admitted = new Map<string, boolean>();
  /** Persons whom a message has reached, and those for whom a way is waited for. */
  readonly #reached = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #timers = new Set<() => void>();
  #ended = false;

  /**
   * @param send false: it has not arrived. Never rejects.
   * @param admits whether that person or group may be sent messages about this request; asked once
   * @param aloneMs for how long the way is left alone, see `leftAloneUntil` of a channel; null: it is not
   */
  constructor(
    private readonly after: After,
    private readonly send: (ask: Ask) => Promise<boolean>,
    private readonly admits: (ask: Ask) => boolean,
    private readonly aloneMs: (ask: Ask) => number | null,
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
    if (this.#ended || this.#begun.has(keyOf(ask)) || !this.#isAdmitted(ask)) return;
    this.#begun.add(keyOf(ask));
    const arrived = await this.send(ask);
    if (person === null) return;
    if (arrived) {
      this.#reached.add(person);
      return;
    }
    const next = this.#asks.find((other) =>
      other.person === person && !this.#begun.has(keyOf(other))
    );
    if (next !== undefined) await this.#send(next);
    else this.#again(person);
  }

  /** Once a way that is left alone is not any more, where that person has no other. */
  #again(person: string): void {
    if (this.#ended || this.#reached.has(person) || this.#waiting.has(person)) return;
    const waits = this.#asks.filter((ask) => ask.person === person).flatMap((ask) => {
      const ms = this.aloneMs(ask);
      return ms === null ? [] : [{ ask, ms }];
    });
    const soonest = waits.toSorted((a, b) => a.ms - b.ms)[0];
    if (soonest === undefined) return;
    this.#waiting.add(person);
    this.#later(soonest.ms, () => {
      this.#waiting.delete(person);
      if (this.#reached.has(person)) return;
      this.#begun.delete(keyOf(soonest.ask));
      void this.#send(soonest.ask);
    });
  }

  #isAdmitted(ask: Ask): boolean {
    const key = ask.person ?? keyOf(ask);
    const admitted = this.#admitted.get(key) ?? this.admits(ask);
    this.#admitted.set(key, admitted);
    return admitted;
  }
}

function keyOf({ channel, to }: Ask): string {
  return JSON.stringify([channel, to]);
}
