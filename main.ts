/** Picks the mode, prints errors and hints, exits. Nothing else exits. */
import { describeError, Exit, Failure } from "./lib/core/errors.ts";
import { printable } from "./lib/core/text.ts";

const [first, ...rest] = Deno.args;
// Only the server starts programs, so nothing may while somebody who is not yet trusted waits.
if (/^(gate|pam)$/.test(first ?? "")) Deno.permissions.revokeSync({ name: "run" });
Deno.exitCode = await run();
// A login that is over must not wait for what is still open (timers, a read of the terminal), nor
// an enrolment that was interrupted while it read.
if (/^(gate|pam|preauth|enroll|emergency)$/.test(first ?? "")) Deno.exit();

async function run(): Promise<number> {
  try {
    if (first === "gate" && !rest.includes("--help")) {
      const { runGate } = await import("./lib/modes/gate/gate.ts");
      await runGate(gateOptions(rest));
      return Exit.ok;
    }
    if (first === "pam") {
      const { asksForHelp, runPam } = await import("./lib/modes/pam/pam.ts");
      if (!asksForHelp(rest)) return await runPam(rest);
    }
    const { runCommand } = await import("./commands.ts");
    return await runCommand(Deno.args);
  } catch (error) {
    return report(error);
  }
}

/** By hand: every login waits for this mode to start, and a parser's library takes its time. */
function gateOptions(args: readonly string[]): { config: string | undefined } {
  const text = args.join("\n");
  const config = /^--config[=\n]([^\n]+)$/.exec(text)?.[1];
  if (text === "" || config !== undefined) return { config };
  throw new Failure(Exit.usage, "gate takes no option but --config FILE", "see gatehouse --help");
}

function report(error: unknown): number {
  const failure = error instanceof Failure ? error : unexpected(error);
  const lines = failure.message.split("\n").map((line) => `gatehouse: error: ${line}\n`);
  if (failure.hint !== undefined) lines.push(`gatehouse: hint: ${failure.hint}\n`);
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(lines.join("")));
  } catch {
    // Nobody is there to read it.
  }
  return failure.exit;
}

/** At the gate the user may be anybody, so what broke is in the log alone. */
function unexpected(error: unknown): Failure {
  return first === "gate" || first === "pam"
    ? new Failure(Exit.software, "something went wrong inside gatehouse; the login is refused")
    : new Failure(
      Exit.software,
      printable(describeError(error), 500),
      "this is a fault of gatehouse",
    );
}
