import { keyId, type Signer, signOffer, signVerdict } from "../../lib/core/signing.ts";
import assert from "node:assert/strict";
import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { checkOffer, type ExpectedOffer, type OfferClaims } from "../../lib/core/offer.ts";
import { checkVerdict, type Expected } from "../../lib/core/verdict.ts";

const NOW = Date.UTC(2026, 0, 1);
const EXP = NOW / 1_000 + 60;

const claims: OfferClaims = {
  iss: "https://a.example",
  aud: "web1",
  jti: "login-1",
  nonce: "n".repeat(43),
  url: "https://a.example/l/ticket",
  match: "42",
  two_persons: false,
  exp: EXP,
};
const { aud: host, jti: id, nonce, url, match } = claims;
const expected: ExpectedOffer = { host, id, nonce, url, match, twoPersons: false };

async function newKey(): Promise<{ signer: Signer; publicKey: Uint8Array }> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  return { signer: { key: privateKey, kid: await keyId(raw) }, publicKey: raw };
}

const server = await newKey();
const stranger = await newKey();

const check = (jws: string, changes: Partial<ExpectedOffer> = {}, now = NOW) =>
  checkOffer(jws, { ...expected, ...changes }, [stranger.publicKey, server.publicKey], now);

async function refused(answer: ReturnType<typeof check>, why: RegExp): Promise<void> {
  const result = await answer;
  assert.equal(result.ok, false);
  assert.match(result.ok ? "" : result.fault, why);
}

Deno.test("checkOffer() accepts what signOffer() made, until the login ends", async () => {
  const jws = await signOffer(claims, server.signer);
  assert.deepEqual(await check(jws), { ok: true });
  assert.deepEqual(await check(jws, {}, EXP * 1_000 - 1), { ok: true });
  await refused(check(jws, {}, EXP * 1_000), /^the server's offer has expired/);
});

Deno.test("checkOffer() accepts one without link and number only where there are none", async () => {
  const jws = await signOffer({ ...claims, url: null, match: null }, server.signer);
  assert.deepEqual(await check(jws, { url: null, match: null }), { ok: true });
  await refused(check(jws, { match: null }), /url differs/);
  await refused(check(jws, { url: null }), /match differs/);
});

Deno.test("checkOffer() refuses an offer that differs anywhere", async () => {
  const jws = await signOffer(claims, server.signer);
  const others: readonly [Partial<ExpectedOffer>, RegExp][] = [
    [{ host: "web2" }, /aud differs/],
    [{ id: "login-2" }, /jti differs/],
    [{ nonce: "m".repeat(43) }, /nonce differs/],
    [{ url: "https://a.example/l/other" }, /url differs/],
    [{ url: null }, /url differs/],
    [{ match: "24" }, /match differs/],
    [{ match: null }, /match differs/],
    [{ twoPersons: true }, /two_persons differs/],
  ];
  for (const [changes, why] of others) await refused(check(jws, changes), why);
});

Deno.test("checkOffer() refuses what no pinned key signed", async () => {
  const jws = await signOffer(claims, server.signer);
  const unpinned = checkOffer(jws, expected, [stranger.publicKey], NOW);
  await refused(unpinned, /not signed by a pinned server key/);
  const unsecured = new UnsecuredJWT({ ...claims }).encode();
  for (const text of ["", "a.b.c", unsecured, `${jws}x`, jws.slice(0, -4)]) {
    await refused(check(text), /not signed by a pinned server key/);
  }
});

Deno.test("checkOffer() refuses one that never ends, or does not say what it offers", async () => {
  for (const claim of ["exp", "url", "match", "two_persons"] as const) {
    const { [claim]: _, ...rest } = claims;
    const header = { alg: "EdDSA", typ: "gatehouse-offer" };
    const jws = await new SignJWT(rest).setProtectedHeader(header).sign(server.signer.key);
    await refused(check(jws, { url: null, match: null }), /not signed/);
  }
});

Deno.test("an offer is no verdict, and a verdict no offer", async () => {
  const asked: Expected = {
    aud: "web1",
    sub: "alice",
    jti: "login-1",
    svc: "ssh",
    src: "192.0.2.7",
    cmd: "",
    nonce,
  };
  const verdict = await signVerdict({ ...asked, iss: "a", by: "b", via: "c" }, server.signer, NOW);
  await refused(check(verdict), /not signed/);
  const both = { ...claims, ...asked, by: "b", via: "c" };
  const offer = await signOffer(both, server.signer);
  assert.equal((await checkVerdict(offer, [server.publicKey], asked, NOW)).ok, false);
});
