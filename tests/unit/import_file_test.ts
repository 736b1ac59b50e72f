import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { readImportFile } from "../../lib/io/import_file.ts";
import { assertRefused } from "../support/failure.ts";
import { mustRun } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

/** With the rights that the tests have. */
const at = () => ({ [Symbol.dispose]() {} });
const read = (path: string, owners = [Deno.uid() ?? 0]) => readImportFile(path, { owners, at });

Deno.test("readImportFile() gives the bytes, and says who else could have read them", async () => {
  await using folder = await scratch();
  const path = await folder.file("list", "alice:A\n", 0o600);
  const { bytes, openToOthers } = await read(path);
  assert.equal(new TextDecoder().decode(bytes), "alice:A\n");
  assert.equal(openToOthers, undefined);
  for (const mode of [0o644, 0o640, 0o602]) {
    await Deno.chmod(path, mode);
    assert.equal((await read(path)).openToOthers, mode);
  }
});

Deno.test("readImportFile() refuses links, pipes that anybody made, and devices", async () => {
  await using folder = await scratch();
  await folder.file("real", "alice:A\n", 0o600);
  const link = `${folder.path}/link`;
  await Deno.symlink(`${folder.path}/real`, link);
  await assertRefused(() => read(link), Exit.usage, /link is a link, or no file$/);
  // Nobody writes there: to open it would be to wait for ever.
  const pipe = `${folder.path}/pipe`;
  await mustRun(["mkfifo", "-m", "0666", pipe]);
  await assertRefused(() => read(pipe), Exit.usage, /pipe is a link, or no file$/);
  await assertRefused(() => read("/dev/zero"), Exit.usage, /^\/dev\/zero is a link, or no file$/);
  await assertRefused(() => read(folder.path), Exit.usage, / is a link, or no file$/);
});

Deno.test("readImportFile() refuses what belongs to somebody else", async () => {
  await using folder = await scratch();
  const path = await folder.file("old", "alice:A\n", 0o644);
  const uid = Deno.uid() ?? 0;
  const failure = await assertRefused(
    () => read(path, [uid + 1]),
    Exit.usage,
    new RegExp(`/old belongs to uid ${uid}$`),
  );
  assert.match(failure.hint ?? "", /run as root: chown root \S+\/old$/);
  assert.equal((await read(path, [uid + 1, uid])).bytes.length, 8);
});

Deno.test("readImportFile() refuses what is not there, or too large", async () => {
  await using folder = await scratch();
  const { path } = folder;
  await assertRefused(() => read(`${path}/none`), Exit.usage, /none does not exist$/);
  await assertRefused(
    () => read(`${path}/\x1b[31m`),
    Exit.usage,
    /\\u\{1b\}\[31m does not exist$/,
  );
  await folder.file("largest", "#".repeat(1_048_576));
  assert.equal((await read(`${path}/largest`)).bytes.length, 1_048_576);
  await folder.file("larger", "#".repeat(1_048_577));
  await assertRefused(() => read(`${path}/larger`), Exit.data, / is larger than 1 MiB$/);
});
