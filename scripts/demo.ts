/**
 * `deno task demo [--auto [--pictures DIR]]`: a server and a guarded sshd on loopback ports, with
 * everything in a temporary folder.
 *
 * The work is done by a process of its own. So whenever it is stopped, and however, this one is
 * there to end what it had started and to remove the folder.
 */
import { OUTPUT, removeUnfinished } from "./build.ts";
import { demoOptions } from "./demo/options.ts";
import { MARK, removeAll } from "./demo/remains.ts";
import { require, requirePty } from "./needs.ts";
import { ROOT } from "./run.ts";
import { script } from "./say.ts";
import { requirePinnedDeno } from "./toolchain.ts";

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

await script(async () => {
  const { auto } = demoOptions(Deno.args);
  requirePinnedDeno("demo");
  await require(auto ? "play" : "ssh");
  await requirePty();
  const terminal = await terminalSettings();
  const stopped = Promise.withResolvers<number>();
  for (const name of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => stopped.resolve(SIGNALS[name]));
  }
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "gatehouse-demo-" });
  const child = startPlay(folder);
  const ended = child.status.then(({ code }) => code);
  const code = await Promise.race([stopped.promise, ended]);
  await removeAll(folder);
  await removeUnfinished(OUTPUT, child.pid);
  await restoreTerminal(terminal);
  return code;
});

function startPlay(folder: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${ROOT}/scripts/demo/play.ts`, folder, ...Deno.args],
    // Its own temporary files, and those of what it starts, go into the folder too.
    env: { [MARK]: folder, TMPDIR: folder },
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
}

/** As stty(1) prints them; undefined without a terminal. */
async function terminalSettings(): Promise<string | undefined> {
  if (!Deno.stdin.isTerminal()) return undefined;
  const { stdout } = await new Deno.Command("stty", { args: ["-g"], stdin: "inherit" }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** The working part reads single keys and may have had no time to put that back. */
async function restoreTerminal(settings: string | undefined): Promise<void> {
  if (settings === undefined) return;
  await new Deno.Command("stty", { args: [settings], stdin: "inherit", stderr: "null" }).output();
}
