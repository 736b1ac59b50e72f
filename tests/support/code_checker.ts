/**
 * A process that checks one-time codes. Its argument is JSON: `config` for CodeFiles, `start` in
 * milliseconds since the epoch, `count`. It says "ready", waits for a line, then checks the codes of
 * `count` steps one after the other and says the answer to each.
 */
import { Failure } from "../../lib/core/errors.ts";
import { CodeFiles } from "../../lib/io/code_files.ts";
import { FixedClock } from "./fakes.ts";
import { codeOf } from "./totp.ts";

const { config, start, count } = JSON.parse(Deno.args[0] ?? "{}");
const clock = new FixedClock(start);
const say = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

say("ready");
await Deno.stdin.read(new Uint8Array(16));
for (let i = 0; i < count; i++, clock.at += 30_000) {
  try {
    const codes = new CodeFiles(config, clock);
    const answer = await codes.check(codeOf(Math.floor(clock.at / 30_000)));
    say(answer.ok ? "accepted" : answer.why);
  } catch (error) {
    say(error instanceof Failure ? `refused ${error.message}` : `broken ${error}`);
  }
}
