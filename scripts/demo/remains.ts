/** What a demo leaves behind, so that it can be removed whatever the demo was doing. */
import {
  allProcesses,
  endAll,
  environmentOf,
  withDescendants,
} from "../../tests/support/process_tree.ts";

/** Set for all that the demo starts, its shells included: by it they are found. */
export const MARK = "GATEHOUSE_DEMO";

/** Ends all processes of that demo, then removes its folder. */
export async function removeAll(folder: string): Promise<void> {
  await endAll(() => processesOf(folder));
  await Deno.remove(folder, { recursive: true });
}

/** Those that bear the mark, and all that come from them. */
export async function processesOf(folder: string): Promise<number[]> {
  const found = new Set<number>();
  for (const pid of await allProcesses()) {
    if (!(await environmentOf(pid)).includes(`${MARK}=${folder}`)) continue;
    for (const each of await withDescendants(pid)) found.add(each);
  }
  return [...found];
}
