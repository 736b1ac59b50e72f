/** How the front end at a terminal, or without one, learns that the client is gone. */
import { openLibc } from "./libc.ts";

/** POLLERR, POLLHUP, POLLNVAL: nobody reads what is written there. */
const GONE = 0x38;

/** Resolves at the first of them. */
export function onSignals(signals: readonly Deno.Signal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) Deno.addSignalListener(signal, () => resolve());
  });
}

/**
 * Without a terminal sshd sends no signal when the client is gone; only the pipe that was stdout
 * reports it. A closed stdin means nothing: the client may just have sent everything.
 */
export async function stdoutClosed(): Promise<void> {
  const c = openLibc({
    poll: { parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  });
  const fd = new Int32Array([1, 0]); // struct pollfd { int fd; short events, revents; }
  for (;;) {
    await c.poll(fd, 1n, -1);
    if (((fd[1] ?? 0) >> 16 & GONE) !== 0) return;
  }
}
