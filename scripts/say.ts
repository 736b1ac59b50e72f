/** What scripts print: steps on stdout, failures with their hints on stderr. */
import { Exit, Failure } from "../lib/core/errors.ts";
import { writeAllSync } from "../lib/io/files.ts";

const colours = Deno.stdout.isTerminal() && Deno.env.get("NO_COLOR") === undefined;

function paint(code: number, text: string): string {
  return colours ? `\x1b[${code}m${text}\x1b[0m` : text;
}

export const bold = (text: string) => paint(1, text);
export const dim = (text: string) => paint(2, text);
export const green = (text: string) => paint(32, text);
export const red = (text: string) => paint(31, text);

export function print(text: string): void {
  write(Deno.stdout, text);
}

/** A step, as it begins: "build: bundling main.ts". */
export function say(who: string, what: string): void {
  print(`${bold(who)}: ${what}`);
}

/** Prints what went wrong, as the program itself does. Answers the exit status for it. */
function report(error: unknown): number {
  if (!(error instanceof Failure)) {
    write(Deno.stderr, Deno.inspect(error));
    return Exit.software;
  }
  write(Deno.stderr, `error: ${error.message}`);
  if (error.hint !== undefined) write(Deno.stderr, `hint: ${error.hint}`);
  return error.exit;
}

/** Runs a script's main part and exits. */
export async function script(main: () => Promise<number>): Promise<never> {
  Deno.exit(await main().catch(report));
}

function write(to: typeof Deno.stdout, text: string): void {
  writeAllSync(to, new TextEncoder().encode(`${text}\n`));
}
