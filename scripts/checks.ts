/** What a developer runs before a commit, each step a program of its own. */
import { runTestsApart, type Tally, testFiles } from "./run_tests.ts";
import { LOCKED, runShown } from "./run.ts";
import { red, say } from "./say.ts";
import { checkShellScripts } from "./shell_scripts.ts";

const CHECKS = [
  ["formatting", "fmt", "--check"],
  ["lint", "lint"],
  ["types", "check", "--quiet", ...LOCKED],
] as const;

/** Formatting, lint, types, shell scripts; then the unit tests, the house's rules among them. */
export async function runChecks(): Promise<Tally[]> {
  const failures: string[] = [];
  const steps = [
    ...CHECKS.map(([name, ...args]) => [name, () => runShown([Deno.execPath(), ...args])] as const),
    ["shell scripts", checkShellScripts] as const,
  ];
  for (const [name, check] of steps) {
    say("ok", name);
    if (await check() !== 0) {
      say("ok", red(`${name} failed`));
      failures.push(name);
    }
  }
  say("ok", "unit tests");
  const units = await runTestsApart(await testFiles("tests/unit"));
  return [{ passed: 0, failures }, ...units];
}
