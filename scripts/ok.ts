/** `deno task ok`: formatting, lint, types, import rules, unit tests. */
import { runChecks } from "./checks.ts";
import { script } from "./say.ts";

await script(async () => (await runChecks()).failed === 0 ? 0 : 1);
