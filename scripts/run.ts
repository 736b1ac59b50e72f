/** Programs that scripts run, and where the checkout is. */
import { Exit, Failure } from "../lib/core/errors.ts";
import { print } from "./say.ts";

/** The checkout's folder. */
export const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname).replace(/\/$/, "");

/** What every run of Deno that loads packages gets: those with the hashes in deno.lock, no others. */
export const LOCKED = [`--lock=${ROOT}/deno.lock`, "--frozen"];

export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Its stdout. What it prints is shown only when it fails.
 * @throws Failure when it is missing or exits other than 0
 */
export async function runQuietly(
  argv: readonly string[],
  fault: string,
  hint?: string,
  environment?: { env: Record<string, string>; clearEnv: boolean },
): Promise<string> {
  const [program = "", ...args] = argv;
  const decoder = new TextDecoder();
  try {
    const command = new Deno.Command(program, { args, cwd: ROOT, stdin: "null", ...environment });
    const { success, stdout, stderr } = await command.output();
    if (success) return decoder.decode(stdout);
    print(decoder.decode(stdout) + decoder.decode(stderr));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new Failure(Exit.software, fault, hint);
}

/** Runs it with our own stdout and stderr; answers its exit status. */
export async function runShown(argv: readonly string[]): Promise<number> {
  const [program = "", ...args] = argv;
  const command = new Deno.Command(program, { args, cwd: ROOT, stdin: "null" });
  return (await command.spawn().status).code;
}
