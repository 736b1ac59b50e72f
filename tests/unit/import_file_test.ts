import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { readImportFile } from "../../lib/io/import_file.ts";
import { assertRefused } from "../support/failure.ts";
import { mustRun, start } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

Deno.test("readImportFile() gives the bytes, and says who else could have read them", async () => {
  await using folder = await scratch();
  const path = await folder.file("list", "alice:A\n", 0o600);
  const read = await readImportFile(path);
  assert.equal(new TextDecoder().decode(read.bytes), "alice:A\n");
  assert.equal(read.openToOthers, undefined);
  for (const mode of [0o644, 0o640, 0o602]) {
    await Deno.chmod(path, mode);
    assert.equal((await readImportFile(path)).openToOthers, mode);
  }
});

Deno.test("readImportFile() reads a pipe to its end", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/pipe`;
  await mustRun(["mkfifo", "-m", "0666", path]);
  await using writer = start(["sh", "-c", `{ printf a; printf b; } > '${path}'`]);
  const read = await readImportFile(path);
  assert.equal(new TextDecoder().decode(read.bytes), "ab");
  assert.equal(read.openToOthers, undefined);
  assert.equal((await writer.done).code, 0);
});

Deno.test("readImportFile() refuses what is no file, or too large for one", async () => {
  await using folder = await scratch();
  const { path } = folder;
  await assertRefused(() => readImportFile(`${path}/none`), Exit.usage, /none does not exist$/);
  await assertRefused(() => readImportFile(path), Exit.usage, / is a directory$/);
  await assertRefused(
    () => readImportFile(`${path}/\x1b[31m`),
    Exit.usage,
    /\\u\{1b\}\[31m does not exist$/,
  );
  await folder.file("largest", "#".repeat(1_048_576));
  assert.equal((await readImportFile(`${path}/largest`)).bytes.length, 1_048_576);
  await folder.file("larger", "#".repeat(1_048_577));
  await assertRefused(() => readImportFile(`${path}/larger`), Exit.data, / is larger than 1 MiB$/);
  await assertRefused(() => readImportFile("/dev/zero"), Exit.data, / is larger than 1 MiB$/);
});
