import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import type { StateFile } from "../../lib/core/state_file.ts";
import { addScratchCodes, removeScratchCode, setOption } from "../../lib/core/state_file_change.ts";
import {
  readStateFile,
  removeStateFile,
  updateStateFile,
  writeNewStateFile,
} from "../../lib/io/state_files.ts";
import type { StatePlace } from "../../lib/core/state_place.ts";
import { assertRefused, printed } from "../support/failure.ts";
import { lockedElsewhere, somebodyWaitsFor } from "../support/locks.ts";
import { somebodyElses } from "../support/ownership.ts";
import { mustRun } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { RFC_BASE32 } from "../support/totp.ts";

const TEXT = `${RFC_BASE32}\n" TOTP_AUTH\n`;
const UID = Deno.uid() ?? 0;
const NAME = "google_authenticator";

function placeIn(folder: Scratch, changes: Partial<StatePlace> = {}): StatePlace {
  return { path: `${folder.path}/${NAME}`, owners: [UID, 0], allowedPerm: 0o600, ...changes };
}

/** A state file in its place, of mode 0600. */
async function written(folder: Scratch, text = TEXT, mode = 0o600): Promise<StatePlace> {
  await folder.file(NAME, text, mode);
  return placeIn(folder);
}

const textOf = (folder: Scratch) => Deno.readTextFile(`${folder.path}/${NAME}`);

async function names(folder: Scratch): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder.path));
  return entries.map((entry) => entry.name).toSorted();
}

/** As another program replaces it: no lock, another file under the old name. */
function replaced(place: StatePlace, text: string): void {
  Deno.writeTextFileSync(`${place.path}~`, text, { mode: 0o600 });
  Deno.renameSync(`${place.path}~`, place.path);
}

const marked = (mark: string) => (file: StateFile) => ({
  file: setOption(file, "MARK", mark),
  result: mark,
});

Deno.test("readStateFile() finds nothing where there is no file", async () => {
  await using folder = await scratch();
  assert.equal(readStateFile(placeIn(folder)), undefined);
  assert.equal(readStateFile(placeIn(folder, { path: `${folder.path}/no/where` })), undefined);
});

Deno.test("readStateFile() gives every byte of the file", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const rest = Uint8Array.from({ length: 255 }, (_, index) => index + 1);
  await Deno.writeFile(place.path, rest, { append: true });
  const text = readStateFile(place)?.text ?? "";
  assert.equal(text.length, TEXT.length + 255);
  assert.equal(text.charCodeAt(text.length - 1), 255);
});

Deno.test("readStateFile() takes no mode that allows more than it may", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const open = /google_authenticator can be read or written by others$/;
  const cases: [mode: number, allowedPerm: number, fault: RegExp | undefined][] = [
    [0o600, 0o600, undefined],
    [0o400, 0o600, undefined],
    [0o640, 0o640, undefined],
    [0o400, 0o400, undefined],
    // As the peer's module: set-user-ID is not looked at.
    [0o4600, 0o600, undefined],
    [0o600, 0o400, /has mode 0600, which is more than 0400$/],
    [0o700, 0o600, /has mode 0700, which is more than 0600$/],
    [0o1600, 0o600, /has mode 1600, which is more than 0600$/],
    [0o2600, 0o600, /has mode 2600, which is more than 0600$/],
    [0o640, 0o600, open],
    [0o604, 0o640, open],
    [0o660, 0o640, open],
  ];
  for (const [mode, allowedPerm, fault] of cases) {
    await Deno.chmod(place.path, mode);
    const read = () => readStateFile({ ...place, allowedPerm });
    if (fault === undefined) {
      assert.equal(read()?.text, TEXT, mode.toString(8));
    } else {
      const { hint } = await assertRefused(read, Exit.config, fault);
      assert.equal(hint, `run: chmod 0${allowedPerm.toString(8)} ${place.path}`);
    }
  }
});

Deno.test("readStateFile() takes a file of its owners alone, or of anybody where that is allowed", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const { uid } = await somebodyElses(place.path);
  const owners = [uid];
  await assertRefused(
    () => readStateFile({ ...place, owners }),
    Exit.config,
    /belongs to uid [0-9]+$/,
  );
  assert.equal(readStateFile({ ...place, owners: undefined })?.text, TEXT);
});

Deno.test("readStateFile() refuses links, pipes, directories and what lies below a file", async () => {
  await using folder = await scratch();
  await folder.file("real", TEXT, 0o600);
  await Deno.symlink("real", `${folder.path}/link`);
  await Deno.symlink("nowhere", `${folder.path}/dangling`);
  await mustRun(["mkfifo", "-m", "600", `${folder.path}/pipe`]);
  await folder.dir("directory", 0o700);
  for (const name of ["link", "dangling", "pipe", "directory"]) {
    const place = placeIn(folder, { path: `${folder.path}/${name}` });
    const refused = /is not a regular file$/;
    await assertRefused(() => readStateFile(place), Exit.config, refused);
    await assertRefused(() => updateStateFile(place, marked("x")), Exit.config, refused);
    await assertRefused(() => removeStateFile(place), Exit.config, refused);
    await assertRefused(
      () => writeNewStateFile(place, TEXT, { replace: true }),
      Exit.config,
      refused,
    );
  }
  const below = placeIn(folder, { path: `${folder.path}/real/x` });
  await assertRefused(() => readStateFile(below), Exit.config, /cannot be read \(ENOTDIR\)$/);
});

Deno.test("readStateFile() names the line at fault and says nothing of it", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const cases: [text: string, fault: RegExp][] = [
    ["", /line 1: no base32 secret$/],
    ["hush hush", /line 1: no base32 secret$/],
    [`${TEXT}" STEP_SIZE 99\n`, /line 3: STEP_SIZE is not 1 to 60$/],
    [`${TEXT}12345678\n1234\0\n`, /line 4: a NUL byte$/],
    [TEXT + "x".repeat(65_537 - TEXT.length), /is larger than 64 KiB$/],
  ];
  for (const [text, fault] of cases) {
    await Deno.writeTextFile(place.path, text);
    const failure = await assertRefused(() => readStateFile(place), Exit.config, fault);
    const said = printed(failure).replaceAll(folder.path, "");
    assert.doesNotMatch(said, /hush|GEZD|99|1234/);
  }
  await Deno.writeTextFile(place.path, TEXT + "x".repeat(65_536 - TEXT.length));
  assert.equal(readStateFile(place)?.text.length, 65_536);
});

Deno.test("updateStateFile() writes what changed and answers", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  assert.equal(await updateStateFile(place, marked("one")), "one");
  assert.equal(await textOf(folder), `${RFC_BASE32}\n" MARK one\n" TOTP_AUTH\n`);
  assert.deepEqual(await names(folder), [NAME]);
});

Deno.test("updateStateFile() leaves the mode as it is", async () => {
  await using folder = await scratch();
  const place = { ...placeIn(folder), allowedPerm: 0o640 };
  for (const mode of [0o400, 0o600, 0o640, 0o440]) {
    await Deno.remove(place.path).catch(() => {});
    await written(folder, TEXT, mode);
    await updateStateFile(place, marked("x"));
    assert.equal(((await Deno.stat(place.path)).mode ?? 0) & 0o7777, mode);
  }
});

Deno.test("updateStateFile() leaves the file to its owner", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const { uid } = await somebodyElses(place.path);
  const before = await Deno.stat(place.path);
  await updateStateFile({ ...place, owners: UID === 0 ? undefined : [UID, uid] }, marked("x"));
  const after = await Deno.stat(place.path);
  assert.notEqual(after.ino, before.ino);
  assert.deepEqual([after.uid, after.gid], [before.uid, before.gid]);
});

Deno.test("updateStateFile() does not touch a file that stays as it is", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const before = await Deno.stat(place.path);
  assert.equal(await updateStateFile(place, (file) => ({ file, result: 7 })), 7);
  const after = await Deno.stat(place.path);
  assert.deepEqual([after.ino, after.ctime], [before.ino, before.ctime]);
});

Deno.test("updateStateFile() removes what a crash of ours left, and nothing else", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  for (const name of [`${NAME}.gatehouse-new`, `${NAME}~`, `${NAME}~AbCdEf`]) {
    await folder.file(name, "half a fi", 0o400);
  }
  await updateStateFile(place, marked("x"));
  assert.deepEqual(await names(folder), [NAME, `${NAME}~`, `${NAME}~AbCdEf`]);
  assert.match(await textOf(folder), /^" MARK x$/m);
});

Deno.test("updateStateFile() begins again when a program without locks replaced the file", async () => {
  await using folder = await scratch();
  const place = await written(folder, `${TEXT}11111111\n`);
  let calls = 0;
  const left = await updateStateFile(place, (file) => {
    calls++;
    if (calls === 1) replaced(place, `${TEXT}22222222\n`);
    return { file: setOption(file, "MARK", "x"), result: file.scratchCodes };
  });
  assert.deepEqual([calls, left], [2, ["22222222"]]);
  assert.equal(await textOf(folder), `${RFC_BASE32}\n" MARK x\n" TOTP_AUTH\n22222222\n`);
  assert.deepEqual(await names(folder), [NAME]);
});

Deno.test("updateStateFile() begins again when the file was changed where it is", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  let calls = 0;
  await updateStateFile(place, (file) => {
    calls++;
    if (calls === 1) Deno.writeTextFileSync(place.path, "33333333\n", { append: true });
    return marked("x")(file);
  });
  assert.equal(calls, 2);
  assert.equal(await textOf(folder), `${RFC_BASE32}\n" MARK x\n" TOTP_AUTH\n33333333\n`);
});

Deno.test("updateStateFile() judges a file anew that was replaced by one not to be trusted", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  await assertRefused(
    () =>
      updateStateFile(place, (file) => {
        Deno.writeTextFileSync(place.path, TEXT, { mode: 0o644 });
        Deno.chmodSync(place.path, 0o644);
        return marked("x")(file);
      }),
    Exit.config,
    /can be read or written by others$/,
  );
  assert.equal(await textOf(folder), TEXT);
});

Deno.test("updateStateFile() does not bring back a file that was removed", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const update = () =>
    updateStateFile(place, (file) => {
      Deno.removeSync(place.path);
      return marked("x")(file);
    });
  await assertRefused(update, Exit.config, /does not exist any more$/);
  await assertRefused(update, Exit.config, /does not exist any more$/);
  assert.deepEqual(await names(folder), []);
});

Deno.test("updateStateFile() gives up on a file that never stays the same", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  let calls = 0;
  await assertRefused(
    () =>
      updateStateFile(place, (file) => {
        replaced(place, `${TEXT}${10_000_000 + ++calls}\n`);
        return marked("x")(file);
      }),
    Exit.denied,
    /^another program keeps changing .*\/google_authenticator$/,
  );
  assert.equal(await textOf(folder), `${TEXT}${10_000_000 + calls}\n`);
  assert.deepEqual(await names(folder), [NAME]);
});

Deno.test("updateStateFile() waits for whoever holds the lock, and sees what that one wrote", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const seen: string[] = [];
  const change = (file: StateFile) => {
    seen.push(...file.scratchCodes);
    return marked("x")(file);
  };
  await using holder = await lockedElsewhere(place.path);
  const update = updateStateFile(place, change);
  await somebodyWaitsFor(place.path);
  await Deno.writeTextFile(place.path, "44444444\n", { append: true });
  await holder.write("\n");
  await update;
  assert.deepEqual(seen, ["44444444"]);
});

Deno.test("updateStateFile() looks again at which file is there when it has the lock", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const seen: string[] = [];
  await using first = await lockedElsewhere(place.path);
  const update = updateStateFile(place, (file) => {
    seen.push(...file.scratchCodes);
    return marked("x")(file);
  });
  await somebodyWaitsFor(place.path);
  replaced(place, `${TEXT}55555555\n`);
  await using second = await lockedElsewhere(place.path);
  await first.write("\n");
  await somebodyWaitsFor(place.path);
  await second.write("\n");
  await update;
  assert.deepEqual(seen, ["55555555"]);
});

Deno.test("updates at once: none is lost", async () => {
  await using folder = await scratch();
  const codes = Array.from({ length: 20 }, (_, index) => String(10_000_000 + index));
  const place = await written(folder, `${TEXT}${codes.join("\n")}\n`);
  const use = (code: string) =>
    updateStateFile(place, (file) => ({
      file: removeScratchCode(file, code),
      result: file.scratchCodes.includes(code),
    }));
  assert.deepEqual(await Promise.all(codes.map(use)), codes.map(() => true));
  assert.equal(await textOf(folder), TEXT);
});

Deno.test("updateStateFile() says when it cannot write, and leaves the file", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  // What is in the way of its temporary file.
  await Deno.mkdir(`${place.path}.gatehouse-new/x`, { recursive: true });
  await assertRefused(
    () => updateStateFile(place, marked("x")),
    Exit.denied,
    /^cannot write .*\/google_authenticator \(EEXIST\)$/,
  );
  assert.equal(await textOf(folder), TEXT);
});

Deno.test("updateStateFile() writes nothing that could not be read again", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const long = Array.from({ length: 8_000 }, () => "12345678");
  await assertRefused(
    () => updateStateFile(place, (file) => ({ file: addScratchCodes(file, long), result: 0 })),
    Exit.config,
    /larger than 64 KiB$/,
  );
  assert.equal(await textOf(folder), TEXT);
});

Deno.test("writeNewStateFile() makes a file that only its owner can read", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/new/place/${NAME}`;
  await writeNewStateFile(placeIn(folder, { path }), TEXT, { replace: false });
  assert.equal(await Deno.readTextFile(path), TEXT);
  const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o7777;
  assert.equal(await mode(path), 0o400);
  assert.equal(await mode(`${folder.path}/new`), 0o700);
  assert.equal((await Deno.stat(path)).nlink, 1);
  const entries = await Array.fromAsync(Deno.readDir(`${folder.path}/new/place`));
  assert.equal(entries.length, 1);
});

Deno.test("writeNewStateFile() replaces nothing unless told so", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  const refused = await assertRefused(
    () => writeNewStateFile(place, "other", { replace: false }),
    Exit.config,
    /\/google_authenticator exists already$/,
  );
  assert.equal(refused.hint, "to replace it: --force; without a gap: --rotate");
  assert.equal(await textOf(folder), TEXT);
});

Deno.test("writeNewStateFile() replaces even a file that is malformed or open to others", async () => {
  await using folder = await scratch();
  for (const [before, after] of [[0o600, 0o600], [0o644, 0o600], [0o400, 0o400], [0o000, 0o400]]) {
    await Deno.remove(placeIn(folder).path).catch(() => {});
    const place = await written(folder, "hush", UID === 0 ? before : (before ?? 0) | 0o400);
    await writeNewStateFile(place, TEXT, { replace: true });
    assert.equal(((await Deno.stat(place.path)).mode ?? 0) & 0o7777, after);
    assert.equal(readStateFile(place)?.text, TEXT);
  }
  assert.deepEqual(await names(folder), [NAME]);
});

Deno.test("two that make the file at once: one of them does, and its file is whole", async () => {
  await using folder = await scratch();
  const place = placeIn(folder);
  const texts = [`${TEXT}11111111\n`, `${TEXT}22222222\n`];
  const results = await Promise.allSettled(
    texts.map((text) => writeNewStateFile(place, text, { replace: false })),
  );
  const made = texts.filter((_, index) => results[index]?.status === "fulfilled");
  assert.equal(made.length, 1);
  assert.equal(await textOf(folder), made[0]);
  assert.deepEqual(await names(folder), [NAME]);
});

Deno.test("removeStateFile() removes the file and what a crash left of it", async () => {
  await using folder = await scratch();
  await removeStateFile(placeIn(folder));
  for (const [text, mode] of [[TEXT, 0o600], ["malformed", 0o644]] as const) {
    const place = await written(folder, text, mode);
    await folder.file(`${NAME}.gatehouse-new`, TEXT, 0o400);
    await removeStateFile(place);
    assert.deepEqual(await names(folder), []);
  }
});

Deno.test("removeStateFile() waits for whoever holds the lock", async () => {
  await using folder = await scratch();
  const place = await written(folder);
  await using holder = await lockedElsewhere(place.path);
  const removal = removeStateFile(place);
  await somebodyWaitsFor(place.path);
  assert.equal(await textOf(folder), TEXT);
  await holder.write("\n");
  await removal;
  assert.deepEqual(await names(folder), []);
});
