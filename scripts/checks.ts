/** What a developer runs before a commit, each step a program of its own. */
import { runTests, type Tally } from "./run_tests.ts";
import { LOCKED, runShown } from "./run.ts";
import { red, say } from "./say.ts";

const CHECKS = [
  ["formatting", "fmt", "--check"],
  ["lint", "lint"],
  ["types", "check", "--quiet", ...LOCKED],
] as const;

/** Formatting, lint, types; then the unit tests, the house's rules among them. */
export async function runChecks(): Promise<Tally> {
  let failed = 0;
  for (const [name, ...args] of CHECKS) {
    say("ok", name);
    if (await runShown([Deno.execPath(), ...args]) !== 0) {
      say("ok", red(`${name} failed`));
      failed++;
    }
  }
  say("ok", "unit tests");
  const units = await runTests(["tests/unit"], ["--parallel"]);
  return { passed: units.passed, failed: units.failed + failed };
}
