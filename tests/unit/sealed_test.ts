import assert from "node:assert/strict";
import fc from "fast-check";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { openSealer } from "../../lib/io/sealed.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const ROW = "device d_1 seed";
const KEY = "A".repeat(43);
const OTHER_KEY = `${"B".repeat(42)}A`;

const pathOf = (data: string) => `${data}/keys/secrets.key`;

function failure(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.exit, Exit.config);
    assert.match(error.message, message);
    assert.ok(error.hint);
    assert.ok(!`${error.message} ${error.hint} ${error.reason}`.includes(SECRET));
    return true;
  };
}

async function withKeys(folder: Scratch, text: string, mode = 0o600): Promise<string> {
  const data = await folder.dir("data", 0o700);
  await folder.dir("data/keys", 0o700);
  await folder.file("data/keys/secrets.key", text, mode);
  return data;
}

/** A directory as systemd makes it. */
async function withCredential(folder: Scratch, text: string, mode = 0o400): Promise<string> {
  const path = await folder.dir("credentials", 0o700);
  await folder.file("credentials/gatehouse-key", text, mode);
  return path;
}

Deno.test("seal() keeps any text for its row, and looks different each time", async () => {
  await using folder = await scratch();
  const sealer = await openSealer(folder.path, undefined);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), fc.string(), async (secret, row) => {
      const [one, two] = [await sealer.seal(secret, row), await sealer.seal(secret, row)];
      assert.notEqual(one, two);
      assert.match(one, /^1\.[0-9a-f]{12}\.[A-Za-z0-9_-]+$/);
      assert.equal(await sealer.open(one, row), secret);
    }),
    { numRuns: 50 },
  );
});

Deno.test("open() opens nothing that was moved to another row", async () => {
  await using folder = await scratch();
  const sealer = await openSealer(folder.path, undefined);
  const sealed = await sealer.seal(SECRET, ROW);
  for (const row of ["device d_2 seed", "device d_1 seed ", "", "recovery d_1 key"]) {
    await assert.rejects(sealer.open(sealed, row), failure(/damaged, or belongs to another row$/));
  }
});

Deno.test("open() opens nothing of which any character was changed", async () => {
  await using folder = await scratch();
  const sealer = await openSealer(folder.path, undefined);
  const sealed = await sealer.seal(SECRET, ROW);
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice(0, at) + (sealed[at] === "b" ? "c" : "b") + sealed.slice(at + 1);
    await assert.rejects(sealer.open(changed, ROW), Failure, `at ${at}`);
  }
  for (const text of ["", "1", SECRET, sealed.slice(0, -1), `${sealed}A`, `${sealed}\n`]) {
    await assert.rejects(sealer.open(text, ROW), failure(/is damaged, or belongs to another row$/));
  }
});

Deno.test("openSealer() makes a key that stays, in a file that only its owner can read", async () => {
  await using folder = await scratch();
  const data = `${folder.path}/data`;
  const sealed = await (await openSealer(data, undefined)).seal(SECRET, ROW);
  const again = await openSealer(data, undefined);
  assert.equal(await again.open(sealed, ROW), SECRET);
  assert.ok(again.isCurrent(sealed));
  const text = await Deno.readTextFile(pathOf(data));
  assert.match(text, /^[A-Za-z0-9_-]{43}\n$/);
  assert.ok(!sealed.includes(text.trim()));
  const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
  assert.deepEqual([await mode(`${data}/keys`), await mode(pathOf(data))], [0o700, 0o600]);
  const files = await Array.fromAsync(Deno.readDir(`${data}/keys`), ({ name }) => name);
  assert.deepEqual(files, ["secrets.key"], "a draft was left behind");
});

Deno.test("openSealer() makes one key however many ask first at once", async () => {
  await using folder = await scratch();
  const all = await Promise.all(
    Array.from({ length: 10 }, () => openSealer(folder.path, undefined)),
  );
  const sealed = await all[0]?.seal(SECRET, ROW) ?? "";
  for (const sealer of all) assert.equal(await sealer.open(sealed, ROW), SECRET);
});

Deno.test("two servers cannot open each other's secrets", async () => {
  await using folder = await scratch();
  const one = await openSealer(`${folder.path}/one`, undefined);
  const two = await openSealer(`${folder.path}/two`, undefined);
  const sealed = await one.seal(SECRET, ROW);
  await assert.rejects(
    two.open(sealed, ROW),
    failure(/^the secret of .* is sealed with key \w+, /),
  );
});

Deno.test("a new key in front seals, and the old ones behind it open until they are gone", async () => {
  await using folder = await scratch();
  const data = await withKeys(folder, `${KEY}\n`);
  const old = await (await openSealer(data, undefined)).seal(SECRET, ROW);

  await Deno.writeTextFile(pathOf(data), `${OTHER_KEY}\n${KEY}\n`);
  const rotating = await openSealer(data, undefined);
  assert.ok(!rotating.isCurrent(old));
  const anew = await rotating.seal(await rotating.open(old, ROW), ROW);
  assert.ok(rotating.isCurrent(anew));

  await Deno.writeTextFile(pathOf(data), `${OTHER_KEY}\n`);
  const rotated = await openSealer(data, undefined);
  assert.equal(await rotated.open(anew, ROW), SECRET);
  await assert.rejects(rotated.open(old, ROW), failure(/which is not here$/));
  for (const text of ["", "1.xyz", SECRET]) assert.ok(!rotated.isCurrent(text), text);
});

Deno.test("a credential of systemd goes before the file, and no file is made beside it", async () => {
  await using folder = await scratch();
  const credentials = await withCredential(folder, `${KEY}\n`);
  const data = `${folder.path}/data`;
  const sealed = await (await openSealer(data, credentials)).seal(SECRET, ROW);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${data}/keys`)), []);
  // Whoever has the data alone, a backup for one, opens nothing.
  await assert.rejects((await openSealer(data, undefined)).open(sealed, ROW), /which is not here/);
});

Deno.test("a credential that comes later leaves what the file's key has sealed to be opened", async () => {
  await using folder = await scratch();
  const data = await withKeys(folder, KEY);
  const old = await (await openSealer(data, undefined)).seal(SECRET, ROW);
  const both = await openSealer(data, await withCredential(folder, OTHER_KEY));
  assert.equal(await both.open(old, ROW), SECRET);
  assert.ok(!both.isCurrent(old));
});

Deno.test("a credential of another name is none", async () => {
  await using folder = await scratch();
  const credentials = await folder.dir("credentials", 0o700);
  await folder.file("credentials/other", KEY, 0o400);
  await openSealer(`${folder.path}/data`, credentials);
  assert.ok((await Deno.stat(pathOf(`${folder.path}/data`))).isFile);
});

Deno.test("keys are taken as openssl writes them, with blank lines and without a last newline", async () => {
  await using folder = await scratch();
  const standard = "+/+/".repeat(10) + "+/8=";
  const data = await withKeys(folder, `\n${standard}\r\n\n${KEY}`);
  const sealed = await (await openSealer(data, undefined)).seal(SECRET, ROW);
  await Deno.writeTextFile(
    pathOf(data),
    standard.replace(/=$/, "").replaceAll("+", "-").replaceAll("/", "_"),
  );
  assert.equal(await (await openSealer(data, undefined)).open(sealed, ROW), SECRET);
});

Deno.test("openSealer() refuses a damaged key file, never quotes it, and keeps it", async () => {
  const damages = [
    "",
    "\n",
    "short",
    `${KEY}A`,
    `${KEY}\n${KEY}x\n`,
    `${"A".repeat(42)}B`,
    "é".repeat(43),
  ];
  for (const text of damages) {
    await using folder = await scratch();
    const data = await withKeys(folder, text);
    await assert.rejects(openSealer(data, undefined), (error) => {
      assert.ok(failure(/secrets\.key is damaged$/)(error));
      assert.ok(text.trim() === "" || !String(error).includes(text.trim()));
      return true;
    });
    assert.equal(await Deno.readTextFile(pathOf(data)), text);
  }
});

for (const mode of [0o640, 0o604, 0o620, 0o602]) {
  Deno.test(`openSealer() refuses a key file of mode ${mode.toString(8)}`, async () => {
    await using folder = await scratch();
    const data = await withKeys(folder, KEY, mode);
    await assert.rejects(openSealer(data, undefined), failure(/secrets\.key is open to others/));
  });
}

Deno.test("openSealer() takes a credential whose ACL shows as the group's right to read, no more", async () => {
  for (
    const [mode, fine] of [[0o440, true], [0o400, true], [0o460, false], [0o444, false]] as const
  ) {
    await using folder = await scratch();
    const credentials = await withCredential(folder, KEY, mode);
    const opened = openSealer(`${folder.path}/data`, credentials);
    if (fine) await opened;
    else await assert.rejects(opened, failure(/gatehouse-key is open to others/));
  }
});

Deno.test("openSealer() refuses a directory where others could put a key", async () => {
  await using folder = await scratch();
  const data = await withKeys(folder, KEY);
  await Deno.chmod(`${data}/keys`, 0o777);
  await assert.rejects(openSealer(data, undefined), failure(/keys can be written by others/));
});
