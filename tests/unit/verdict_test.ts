import { keyId, type Signer, signVerdict } from "../../lib/core/signing.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { base64url } from "../../lib/core/encoding.ts";
import {
  checkVerdict,
  type Expected,
  VERDICT_TTL_S,
  type VerdictClaims,
} from "../../lib/core/verdict.ts";
import { formatServerKey, parseServerKey } from "../../lib/core/verdict_key.ts";

const NOW = Date.UTC(2026, 0, 1);
const NOW_S = NOW / 1_000;

const asked: Expected = {
  aud: "web1",
  sub: "alice",
  jti: "login-1",
  svc: "ssh",
  src: "192.0.2.7",
  cmd: "",
  nonce: "n".repeat(43),
};
const claims: VerdictClaims = { ...asked, iss: "https://a.example", by: "link", via: "link" };

async function newKey(): Promise<{ signer: Signer; publicKey: Uint8Array }> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  return { signer: { key: privateKey, kid: await keyId(raw) }, publicKey: raw };
}

const server = await newKey();
const stranger = await newKey();

const check = (jws: string, pinned = [server.publicKey], now = NOW) =>
  checkVerdict(jws, pinned, asked, now);

async function refused(jws: string, why: RegExp, now = NOW): Promise<void> {
  const result = await check(jws, [server.publicKey], now);
  assert.equal(result.ok, false);
  assert.match(result.ok ? "" : result.fault, why);
}

/** Signed by the server's key, but with whatever claims. */
function forge(changes: Record<string, unknown>): Promise<string> {
  const all = { ...claims, verdict: "approved", iat: NOW_S, exp: NOW_S + 30, ...changes };
  return new SignJWT(all).setProtectedHeader({ alg: "EdDSA" }).sign(server.signer.key);
}

Deno.test("checkVerdict() accepts what signVerdict() made, from now until it expires", async () => {
  const jws = await signVerdict(claims, server.signer, NOW);
  assert.deepEqual(await check(jws), { ok: true, claims });
  const last = NOW + VERDICT_TTL_S * 1_000 - 1;
  assert.equal((await check(jws, [server.publicKey], last)).ok, true);
  await refused(jws, /has expired/, last + 1);
});

Deno.test("checkVerdict() accepts either of two pinned keys, and none but those", async () => {
  const jws = await signVerdict(claims, server.signer, NOW);
  assert.equal((await check(jws, [stranger.publicKey, server.publicKey])).ok, true);
  assert.equal((await check(jws, [server.publicKey, stranger.publicKey])).ok, true);
  assert.equal((await check(jws, [stranger.publicKey])).ok, false);
  assert.equal((await check(jws, [])).ok, false);
});

Deno.test("signVerdict() names its key", async () => {
  const jws = await signVerdict(claims, server.signer, NOW);
  const header = JSON.parse(atob(jws.split(".")[0] ?? ""));
  assert.deepEqual(header, { alg: "EdDSA", kid: server.signer.kid });
});

// RFC 8037, appendix A.2 and A.3
Deno.test("keyId() is the RFC 7638 thumbprint", async () => {
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const publicKey = parseServerKey(`ed25519:${x}`);
  assert.ok(publicKey);
  assert.equal(await keyId(publicKey), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  assert.equal(formatServerKey(publicKey), `ed25519:${x}`);
});

Deno.test("parseServerKey() takes 32 bytes in base64url alone", () => {
  const good = "A".repeat(43);
  assert.equal(parseServerKey(`ed25519:${good}`)?.length, 32);
  for (
    const bad of [good, `ed25519:${good}=`, `ed25519:${good.slice(1)}`, ` ed25519:${good}`, ""]
  ) {
    assert.equal(parseServerKey(bad), undefined, bad);
  }
});

Deno.test("checkVerdict() refuses a verdict of another key", async () => {
  await refused(await signVerdict(claims, stranger.signer, NOW), /not signed by a pinned/);
  const posing = { key: stranger.signer.key, kid: server.signer.kid };
  await refused(await signVerdict(claims, posing, NOW), /not signed by a pinned/);
});

Deno.test("checkVerdict() refuses a key that the verdict itself brings along", async () => {
  const jwk = { kty: "OKP", crv: "Ed25519", x: base64url(stranger.publicKey) };
  const jws = await new SignJWT({ ...claims, verdict: "approved" })
    .setProtectedHeader({ alg: "EdDSA", jwk }).setIssuedAt(NOW_S).setExpirationTime(NOW_S + 30)
    .sign(stranger.signer.key);
  await refused(jws, /not signed by a pinned/);
});

Deno.test("checkVerdict() refuses unsigned verdicts", async () => {
  const none = new UnsecuredJWT({ ...claims, verdict: "approved" }).setIssuedAt(NOW_S)
    .setExpirationTime(NOW_S + 30).encode();
  await refused(none, /not signed by a pinned/);
  const [header, payload] = (await forge({})).split(".");
  await refused(`${header}.${payload}.`, /not signed by a pinned/);
  await refused(`${header}.${payload}`, /not signed by a pinned/);
});

Deno.test("checkVerdict() refuses HMAC with the public key as its secret", async () => {
  for (const secret of [server.publicKey, new TextEncoder().encode(base64url(server.publicKey))]) {
    const padded = new Uint8Array(Math.max(32, secret.length));
    padded.set(secret);
    const jws = await new SignJWT({ ...claims, verdict: "approved" })
      .setProtectedHeader({ alg: "HS256", kid: server.signer.kid })
      .setIssuedAt(NOW_S).setExpirationTime(NOW_S + 30).sign(padded);
    await refused(jws, /not signed by a pinned/);
  }
});

Deno.test("checkVerdict() refuses a verdict in which any character was changed", async () => {
  const jws = await signVerdict(claims, server.signer, NOW);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // The last character of each part carries bits that decode to nothing; they are left alone.
  const meaning = jws.split("").flatMap((c, at) =>
    c === "." || jws[at + 1] === "." || at === jws.length - 1 ? [] : [at]
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...meaning),
      fc.constantFrom(...alphabet),
      async (at, character) => {
        fc.pre(jws[at] !== character);
        const altered = jws.slice(0, at) + character + jws.slice(at + 1);
        assert.equal((await check(altered)).ok, false);
      },
    ),
  );
});

for (const claim of Object.keys(asked) as (keyof Expected)[]) {
  Deno.test(`checkVerdict() refuses a verdict whose ${claim} is not what was asked`, async () => {
    const why = new RegExp(`is for another login \\(${claim} differs\\)`);
    await refused(await forge({ [claim]: `${asked[claim]}x` }), why);
    await refused(await forge({ [claim]: undefined }), why);
    await refused(await forge({ [claim]: [asked[claim]] }), why);
  });
}

Deno.test("checkVerdict() refuses a verdict that does not say approved, or by whom", async () => {
  await refused(await forge({ verdict: "denied" }), /does not say approved/);
  await refused(await forge({ verdict: undefined }), /does not say approved/);
  for (const claim of ["iss", "by", "via"]) {
    await refused(await forge({ [claim]: undefined }), /does not say who/);
    await refused(await forge({ [claim]: { name: "bob" } }), /does not say who/);
  }
});

Deno.test("checkVerdict() refuses a verdict from another time", async () => {
  await refused(await forge({ iat: NOW_S - 60, exp: NOW_S - 30 }), /has expired/);
  await refused(await forge({ iat: NOW_S + 31, exp: NOW_S + 61 }), /is from the future/);
  assert.equal((await check(await forge({ iat: NOW_S + 30, exp: NOW_S + 60 }))).ok, true);
});

Deno.test("checkVerdict() refuses a verdict that lives too long or has no end", async () => {
  await refused(await forge({ exp: NOW_S + 31 }), /longer than 30 s/);
  await refused(await forge({ iat: NOW_S - 10, exp: NOW_S + 21 }), /longer than 30 s/);
  for (
    const changes of [{ iat: undefined }, { exp: undefined }, { iat: "now" }, { exp: "never" }]
  ) {
    assert.equal((await check(await forge(changes))).ok, false, JSON.stringify(changes));
  }
});

Deno.test("checkVerdict() refuses garbage of any kind and never quotes it", async () => {
  const pieces = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.array(fc.base64String({ maxLength: 80 }), { maxLength: 5 }).map((parts) => parts.join(".")),
  );
  await fc.assert(fc.asyncProperty(pieces, async (text) => {
    const result = await check(text);
    assert.deepEqual(result, {
      ok: false,
      fault: "the server's verdict is not signed by a pinned server key",
    });
  }));
});

Deno.test("checkVerdict() refuses huge verdicts", async () => {
  await refused("a".repeat(5_000_000), /not signed/);
  await refused(`${"a".repeat(2_000_000)}.${"b".repeat(2_000_000)}.c`, /not signed/);
  await refused(".".repeat(1_000_000), /not signed/);
});

Deno.test("checkVerdict() refuses a verdict whose approver was shown something else", async () => {
  const shown = { cmd_shown: "a".repeat(64), key: "SHA256:abc", requester: "bob", tty: true };
  const expected = { ...asked, ...shown };
  const checkShown = (jws: string) => checkVerdict(jws, [server.publicKey], expected, NOW);
  assert.equal((await checkShown(await forge(shown))).ok, true);
  assert.equal((await checkShown(await forge({}))).ok, true, "version 1 does not ask for it");
  for (
    const change of [{ cmd_shown: "" }, { key: "SHA256:other" }, { requester: "" }, { tty: false }]
  ) {
    assert.equal((await checkShown(await forge({ ...shown, ...change }))).ok, false);
  }
});
