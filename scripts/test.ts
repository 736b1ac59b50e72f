/** `deno task test`: everything, from apt packages to the browser. Its last line is the count. */
import { build, OUTPUT } from "./build.ts";
import { runChecks } from "./checks.ts";
import { require } from "./needs.ts";
import { ROOT } from "./run.ts";
import { runTests, type Tally } from "./run_tests.ts";
import { print, say, script } from "./say.ts";
import { requirePinnedDeno } from "./toolchain.ts";

await script(async () => {
  const { passed, failed } = sum(await runAll());
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
});

async function runAll(): Promise<Tally[]> {
  requirePinnedDeno("test");
  await require("tests");
  const tallies = [await runChecks()];
  await build({ target: Deno.build.target, output: OUTPUT });
  for (const file of await endToEndTests()) {
    say("test", file);
    tallies.push(await runTests([file]));
  }
  return tallies;
}

async function endToEndTests(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${ROOT}/tests/e2e`));
  return entries.map(({ name }) => `tests/e2e/${name}`).filter((file) => file.endsWith("_test.ts"))
    .toSorted();
}

function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }));
}
