import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { fingerprint, makeHostToken, tokenFingerprint } from "../../lib/core/token.ts";
import { anyText } from "../support/texts.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

Deno.test("a host token carries its random bytes and the key's fingerprint", async () => {
  await fc.assert(
    fc.asyncProperty(bytes32, bytes32, async (random, publicKey) => {
      const token = await makeHostToken(random, publicKey);
      const digest = createHash("sha256").update(publicKey).digest().subarray(0, 16);
      assert.equal(tokenFingerprint(token), digest.toString("base64url"));
      assert.equal(tokenFingerprint(token), await fingerprint(publicKey));
      assert.equal(token.slice(4, 47), Buffer.from(random).toString("base64url"));
    }),
    { numRuns: 50 },
  );
});

Deno.test("tokenFingerprint() takes nothing but a whole token", async () => {
  const token = await makeHostToken(new Uint8Array(32).fill(255), new Uint8Array(32));
  for (let length = 0; length < token.length; length++) {
    assert.equal(tokenFingerprint(token.slice(0, length)), undefined);
  }
  const others = [`${token}A`, ` ${token}`, `${token}\n`, `GHH${token.slice(3)}`];
  others.push(token.replace("ghh_", "ghh-"), token.replace("_____", "====="));
  for (const other of others) assert.equal(tokenFingerprint(other), undefined, other);
});

Deno.test("tokenFingerprint() never throws", () => {
  fc.assert(fc.property(anyText(), (text) => {
    assert.equal(tokenFingerprint(`ghh_${text}`), undefined);
  }));
});
