import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { readTrusted } from "../../lib/io/secure_file.ts";
import { assertRefused } from "../support/failure.ts";
import { somebodyElses } from "../support/ownership.ts";
import { mustRun } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

const US = [0, Deno.uid() ?? 0];

const refused = (path: string, message: RegExp, owners: readonly number[] = US) =>
  assertRefused(() => readTrusted(path, owners), Exit.config, message);

Deno.test("readTrusted() reads a file that only its owner can write, below sticky /tmp", async () => {
  await using folder = await scratch();
  const path = await folder.file("host.toml", "grüße\n");
  assert.equal(readTrusted(path, US), "grüße\n");
  assert.equal(readTrusted(await folder.file("empty", ""), US), "");
  assert.equal(readTrusted(await folder.file("private", "x", 0o400), US), "x");
});

Deno.test("readTrusted() says which file does not exist", async () => {
  await using folder = await scratch();
  await refused(`${folder.path}/none`, /\/none does not exist$/);
  await Deno.symlink("nowhere", `${folder.path}/dangling`);
  await refused(`${folder.path}/dangling`, /\/dangling does not exist$/);
});

Deno.test("readTrusted() refuses a file that group or others can write", async () => {
  await using folder = await scratch();
  for (const mode of [0o664, 0o646, 0o666, 0o620]) {
    const path = await folder.file("host.toml", "x", mode);
    const failure = await refused(path, /can be written by others \(mode 6[0-9]{2}\)$/);
    assert.equal(failure.hint, `run: chmod go-w ${path}`);
  }
});

Deno.test("readTrusted() refuses a file below a directory that others can write", async () => {
  await using folder = await scratch();
  const outer = await folder.dir("outer");
  const inner = `${outer}/inner`;
  await Deno.mkdir(inner, { mode: 0o755 });
  await Deno.writeTextFile(`${inner}/host.toml`, "x", { mode: 0o644 });
  assert.equal(readTrusted(`${inner}/host.toml`, US), "x");
  for (const directory of [inner, outer]) {
    await Deno.chmod(directory, 0o775);
    const failure = await refused(`${inner}/host.toml`, /can be written by others/);
    assert.ok(failure.message.startsWith(`${directory} `), failure.message);
    // Sticky: what is in it cannot be replaced by others.
    await Deno.chmod(directory, 0o1777);
    assert.equal(readTrusted(`${inner}/host.toml`, US), "x");
    await Deno.chmod(directory, 0o755);
  }
});

Deno.test("readTrusted() takes a sticky bit on a file for nothing", async () => {
  await using folder = await scratch();
  await refused(await folder.file("host.toml", "x", 0o1666), /can be written by others/);
});

Deno.test("readTrusted() refuses a file that is somebody else's", async () => {
  await using folder = await scratch();
  const path = await folder.file("host.toml", "x");
  const { uid } = await somebodyElses(path);
  await refused(path, /^\S+\/host\.toml belongs to uid [0-9]+, who could change it$/, [uid]);
});

Deno.test("readTrusted() refuses a file below somebody else's directory", async () => {
  await using folder = await scratch();
  const inner = await folder.dir("inner");
  await Deno.writeTextFile(`${inner}/host.toml`, "x");
  await somebodyElses(inner);
  // Whoever is not root trusts root's directories only when told so.
  const owners = [Deno.uid() ?? 0];
  await refused(`${inner}/host.toml`, /belongs to uid [0-9]+, who could change it$/, owners);
});

Deno.test("readTrusted() follows a symlink and judges the place to which it leads", async () => {
  await using folder = await scratch();
  const open = await folder.dir("open", 0o777);
  const closed = await folder.dir("closed");
  for (const directory of [open, closed]) {
    await Deno.writeTextFile(`${directory}/host.toml`, "x", { mode: 0o644 });
  }
  await Deno.symlink(`${closed}/host.toml`, `${folder.path}/good`);
  assert.equal(readTrusted(`${folder.path}/good`, US), "x");
  await Deno.symlink(`${open}/host.toml`, `${folder.path}/bad`);
  await refused(`${folder.path}/bad`, /\/open can be written by others/);
  await Deno.symlink(open, `${folder.path}/directory`);
  await refused(`${folder.path}/directory/host.toml`, /\/open can be written by others/);
  await Deno.symlink("loop", `${folder.path}/loop`);
  await refused(`${folder.path}/loop`, /\/loop cannot be read$/);
});

Deno.test("readTrusted() refuses what is no file, and does not wait for a pipe's writer", async () => {
  await using folder = await scratch();
  await refused(await folder.dir("directory"), /\/directory is not a regular file$/);
  await mustRun(["mkfifo", `${folder.path}/pipe`]);
  await refused(`${folder.path}/pipe`, /\/pipe is not a regular file$/);
  await refused("/dev/null", /\/dev\/null is not a regular file$/);
  await refused(`${await folder.file("x", "x")}/host.toml`, /cannot be read$/);
});

Deno.test("readTrusted() refuses what is not text, or far too long", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/host.toml`;
  await Deno.writeFile(path, Uint8Array.of(0x61, 0xff, 0xfe), { mode: 0o644 });
  await refused(path, /is not UTF-8 text$/);
  await Deno.writeFile(path, Uint8Array.of(0xe4, 0xb8), { mode: 0o644 }); // a character cut off
  await refused(path, /is not UTF-8 text$/);
  await Deno.writeTextFile(path, "x".repeat(1_048_577));
  await refused(path, /is larger than 1 MiB$/);
  await Deno.truncate(path, 2 ** 40); // sparse
  await refused(path, /is larger than 1 MiB$/);
  await Deno.writeTextFile(path, "x".repeat(1_048_576));
  assert.equal(readTrusted(path, US).length, 1_048_576);
});

Deno.test("readTrusted() prints no control character of a path", async () => {
  const failure = await refused("/tmp/\x1b[2J\n/none", /does not exist$/);
  assert.ok(!failure.message.includes("\x1b") && !failure.message.includes("\n"));
});
