/** Processes that are not our own children, found in /proc (proc(5)). */

/** How long programs may take to end in good order: sshd has a file of its own to remove. */
const GRACE_MS = 1_000;

/** The ids of all processes. */
export async function allProcesses(): Promise<number[]> {
  const names = await Array.fromAsync(Deno.readDir("/proc"), ({ name }) => name);
  return names.filter((name) => /^[0-9]+$/.test(name)).map(Number);
}

/** That process and all that come from it, children first. */
export async function withDescendants(pid: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const each of await allProcesses()) {
    const stat = await Deno.readTextFile(`/proc/${each}/stat`).catch(() => "");
    // The name in parentheses may hold anything, so count from its end: state, then parent.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...children.get(parent) ?? [], each]);
  }
  const walk = (root: number): number[] => [...(children.get(root) ?? []).flatMap(walk), root];
  return walk(pid);
}

/** Its variables; none when it is dead or somebody else's. */
export async function environmentOf(pid: number): Promise<string[]> {
  return (await Deno.readTextFile(`/proc/${pid}/environ`).catch(() => "")).split("\0");
}

/** Its arguments, or what it has put in their place. */
export async function commandLineOf(pid: number): Promise<string> {
  const text = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
  return text.replaceAll("\0", " ").trim();
}

/** False also for one that is dead but not yet reaped. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return /^State:\s+[^ZX]/m.test(status);
}

/**
 * Asks processes to end, and makes them after a second. Resolves when none is left.
 * @param find looks again whom there is to end; the dead do not matter
 */
export async function endAll(find: () => Promise<readonly number[]>): Promise<void> {
  const killAt = Date.now() + GRACE_MS;
  for (let left = await findAlive(find); left.length > 0; left = await findAlive(find)) {
    for (const pid of left) send(pid, Date.now() < killAt ? "SIGTERM" : "SIGKILL");
    // Nothing tells of the end of what is not our child.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function findAlive(find: () => Promise<readonly number[]>): Promise<number[]> {
  const found = await find();
  const alive = await Promise.all(found.map(isAlive));
  return found.filter((_, index) => alive[index]);
}

function send(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
