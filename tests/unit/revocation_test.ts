import assert from "node:assert/strict";
import { isRevocation, signRevocation } from "../../lib/core/revocation.ts";
import { keyId, type Signer } from "../../lib/core/signing.ts";
import { T0 } from "../support/logins.ts";

const ABOUT = { token: "ghh_of-web1", nonce: "N".repeat(43) };

async function aServer(): Promise<{ signer: Signer; publicKey: Uint8Array }> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("not a key pair");
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { signer: { kid: await keyId(publicKey), key: pair.privateKey }, publicKey };
}

const ours = await aServer();
const other = await aServer();

Deno.test("isRevocation() believes a pinned key, about this token, for this request", async () => {
  const signed = await signRevocation(ABOUT, ours.signer, T0);
  const believed = (about = ABOUT, pinned = [other.publicKey, ours.publicKey], jws = signed) =>
    isRevocation(jws, about, pinned, T0);
  assert.equal(await believed(), true);
  assert.equal(await believed({ ...ABOUT, token: "ghh_of-web2" }), false);
  assert.equal(await believed({ ...ABOUT, nonce: "M".repeat(43) }), false);
  assert.equal(await believed(ABOUT, [other.publicKey]), false);
  assert.equal(await believed(ABOUT, []), false);
  for (const jws of ["", "a.b.c", signed.slice(0, -2)]) {
    assert.equal(await believed(ABOUT, [ours.publicKey], jws), false, jws);
  }
});

Deno.test("a revocation tells nobody the token that it is about", async () => {
  const [, claims = ""] = (await signRevocation(ABOUT, ours.signer, T0)).split(".");
  assert.doesNotMatch(atob(claims.replaceAll("-", "+").replaceAll("_", "/")), /of-web1/);
});
