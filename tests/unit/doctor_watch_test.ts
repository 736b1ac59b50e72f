/** `gatehouse doctor --watch`. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { Examined } from "../../lib/core/doctor/finding.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { writeMetrics } from "../../lib/io/metrics_file.ts";
import { watch, type Watched } from "../../lib/modes/doctor/watch.ts";
import { scratch } from "../support/scratch.ts";

const WELL: Examined = { findings: [], proven: [] };

/** Runs with these results, then ends. */
async function watching(runs: readonly (Examined | Error)[], more: Partial<Watched> = {}) {
  const written: string[] = [];
  const errors: string[] = [];
  let at = -1;
  await watch({
    examine: () => {
      const run = runs[++at] ?? WELL;
      return run instanceof Error ? Promise.reject(run) : Promise.resolve(run);
    },
    write: (metrics) => {
      written.push(metrics);
      return Promise.resolve();
    },
    error: (line) => errors.push(line),
    now: () => (at + 1) * 1_000,
    next: () => Promise.resolve(at + 1 < runs.length),
    ...more,
  });
  const lines = written.map((text) =>
    text.split("\n").filter((line) => /_(up|last_run_timestamp_seconds) /.test(line))
      .filter((line) => !line.startsWith("#")).map((line) => line.replace("gatehouse_doctor_", ""))
  );
  return { lines, errors };
}

Deno.test("watch() writes after each run, and goes on after one that failed", async () => {
  const failure = new Failure(Exit.config, "there is no \x1b folder");
  const { errors, lines } = await watching([WELL, failure, new Error("odd"), WELL]);
  deepEqual(lines, [
    ["up 1", "last_run_timestamp_seconds 1"],
    ["up 0", "last_run_timestamp_seconds 1"],
    ["up 0", "last_run_timestamp_seconds 1"],
    ["up 1", "last_run_timestamp_seconds 4"],
  ]);
  equal(errors[0], "gatehouse: error: there is no \\u{1b} folder");
  match(errors[1] ?? "", /internal error: Error: odd/);
});

Deno.test("watch() ends at once when its file cannot be written at all", async () => {
  const refused = new Failure(Exit.config, "cannot write /none/x");
  await rejects(watching([WELL, WELL], { write: () => Promise.reject(refused) }), refused);
});

Deno.test("watch() goes on when its file cannot be written later", async () => {
  let count = 0;
  const { errors } = await watching([WELL, WELL, WELL], {
    write: () =>
      ++count === 2 ? Promise.reject(new Failure(Exit.config, "full")) : Promise.resolve(),
  });
  deepEqual([count, errors], [3, ["gatehouse: error: full"]]);
});

Deno.test("writeMetrics() replaces the file as a whole, for everybody to read", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/gatehouse.prom`;
  const before = await folder.file("gatehouse.prom", "old\n", 0o600);
  using old = await Deno.open(before);
  await writeMetrics(path, "new\n");
  equal(await Deno.readTextFile(path), "new\n");
  equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o644);
  equal(await new Response(old.readable).text(), "old\n");
  const names = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
  deepEqual(names, ["gatehouse.prom"]);
});

Deno.test("writeMetrics() says where it cannot write", async () => {
  await using folder = await scratch();
  await rejects(
    writeMetrics(`${folder.path}/none/x.prom`, ""),
    /cannot write .*x\.prom \(ENOENT\)/,
  );
});
