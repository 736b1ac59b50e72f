/** Time that passes at once whenever somebody waits for less than a limit. */
import { FixedClock } from "./fakes.ts";

export class QuickTime {
  readonly clock = new FixedClock();
  /** How long each wait was, in milliseconds. */
  readonly waits: number[] = [];
  readonly #limits = new Set<() => void>();

  /** @param limitMs what is this long, or longer, is a limit: it ends by `endLimits` alone */
  constructor(private readonly limitMs = 30_000) {}

  readonly after = (ms: number, run: () => void): () => void => {
    if (ms >= this.limitMs) {
      this.#limits.add(run);
      return () => this.#limits.delete(run);
    }
    let stopped = false;
    this.waits.push(ms);
    queueMicrotask(() => {
      if (stopped) return;
      this.clock.at += ms;
      run();
    });
    return () => stopped = true;
  };

  endLimits(): void {
    for (const end of this.#limits) end();
    this.#limits.clear();
  }
}
