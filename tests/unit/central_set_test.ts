import { keyId, type Signer } from "../../lib/core/signing.ts";
import assert from "node:assert/strict";
import { CompactEncrypt, importJWK, SignJWT } from "jose";
import {
  type CentralSet,
  type HostKeyPair,
  openSet,
  sealSet,
  type SetAsked,
} from "../../lib/core/central_set.ts";
import { parseHostKey } from "../../lib/core/central_api.ts";
import { base64url } from "../../lib/core/encoding.ts";
import { checkVerdict } from "../../lib/core/verdict.ts";
import { makeHostKey, publicHostKey } from "../../lib/io/host_key.ts";
import { T0 } from "../support/logins.ts";
import { RFC_BASE32 } from "../support/totp.ts";

const REQUEST: SetAsked = { host: "web1", nonce: "N".repeat(43), accounts: ["alice", "bob"] };
const SET: CentralSet = {
  valid_for: 2_592_000,
  accounts: [{ name: "alice", seeds: [RFC_BASE32], used: [58_849_920] }],
};

interface Server {
  readonly signer: Signer;
  readonly publicKey: Uint8Array;
}

async function aServer(): Promise<Server> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("not a key pair");
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { signer: { kid: await keyId(publicKey), key: pair.privateKey }, publicKey };
}

const server = await aServer();
const key = await makeHostKey();

const rawKey = (pair: HostKeyPair) => parseHostKey(publicHostKey(pair)) ?? new Uint8Array();
const seal = (set = SET, request = REQUEST, by = server, to = key) =>
  sealSet(set, request, rawKey(to), by.signer, T0);
const open = (sealed: string, request = REQUEST, with_ = key) =>
  openSet(sealed, request, with_, [server.publicKey], T0);

/** Sealed to the host by somebody who knows its public key, as everybody on the way may. */
async function forged(inner: string): Promise<string> {
  const jwk = await importJWK({ kty: "OKP", crv: "X25519", x: key.x }, "ECDH-ES");
  return await new CompactEncrypt(new TextEncoder().encode(inner))
    .setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM" }).encrypt(jwk);
}

async function faultOf(sealed: string, request = REQUEST, with_ = key): Promise<string> {
  const opened = await open(sealed, request, with_);
  return opened.ok ? "none" : opened.fault;
}

Deno.test("openSet() opens what sealSet() made for that host and request", async () => {
  const sealed = await seal();
  assert.deepEqual(await open(sealed), { ok: true, set: SET });
  assert.ok(!sealed.includes(RFC_BASE32) && sealed.split(".").length === 5);
  assert.notEqual(sealed, await seal(), "never the same twice");
});

Deno.test("openSet() opens nothing with another key", async () => {
  const other = await makeHostKey();
  assert.match(await faultOf(await seal(), REQUEST, other), /not sealed to this host's key$/);
  // Half of each is no pair.
  const mixed = { x: key.x, d: other.d };
  assert.match(await faultOf(await seal(), REQUEST, mixed), /not sealed to this host's key$/);
});

Deno.test("openSet() believes no one who merely knows the host's public key", async () => {
  const stranger = await aServer();
  assert.match(await faultOf(await seal(SET, REQUEST, stranger)), /not signed by a pinned/);
  const claims = { ...SET, aud: "web1", nonce: REQUEST.nonce };
  const unsigned = base64url(new TextEncoder().encode('{"alg":"none"}'));
  const body = base64url(new TextEncoder().encode(JSON.stringify(claims)));
  assert.match(await faultOf(await forged(`${unsigned}.${body}.`)), /not signed by a pinned/);
  assert.match(await faultOf(await forged(JSON.stringify(claims))), /not signed by a pinned/);
});

Deno.test("openSet() takes no answer to another request, host or question", async () => {
  const sealed = await seal();
  const other = { ...REQUEST, nonce: "M".repeat(43) };
  assert.match(await faultOf(sealed, other), /for another request$/);
  assert.match(await faultOf(sealed, { ...REQUEST, host: "web2" }), /for another request$/);
  // Signed by the server, and something else: a verdict or an offer.
  const typed = (typ: string | undefined) =>
    new SignJWT({ ...SET, aud: "web1", nonce: REQUEST.nonce })
      .setProtectedHeader({ alg: "EdDSA", ...(typ === undefined ? {} : { typ }) })
      .sign(server.signer.key);
  for (const typ of [undefined, "gatehouse-offer", "JWT"]) {
    assert.match(await faultOf(await forged(await typed(typ))), /not signed by a pinned/);
  }
  assert.deepEqual(await open(await forged(await typed("gatehouse-codes"))), {
    ok: true,
    set: SET,
  });
});

Deno.test("what a server signs for a host's codes is no verdict", async () => {
  const signed = await new SignJWT({ ...SET, aud: "web1", nonce: REQUEST.nonce })
    .setProtectedHeader({ alg: "EdDSA", typ: "gatehouse-codes" })
    .setIssuedAt(T0 / 1000).setExpirationTime(T0 / 1000 + 30).sign(server.signer.key);
  const expected = { ...REQUEST, aud: "web1", sub: "", jti: "", svc: "", src: "", cmd: "" };
  const checked = await checkVerdict(signed, [server.publicKey], expected, T0);
  assert.equal(checked.ok, false);
});

Deno.test("openSet() takes codes of no account that nobody asked for", async () => {
  const sealed = await seal();
  for (const accounts of [[], ["bob"], ["Alice", "alice "]]) {
    assert.match(await faultOf(sealed, { ...REQUEST, accounts }), /that nobody asked for$/);
  }
  const none = await seal({ ...SET, accounts: [] });
  assert.equal((await open(none, { ...REQUEST, accounts: [] })).ok, true);
  const [alice] = SET.accounts;
  assert.ok(alice !== undefined);
  const more = { ...SET, accounts: [alice, { ...alice, name: "carol" }] };
  assert.match(await faultOf(await seal(more)), /that nobody asked for$/);
});

Deno.test("openSet() refuses what is damaged, or of another form", async () => {
  const sealed = await seal();
  for (
    const text of ["", "x", "a.b.c.d.e", sealed.slice(0, -2), `${sealed.slice(0, -9)}AAAAAAAAA`]
  ) {
    assert.match(await faultOf(text), /not sealed to this host's key$/);
  }
  const [alice] = SET.accounts;
  assert.ok(alice !== undefined);
  const bad: readonly CentralSet[] = [
    { ...SET, valid_for: 0 },
    { ...SET, accounts: [{ ...alice, seeds: [] }] },
    { ...SET, accounts: [{ ...alice, seeds: ['not base32\n" TOTP_AUTH'] }] },
    { ...SET, accounts: [{ ...alice, name: "ali\nce" }] },
    { ...SET, accounts: [{ ...alice, used: [-1] }] },
  ];
  for (const set of bad) assert.match(await faultOf(await seal(set)), /does not know$/);
  const twice = { ...SET, accounts: [alice, alice] };
  assert.match(await faultOf(await seal(twice)), /name an account twice$/);
});

Deno.test("sealSet() seals nothing to a key that is everybody's", async () => {
  await assert.rejects(sealSet(SET, REQUEST, new Uint8Array(32), server.signer, T0));
});
