/** The signals that end a service. */

/** Resolves with the name of the first; from then on they end the process at once again. */
export function stopSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const heard = (["SIGTERM", "SIGINT"] as const).map((name) => {
    const listener = () => resolve(name);
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  return promise.finally(() => {
    for (const { name, listener } of heard) Deno.removeSignalListener(name, listener);
  });
}
