/**
 * `deno task test`: everything, from apt packages to the browser. Its last line is the count; what
 * failed stands right above, as it is thousands of lines up where it failed.
 */
import { build, OUTPUT } from "./build.ts";
import { runChecks } from "./checks.ts";
import { require } from "./needs.ts";
import { runTests, type Tally, testFiles } from "./run_tests.ts";
import { print, red, say, script } from "./say.ts";
import { requirePinnedDeno } from "./toolchain.ts";

await script(async () => {
  const tallies = await runAll();
  const passed = tallies.reduce((sum, each) => sum + each.passed, 0);
  const failures = tallies.flatMap((each) => each.failures);
  for (const failure of failures) say("test", `${red("failed")} ${failure}`);
  print(`${passed} passed, ${failures.length} failed`);
  return failures.length === 0 && passed > 0 ? 0 : 1;
});

async function runAll(): Promise<Tally[]> {
  requirePinnedDeno("test");
  await require("tests");
  const tallies = await runChecks();
  await build({ target: Deno.build.target, output: OUTPUT });
  for (const file of await testFiles("tests/e2e")) {
    say("test", file);
    tallies.push(await runTests([file]));
  }
  return tallies;
}
