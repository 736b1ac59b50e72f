/** `deno task ok`: formatting, lint, types, shell scripts, import rules, unit tests. */
import { runChecks } from "./checks.ts";
import { require } from "./needs.ts";
import { script } from "./say.ts";

await script(async () => {
  await require("checks");
  return (await runChecks()).every(({ failures }) => failures.length === 0) ? 0 : 1;
});
