/** A wait that can be cut short. */

/** @param after runs something once after so many milliseconds, unless what it returns is called before */
export async function pause(
  ms: number,
  after: (ms: number, run: () => void) => () => void,
  signals: readonly AbortSignal[],
): Promise<void> {
  if (signals.some(({ aborted }) => aborted)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const stop = after(ms, end);
  for (const signal of signals) signal.addEventListener("abort", end);
  await promise;
  stop();
  for (const signal of signals) signal.removeEventListener("abort", end);
}
