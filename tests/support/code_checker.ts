/**
 * A process that checks one-time codes. Its argument is JSON: `config` for CodeFiles, `start` in
 * milliseconds since the epoch, and either `codes`, which are tried then, or `count`: the codes of so
 * many steps are tried, each at its time. It says "ready", waits for a line, then says each answer.
 */
import { Failure } from "../../lib/core/errors.ts";
import { CodeFiles, type CodeFilesConfig } from "../../lib/io/code_files.ts";
import { FixedClock } from "./fakes.ts";
import { codeOf } from "./totp.ts";

export interface CheckerJob {
  readonly config: CodeFilesConfig;
  readonly start: number;
  readonly codes?: readonly string[];
  readonly count?: number;
}

/** The command that does the job. */
export function checkerCommand(job: CheckerJob): string[] {
  return [
    ...[Deno.execPath(), "run", "-A", "--quiet", new URL(import.meta.url).pathname],
    JSON.stringify(job),
  ];
}

function* tries({ start, codes, count = 0 }: CheckerJob): Iterable<{ at: number; code: string }> {
  for (const code of codes ?? []) yield { at: start, code };
  for (let at = start; at < start + count * 30_000; at += 30_000) {
    yield { at, code: codeOf(Math.floor(at / 30_000)) };
  }
}

async function work(job: CheckerJob): Promise<void> {
  const say = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  say("ready");
  await Deno.stdin.read(new Uint8Array(16));
  for (const { at, code } of tries(job)) {
    try {
      const answer = await new CodeFiles(job.config, new FixedClock(at)).check(code);
      say(answer.ok ? "accepted" : answer.why);
    } catch (error) {
      say(error instanceof Failure ? `refused ${error.message}` : `broken ${error}`);
    }
  }
}

if (import.meta.main) await work(JSON.parse(Deno.args[0] ?? "{}"));
