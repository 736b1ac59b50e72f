/** The one way out of the demo, whatever it was doing: nothing of it stays behind. */
import { OUTPUT, unfinished } from "../build.ts";
import { withDescendants } from "../../tests/support/process.ts";

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Makes the demo's folder and sees to it that signals end the demo properly from now on. All
 * temporary files, and those of the programs that the demo starts, go into that folder.
 */
export function enter(): string {
  const names = ["SIGHUP", "SIGINT", "SIGTERM"] as const;
  const state: { folder?: string } = {};
  for (const name of names) {
    Deno.addSignalListener(name, () => void leave(state.folder, SIGNALS[name]));
  }
  state.folder = Deno.makeTempDirSync({ dir: "/tmp", prefix: "gatehouse-demo-" });
  Deno.env.set("TMPDIR", state.folder);
  return state.folder;
}

let leaving: Promise<never> | undefined;

/** Ends every process of the demo, removes the folder, exits. */
export function leave(folder: string | undefined, code: number): Promise<never> {
  leaving ??= cleanUp(folder).then(() => Deno.exit(code));
  return leaving;
}

async function cleanUp(folder: string | undefined): Promise<void> {
  if (Deno.stdin.isTerminal()) Deno.stdin.setRaw(false);
  if (folder === undefined) return;
  for (let left = await ours(folder); left.length > 0; left = await ours(folder)) {
    for (const pid of left) end(pid);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await Deno.remove(folder, { recursive: true });
  await Deno.remove(unfinished(OUTPUT)).catch(() => {});
}

/** What descends from us, and what left that line of descent but has our TMPDIR. */
async function ours(folder: string): Promise<number[]> {
  const pids = new Set(await withDescendants(Deno.pid));
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    // Of other users' processes we may not read it.
    const environment = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
    if (environment.split("\0").includes(`TMPDIR=${folder}`)) pids.add(Number(name));
  }
  pids.delete(Deno.pid);
  const alive = await Promise.all([...pids].map(async (pid) => await isAlive(pid) ? [pid] : []));
  return alive.flat();
}

async function isAlive(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return /^State:\s+[^ZX]/m.test(status);
}

function end(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}
