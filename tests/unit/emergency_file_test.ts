/** The file with the emergency code's hash: whose it must be, and what becomes of anything else. */
import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { EmergencyCode } from "../../lib/io/emergency_file.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { assertRefused, printed } from "../support/failure.ts";
import { somebodyElses } from "../support/ownership.ts";
import { mustRun } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const UID = Deno.uid() ?? 0;
const CODE = "x7Kq!vPz2Lm9";
/** Of that code with the salt 0, 1, ... 15, by OpenSSL's scrypt. */
const LINE =
  "$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$iyb/QFKajPV7raJCc0nY9tmkDPAmb+fqaGTzd030Ako\n";

const at = (folder: Scratch) => EmergencyCode.at(`${folder.path}/emergency`, UID);

async function written(folder: Scratch, text = LINE, mode = 0o600): Promise<EmergencyCode> {
  await folder.file("emergency", text, mode);
  return at(folder);
}

async function names(folder: Scratch): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
  return entries.toSorted();
}

Deno.test("a hash that another program made is matched by its code, and by nothing else", async () => {
  await using folder = await scratch();
  const code = await written(folder);
  assert.equal(code.exists(), true);
  for (const typed of [CODE, " x7Kq-!vPz 2Lm9"]) assert.equal(await code.matches(typed), true);
  for (const typed of ["x7kq!vPz2Lm9", `${CODE}x`, CODE.slice(1), "", "密"]) {
    assert.equal(await code.matches(typed), false, typed);
  }
});

Deno.test("a hash of the highest cost is matched", async () => {
  await using folder = await scratch();
  const hash = "M9ZxhzOjqMJuk7jHD4k2dzIsNoqeaKynCaO0w1x6xVg";
  const code = await written(folder, `$scrypt$ln=17,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$${hash}`);
  assert.equal(await code.matches(CODE), true);
});

Deno.test("set() writes the hash alone, for its owner alone, with another salt each time", async () => {
  await using folder = await scratch();
  const code = at(folder);
  assert.equal(code.exists(), false);
  const lines = new Set<string>();
  for (const kept of [CODE, CODE, "another-Code-17"]) {
    await code.set(kept, systemRandom);
    const { mode, uid } = await Deno.lstat(`${folder.path}/emergency`);
    assert.deepEqual([(mode ?? 0) & 0o7777, uid], [0o600, UID]);
    const line = await Deno.readTextFile(`${folder.path}/emergency`);
    assert.match(line, /^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}\n$/);
    lines.add(line);
  }
  assert.equal(lines.size, 3);
  assert.deepEqual(await names(folder), ["emergency"]);
  assert.equal(await code.matches("anotherCode17"), true);
  assert.equal(await code.matches(CODE), false);
});

Deno.test("set() makes the folder, readable by all as host.toml beside it must be", async () => {
  await using folder = await scratch();
  const code = EmergencyCode.at(`${folder.path}/etc/gatehouse/emergency`, UID);
  await code.set(CODE, systemRandom);
  const { mode } = await Deno.stat(`${folder.path}/etc/gatehouse`);
  assert.equal((mode ?? 0) & 0o777, 0o755);
  assert.equal(code.exists(), true);
});

Deno.test("set() replaces what may not be used, a link itself and not what it leads to", async () => {
  await using folder = await scratch();
  const elsewhere = await folder.file("elsewhere", "precious");
  await Deno.symlink(elsewhere, `${folder.path}/emergency`);
  await at(folder).set(CODE, systemRandom);
  assert.equal(await Deno.readTextFile(elsewhere), "precious");
  await Deno.chmod(`${folder.path}/emergency`, 0o666);
  await at(folder).set(CODE, systemRandom);
  assert.equal(await at(folder).matches(CODE), true);
});

Deno.test("set() that cannot write says so and leaves the old code as it was", async () => {
  await using folder = await scratch();
  const code = await written(folder);
  await Deno.mkdir(`${folder.path}/.emergency.new`);
  const message = /^cannot write \S+\/emergency \(EEXIST\)$/;
  const failure = await assertRefused(() => code.set(CODE, systemRandom), Exit.config, message);
  assert.ok(!printed(failure).includes(CODE));
  assert.equal(await Deno.readTextFile(`${folder.path}/emergency`), LINE);
});

Deno.test("set() where others could change it says so at once", async () => {
  await using folder = await scratch();
  const open = await folder.dir("open", 0o777);
  const code = EmergencyCode.at(`${open}/emergency`, UID);
  const refused = () => code.set(CODE, systemRandom);
  await assertRefused(refused, Exit.config, /\/open can be written by others \(mode 777\)$/);
});

Deno.test("a file of any other mode is not used, for whatever it allows", async () => {
  for (const mode of [0o644, 0o640, 0o604, 0o601, 0o660, 0o602, 0o400, 0o700, 0o4600, 0o1600]) {
    await using folder = await scratch();
    const code = await written(folder, LINE, mode);
    const shown = mode.toString(8).padStart(4, "0");
    const message = new RegExp(`/emergency has mode ${shown}, not 0600$`);
    const failure = await assertRefused(() => code.exists(), Exit.config, message);
    assert.match(failure.hint ?? "", /gatehouse emergency set; else run: chmod 0600 /);
    await assertRefused(() => code.matches(CODE), Exit.config, message);
  }
});

Deno.test("a file of somebody else is not used", async () => {
  await using folder = await scratch();
  await written(folder);
  const { uid } = await somebodyElses(`${folder.path}/emergency`);
  const code = EmergencyCode.at(`${folder.path}/emergency`, uid);
  await assertRefused(() => code.exists(), Exit.config, /belongs to uid [0-9]+, who could/);
  await assertRefused(() => code.matches(CODE), Exit.config, /belongs to uid/);
});

Deno.test("a file in a folder that others can write is not used", async () => {
  await using folder = await scratch();
  const code = await written(folder);
  await Deno.chmod(folder.path, 0o777);
  await assertRefused(() => code.exists(), Exit.config, /can be written by others/);
});

Deno.test("a link, a folder and a pipe are not used, nor waited for", async () => {
  await using folder = await scratch();
  const real = await folder.file("real", LINE, 0o600);
  await Deno.symlink(real, `${folder.path}/link`);
  await Deno.symlink(`${folder.path}/nowhere`, `${folder.path}/dangling`);
  await folder.dir("folder", 0o700);
  await mustRun(["mkfifo", "-m", "600", `${folder.path}/pipe`]);
  for (const name of ["link", "dangling", "folder", "pipe"]) {
    const code = EmergencyCode.at(`${folder.path}/${name}`, UID);
    const message = new RegExp(`/${name} is not a regular file$`);
    await assertRefused(() => code.exists(), Exit.config, message);
    await assertRefused(() => code.matches(CODE), Exit.config, message);
  }
});

Deno.test("a damaged file is not used, and none of it is shown", async () => {
  const damaged: readonly (readonly [text: string, message: RegExp])[] = [
    ["", /is damaged/],
    [`${CODE}\n`, /is damaged/],
    [LINE.slice(0, 40), /is damaged/],
    [LINE + LINE, /is damaged/],
    [LINE.replace("ln=14", "ln=30"), /asks for ln=30,r=8,p=1/],
    ["x".repeat(2_000_000), /larger than 1 MiB/],
  ];
  for (const [text, message] of damaged) {
    await using folder = await scratch();
    const code = await written(folder, text);
    for (const use of [() => code.exists(), () => code.matches(CODE)]) {
      const failure = await assertRefused(use, Exit.config, message);
      assert.ok(!/AAECAw|x7Kq|xxxx/.test(printed(failure)));
    }
  }
});

Deno.test("bytes that are no text are no code", async () => {
  await using folder = await scratch();
  await Deno.writeFile(`${folder.path}/emergency`, Uint8Array.of(0xff, 0xfe, 0x24), {
    mode: 0o600,
  });
  await assertRefused(() => at(folder).exists(), Exit.config, /is not UTF-8 text/);
});

Deno.test("without a file there is no code, and none matches", async () => {
  await using folder = await scratch();
  assert.equal(at(folder).exists(), false);
  const nowhere = EmergencyCode.at(`${folder.path}/no/where/emergency`, UID);
  assert.equal(nowhere.exists(), false);
  await assertRefused(() => at(folder).matches(CODE), Exit.config, /does not exist$/);
});

Deno.test("remove() ends it, whatever is there, and says when there was none", async () => {
  await using folder = await scratch();
  const code = await written(folder, "damaged", 0o666);
  assert.equal(await code.remove(), true);
  assert.equal(code.exists(), false);
  assert.equal(await code.remove(), false);
  await folder.dir("emergency");
  await folder.file("emergency/more", "");
  await assertRefused(() => code.remove(), Exit.config, /^cannot remove \S+\/emergency/);
});
