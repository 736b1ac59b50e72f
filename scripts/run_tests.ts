/** Runs `deno test` and counts from its JUnit report, whatever it printed. */
import { XMLParser } from "fast-xml-parser";
import { LOCKED, ROOT } from "./run.ts";
import { print, red, say } from "./say.ts";

export interface Tally {
  readonly passed: number;
  /** What failed: where, which test, and the first lines of why. */
  readonly failures: readonly string[];
}

/** A run that hangs must end, and say so. */
const GUARD_MS = 15 * 60_000;

/** Of a reason: enough to see which assertion it was, and on what. */
const REASON_LINES = 12;

/** For each process: few enough that none is left with the slow ones at the end. */
const FILES_AT_ONCE = 10;

/** Of a folder below the checkout, in their order. */
export async function testFiles(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${ROOT}/${folder}`));
  return entries.map(({ name }) => `${folder}/${name}`).filter((file) => /_test\.tsx?$/.test(file))
    .toSorted();
}

/**
 * Some files to each process, as many processes at once as there are processors. The threads of
 * `deno test --parallel` share one process: a test that acts as another account for a moment, or sets
 * an environment variable, does so for those beside it, too.
 */
export async function runTestsApart(files: readonly string[]): Promise<Tally[]> {
  const portions = Array.from(
    { length: Math.ceil(files.length / FILES_AT_ONCE) },
    (_, each) => files.slice(each * FILES_AT_ONCE, (each + 1) * FILES_AT_ONCE),
  );
  const tallies: Tally[] = [];
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, async () => {
    for (let next; (next = portions.shift()) !== undefined;) {
      tallies.push(await runTests(next, { apart: true }));
    }
  }));
  return tallies;
}

/**
 * @param what files below the checkout
 * @param apart something else is printed meanwhile, so all is printed at its end
 */
export async function runTests(
  what: readonly string[],
  { apart = false } = {},
): Promise<Tally> {
  const report = await Deno.makeTempFile({ prefix: "gatehouse-junit-", suffix: ".xml" });
  try {
    const child = new Deno.Command(Deno.execPath(), {
      // Types have been checked once, for all files.
      args: ["test", ...LOCKED, "-A", "--no-check", `--junit-path=${report}`, ...what],
      cwd: ROOT,
      stdin: "null",
      stdout: apart ? "piped" : "inherit",
      stderr: apart ? "piped" : "inherit",
    }).spawn();
    const guard = setTimeout(() => {
      say("test", red(`${what.join(" ")} hangs and is ended`));
      child.kill("SIGKILL");
    }, GUARD_MS);
    const { success } = apart ? await printedAtEnd(child) : await child.status;
    clearTimeout(guard);
    return tally(await Deno.readTextFile(report), success, what.join(" "));
  } finally {
    await Deno.remove(report);
  }
}

async function printedAtEnd(child: Deno.ChildProcess): Promise<Deno.CommandStatus> {
  const output = await child.output();
  const decoder = new TextDecoder();
  print(decoder.decode(output.stdout) + decoder.decode(output.stderr));
  return output;
}

/** The parts of a report that are read, as JUnit's schema names them. */
interface Case {
  readonly name: string;
  readonly classname: string;
  readonly failure?: unknown;
  readonly error?: unknown;
  readonly skipped?: unknown;
}
interface Report {
  readonly testsuites?: { readonly testsuite?: readonly { readonly testcase?: readonly Case[] }[] };
}

const PARSER = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  ignoreDeclaration: true,
  isArray: (name) => name === "testsuite" || name === "testcase",
});

/**
 * A skipped test counts as failed: nothing would tell that it is never run. So does a run that
 * failed or ran nothing without a test to show for it, such as a module that throws.
 */
export function tally(junit: string, success: boolean, what: string): Tally {
  const cases = casesOf(junit);
  const failures = cases.flatMap((each) => {
    const why = reasonOf(each);
    return why === undefined ? [] : [`${each.classname}: ${each.name}\n${indented(why)}`];
  });
  const passed = cases.length - failures.length;
  if (failures.length > 0 || (success && passed > 0)) return { passed, failures };
  return { passed, failures: [`${what}: it failed or ran nothing, with no test to show for it`] };
}

function casesOf(junit: string): readonly Case[] {
  try {
    const { testsuites } = PARSER.parse(junit) as Report;
    return testsuites?.testsuite?.flatMap(({ testcase }) => testcase ?? []) ?? [];
  } catch {
    return []; // Cut off, as by a run that was killed: such a run counts as failed.
  }
}

function reasonOf({ failure, error, skipped }: Case): string | undefined {
  if (skipped !== undefined) return "skipped";
  const why = failure ?? error;
  if (why === undefined) return undefined;
  return typeof why === "object" && why !== null && "#text" in why ? `${why["#text"]}` : `${why}`;
}

function indented(text: string): string {
  return text.split("\n").slice(0, REASON_LINES).map((line) => `  ${line}`).join("\n");
}
