/** Time that passes at once whenever somebody waits, but for the limit of a message. */
import { SENDING_LIMITS } from "../../lib/io/vendor_sender.ts";
import { FixedClock } from "./fakes.ts";

export class QuickTime {
  readonly clock = new FixedClock();
  /** How long each wait was, in milliseconds. */
  readonly waits: number[] = [];
  readonly #limits = new Set<() => void>();

  /** @param limitMs what the limit of a message is */
  constructor(private readonly limitMs: number = SENDING_LIMITS.message) {}

  /** The limit ends by `endLimits` alone. */
  readonly after = (ms: number, run: () => void): () => void => {
    if (ms === this.limitMs) {
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
