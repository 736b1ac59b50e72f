/** Files are read whole, up to what is wanted, whatever they say of their size. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { IrregularFile, readRegular } from "../../lib/io/files.ts";
import { scratch } from "../support/scratch.ts";

Deno.test("a file is read to its end, or to the most that is wanted", async () => {
  await using folder = await scratch();
  for (const size of [0, 1, 4_095, 4_096, 4_097, 20_000]) {
    const text = "abcdefg".repeat(3_000).slice(0, size);
    const path = await folder.file(`size${size}`, text);
    for (const max of [1, 4_096, size, size + 1, 1 << 22]) {
      const read = readRegular(path, max);
      equal(new TextDecoder().decode(read?.bytes), text.slice(0, max), `${size} of ${max}`);
    }
  }
});

Deno.test("a file that says it is empty is read all the same", () => {
  const { bytes } = readRegular("/proc/self/status", 1 << 16) ?? {};
  const text = new TextDecoder().decode(bytes);
  ok(text.startsWith("Name:") && text.endsWith("\n") && text.includes("ctxt_switches"));
});

Deno.test("what is no file is not read, and what is not there is nothing", async () => {
  await using folder = await scratch();
  throws(() => readRegular(folder.path, 10), IrregularFile);
  deepEqual(readRegular(`${folder.path}/none`, 10), undefined);
});
