/** Who still runs an executable. */

/** The processes that run that executable. */
export async function processesOf(executable: string): Promise<number[]> {
  const found = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    const path = await Deno.readLink(`/proc/${name}/exe`).catch(() => "");
    if (path === executable) found.push(Number(name));
  }
  return found;
}

/** The process id of what a process has started. */
export async function childOf(pid: number): Promise<number> {
  return Number(await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`));
}

/**
 * Resolves when the process waits for something: one that has shown its prompt reads then. A signal
 * between the two would only be noted by readpassphrase(3) and by sudo's tgetpass.c.
 * @throws when it does not within 20 s
 */
export async function waits(pid: number): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!/^State:\tS/m.test(await Deno.readTextFile(`/proc/${pid}/status`))) {
    if (Date.now() > giveUpAt) throw new Error(`process ${pid} does not wait`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Resolves when no process runs that executable any more: its last act has no event for others.
 * @throws when one still does after 20 s
 */
export async function ended(executable: string): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while ((await processesOf(executable)).length > 0) {
    if (Date.now() > giveUpAt) throw new Error(`${executable} still runs`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
