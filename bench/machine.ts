/** What the bench runs on. */
import { mustRun, run } from "../tests/support/process.ts";
import { Sample } from "./figures.ts";
import type { Machine } from "./results.ts";

/** Call it before the run; what it answers, after. @param folder holds the databases */
export async function machine(): Promise<(folder: string) => Promise<Machine>> {
  const began = performance.now();
  const before = await load();
  return async (folder) => {
    const processor = /^model name\s*:\s*(.*)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"));
    const { err } = await run(["ssh", "-V"]);
    const { out } = await mustRun([
      "findmnt",
      "--noheadings",
      "--output",
      "FSTYPE",
      "--target",
      folder,
    ]);
    return {
      date: new Date().toISOString().slice(0, 10),
      processor: processor?.[1] ?? "unknown",
      cores: navigator.hardwareConcurrency,
      memory: `${Math.round(Deno.systemMemoryInfo().total / 1e9)} GB`,
      system: `Linux ${Deno.osRelease()}, ${Deno.build.arch}`,
      filesystem: out.trim(),
      fdatasyncMs: fdatasync(`${folder}/fdatasync`).median,
      openssh: err.split(",")[0] ?? "",
      deno: Deno.version.deno,
      seconds: Math.round((performance.now() - began) / 1_000),
      load: [before, await load()],
    };
  };
}

async function load(): Promise<string> {
  return (await Deno.readTextFile("/proc/loadavg")).split(" ")[0] ?? "";
}

/** How long the disk takes to keep a line, in milliseconds. */
function fdatasync(path: string): Sample {
  using file = Deno.openSync(path, { createNew: true, append: true });
  const line = new Uint8Array(300);
  const sample = new Sample();
  for (let count = 0; count < 100; count++) {
    file.writeSync(line);
    const began = performance.now();
    file.syncDataSync();
    sample.add(performance.now() - began);
  }
  return sample;
}
