/**
 * Timers in milliseconds. Those of the same length share one of the runtime's, which costs as much as a
 * query: most bodies of requests have the same, and most polls that wait.
 */

interface Waiting {
  readonly due: number;
  readonly run: () => void;
}

/** Of one length, so whoever came first is due first. */
class Queue {
  readonly #waiting = new Set<Waiting>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ms: number) {}

  add(run: () => void): () => void {
    const waiting = { due: performance.now() + this.ms, run };
    this.#waiting.add(waiting);
    this.#timer ??= setTimeout(this.#ring, this.ms);
    return () => {
      if (this.#waiting.delete(waiting) && this.#waiting.size === 0) this.#end();
    };
  }

  readonly #ring = (): void => {
    const now = performance.now();
    for (const waiting of this.#waiting) {
      if (waiting.due > now) break;
      this.#waiting.delete(waiting);
      waiting.run();
    }
    clearTimeout(this.#timer);
    const [first] = this.#waiting;
    if (first === undefined) this.#end();
    else this.#timer = setTimeout(this.#ring, Math.ceil(first.due - performance.now()));
  };

  #end(): void {
    clearTimeout(this.#timer);
    if (queues.get(this.ms) === this) queues.delete(this.ms);
  }
}

const queues = new Map<number, Queue>();

/** Runs something once after so many milliseconds, unless the returned function is called before. */
export function after(ms: number, run: () => void): () => void {
  const queue = queues.get(ms) ?? new Queue(ms);
  queues.set(ms, queue);
  return queue.add(run);
}

/**
 * Runs something now, and again and again: the next time so many milliseconds after the last has ended.
 * @param work must not reject
 * @returns ends it; resolves when nothing runs any more
 */
export function repeatedly(ms: number, work: () => Promise<void>): () => Promise<void> {
  let stopped = false;
  let cancel = () => {};
  let running = round();
  function round(): Promise<void> {
    return work().then(() => {
      if (!stopped) cancel = after(ms, () => void (running = round()));
    });
  }
  return () => {
    stopped = true;
    cancel();
    return running;
  };
}
