/**
 * `deno task bench [ROW…]`: measures what DESIGN.md promises in figures, each beside its reference,
 * and writes bench/results.md. With names of rows only those, printed and not written.
 */
import { Exit, Failure } from "../lib/core/errors.ts";
import { require } from "../scripts/needs.ts";
import { runQuietly } from "../scripts/run.ts";
import { print, say, script } from "../scripts/say.ts";
import { requirePinnedDeno } from "../scripts/toolchain.ts";
import { endAll, withDescendants } from "../tests/support/process_tree.ts";
import { machine } from "./machine.ts";
import { openPlace, type Place } from "./place.ts";
import { resultsFile, type Row, table } from "./results.ts";
import { click } from "./rows/click.ts";
import { codes } from "./rows/codes.ts";
import { leftBehind } from "./rows/left_behind.ts";
import { memory } from "./rows/memory.ts";
import { notified } from "./rows/notified.ts";
import { pamGone } from "./rows/pam_gone.ts";
import { pamLogin } from "./rows/pam_login.ts";
import { pamStart } from "./rows/pam_start.ts";
import { passedThrough } from "./rows/passed_through.ts";
import { requests } from "./rows/requests.ts";
import { startToLink } from "./rows/start.ts";
import { throughput } from "./rows/throughput.ts";
import { waiting } from "./rows/waiting.ts";

const RESULTS = new URL("./results.md", import.meta.url).pathname;

/** In the order of the table. */
const ROWS: Readonly<Record<string, (place: Place) => Promise<Row[]>>> = {
  click,
  requests,
  start: startToLink,
  "passed-through": passedThrough,
  memory,
  "left-behind": leftBehind,
  "pam-start": pamStart,
  "pam-login": pamLogin,
  "pam-gone": pamGone,
  codes,
  notified,
  waiting,
  throughput,
};

/** Interrupted: whatever has been started ends, and nothing stays behind. */
async function leave(place: Place): Promise<never> {
  await place[Symbol.asyncDispose]();
  await endAll(async () => (await withDescendants(Deno.pid)).filter((pid) => pid !== Deno.pid));
  Deno.exit(130);
}

await script(async () => {
  requirePinnedDeno("bench");
  if (Deno.uid() !== 0) {
    throw new Failure(
      Exit.usage,
      "the bench needs root: it makes a throw-away account",
      "use sudo",
    );
  }
  const names = Deno.args.length === 0 ? Object.keys(ROWS) : Deno.args;
  const unknown = names.find((name) => ROWS[name] === undefined);
  if (unknown !== undefined) {
    const hint = `there are: ${Object.keys(ROWS).join(", ")}`;
    throw new Failure(Exit.usage, `there is no row ${unknown}`, hint);
  }
  await require("bench");
  const finish = await machine();
  await using place = await openPlace((what) => say("bench", what));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void leave(place));
  }
  const rows: Row[] = [];
  for (const name of names) {
    say("bench", name);
    const found = await ROWS[name]?.(place) ?? [];
    print(table(found));
    rows.push(...found);
  }
  if (Deno.args.length === 0) {
    await Deno.writeTextFile(RESULTS, resultsFile(rows, await finish(place.folder.path)));
    await runQuietly([Deno.execPath(), "fmt", RESULTS], "deno fmt failed");
    say("bench", `wrote ${RESULTS}`);
  }
  return Exit.ok;
});
