/** Uses of emergency codes that no message has told of yet. They outlast the process. */
import { giveBack } from "../lib/core/rate_limit.ts";
import type { Store } from "../lib/ports.ts";

export class Untold {
  readonly #hosts = new Set<string>();
  #recovered = false;

  constructor(private readonly store: Pick<Store, "changeTimes" | "hosts">) {}

  has(host: string): boolean {
    return this.#hosts.has(host);
  }

  /** The hosts that have any. */
  get hosts(): readonly string[] {
    return [...this.#hosts];
  }

  /** Resolves when it is durable. @param at milliseconds since the Unix epoch */
  async add(host: string, at: number): Promise<void> {
    this.#hosts.add(host);
    await this.store.changeTimes(nameOf(host), (times) => [...times, at]);
  }

  /** When they were, for who now tells of them; those that come from now on are others. */
  async take(host: string): Promise<readonly number[]> {
    this.#hosts.delete(host);
    try {
      return await this.#look(host);
    } catch (error) {
      this.#hosts.add(host);
      throw error;
    }
  }

  /** Forgets them. Only now: what a process dies over is told twice rather than never. */
  async told(host: string, told: readonly number[]): Promise<void> {
    await this.store.changeTimes(nameOf(host), (times) => told.reduce(giveBack, times));
  }

  /** Finds what the process before this one has left. */
  async recover(): Promise<void> {
    if (this.#recovered) return;
    await Promise.all((await this.store.hosts()).map(async ({ name }) => {
      if ((await this.#look(name)).length > 0) this.#hosts.add(name);
    }));
    this.#recovered = true;
  }

  async #look(host: string): Promise<readonly number[]> {
    let found: readonly number[] = [];
    await this.store.changeTimes(nameOf(host), (times) => found = times);
    return found;
  }
}

function nameOf(host: string): string {
  return `untold ${host}`;
}
