/** Programs that put load on a server, each in a process of its own. */
import { mustRun } from "../tests/support/process.ts";

const SOURCES = new URL("./load/", import.meta.url).pathname;

/** What it printed. They open many connections, so they may have as many files as there are. */
export async function runLoad(
  name: "logins" | "waiting",
  args: readonly string[],
): Promise<string> {
  const { out } = await mustRun([
    ...["/bin/sh", "-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh"],
    ...[Deno.execPath(), "run", "--quiet", "--no-config", "-A", `${SOURCES}${name}.ts`, ...args],
  ]);
  return out;
}
