/**
 * `deno task bench [ROW…]`: measures what DESIGN.md promises in figures, each beside its reference,
 * and writes bench/results.md. With names of rows only those, printed and not written.
 */
import { Exit, Failure } from "../lib/core/errors.ts";
import { exists, runQuietly } from "../scripts/run.ts";
import { print, say, script } from "../scripts/say.ts";
import { requirePinnedDeno } from "../scripts/toolchain.ts";
import { machine } from "./machine.ts";
import { openPlace, type Place } from "./place.ts";
import { resultsFile, type Row, table } from "./results.ts";
import { click } from "./rows/click.ts";
import { codes } from "./rows/codes.ts";
import { leftBehind } from "./rows/left_behind.ts";
import { memory } from "./rows/memory.ts";
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
  codes,
  waiting,
  throughput,
};

/** Debian's packages of what gatehouse is compared with, and a file of each. */
const PEERS: Readonly<Record<string, string>> = {
  "python3-flask": "/usr/lib/python3/dist-packages/flask",
  "pamtester": "/usr/bin/pamtester",
  "libpam-google-authenticator": "/usr/bin/google-authenticator",
};

/** Where there is no apt, the rows that need them have no reference. */
async function installPeers(): Promise<void> {
  const missing: string[] = [];
  for (const [name, file] of Object.entries(PEERS)) {
    if (!await exists(file)) missing.push(name);
  }
  if (missing.length === 0 || !await exists("/usr/bin/apt-get")) return;
  say("bench", `installing ${missing.join(", ")}`);
  await runQuietly(
    ["apt-get", "install", "--yes", "--no-install-recommends", ...missing],
    "apt-get could not install what gatehouse is compared with",
    `run: apt-get update && apt-get install ${missing.join(" ")}`,
  );
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
  await installPeers();
  const finish = await machine();
  await using place = await openPlace((what) => say("bench", what));
  const rows: Row[] = [];
  for (const name of names) {
    say("bench", name);
    const found = await ROWS[name]?.(place) ?? [];
    print(table(found));
    rows.push(...found);
  }
  if (Deno.args.length === 0) {
    await Deno.writeTextFile(RESULTS, resultsFile(rows, await finish(place.folder.path)));
    say("bench", `wrote ${RESULTS}`);
  }
  return Exit.ok;
});
