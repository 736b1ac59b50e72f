/** What a demo leaves behind, so that it can be removed whatever the demo was doing. */
import {
  allProcesses,
  commandLineOf,
  endAll,
  environmentOf,
  withDescendants,
} from "../../tests/support/process_tree.ts";

/** Set for all that the demo starts, its shells included: by it they are found. */
export const MARK = "GATEHOUSE_DEMO";

/** Ends all processes of that demo, then removes its folder. */
export async function removeAll(folder: string): Promise<void> {
  // Once found, a process is not forgotten when that ends from which it came.
  const found = new Set<number>();
  await endAll(async () => {
    for (const pid of await processesOf(folder)) found.add(pid);
    return [...found];
  });
  await Deno.remove(folder, { recursive: true });
}

/** Those that bear the mark, its sshd, and all that come from them. */
async function processesOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await allProcesses()) {
    if (await belongsTo(folder, pid)) found.push(...await withDescendants(pid));
  }
  return found;
}

/** sshd writes its title over its environment, but that title has the configuration's path. */
async function belongsTo(folder: string, pid: number): Promise<boolean> {
  if ((await environmentOf(pid)).includes(`${MARK}=${folder}`)) return true;
  const title = await commandLineOf(pid);
  return title.startsWith("sshd: ") && title.includes(`${folder}/`);
}
