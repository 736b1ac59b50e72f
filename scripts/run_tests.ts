/** Runs `deno test` and counts from its JUnit report, whatever it printed. */
import { LOCKED, ROOT } from "./run.ts";
import { red, say } from "./say.ts";

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** A run that hangs must end, and say so. */
const GUARD_MS = 15 * 60_000;

/** @param what files or folders below the checkout */
export async function runTests(
  what: readonly string[],
  options: readonly string[] = [],
): Promise<Tally> {
  const report = await Deno.makeTempFile({ prefix: "gatehouse-junit-", suffix: ".xml" });
  try {
    const child = new Deno.Command(Deno.execPath(), {
      // Types have been checked once, for all files.
      args: ["test", ...LOCKED, "-A", "--no-check", `--junit-path=${report}`, ...options, ...what],
      cwd: ROOT,
      stdin: "null",
    }).spawn();
    const guard = setTimeout(() => {
      say("test", red(`${what.join(" ")} hangs and is ended`));
      child.kill("SIGKILL");
    }, GUARD_MS);
    const { success } = await child.status;
    clearTimeout(guard);
    return tally(await Deno.readTextFile(report), success);
  } finally {
    await Deno.remove(report);
  }
}

/**
 * A skipped test counts as failed: nothing would tell that it is never run. So does a run that
 * failed or ran nothing without a test to show for it, such as a module that throws.
 */
export function tally(junit: string, success: boolean): Tally {
  const root = /<testsuites [^>]*>/.exec(junit)?.[0] ?? "";
  const count = (name: string) => Number(new RegExp(` ${name}="([0-9]+)"`).exec(root)?.[1] ?? 0);
  const skipped = junit.match(/<skipped\/>/g)?.length ?? 0;
  const failed = count("failures") + count("errors") + skipped;
  const passed = count("tests") - failed;
  const unexplained = failed === 0 && (!success || passed === 0);
  return { passed, failed: unexplained ? 1 : failed };
}
