import assert from "node:assert/strict";
import fc from "fast-check";
import { generateKeyPair, SignJWT } from "jose";
import { base64url } from "../../lib/core/encoding.ts";
import { type Form, verifiedClaims } from "../../lib/core/jws.ts";

const NOW = Date.UTC(2026, 0, 1);
const EXP = NOW / 1_000 + 60;
const FORM: Form = { requiredClaims: ["exp"] };

async function newKey() {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  return { sign: privateKey, raw: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)) };
}

const ours = await newKey();
const other = await newKey();
const pinned = [other.raw, ours.raw];

const text = (value: string) => base64url(new TextEncoder().encode(value));

/** Whatever header and payload, with a good signature. */
async function signed(header: string, payload: string, key = ours.sign): Promise<string> {
  const bytes = new TextEncoder().encode(`${header}.${payload}`);
  const signature = await crypto.subtle.sign("Ed25519", key, bytes);
  return `${header}.${payload}.${base64url(new Uint8Array(signature))}`;
}

const HEADER = text('{"alg":"EdDSA"}');
const PAYLOAD = text(JSON.stringify({ exp: EXP, name: "张三" }));

Deno.test("verifiedClaims() takes what the JOSE library signs", async () => {
  const claims = { exp: EXP, url: null, name: "张三" };
  const jws = await new SignJWT(claims).setProtectedHeader({ alg: "EdDSA", typ: "T", kid: "k" })
    .sign(ours.sign);
  const form: Form = { typ: "T", requiredClaims: ["url"] };
  assert.deepEqual(await verifiedClaims(jws, pinned, form, NOW), claims);
  assert.deepEqual(await verifiedClaims(jws, pinned, FORM, NOW), claims);
  assert.equal(await verifiedClaims(jws, pinned, { ...form, typ: "t" }, NOW), "unsigned");
  assert.equal(await verifiedClaims(jws, [other.raw], form, NOW), "unsigned");
  assert.equal(await verifiedClaims(jws, [], form, NOW), "unsigned");
  const more: Form = { typ: "T", requiredClaims: ["url", "iat"] };
  assert.equal(await verifiedClaims(jws, pinned, more, NOW), "unsigned");
});

Deno.test("verifiedClaims() tells what is over from what is not signed", async () => {
  const jws = await signed(HEADER, PAYLOAD);
  assert.equal(typeof await verifiedClaims(jws, pinned, FORM, EXP * 1_000 - 1), "object");
  assert.equal(await verifiedClaims(jws, pinned, FORM, EXP * 1_000), "expired");
  const foreign = await signed(HEADER, PAYLOAD, other.sign);
  assert.equal(await verifiedClaims(foreign, [ours.raw], FORM, EXP * 1_000), "unsigned");
});

Deno.test("verifiedClaims() takes what never ends only where it may", async () => {
  const jws = await signed(HEADER, text('{"name":"alice"}'));
  const endless: Form = { requiredClaims: ["name"] };
  assert.deepEqual(await verifiedClaims(jws, pinned, endless, NOW), { name: "alice" });
  assert.equal(await verifiedClaims(jws, pinned, FORM, NOW), "unsigned");
  const over = await signed(HEADER, text(`{"name":"alice","exp":${NOW / 1_000}}`));
  assert.equal(await verifiedClaims(over, pinned, endless, NOW), "expired");
});

Deno.test("verifiedClaims() refuses every other form, whoever signed it", async () => {
  const headers = [
    '{"alg":"none"}',
    '{"alg":"HS256"}',
    '{"alg":"Ed25519"}',
    '{"alg":["EdDSA"]}',
    '{"alg":"EdDSA","crit":["b64"],"b64":false}',
    '{"alg":"EdDSA","crit":[]}',
    '["EdDSA"]',
    "null",
    "{",
    "",
  ];
  for (const header of headers) {
    const jws = await signed(text(header), PAYLOAD);
    assert.equal(await verifiedClaims(jws, pinned, FORM, NOW), "unsigned", header);
  }
  const payloads = ["[]", "null", "1", '"exp"', "{}", '{"exp":"9999999999"}', '{"exp":null}', "{"];
  for (const payload of payloads) {
    const jws = await signed(HEADER, text(payload));
    assert.equal(await verifiedClaims(jws, pinned, FORM, NOW), "unsigned", payload);
  }
  const latin1 = await signed(HEADER, base64url(new Uint8Array([0x7b, 0xff, 0x7d])));
  assert.equal(await verifiedClaims(latin1, pinned, FORM, NOW), "unsigned");
  const good = await signed(HEADER, PAYLOAD);
  for (const bad of [`${good}=`, ` ${good}`, `${good}\n`, `${good}.`, good.slice(0, -1), ".."]) {
    assert.equal(await verifiedClaims(bad, pinned, FORM, NOW), "unsigned", bad);
  }
  const keys = [new Uint8Array(31), new Uint8Array(32), new Uint8Array(33)];
  assert.equal(await verifiedClaims(good, keys, FORM, NOW), "unsigned");
});

Deno.test("verifiedClaims() never throws, and never takes what was made up", async () => {
  const part = fc.oneof(fc.constantFrom(HEADER, PAYLOAD, ""), fc.base64String(), fc.string());
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
      assert.equal(await verifiedClaims(parts.join("."), pinned, FORM, NOW), "unsigned");
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 64, maxLength: 64 }), async (signature) => {
      const jws = `${HEADER}.${PAYLOAD}.${base64url(signature)}`;
      assert.equal(await verifiedClaims(jws, pinned, FORM, NOW), "unsigned");
    }),
  );
});
