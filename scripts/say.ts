/** What scripts print: steps on stderr, a failure with its hint. */
import { Failure } from "../lib/core/errors.ts";

const colours = Deno.stderr.isTerminal() && Deno.env.get("NO_COLOR") === undefined;

function paint(code: number, text: string): string {
  return colours ? `\x1b[${code}m${text}\x1b[0m` : text;
}

export const bold = (text: string) => paint(1, text);
export const dim = (text: string) => paint(2, text);
export const green = (text: string) => paint(32, text);
export const red = (text: string) => paint(31, text);

export function print(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** A step, as it begins: "build: bundling main.ts". */
export function say(who: string, what: string): void {
  print(`${bold(who)}: ${what}`);
}

/** Runs a script's main part; a failure is printed as the program prints its own. */
export async function script(main: () => Promise<number>): Promise<never> {
  try {
    Deno.exit(await main());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    print(`${red("error")}: ${error.message}`);
    if (error.hint !== undefined) print(`${bold("hint")}: ${error.hint}`);
    Deno.exit(error.exit);
  }
}
