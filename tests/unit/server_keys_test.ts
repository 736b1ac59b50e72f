import { keyId, signVerdict } from "../../lib/core/signing.ts";
import assert from "node:assert/strict";
import { base64url } from "../../lib/core/encoding.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { checkVerdict } from "../../lib/core/verdict.ts";
import { openServerKeys } from "../../lib/io/server_keys.ts";
import { scratch } from "../support/scratch.ts";
import { T0 } from "../support/logins.ts";

const pathOf = (dataDir: string) => `${dataDir}/keys/verdict.jwk`;

function failure(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.exit, Exit.config);
    assert.match(error.message, message);
    assert.ok(error.hint);
    return true;
  };
}

Deno.test("openServerKeys() makes a key that signs verdicts hosts accept", async () => {
  await using folder = await scratch();
  const { signer, publicKey } = await openServerKeys(`${folder.path}/data`);
  assert.equal(publicKey.length, 32);
  assert.equal(signer.kid, await keyId(publicKey));
  const asked = {
    aud: "web1",
    sub: "alice",
    jti: "1",
    svc: "ssh",
    src: "::1",
    cmd: "",
    nonce: "n",
  };
  const claims = { ...asked, iss: "https://a.example", by: "link", via: "link" };
  const jws = await signVerdict(claims, signer, T0);
  assert.equal((await checkVerdict(jws, [publicKey], asked, T0)).ok, true);
});

Deno.test("openServerKeys() keeps its key, in files that only their owner can read", async () => {
  await using folder = await scratch();
  const data = `${folder.path}/data`;
  const first = await openServerKeys(data);
  const again = await openServerKeys(data);
  assert.deepEqual(again.publicKey, first.publicKey);
  assert.equal(((await Deno.stat(`${data}/keys`)).mode ?? 0) & 0o777, 0o700);
  assert.equal(((await Deno.stat(pathOf(data))).mode ?? 0) & 0o777, 0o600);
  const files = await Array.fromAsync(Deno.readDir(`${data}/keys`), ({ name }) => name);
  assert.deepEqual(files, ["verdict.jwk"], "a draft was left behind");
});

Deno.test("openServerKeys() keeps a key for PINs that is neither the other one nor told by it", async () => {
  await using folder = await scratch();
  const [data, other] = [`${folder.path}/data`, `${folder.path}/other`];
  const { pinKey, publicKey } = await openServerKeys(data);
  assert.equal(pinKey.length, 32);
  assert.deepEqual((await openServerKeys(data)).pinKey, pinKey);
  assert.notDeepEqual((await openServerKeys(other)).pinKey, pinKey);
  const { d, x } = JSON.parse(await Deno.readTextFile(pathOf(data)));
  assert.ok(![d, x].includes(base64url(pinKey)));
  assert.notDeepEqual(pinKey, publicKey);
});

Deno.test("openServerKeys() makes a whole key also where the system takes it in pieces", async () => {
  await using folder = await scratch();
  const { write } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.write = function (bytes) {
    return write.call(this, bytes.subarray(0, 7));
  };
  try {
    const made = await openServerKeys(folder.path);
    assert.deepEqual((await openServerKeys(folder.path)).publicKey, made.publicKey);
  } finally {
    Deno.FsFile.prototype.write = write;
  }
});

Deno.test("openServerKeys() makes one key however many ask first at once", async () => {
  await using folder = await scratch();
  const all = await Promise.all(Array.from({ length: 10 }, () => openServerKeys(folder.path)));
  for (const { publicKey } of all) assert.deepEqual(publicKey, all[0]?.publicKey);
});

for (const mode of [0o640, 0o604, 0o620, 0o602]) {
  Deno.test(`openServerKeys() refuses a key file of mode ${mode.toString(8)}`, async () => {
    await using folder = await scratch();
    await openServerKeys(folder.path);
    await Deno.chmod(pathOf(folder.path), mode);
    await assert.rejects(
      openServerKeys(folder.path),
      failure(new RegExp(`verdict.jwk is open to others \\(mode 0${mode.toString(8)}\\)`)),
    );
  });
}

Deno.test("openServerKeys() refuses a directory where others could put a key", async () => {
  await using folder = await scratch();
  await openServerKeys(folder.path);
  await Deno.chmod(`${folder.path}/keys`, 0o777);
  await assert.rejects(openServerKeys(folder.path), failure(/keys can be written by others/));
});

Deno.test("openServerKeys() refuses a damaged key and never replaces it", async () => {
  await using folder = await scratch();
  await openServerKeys(folder.path);
  const path = pathOf(folder.path);
  const good = JSON.parse(await Deno.readTextFile(path));
  const other = await openServerKeys(await folder.dir("other", 0o700));
  const otherX = other.publicKey.toBase64({ alphabet: "base64url", omitPadding: true });
  const damages = {
    empty: "",
    "half a file": JSON.stringify(good).slice(0, 60),
    "not JSON": "garbage",
    "no private half": JSON.stringify({ ...good, d: undefined }),
    "another curve": JSON.stringify({ ...good, crv: "X25519" }),
    "halves of two keys": JSON.stringify({ ...good, x: otherX }),
  };
  for (const [what, text] of Object.entries(damages)) {
    await Deno.writeTextFile(path, text);
    await assert.rejects(openServerKeys(folder.path), failure(/verdict.jwk is damaged$/), what);
    assert.equal(await Deno.readTextFile(path), text, `${what}: the file was changed`);
  }
});

Deno.test("openServerKeys() never quotes the key", async () => {
  await using folder = await scratch();
  await openServerKeys(folder.path);
  const path = pathOf(folder.path);
  const { d } = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, `{"d":"${d}", oops`);
  await assert.rejects(openServerKeys(folder.path), (error) => !String(error).includes(d));
});
