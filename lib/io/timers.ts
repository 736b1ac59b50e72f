/** Runs something once after so many milliseconds, unless the returned function is called before. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/**
 * Runs something again and again, the next time so many milliseconds after the last has ended.
 * @param work must not reject
 * @returns ends it; resolves when nothing runs any more
 */
export function repeatedly(ms: number, work: () => Promise<void>): () => Promise<void> {
  let stopped = false;
  let running = Promise.resolve();
  let cancel = after(ms, round);
  function round(): void {
    running = work().then(() => {
      if (!stopped) cancel = after(ms, round);
    });
  }
  return () => {
    stopped = true;
    cancel();
    return running;
  };
}
